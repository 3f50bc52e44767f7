"""A page is what was written on it, in colour or without a trace of one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from reconciler.report.page import Page, width


def test_lines_without_colour_are_their_text_alone() -> None:
    page = Page(color=False)

    page.line("plain ", ("red", "bold red"))
    page.line()
    page.line("[bold]no markup[/bold] :smile: 12", " ", "x" * 300)

    assert page.text() == f"plain red\n\n[bold]no markup[/bold] :smile: 12 {'x' * 300}\n"


def test_lines_with_colour_end_it_again() -> None:
    page = Page(color=True)

    page.line("plain ", ("red", "red"))

    assert page.text() == "plain \x1b[31mred\x1b[0m\n"


def test_text_of_others_forges_no_line_and_no_style() -> None:
    plain, colored = Page(color=False), Page(color=True)

    for page in (plain, colored):
        page.line("  ", (":", "red"), ":error::x\n", ("\x1b[2J", "bold"), "#", ("#[group]\u3164", ""))

    shown = r"  \x3a:error::x\n\x1b[2J#\x23[group]\u3164"
    assert plain.text() == f"{shown}\n"
    assert Text.from_ansi(colored.text().rstrip("\n")).plain == shown
    assert len(colored.text().splitlines()) == 1


def test_lines_of_another_page_keep_their_style() -> None:
    other, page = Page(color=True), Page(color=True)
    other.line(("red", "red"))

    page.line("first")
    page.add(other.text())

    assert page.text() == "first\n\x1b[31mred\x1b[0m\n"


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1)])
def test_width_is_in_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns


@given(parts=st.lists(st.tuples(st.text(), st.sampled_from(["", "bold", "red"])), max_size=3))
@settings(max_examples=15)
def test_colour_changes_nothing_of_the_text(parts: list[tuple[str, str]]) -> None:
    plain, colored = Page(color=False), Page(color=True)

    for page in (plain, colored):
        page.line(*parts)

    assert Text.from_ansi(colored.text().rstrip("\n")).plain == plain.text().rstrip("\n")
