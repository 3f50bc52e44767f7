"""Lines of a width that is read everywhere: broken between words, and never within what is copied."""

import pytest

from reconciler.report.page import Page
from reconciler.report.parts.wrap import WIDTH, fill, write_pieces, write_text

LONG = "word " * 40


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a  b", ["a b"]),
        ("x" * 90, ["x" * 90]),
        (f"{'x' * 79} y", ["x" * 79, "y"]),
        (f"{'x' * 78} y", [f"{'x' * 78} y"]),
        (f"{'x' * 60} `uami plan PATH... -o FILE`.", ["x" * 60, "`uami plan PATH... -o FILE`."]),
        (f"{'x' * 70} --allow in-use=rg/id-a.", ["x" * 70, "--allow in-use=rg/id-a."]),
        (f"{'x' * 70} --allow 'grant=rg/id/Key Vault'.", ["x" * 70, "--allow 'grant=rg/id/Key Vault'."]),
        (f"Do it: az group {LONG.strip()}", ["Do it:", f"az group {LONG.strip()}"]),
        ("日" * 39 + " 本", ["日" * 39, "本"]),
    ],
)
def test_text_is_broken_between_words(text: str, lines: list[str]) -> None:
    assert fill(text) == lines


def test_no_word_is_lost_and_no_line_too_long() -> None:
    lines = fill(LONG, first=30, rest=10)

    assert " ".join(lines).split() == LONG.split()
    assert len(lines[0]) <= WIDTH - 30
    assert max(map(len, lines[1:])) <= WIDTH - 10


def written(*pieces: str, lead: str = "") -> list[str]:
    page = Page(color=False)
    write_pieces(page, [(one, "") for one in pieces], lead=(lead, ""))
    return page.text().splitlines()


def test_pieces_share_a_line_as_long_as_they_fit() -> None:
    assert written("a", "b b", "m.yaml:1", lead=" + ") == [" + a  b b  m.yaml:1"]


def test_piece_that_does_not_fit_begins_a_line_and_stays_whole() -> None:
    address, reason, place = "a" * 40, "b" * 40, "m.yaml:1"

    assert written(address, reason, place, lead=" + ") == [f" + {address}", f"     {reason}  {place}"]


def test_piece_longer_than_a_line_is_broken_between_words() -> None:
    lines = written("a", LONG, "m.yaml:1")

    assert max(map(len, lines)) <= WIDTH
    assert all(line.startswith("     ") for line in lines[1:])
    assert lines[-1].endswith("word  m.yaml:1")


def test_text_is_indented_below_its_lead() -> None:
    page = Page(color=False)
    write_text(page, LONG, indent=4, lead=[("Note: ", "")])
    first, *others = page.text().splitlines()

    assert first.startswith("Note: word ")
    assert [line[:5] for line in others] == ["    w"] * len(others)


def test_line_break_of_others_forges_no_line() -> None:
    page = Page(color=False)
    write_text(page, "a\nForged: b", lead=[("Note: ", "")])

    assert page.text() == "Note: a\\nForged: b\n"
