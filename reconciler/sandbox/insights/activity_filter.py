"""The `$filter` of the Activity Log: a few conditions, joined by `and`, and no other syntax.

A list needs a start, and may name an end and one subject. That is all that OpenAPI allows; what Azure's own clients
send beyond it is taken too, since the service answers them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.sandbox.state import ActivityEvent, parse_time, path_key

Matches = Callable[[ActivityEvent], bool]

_CONDITION = re.compile(r"(\w+)\s+(ge|le|eq)\s+(?:'((?:[^']|'')*)'|([^\s']+))", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_START, _END = ("eventtimestamp", "ge"), ("eventtimestamp", "le")


class InvalidFilterError(Exception):
    """A `$filter` that the service does not take."""


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which events a list has; `start` is None where none is asked for."""

    start: datetime | None
    end: datetime | None
    conditions: tuple[Matches, ...]

    def fits(self, event: ActivityEvent) -> bool:
        """Whether an event is one of the list."""
        return (
            (self.start is None or self.start <= event.at)
            and (self.end is None or event.at <= self.end)
            and all(matches(event) for matches in self.conditions)
        )


def parse_filter(text: str) -> ActivityFilter:
    """Read a filter; properties, operators and what is compared have no case.

    Source: OpenAPI 2015-04-01 (`$filter`); recorded traffic (azure-cli, activity log test: times without quotes).

    Raises:
        InvalidFilterError: another syntax, a property that cannot be asked for, one asked twice, or two subjects.
    """
    asked: dict[tuple[str, str], str] = {}
    position = 0
    while match := _CONDITION.match(text, position):
        key = (match[1].casefold(), match[2].casefold())
        if key in asked:
            raise InvalidFilterError
        asked[key] = match[4] if match[3] is None else match[3].replace("''", "'")
        position = match.end()
        joint = _AND.match(text, position)
        if joint is None:
            break
        position = joint.end()
    else:
        raise InvalidFilterError
    if position < len(text):
        raise InvalidFilterError
    start, end = _time(asked.pop(_START, None)), _time(asked.pop(_END, None))
    if any(operator != "eq" for _, operator in asked) or sum(name in _SUBJECTS for name, _ in asked) > 1:
        raise InvalidFilterError
    return ActivityFilter(start, end, tuple(_condition(name, value) for (name, _), value in asked.items()))


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise InvalidFilterError from error


def _condition(name: str, value: str) -> Matches:
    make = _SUBJECTS.get(name) or _BEYOND.get(name)
    if make is None:
        raise InvalidFilterError
    return make(value)


def _of_resource(value: str) -> Matches:
    key = path_key(value)
    return lambda event: event.resource_key == key


def _equal(text_of: Callable[[ActivityEvent], str]) -> Callable[[str], Matches]:
    return lambda value: lambda event: text_of(event).casefold() == value.casefold()


def _of_channel(value: str) -> Matches:
    channels = {channel.strip().casefold() for channel in value.split(",")}
    return lambda _event: "operation" in channels


_SUBJECTS: Mapping[str, Callable[[str], Matches]] = {
    "resourcegroupname": _equal(lambda event: event.resource_group),
    "resourceuri": _of_resource,
    "resourceid": _of_resource,
    "resourceprovider": _equal(lambda event: event.provider),
    "correlationid": _equal(lambda event: event.correlation_id),
}
"""What a list can be about. Source: OpenAPI, but for `resourceId`, which azure-cli sends in place of `resourceUri`."""

_BEYOND: Mapping[str, Callable[[str], Matches]] = {
    "caller": _equal(lambda event: event.caller),
    "status": _equal(lambda event: event.status),
    "eventchannels": _of_channel,
}
"""Source: azure-cli (`--caller`, `--status`) and Microsoft's documentation of the tenant's activity log and of Azure
PowerShell (`eventChannels`); every event here is of the channel Operation, as those that users published."""
