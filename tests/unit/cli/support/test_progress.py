"""How far a long read is: a counter on a terminal, lines elsewhere, and nothing of what is over soon."""

from collections.abc import Callable

import pytest

from reconciler.cli.support.progress import ProgressCounter

WHAT = "Reading things"
SECONDS = [float(second) for second in range(101)]


def counter_on(clock: Callable[[], float], written: list[str], *, is_terminal: bool) -> ProgressCounter:
    """A counter, and what the terminal or the log gets of it."""
    over = (lambda text: written.append(f"\r{text}")) if is_terminal else None
    return ProgressCounter(clock, lambda text: written.append(f"{text}\n"), over)


def shown(*, is_terminal: bool, seconds: list[float], total: int = 100) -> list[str]:
    """What is written while one thing is read at each of these seconds, from none to all."""
    written: list[str] = []
    times = iter(seconds)
    counter = counter_on(lambda: next(times), written, is_terminal=is_terminal)
    for done in range(len(seconds)):
        counter.show(WHAT, done, total)
    return written


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_over_within_a_second_is_not_shown(is_terminal: bool) -> None:
    assert shown(is_terminal=is_terminal, seconds=[0.0, 0.3, 0.6, 0.9], total=3) == []


def test_terminal_shows_a_counter_that_goes_away() -> None:
    assert shown(is_terminal=True, seconds=[0.0, 1.0, 2.0, 3.0], total=3) == [
        f"\r{WHAT}: 1 of 3, about 2s left",
        f"\r{WHAT}: 2 of 3, about 1s left",
        "\r" + " " * len(f"{WHAT}: 2 of 3, about 1s left"),
        "\r",
    ]


def test_shorter_counter_covers_a_longer_one() -> None:
    written = shown(is_terminal=True, seconds=SECONDS)

    widest = len(f"{WHAT}: 10 of 100, about 1m30s left")
    assert written[0] == f"\r{WHAT}: 1 of 100, about 1m39s left"
    assert written[-3:] == ["\r" + f"{WHAT}: 99 of 100, about 1s left".ljust(widest), f"\r{' ' * widest}", "\r"]


def test_elsewhere_a_line_comes_every_thirty_seconds_and_stays() -> None:
    assert shown(is_terminal=False, seconds=SECONDS) == [
        f"{WHAT}: 30 of 100, about 1m10s left\n",
        f"{WHAT}: 60 of 100, about 40s left\n",
        f"{WHAT}: 90 of 100, about 10s left\n",
    ]


def test_time_left_is_not_guessed_before_anything_is_done() -> None:
    written: list[str] = []
    times = iter([0.0, 5.0])
    counter = counter_on(lambda: next(times), written, is_terminal=True)

    counter.show(WHAT, 0, 2)
    counter.show("Other things", 0, 2)

    assert written == []


def started(written: list[str]) -> tuple[ProgressCounter, Callable[[float], None]]:
    """A counter on a terminal that shows something, and what sets its clock."""
    now = [0.0]
    counter = counter_on(lambda: now[0], written, is_terminal=True)
    counter.show(WHAT, 0, 3)
    now[0] = 2.0
    counter.show(WHAT, 1, 3)
    return counter, lambda second: now.__setitem__(0, second)


def test_counter_that_is_cut_short_goes_away_once() -> None:
    written: list[str] = []
    counter, _ = started(written)

    counter.clear()
    counter.clear()

    assert written[1:] == [f"\r{' ' * (len(written[0]) - 1)}", "\r"]


def test_same_read_again_begins_anew() -> None:
    written: list[str] = []
    counter, at = started(written)
    counter.show(WHAT, 3, 3)
    at(100.0)

    counter.show(WHAT, 0, 4)
    at(102.0)
    counter.show(WHAT, 1, 4)

    assert written[-1] == f"\r{WHAT}: 1 of 4, about 6s left"


def test_nothing_of_nothing_is_not_shown() -> None:
    written: list[str] = []

    counter_on(lambda: 0.0, written, is_terminal=True).show(WHAT, 0, 0)

    assert written == []
