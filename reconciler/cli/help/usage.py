"""What is wrong with a command line, in our words where the library has only those of Python's types."""

import re
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperOption

from reconciler.cli.help.page import choice_name, range_words
from reconciler.errors import UsageError


def describe_usage_error(error: typer.TyperException) -> str:
    """One sentence: which flag or argument, what it takes, and what was given."""
    parameter = getattr(error, "param", None)
    given = _given(error)
    if parameter is None or given is None:
        return error.format_message()
    name = max(parameter.opts, key=len) if isinstance(parameter, TyperOption) else parameter.display_name_raw.upper()
    expected = _expected(parameter)
    return error.format_message() if expected is None else f"{name} must be {expected}, not {given!r}."


def _given(error: typer.TyperException) -> str | None:
    """The value that the library refused; its cause lists what is wrong with what."""
    refusal: Any = error.__cause__
    problems = refusal.errors() if hasattr(refusal, "errors") else []
    return str(problems[0]["input"]) if problems else None


def _expected(parameter: Any) -> str | None:
    described = parameter.type_descriptor
    if described.choices is not None:
        *others, last = (choice_name(one) for one in described.choices)
        return f"{', '.join(others)} or {last}" if others else last
    if described.annotation is int or described.is_ranged:
        return (
            f"a whole number, {range_words(parameter.min, parameter.max)}" if described.is_ranged else "a whole number"
        )
    return None


_ONE_DASH = re.compile(r"(?P<flag>-[a-z][a-z-]+)(?:=.*)?", re.DOTALL)


def check_dashes(arguments: Iterable[str], command: Any) -> None:
    """Raises UsageError for a flag with one dash, as other tools have it: `-out=x` would be read as `-o ut=x`."""
    # The library adds --help to each command by itself.
    flags = {"--help", *(name for one in command.params for name in one.opts)}
    for word in arguments:
        if word == "--":
            return
        match = _ONE_DASH.fullmatch(word)
        if match is not None and f"-{match['flag']}" in flags:
            raise UsageError(f"{match['flag']}: this flag has two dashes", f"Write -{match['flag']}.")
