"""A proposed edit as a diff."""

import pytest

from reconciler.report.trust.migration import NotPrintedError, file_diff, next_step


def test_diff_has_the_names_and_lines_that_git_takes() -> None:
    assert file_diff("d/m.yaml", "a\nb\n", "a\nb\nc\n") == (
        "--- a/d/m.yaml\n+++ b/d/m.yaml\n@@ -1,2 +1,3 @@\n a\n b\n+c\n"
    )
    assert file_diff("n.yaml", "x", "y") == (
        "--- a/n.yaml\n+++ b/n.yaml\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
    )
    assert file_diff("same", "s\n", "s\n") == ""


def test_lines_are_letter_by_letter_what_they_are() -> None:
    text = "## a\tb\r\n# ü ##### c\r\n"

    assert file_diff("m", text, f"{text}c\r\n").endswith(" ## a\tb\r\n # ü ##### c\r\n+c\r\n")


@pytest.mark.parametrize("line", ["# \u202e", "\x1b[2J", "# ##[group]", "#  ##VSO[x]", "  ::error::x", "a\rb"])
def test_what_nobody_may_print_is_no_diff(line: str) -> None:
    with pytest.raises(NotPrintedError, match="a line beside an edit has"):
        file_diff("m", f"{line}\na\n", f"{line}\na\nb\n")


def test_name_that_git_would_cut_off_is_no_diff() -> None:
    with pytest.raises(NotPrintedError, match="its name has a character that is not drawn"):
        file_diff("a\tb", "a\n", "b\n")


def test_next_step_is_said_for_what_there_is() -> None:
    assert [*next_step(0, 0)] == []
    assert [one.partition(":")[0] for one in next_step(1, 2)] == ["1 credential to add", "2 credentials to remove"]
