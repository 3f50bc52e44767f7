"""Who made a difference, when and by which program, as a log of Azure has it; or why nobody knows."""

from dataclasses import dataclass
from enum import StrEnum


class ChangeLog(StrEnum):
    """Where it is written who changed something."""

    RESOURCE_GRAPH = "resource-graph"
    ACTIVITY_LOG = "activity-log"


class Event(StrEnum):
    """What the log says has happened."""

    CREATED = "created"
    CHANGED = "changed"
    """What differs was changed by it."""
    WRITTEN = "written"
    """The last write; whether what differs was changed by it, the log does not say."""
    DELETED = "deleted"
    IDENTITY_DELETED = "identity-deleted"
    """Not it, but the identity that it was of."""


class CallerKind(StrEnum):
    """Who calls; the system changes things without anybody's call."""

    USER = "user"
    APPLICATION = "application"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class UnknownReason(StrEnum):
    """Why nobody is named."""

    OLDER = "older-than-the-log"
    NOT_ALLOWED = "not-allowed"
    NOT_READ = "not-read"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who made a difference.

    Attributes:
        at: UTC, as ISO 8601 with milliseconds.
        caller: the sign-in name of a person, the object id or application id of a program; "" where the log has none.
        client: the program, by the name that Azure has for it; "" where it has none.
        application_id: of that program; "" where the log does not say.
        by_uami: a journal of this machine's user says that it was a run of this tool.
    """

    event: Event
    at: str
    caller: str
    caller_kind: CallerKind
    client: str
    application_id: str
    correlation_id: str
    log: ChangeLog
    by_uami: bool = False


@dataclass(frozen=True, slots=True)
class Unattributed:
    """Why nobody is named; `because` is the whole reason, in words."""

    reason: UnknownReason
    because: str


AnyAttribution = Attribution | Unattributed
