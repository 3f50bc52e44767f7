"""Groups of flags: what typer sees of them, what a command gets, and the words that they are printed as."""

import inspect
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.commands.plan import PlanFlags
from reconciler.cli.flags.groups import FlagGroup, command_line, with_flag_groups
from reconciler.cli.flags.report import ColorChoice, LogLevel, ReportFlags, RunReportFlags, report_flags_of
from reconciler.cli.flags.shared import (
    ApplyGuardFlags,
    ApplyRunFlags,
    AzureFlags,
    CloudName,
    CredentialKind,
    StrictManifestFlags,
)
from tests.strategies import FEW_EXAMPLES

Paths = Annotated[list[str], typer.Argument()]


@dataclass(frozen=True, slots=True)
class Knobs(FlagGroup):
    """A group for these tests."""

    knob: Annotated[tuple[str, ...], typer.Option("--knob", help="Turn.")] = ()
    loud: Annotated[bool, typer.Option("--loud")] = False
    max_turns: Annotated[int, typer.Option("--max-turns", min=1)] = 3
    log: Annotated[Path | None, typer.Option("--log")] = None


Everything = tuple[
    list[str], StrictManifestFlags, ApplyRunFlags, ApplyGuardFlags, AzureFlags, RunReportFlags, PlanFlags
]


def parsed(words: list[str]) -> Everything:
    """What a command that takes every group gets of these words."""
    app = typer.Typer(add_completion=False)

    @app.command()
    @with_flag_groups
    def apply(  # noqa: PLR0913 - one parameter for each group that there is
        paths: Paths,
        manifest: StrictManifestFlags,
        run: ApplyRunFlags,
        guards: ApplyGuardFlags,
        azure: AzureFlags,
        report: RunReportFlags,
        more: PlanFlags,
    ) -> Everything:
        return paths, manifest, run, guards, azure, report, more

    result: Everything = app(words, standalone_mode=False)
    return result


def turned(*words: str) -> Any:
    """What a command gets of `Knobs`."""
    app = typer.Typer(add_completion=False)

    @app.command()
    @with_flag_groups
    def turn(knobs: Knobs, *, twice: Annotated[bool, typer.Option("--twice")] = False) -> tuple[Knobs, bool]:
        return knobs, twice

    return app(list(words), standalone_mode=False)


def test_signature_has_each_flag_of_a_group_where_the_group_stood() -> None:
    @with_flag_groups
    def turn(name: str, knobs: Knobs, *, twice: bool = False) -> None:
        """Turn knobs."""

    parameters = inspect.signature(turn).parameters

    assert turn.__doc__ == "Turn knobs."
    assert list(parameters) == ["name", "knob", "loud", "max_turns", "log", "twice"]
    assert [one.default for one in parameters.values()] == [inspect.Parameter.empty, (), False, 3, None, False]
    assert list(turn.__annotations__) == list(parameters)
    # A tuple would be a fixed number of values to typer.
    assert parameters["knob"].annotation.__origin__ == list[str]
    assert parameters["max_turns"].annotation.__origin__ is int


def test_group_without_flags_on_the_command_line_has_its_defaults() -> None:
    assert turned() == (Knobs(), False)


def test_group_has_the_values_of_the_command_line() -> None:
    words = ("--knob", "a", "--loud", "--knob", "b", "--max-turns", "7", "--log", "x", "--twice")

    assert turned(*words) == (Knobs(("a", "b"), loud=True, max_turns=7, log=Path("x")), True)


def test_limits_of_a_flag_hold_in_a_group() -> None:
    with pytest.raises(typer.TyperException):
        turned("--max-turns", "0")


def test_flags_that_are_as_by_default_are_no_words() -> None:
    assert Knobs().words() == []
    assert Knobs(("a b", "-c"), loud=True, log=Path("x")).words() == [
        *("--knob", "a b", "--knob", "-c", "--loud", "--log", "x")
    ]


def test_command_line_is_quoted_for_a_shell() -> None:
    assert command_line("plan", ["a b.yaml", "-"], Knobs(("$x",))) == "uami plan 'a b.yaml' - --knob '$x'"


def test_argument_that_looks_like_a_flag_comes_last() -> None:
    assert command_line("plan", ["--bogus"], Knobs(loud=True)) == "uami plan --loud -- --bogus"


# Words of a shell may be anything but null bytes; where a value must be one of a few, those are drawn.
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
repeated = st.lists(words, max_size=3).map(tuple)
maybe = st.none() | words
FORMATS = ((), ("json",), ("text", "json=a=b.json", "json= c"))
KEYS = (None, "plan-prod")
groups = st.tuples(
    st.lists(words.filter(bool), min_size=1, max_size=3),
    st.builds(StrictManifestFlags, repeated, repeated, repeated, repeated, st.booleans()),
    st.builds(ApplyRunFlags, st.booleans(), st.booleans(), maybe, maybe),
    st.builds(
        ApplyGuardFlags,
        guardrails=maybe,
        allow=repeated,
        max_deletes=repeated,
        max_revokes=st.none() | st.integers(0, 99),
        skip_refused=st.booleans(),
    ),
    st.builds(
        AzureFlags,
        maybe,
        st.sampled_from(CloudName),
        maybe,
        st.sampled_from(CredentialKind),
        maybe,
        words,
        words,
        st.integers(1, 100),
    ),
    st.builds(
        RunReportFlags,
        st.sampled_from(FORMATS),
        st.sampled_from(ColorChoice),
        st.booleans(),
        st.sampled_from(KEYS),
        st.sampled_from(LogLevel),
    ),
    st.builds(PlanFlags, maybe, st.booleans()),
)


@FEW_EXAMPLES
@given(groups)
def test_printed_command_is_parsed_as_the_flags_that_it_was_printed_from(given_flags: Everything) -> None:
    paths, *flags = given_flags

    printed = command_line("apply", paths, *flags)

    assert shlex.split(printed)[:2] == ["uami", "apply"]
    assert parsed(shlex.split(printed)[2:]) == given_flags


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        ([], ReportFlags()),
        (["plan", "--format", "json"], ReportFlags(("json",))),
        (["plan", "--bogus", "--format=json", "--color=never"], ReportFlags(("json",), ColorChoice.NEVER)),
        (["plan", "--format", "json", "--format", "text"], ReportFlags(("text",))),
        (["plan", "--format", "json=x", "--format=json=y"], ReportFlags()),
        (["plan", "--format", "bogus", "--color", "loud", "--no-color"], ReportFlags(no_color=True)),
        (["plan", "--format"], ReportFlags()),
    ],
)
def test_report_flags_are_known_of_a_command_line_that_is_wrong(arguments: list[str], flags: ReportFlags) -> None:
    assert report_flags_of(arguments) == flags
