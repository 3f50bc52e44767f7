"""A page is what was written on it, in colour or without a trace of one."""

import pytest

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


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1)])
def test_width_is_in_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns
