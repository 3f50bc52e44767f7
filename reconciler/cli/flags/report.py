"""The flags of reports: their form, their colours, how much they put together; and of the log beside them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.flags.groups import OUTPUT_PANEL, FlagGroup
from reconciler.errors import UsageError
from reconciler.report.formats import Format

_FORMATS = {one.value: one for one in Format}
_LONGEST_KEY = 64
_KEY = re.compile(r"[A-Za-z0-9._]+(-[A-Za-z0-9._]+)*")
"""What can stand in a comment of HTML without ending it."""


class LogLevel(StrEnum):
    """How much is logged on stderr."""

    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


class ColorChoice(StrEnum):
    """When reports are coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Log = Annotated[
    LogLevel, typer.Option("--log-level", help="How much is logged on stderr.", rich_help_panel=OUTPUT_PANEL)
]
Color = Annotated[
    ColorChoice,
    typer.Option(
        "--color",
        help="When to colour; auto heeds NO_COLOR, then FORCE_COLOR, then the terminal.",
        rich_help_panel=OUTPUT_PANEL,
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="The same as --color never.", rich_help_panel=OUTPUT_PANEL)]


@dataclass(frozen=True, slots=True)
class OwnFormFlags(FlagGroup):
    """What commands share whose output has forms of its own, one at a time."""

    color: Color = ColorChoice.AUTO
    no_color: NoColor = False
    log_level: Log = LogLevel.WARNING

    @property
    def color_choice(self) -> ColorChoice:
        """What both flags for colour come to."""
        return ColorChoice.NEVER if self.no_color else self.color


_HELP = (
    "How the report is written: with =FILE in that file, beside the report on stdout. Repeatable; at most one without a"
    f" file. FORMAT is one of: {', '.join(_FORMATS)}. Default: {next(iter(_FORMATS))}."
)


def complete_format(incomplete: str) -> list[str]:
    """The forms that begin so, for a shell."""
    return [one for one in _FORMATS if one.startswith(incomplete)]


@dataclass(frozen=True, slots=True)
class ReportFlags(FlagGroup):
    """The forms of a report."""

    format: Annotated[
        tuple[str, ...],
        typer.Option(
            "--format",
            metavar="FORMAT[=FILE]",
            help=_HELP,
            autocompletion=complete_format,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = ()
    color: Color = ColorChoice.AUTO
    no_color: NoColor = False
    comment_key: Annotated[
        str | None,
        typer.Option(
            "--comment-key",
            metavar="KEY",
            help="What the hidden marker of a markdown report says, by which a comment with an earlier one is found"
            " again; otherwise made of the command and its paths.",
            show_default=False,
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None

    def __post_init__(self) -> None:
        """Raises UsageError for a format that there is not, for two on stdout, and for a key that is none."""
        _check_key(self.comment_key)
        for word in self.format:
            _check_format(word)
        on_stdout = [word for word in self.format if "=" not in word]
        if len(on_stdout) > 1:
            raise UsageError(
                f"--format {on_stdout[0]} and --format {on_stdout[1]}: stdout takes one report",
                f"Name a file for each other one: --format {on_stdout[1]}=FILE.",
            )

    @property
    def on_stdout(self) -> Format:
        """The form of the report on stdout."""
        return next((_FORMATS[word] for word in self.format if "=" not in word), Format.TEXT)

    @property
    def names(self) -> tuple[Format, ...]:
        """All forms: that of stdout, and those in files."""
        return (self.on_stdout, *(name for name, _ in self.files))

    @property
    def files(self) -> tuple[tuple[Format, Path], ...]:
        """The forms of the reports in files, and the files, in the order of the command line."""
        words = (word.partition("=") for word in self.format if "=" in word)
        return tuple((_FORMATS[name], Path(file)) for name, _, file in words)

    @property
    def color_choice(self) -> ColorChoice:
        """What both flags for colour come to."""
        return ColorChoice.NEVER if self.no_color else self.color

    @property
    def tells_equal_changes_once(self) -> bool:
        """Whether changes that are the same but for their identity are told together."""
        return True


@dataclass(frozen=True, slots=True)
class ChangesReportFlags(ReportFlags):
    """The same, for reports of changes."""

    no_group: Annotated[
        bool,
        typer.Option(
            "--no-group",
            help="Tell each change by itself, also where several differ in nothing but their identity.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = False

    @property
    def tells_equal_changes_once(self) -> bool:
        """Whether changes that are the same but for their identity are told together."""
        return not self.no_group


@dataclass(frozen=True, slots=True)
class RunReportFlags(ReportFlags):
    """The form of a report, for commands that make calls and write a log of them."""

    log_level: Log = LogLevel.WARNING


@dataclass(frozen=True, slots=True)
class ChangesRunReportFlags(ChangesReportFlags):
    """Both, for reports of changes by commands that make calls."""

    log_level: Log = LogLevel.WARNING


def _is_key(text: str) -> bool:
    return len(text) <= _LONGEST_KEY and _KEY.fullmatch(text) is not None


def _check_key(key: str | None) -> None:
    if key is not None and not _is_key(key):
        raise UsageError(
            f"--comment-key {key}: not a key",
            f"It has letters, digits, `.`, `_` and single `-` between them, at most {_LONGEST_KEY}: plan-prod.",
        )


def _check_format(word: str) -> None:
    name, equals, file = word.partition("=")
    if name not in _FORMATS:
        *others, last = _FORMATS
        raise UsageError(
            f"--format must be {', '.join(others)} or {last}, not {name!r}.",
            "Write --format FORMAT for stdout, or --format FORMAT=FILE.",
        )
    if equals and file in ("", "-"):
        raise UsageError(f"--format {word}: this names no file", f"For stdout write --format {name}.")


def _known_formats(words: Iterable[str]) -> tuple[str, ...]:
    """Of several forms for stdout the last one that there is; files are not written to before they are looked at."""
    return tuple(word for word in words if word in _FORMATS)[-1:]


def report_flags_of(arguments: Sequence[str]) -> ReportFlags:
    """The form in which to report what is wrong with a command line, as far as it can be known from it."""
    given: dict[str, list[str]] = {}
    for word, following in pairwise([*arguments, ""]):
        flag, equals, value = word.partition("=")
        given.setdefault(flag, []).append(value if equals else following)
    return ReportFlags(
        _known_formats(given.get("--format", ())),
        {one.value: one for one in ColorChoice}.get(given.get("--color", [""])[-1], ColorChoice.AUTO),
        "--no-color" in given,
        next((one for one in given.get("--comment-key", ()) if _is_key(one)), None),
    )
