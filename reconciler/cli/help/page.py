"""The help of a command, as plain text that fits a narrow terminal too.

The library would draw tables, which names are cut in, with the types of Python beside them; it has no place for
examples and exit codes, which whoever writes a script looks for first.
"""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from reconciler.errors import ExitCode

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

MEANINGS = {
    ExitCode.DONE: "done, or no changes",
    ExitCode.ERROR: "an error, or the answer was no",
    ExitCode.CHANGES_FOUND: "changes found",
    ExitCode.REFUSED: "refused by a guard",
    ExitCode.PLAN_STALE: "the saved plan is stale",
    ExitCode.PARTIAL: "some changes failed, or did not hold",
    ExitCode.USAGE: "wrong usage",
    ExitCode.INVALID_INPUT: "an invalid manifest or file",
    ExitCode.NOT_ALLOWED: "not authenticated, or not allowed",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.TERMINATED: "ended by SIGTERM",
}
"""What each exit code says, in a few words."""

OF_ALL = (ExitCode.DONE, ExitCode.ERROR, ExitCode.USAGE, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
"""How every command can end that comes to an end by itself."""

OF_FILES = (*OF_ALL, ExitCode.INVALID_INPUT)
"""How a command can end that reads files."""

OF_AZURE = (*OF_FILES, ExitCode.NOT_ALLOWED)
"""How a command can end that signs in."""

_LONGEST_LINE = 100
_WIDE = 60
"""From this many columns on, what a flag means stands beside it."""

_COLUMN = 26
_NOTES = "help_notes"


@dataclass(frozen=True, slots=True)
class HelpNotes:
    """What the help of a command ends with: command lines to copy, and how the command can end."""

    examples: tuple[str, ...]
    codes: tuple[ExitCode, ...]


def help_notes(*examples: str, codes: Iterable[ExitCode]) -> Callable[[Decorated], Decorated]:
    """Gives a command its examples and its exit codes."""
    notes = HelpNotes(examples, tuple(sorted(set(codes))))

    def with_notes(command: Decorated) -> Decorated:
        vars(command)[_NOTES] = notes
        return command

    return with_notes


class PlainCommand(TyperCommand):
    """A command whose help is plain text."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of this command."""
        formatter.write(_render(self, ctx))


class PlainGroup(TyperGroup):
    """A command with commands below it, whose help is plain text."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of this group."""
        formatter.write(_render(self, ctx))


def _render(command: TyperCommand | TyperGroup, ctx: Any) -> str:
    width = min(shutil.get_terminal_size().columns, _LONGEST_LINE) - 1
    sections = [_usage(command, ctx, width)]
    sections += [f"{textwrap.fill(text, width)}\n" for text in _paragraphs(command.help or "")]
    sections += [_section(f"{title}:", rows, width) for title, rows in _panels(command, ctx).items() if rows]
    notes: HelpNotes | None = getattr(command.callback, _NOTES, None)
    if notes is not None:
        sections.append("Examples:\n" + "".join(f"  {example}\n" for example in notes.examples))
        sections.append(_section("Exit codes:", [(str(int(one)), MEANINGS[one]) for one in notes.codes], width))
    return "\n".join(sections).rstrip("\n")


def _panels(command: TyperCommand | TyperGroup, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """What stands below each title: names, and what they mean."""
    panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(ctx):
        if isinstance(parameter, TyperArgument):
            panels["Arguments"].append((_argument(parameter), _explanation(parameter)))
        elif isinstance(parameter, TyperOption) and not parameter.hidden:
            panel = parameter.rich_help_panel or "Options"
            panels.setdefault(panel, []).append((_flags(parameter), _explanation(parameter)))
    if isinstance(command, TyperGroup):
        below = {name: command.commands[name] for name in command.list_commands(ctx)}
        panels["Commands"] = [(name, _first_sentence(one.help or "")) for name, one in below.items() if not one.hidden]
    return panels


def _usage(command: TyperCommand | TyperGroup, ctx: Any, width: int) -> str:
    arguments = [
        _argument(one) if one.required else f"[{_argument(one)}]"
        for one in command.get_params(ctx)
        if isinstance(one, TyperArgument)
    ]
    rest = "COMMAND [ARGUMENTS]" if isinstance(command, TyperGroup) else "[OPTIONS]"
    text = " ".join(["Usage:", ctx.command_path, *arguments, rest])
    return textwrap.fill(text, width, subsequent_indent=" " * 4, break_on_hyphens=False) + "\n"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in textwrap.dedent(text).strip().split("\n\n"):
        if paragraph:
            yield " ".join(paragraph.split())


def _first_sentence(text: str) -> str:
    sentence, _, rest = next(_paragraphs(text), "").partition(". ")
    return f"{sentence}." if rest else sentence


def _argument(argument: TyperArgument) -> str:
    return argument.metavar or argument.name.upper()


def _flags(option: TyperOption) -> str:
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=len))
    return names if option.is_flag else f"{names} {_metavar(option)}"


def _metavar(option: TyperOption) -> str:
    if option.metavar is not None:
        return option.metavar
    return "N" if option.type_descriptor.annotation is int else option.name.rpartition("_")[2].upper()


def _explanation(parameter: TyperArgument | TyperOption) -> str:
    """What a flag is for, what it takes, and what it is without being given."""
    described = parameter.type_descriptor
    said = [(parameter.help or "").strip()]
    if described.choices is not None:
        said.append(f"One of: {', '.join(choice_name(one) for one in described.choices)}.")
    if described.is_ranged:
        said.append(f"{range_words(parameter.min, parameter.max).capitalize()}.")
    default = parameter.default
    if parameter.show_default and not isinstance(default, bool | list | tuple) and default is not None:
        said.append(f"Default: {choice_name(default)}.")
    if parameter.required and isinstance(parameter, TyperOption):
        said.append("Required.")
    return " ".join(one for one in said if one)


def choice_name(choice: object) -> str:
    """How a value of a flag is written: that of an enumeration, or the value itself."""
    return str(getattr(choice, "value", choice))


def range_words(least: float | None, most: float | None) -> str:
    """The numbers that a flag takes, in words."""
    if most is None:
        return f"{least} or more"
    return f"{most} or less" if least is None else f"from {least} to {most}"


def _section(title: str, rows: Iterable[tuple[str, str]], width: int) -> str:
    rows = list(rows)
    longest = max((len(name) for name, _ in rows), default=0)
    column = min(longest + 4, _COLUMN) if width >= _WIDE or longest + 4 <= 12 else 6
    lines = [title]
    for name, meaning in rows:
        wrapped = textwrap.wrap(meaning, max(width - column, 20), break_on_hyphens=False)
        if len(name) + 4 <= column and wrapped:
            lines.append(f"  {name:<{column - 4}}  {wrapped[0]}")
            wrapped = wrapped[1:]
        else:
            lines.append(f"  {name}")
        lines += [" " * column + line for line in wrapped]
    return "\n".join(lines) + "\n"
