"""Flags that belong together as one value: described once, taken by many commands, and turned into words again.

A group is a frozen dataclass whose fields are flags: the field `max_deletes` is `--max-deletes`, its annotation holds
typer's description, its default is the flag's. A command takes the group as one parameter.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, fields
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

Result = TypeVar("Result")

MANIFEST_PANEL = "Manifest"
AZURE_PANEL = "Azure"
OUTPUT_PANEL = "Output"
GUARDS_PANEL = "Guards"
"""The titles below which help lists flags."""


@dataclass(frozen=True, slots=True)
class FlagGroup:
    """Base of every group; a field that may be given several times is a tuple, and so is its default."""

    def words(self) -> list[str]:
        """The words of a command line that say what differs from the defaults."""
        words = []
        for field in fields(self):
            flag, value = f"--{field.name.replace('_', '-')}", getattr(self, field.name)
            if value == field.default:
                continue
            if value is True:
                words.append(flag)
            else:
                words += [
                    word for one in (value if isinstance(value, tuple) else (value,)) for word in (flag, str(one))
                ]
        return words


def command_line(command: str, arguments: Iterable[str], *groups: FlagGroup) -> str:
    """A command of ours for a shell, with these arguments, and what differs from the defaults of its flags."""
    from reconciler.model import shell_command

    arguments = tuple(arguments)
    flags = [word for group in groups for word in group.words()]
    if any(argument.startswith("-") and argument != "-" for argument in arguments):
        return shell_command("uami", command, *flags, "--", *arguments)
    return shell_command("uami", command, *arguments, *flags)


def with_flag_groups(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command as typer takes it: each group among its parameters stands there as the flags that it is made of."""
    signature = inspect.signature(command)
    groups = {
        one.name: one.annotation
        for one in signature.parameters.values()
        if isinstance(one.annotation, type) and issubclass(one.annotation, FlagGroup)
    }

    @functools.wraps(command)
    def run(**values: Any) -> Result:
        for name, group in groups.items():
            values[name] = group(**{one.name: _taken(one, values) for one in fields(group)})
        return command(**values)

    flat: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        group = groups.get(parameter.name)
        flat += [parameter] if group is None else _parameters(group)
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in flat]
    vars(run)["__signature__"] = signature.replace(parameters=keywords)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in keywords}
    return run


def _parameters(group: type[FlagGroup]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=_typer_hint(hints[one.name])
        )
        for one in fields(group)
    ]


def _typer_hint(hint: Any) -> Any:
    """For a flag that may be repeated typer takes a list: a tuple would be a fixed number of values."""
    kind, *description = get_args(hint)
    return Annotated[(list[str] if get_origin(kind) is tuple else kind, *description)]


def _taken(field: Field[Any], values: dict[str, Any]) -> Any:
    value = values.pop(field.name, field.default)
    return tuple(value or ()) if isinstance(field.default, tuple) else value
