"""Issues in order, and the marks by which they are known again."""

from dataclasses import replace

from reconciler.errors import SourcePos
from reconciler.report.issues.issue import Issue, Severity, number_issues

ISSUE = Issue("in-use", Severity.REFUSED, SourcePos("a.yaml", 3, 9), "sub/rg/id", "would be deleted", "Detach it.")


def same(name: str) -> str:
    """The path of a file that is named from the root already."""
    return name


def test_text_is_sentences_of_what_and_what_to_do() -> None:
    assert ISSUE.text == "would be deleted. Detach it."
    assert replace(ISSUE, message="Gone!", hint="").text == "Gone!"


def test_the_worst_come_first_and_then_the_first_places() -> None:
    warning = replace(ISSUE, severity=Severity.WARNING, pos=SourcePos("a.yaml", 1, 1))
    invalid = replace(ISSUE, severity=Severity.INVALID, pos=SourcePos("z.yaml", 9, 1))

    assert [one.issue for one in number_issues([warning, ISSUE, invalid], same)] == [invalid, ISSUE, warning]


def test_mark_stays_where_lines_and_counts_change() -> None:
    moved = replace(ISSUE, pos=SourcePos("a.yaml", 30, 5), message="2 resources use it")

    assert number_issues([moved], same)[0].mark == number_issues([ISSUE], same)[0].mark


def test_marks_differ_by_code_by_file_and_by_what_they_are_about() -> None:
    others = [
        replace(ISSUE, code="trusted"),
        replace(ISSUE, pos=SourcePos("b.yaml", 3, 9)),
        replace(ISSUE, address="sub/rg/other"),
        replace(ISSUE, address=""),
        replace(ISSUE, address="", message="something else"),
    ]

    marks = {one.mark for one in number_issues([ISSUE, *others], same)}

    assert len(marks) == 6


def test_issues_of_one_mark_are_numbered() -> None:
    twice = [ISSUE, replace(ISSUE, pos=SourcePos("a.yaml", 7, 9))]

    assert [(one.number, one.issue.pos.line) for one in number_issues(reversed(twice), same)] == [(1, 3), (2, 7)]


def test_path_is_from_the_root() -> None:
    (one,) = number_issues([ISSUE], lambda name: f"teams/{name}")

    assert one.path == "teams/a.yaml"
