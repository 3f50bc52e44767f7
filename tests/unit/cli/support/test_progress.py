"""How far a run is: a counter on a terminal, lines elsewhere, nothing of what is over soon, no long silence."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise

import pytest

from reconciler.arm.activity import Activity
from reconciler.cli.support.progress import LINE_EVERY_S, LOOK_EVERY_S, SHOWN_AFTER_S, ProgressCounter

WHAT = "Reading things"


class Watched:
    """A counter that looks as often as the real one does, on a clock that moves only here."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.activity = Activity()
        self.now_s = 0.0
        self.written: list[tuple[float, str]] = []
        over = (lambda text: self._write(f"\r{text}")) if is_terminal else None
        self.counter = ProgressCounter(self.activity, lambda: self.now_s, lambda text: self._write(f"{text}\n"), over)

    def _write(self, text: str) -> None:
        # As the real one does, through what makes way for words.
        self.counter.make_way()
        self.written.append((self.now_s, text))

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / LOOK_EVERY_S)):
            self.now_s += LOOK_EVERY_S
            self.counter.look()

    @property
    def texts(self) -> list[str]:
        """All that was written."""
        return [text for _, text in self.written]

    @property
    def screen(self) -> str:
        """The line where the cursor is."""
        return "".join(self.texts).rpartition("\r")[2].rstrip()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_over_within_a_second_is_not_shown(is_terminal: bool) -> None:
    watched = Watched(is_terminal=is_terminal)

    for _ in range(5):
        with watched.activity.part(WHAT, 3):
            watched.pass_s(0.75)
        watched.pass_s(2)

    assert watched.written == []


def test_terminal_shows_a_counter_with_the_time_left_that_goes_away() -> None:
    watched = Watched(is_terminal=True)

    with watched.activity.part(WHAT, 4) as one_more:
        watched.pass_s(1)
        first = watched.screen
        one_more()
        watched.pass_s(1)
        second = watched.screen
    watched.pass_s(1.25)

    assert (first, second, watched.screen) == (f"{WHAT}: 0 of 4", f"{WHAT}: 1 of 4, about 5s left", "")
    assert "\n" not in "".join(watched.texts)


@pytest.mark.parametrize(("done", "text"), [(0, "0 of 4, about 30s left"), (3, "3 of 4, about 30s left")])
def test_time_left_is_no_less_than_azures_rates_allow(done: int, text: str) -> None:
    watched = Watched(is_terminal=True)

    with watched.activity.part(WHAT, 4, lambda: 30.0) as one_more:
        for _ in range(done):
            one_more()
        watched.pass_s(1)
        shown = watched.screen

    assert shown == f"{WHAT}: {text}"


def test_shorter_counter_covers_a_longer_one() -> None:
    watched = Watched(is_terminal=True)

    with watched.activity.part(WHAT, 200):
        watched.pass_s(1)
    with watched.activity.part("Short"):
        watched.pass_s(0.25)

    assert watched.texts[-1] == "\r" + "Short".ljust(len(f"{WHAT}: 0 of 200"))


def test_elsewhere_a_line_comes_every_thirty_seconds_and_stays() -> None:
    watched = Watched(is_terminal=False)

    with watched.activity.part(WHAT, 100) as one_more:
        for _ in range(99):
            watched.pass_s(1)
            one_more()

    assert watched.texts == [
        f"{WHAT}: 29 of 100, about 1m11s left\n",
        f"{WHAT}: 58 of 100, about 42s left\n",
        f"{WHAT}: 87 of 100, about 13s left\n",
    ]


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        (lambda one: one.activity.part(WHAT), f"{WHAT}"),
        (lambda one: one.activity.call(), "Waiting for Azure, no answer for 9s"),
        (
            lambda one: one.activity.waiting("Azure asked to wait 30s (429)"),
            "Waiting for Azure, Azure asked to wait 30s (429)",
        ),
    ],
)
def test_what_has_no_count_says_what_is_waited_for(
    doing: Callable[[Watched], AbstractContextManager[object]], said: str
) -> None:
    watched = Watched(is_terminal=True)

    with doing(watched):
        watched.pass_s(9.25)
        seen = watched.screen

    assert seen == said


def test_list_of_many_pages_counts_answers_until_it_is_done() -> None:
    watched = Watched(is_terminal=True)

    with watched.activity.part(WHAT, 1):
        for _ in range(3):
            with watched.activity.call():
                watched.pass_s(1)
        watched.pass_s(0.25)
        seen = watched.screen

    assert seen == f"{WHAT}: 0 of 1 (3 answers)"


@pytest.mark.parametrize(("is_terminal", "most_s"), [(True, SHOWN_AFTER_S), (False, LINE_EVERY_S)])
@pytest.mark.parametrize("part_s", [0.5, 0.75, 3.0, 45.0])
def test_no_silence_is_longer_than_the_bound_however_long_the_parts_are(
    is_terminal: bool, most_s: float, part_s: float
) -> None:
    watched = Watched(is_terminal=is_terminal)

    while watched.now_s < 120:
        with watched.activity.part(WHAT, 2):
            watched.pass_s(part_s)
        watched.pass_s(0.25)  # what computes between two reads is no new beginning

    times_s = [0.0, *(at_s for at_s, _ in watched.written), watched.now_s]
    # A look that finds nothing to say leaves it to the next one.
    assert max(later - earlier for earlier, later in pairwise(times_s)) <= most_s + LOOK_EVERY_S


def test_counter_makes_way_for_other_words_and_comes_back() -> None:
    watched = Watched(is_terminal=True)

    with watched.activity.part(WHAT, 3):
        watched.pass_s(1)
        watched.counter.make_way()
        watched.counter.make_way()
        cleared = watched.screen
        watched.pass_s(1)
        back = watched.screen

    blank = " " * (len(f"{WHAT}: 0 of 3") + 2)
    assert (cleared, back) == ("", f"{WHAT}: 0 of 3")
    assert watched.texts.count(f"\r{blank}") == 1


def test_line_that_would_wrap_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    watched = Watched(is_terminal=True)

    with watched.activity.part("Reading a thing of a long name", 3):
        watched.pass_s(1)

    assert watched.screen == "Reading a thing o"
