"""When a stream is coloured: the flag, then NO_COLOR, then FORCE_COLOR, then the terminal."""

import io

import pytest

from reconciler.cli.flags.report import ColorChoice, ReportFlags
from reconciler.cli.support.output import print_bug, use_color

BOTH = {"NO_COLOR": "1", "FORCE_COLOR": "1"}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environment", "pipe", "terminal"),
    [
        (ColorChoice.ALWAYS, BOTH, True, True),
        (ColorChoice.ALWAYS, {"TERM": "dumb"}, True, True),
        (ColorChoice.NEVER, {"FORCE_COLOR": "1"}, False, False),
        (ColorChoice.AUTO, {}, False, True),
        (ColorChoice.AUTO, {"TERM": "dumb"}, False, False),
        (ColorChoice.AUTO, {"NO_COLOR": "1"}, False, False),
        (ColorChoice.AUTO, {"FORCE_COLOR": "1"}, True, True),
        (ColorChoice.AUTO, BOTH, False, False),
        (ColorChoice.AUTO, {"NO_COLOR": "", "FORCE_COLOR": "1"}, True, True),
        (ColorChoice.AUTO, {"FORCE_COLOR": ""}, False, True),
        (ColorChoice.AUTO, {"FORCE_COLOR": "", "TERM": "dumb"}, False, False),
    ],
)
def test_color_is_decided_by_flag_then_environment_then_terminal(
    choice: ColorChoice, environment: dict[str, str], pipe: bool, terminal: bool
) -> None:
    decided = [use_color(choice, stream, environment) for stream in (io.StringIO(), Terminal())]

    assert decided == [pipe, terminal]


@pytest.mark.parametrize("color", ColorChoice)
def test_no_color_is_never_whatever_else_is_given(color: ColorChoice) -> None:
    assert ReportFlags(color=color, no_color=True).color_choice is ColorChoice.NEVER
    assert ReportFlags(color=color).color_choice is color


def test_traceback_of_a_bug_is_lines_of_ours_and_what_the_error_says_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        raise ValueError("x\nFORGED\x1b[2J\n##vso[y]")
    except ValueError as error:
        print_bug(error)

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == r"ValueError: x\nFORGED\x1b[2J\n#\x23vso[y]"
    assert [line for line in lines if line.startswith("FORGED")] == []
