"""What the logs have of some resources, and which of it made a difference.

A log is believed only as far as it fits what lives: what Resource Graph has last may be some minutes old, and then a
newer change is in the Activity Log alone. That has every write, but not what it changed: of what is there and differs
it can only say who wrote last.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.arm.logs.activity_log import ChangeKind, GivenRole, RecordedChange, given_role
from reconciler.model import ResourceId, assignment_name, normalize_scope
from reconciler.plan import Action, AssignmentChange, Change, CredentialChange, Field, FieldChange, IdentityChange
from reconciler.plan.drift.attribution import Event

_SAME_ASSIGNMENT_S = 60.0
"""How far a role assignment's own time and that of its event may be apart; ours, and much."""

Found = tuple[Event, RecordedChange]

_PATHS: Mapping[Field, str] = {Field.LOCATION: "location", Field.ISOLATION_SCOPE: "properties.isolationscope"}


@dataclass(frozen=True, slots=True)
class Log:
    """The records of one log."""

    by_target: Mapping[str, tuple[RecordedChange, ...]]
    by_role: Mapping[GivenRole, tuple[RecordedChange, ...]]

    def of(self, resource_id: object) -> tuple[RecordedChange, ...]:
        """What was done to a resource, oldest first."""
        return self.by_target.get(normalize_scope(str(resource_id)), ())


def make_log(records: Iterable[RecordedChange]) -> Log:
    """The records in their order of time; of those of one moment, as they were given."""
    by_target: dict[str, list[RecordedChange]] = {}
    by_role: dict[GivenRole, list[RecordedChange]] = {}
    for one in sorted(records, key=lambda record: record.at_s):
        by_target.setdefault(one.target, []).append(one)
        if one.role is not None:
            by_role.setdefault(one.role, []).append(one)
    return Log(
        {target: tuple(found) for target, found in by_target.items()},
        {role: tuple(found) for role, found in by_role.items()},
    )


def find_cause(change: Change, graph: Log, activity: Log) -> Found | None:
    """What made a difference, as far as the two logs show it; Resource Graph's is asked first."""
    match change:
        case IdentityChange():
            return _of_identity(change, graph, activity)
        case CredentialChange():
            return _of_credential(change, graph, activity)
        case AssignmentChange():
            return _of_assignment(change, graph, activity)


def _of_identity(change: IdentityChange, graph: Log, activity: Log) -> Found | None:
    known, written = graph.of(change.resource_id), activity.of(change.resource_id)
    match change.action:
        case Action.CREATE:
            return _deletion(known) or _deletion(written)
        case Action.DELETE:
            return _creation(known) or _creation(written) or _last_write(written)
    innocent = {one.correlation_id for one in known}
    found = _change_of(change, known)
    return found or _last_write([one for one in written if one.correlation_id not in innocent])


def _change_of(change: IdentityChange, records: Iterable[RecordedChange]) -> Found | None:
    """The newest record of what differs, if what lives is what it says; what creates an identity sets all of it."""
    live = {_path(one): one.before for one in _claimed(change)}
    for record in reversed(_since_deletion(records)):
        if record.kind is ChangeKind.CREATE:
            return Event.CREATED, record
        properties = record.properties or {}
        touched = live.keys() & properties.keys()
        if touched:
            fits = all(properties[path] == live[path] for path in touched)
            return (Event.CHANGED, record) if fits else None
    return None


def _claimed(change: IdentityChange) -> Iterator[FieldChange]:
    yield from change.differences
    if change.contradicts_location and change.before is not None:
        yield FieldChange(Field.LOCATION, change.before.location, None)


def _path(field: FieldChange) -> str:
    """How a record names a field, in lower case."""
    return f"tags.{field.name}".casefold() if field.kind is Field.TAG else _PATHS.get(field.kind, str(field.kind))


def _of_credential(change: CredentialChange, graph: Log, activity: Log) -> Found | None:
    written, identity = activity.of(change.resource_id), change.resource_id.identity
    match change.action:
        case Action.CREATE:
            # Once it was gone with its identity, another deletion of that was none of it.
            last_s = max((one.at_s for one in written), default=0.0)
            return _deletion(written) or _end_of(identity, graph, activity, last_s)
        case Action.DELETE:
            end = _end_of(identity, graph, activity, None)
            # What was there when its identity was deleted is another one of the same name, and no event tells its end.
            own = [one for one in written if end is None or one.at_s >= end[1].at_s]
            return _creation(own) or _last_write(own)
    return _last_write(written)


def _of_assignment(change: AssignmentChange, graph: Log, activity: Log) -> Found | None:
    identity = change.resource_id.identity
    if change.action is Action.CREATE:
        return _deletion_of_role(change, activity) or _end_of(identity, graph, activity, None)
    if change.before is None:
        return None
    written = activity.of(assignment_id(change.before.scope, change.before.name))
    made_s = change.before.created_s
    if change.action is Action.DELETE:
        created = _creation(written)
        if created is not None and (made_s is None or abs(created[1].at_s - made_s) <= _SAME_ASSIGNMENT_S):
            return created
    return _last_write(written, created=False)


def assignment_id(scope: str, name: str) -> str:
    """The ARM id of a role assignment."""
    return f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}"


def _deletion_of_role(change: AssignmentChange, activity: Log) -> Found | None:
    """The last deletion of a role that a live identity should have, whatever the assignment was called."""
    if change.identity is None or not change.resource_id.role_guid:
        return None
    scope, principal, role = change.resource_id.scope, change.identity.principal_id, change.resource_id.role_guid
    ours = activity.of(assignment_id(scope, assignment_name(scope, principal, role)))
    given = activity.by_role.get(given_role(scope, principal, role), ())
    deletions = [one for one in (*ours, *given) if one.kind is ChangeKind.DELETE]
    last = max(deletions, key=lambda one: one.at_s, default=None)
    return None if last is None else (Event.DELETED, last)


def _deletion(records: Iterable[RecordedChange]) -> Found | None:
    """The deletion that is the last of the records; one that something follows is not why it is not there now."""
    last = next(iter(reversed(tuple(records))), None)
    if last is None or last.kind is not ChangeKind.DELETE:
        return None
    return Event.DELETED, last


def _end_of(identity: ResourceId, graph: Log, activity: Log, since_s: float | None) -> Found | None:
    """A deletion of an identity, with all that was its own; it may have been made again.

    Args:
        since_s: the first one from then on is meant, None for the last one of all.
    """
    found = [
        one
        for one in (*activity.of(identity), *graph.of(identity))
        if one.kind is ChangeKind.DELETE and one.at_s >= (since_s or 0)
    ]
    if not found:
        return None
    choose = max if since_s is None else min
    return Event.IDENTITY_DELETED, choose(found, key=lambda one: one.at_s)


def _creation(records: Iterable[RecordedChange]) -> Found | None:
    """What made the resource that lives now: every PUT of a role is answered as one that creates, so the first."""
    found = (one for one in _since_deletion(records) if one.kind is ChangeKind.CREATE)
    first = next(found, None)
    return None if first is None else (Event.CREATED, first)


def _last_write(records: Iterable[RecordedChange], *, created: bool = True) -> Found | None:
    """The last write of what lives now; with `created`, one that made it is told as such."""
    last = next(iter(reversed(_since_deletion(records))), None)
    if last is None:
        return None
    return (Event.CREATED if created and last.kind is ChangeKind.CREATE else Event.WRITTEN), last


def _since_deletion(records: Iterable[RecordedChange]) -> tuple[RecordedChange, ...]:
    """The records behind the last deletion."""
    found = tuple(records)
    last = max((place for place, one in enumerate(found) if one.kind is ChangeKind.DELETE), default=-1)
    return found[last + 1 :]
