"""What differs in what an identity may do: which roles are given, changed, adopted and taken away.

A role is taken away where the policy says so: those with our mark, or all at and below some scopes, or none. Everything
else is left alone and said, with the reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from reconciler.manifest.desired import (
    AssignmentsPolicy,
    DesiredAssignment,
    DesiredGroup,
    DesiredIdentity,
    Ignore,
    has_expired,
)
from reconciler.model import (
    NO_DETAILS,
    Access,
    AnyId,
    AssignmentDetails,
    AssignmentId,
    PlannedAssignment,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    bears_our_name,
    is_ours,
    is_within,
    normalize_scope,
)
from reconciler.plan.changes import (
    Action,
    AssignmentChange,
    Field,
    FieldChange,
    IdentityChange,
    Reason,
    Skipped,
    SkipReason,
    UnresolvedRole,
)


def detail_differences(before: AssignmentDetails | None, after: AssignmentDetails | None) -> tuple[FieldChange, ...]:
    """The details of a role assignment that differ; what nobody recorded counts as not there."""
    old, new = (dict((one or NO_DETAILS).named()) for one in (before, after))
    return tuple(FieldChange(Field(name), old[name], new[name]) for name in new if old[name] != new[name])


def diff_assignments(
    change: IdentityChange,
    entry: DesiredIdentity,
    listed: tuple[DesiredAssignment, ...],
    access: Access,
    limited_to: frozenset[AnyId] | None,
    judged_on: date,
) -> Iterator[AssignmentChange | Skipped | UnresolvedRole]:
    """The roles of an identity that lists its own, and those of it that no line lists.

    `limited_to` is what the run of an undo may change; None where anything.
    """
    listed = _without_overridden(listed, access)
    live = {(normalize_scope(one.scope), one.role_guid): one for one in access.assignments.get(change.resource_id, ())}
    contradicted = _contradicted(listed, access)
    listed_roles: set[tuple[str, str]] = set()
    all_resolved = True
    for desired in listed:
        lookup = access.lookup(desired.role, desired.scope)
        if len(lookup.found) != 1:
            all_resolved = False
            yield UnresolvedRole(change.resource_id, desired, lookup)
            continue
        (role,) = lookup.found
        ignored = _lookups_of_ignored(change.group.ignore, desired.scope, access)
        if any(one.guid == role.guid for known in ignored for one in known.found):
            # A manifest that writes the role in one way in both places is refused when it is loaded.
            yield UnresolvedRole(change.resource_id, desired, lookup, is_ignored=True)
            continue
        assignment_id = AssignmentId(change.resource_id, role.name, role.guid, desired.scope)
        granted = (normalize_scope(desired.scope), role.guid)
        if granted in contradicted:
            listed_roles.add(granted)
            yield UnresolvedRole(change.resource_id, desired, lookup, is_contradicted=True)
            continue
        if granted in listed_roles:
            continue  # the same role by its name and by its GUID
        listed_roles.add(granted)
        if has_expired(desired, judged_on):
            yield _diff_expired(change, assignment_id, desired, live.get(granted))
        else:
            yield _diff_assignment(change, assignment_id, desired, live.get(granted), role)
    extras = [one for granted, one in live.items() if granted not in listed_roles]
    yield from _extra_assignments(change, entry, extras, access, limited_to, all_resolved=all_resolved)


def _without_overridden(listed: Iterable[DesiredAssignment], access: Access) -> tuple[DesiredAssignment, ...]:
    """The lines without those of defaults whose role a line of the identity lists under another name."""
    own = {granted for one in listed if one.given_by is None for granted in _granted(one, access)}
    return tuple(one for one in listed if one.given_by is None or own.isdisjoint(_granted(one, access)))


def _granted(line: DesiredAssignment, access: Access) -> Iterator[tuple[str, str]]:
    """The role of a line by scope and GUID, where it is known which one it is."""
    lookup = access.lookup(line.role, line.scope)
    for role in lookup.found if len(lookup.found) == 1 else ():
        yield normalize_scope(line.scope), role.guid


def _contradicted(listed: Iterable[DesiredAssignment], access: Access) -> set[tuple[str, str]]:
    """The roles, by scope and GUID, that lines list with different details or days: once by name, once by GUID."""
    said: dict[tuple[str, str], object] = {}
    contradicted = set()
    for one in listed:
        for granted in _granted(one, access):
            if said.setdefault(granted, (one.details, one.expires)) != (one.details, one.expires):
                contradicted.add(granted)
    return contradicted


def _diff_assignment(
    change: IdentityChange,
    assignment_id: AssignmentId,
    desired: DesiredAssignment,
    before: RoleAssignment | None,
    role: RoleDefinition,
) -> AssignmentChange:
    """What a line asks for; details that it does not name stay as they are, since a PUT replaces all of them."""
    live, owner = (before.details if before else None) or NO_DETAILS, change.group.owner
    # Without an owner, nothing is marked, and the mark of another owner is not ours to take off.
    after = replace(replace(live, owner=owner or live.owner), **dict(desired.details))
    differences = () if before is None else detail_differences(live, after)
    action, reason = Action.NO_OP, Reason.EQUAL
    if before is None:
        action, reason = Action.CREATE, Reason.MISSING
    elif differences:
        adopts = after.owner == owner != live.owner
        action, reason = Action.UPDATE, Reason.ADOPT if adopts else Reason.DIFFERS
    return AssignmentChange(
        assignment_id,
        action,
        reason,
        change.group,
        change.before,
        change.desired,
        desired,
        before,
        PlannedAssignment(
            assignment_id.role_guid, desired.scope, change.before.principal_id if change.before else None, after
        ),
        differences,
        role,
    )


def _diff_expired(
    change: IdentityChange, assignment_id: AssignmentId, desired: DesiredAssignment, before: RoleAssignment | None
) -> AssignmentChange | Skipped:
    """A line whose day has come: its role goes, whoever gave it."""
    if before is None:
        return Skipped(assignment_id, SkipReason.EXPIRED)
    return AssignmentChange(
        assignment_id,
        Action.DELETE,
        Reason.EXPIRED,
        change.group,
        change.before,
        change.desired,
        desired,
        before,
        after=None,
    )


def diff_orphans(
    change: IdentityChange, access: Access, limited_to: frozenset[AnyId] | None
) -> Iterator[AssignmentChange | Skipped]:
    """What goes with an identity: afterwards nobody could find the roles that this tool gave it.

    Source: Azure documentation (role assignments of a deleted identity stay, and are found by its principal id alone).
    """
    # A removal of what is not there has none.
    extras = access.assignments.get(change.resource_id, ())
    yield from _extra_assignments(change, None, extras, access, limited_to, all_resolved=True)


def _extra_assignments(
    change: IdentityChange,
    entry: DesiredIdentity | None,
    extras: Iterable[RoleAssignment],
    access: Access,
    limited_to: frozenset[AnyId] | None,
    *,
    all_resolved: bool,
) -> Iterator[AssignmentChange | Skipped]:
    for extra in extras:
        role = access.role_name(extra.role_guid)
        assignment_id = AssignmentId(change.resource_id, role, extra.role_guid, extra.scope)
        # A name alone proves little, unless a journal says that a run has given that very role.
        recorded = limited_to is not None and assignment_id in limited_to and bears_our_name(change.group.owner, extra)
        # With its identity an assignment always goes: it would be left orphaned.
        ignored = () if entry is None else _lookups_of_ignored(change.group.ignore, extra.scope, access)
        if any(role.guid == extra.role_guid for lookup in ignored for role in lookup.found):
            yield Skipped(assignment_id, SkipReason.IGNORED, extra.condition)
            continue
        stays = None if recorded else _why_extra_stays(change.group, entry, extra)
        if stays is not None:
            yield Skipped(assignment_id, stays, extra.condition)
            continue
        if not all_resolved or not all(lookup.found for lookup in ignored):
            # It may be the very one that a line, or an entry of `ignore`, means whose role could not be identified.
            yield Skipped(assignment_id, SkipReason.UNRESOLVED, extra.condition)
            continue
        yield AssignmentChange(
            assignment_id,
            Action.DELETE,
            Reason.NOT_LISTED,
            change.group,
            change.before,
            entry,
            desired=None,
            before=extra,
            after=None,
        )


def _why_extra_stays(group: DesiredGroup, entry: DesiredIdentity | None, extra: RoleAssignment) -> SkipReason | None:
    """Why a role that no line lists stays; None where it is taken away. `entry` is None where its identity goes."""
    if entry is not None and not entry.lists_all_assignments:
        return SkipReason.NOT_LISTED
    if entry is not None and group.policy.role_assignments is AssignmentsPolicy.MERGE:
        return SkipReason.NOT_LISTED
    if entry is not None and group.policy.role_assignments is AssignmentsPolicy.EXACT:
        return _why_outside(group.role_scopes, extra.scope)
    if is_ours(group.owner, extra):
        return None
    if extra.owner is not None:
        return SkipReason.NOT_OWNED
    is_known = group.owner is not None and bears_our_name(group.owner, extra)
    return SkipReason.UNMARKED if is_known else SkipReason.NOT_OURS


def _why_outside(role_scopes: Iterable[str], scope: str) -> SkipReason | None:
    """Why the policy `exact` leaves a role at a scope; None where it takes it away."""
    if any(is_within(scope, one) for one in role_scopes):
        return None
    return SkipReason.INHERITED if any(is_within(one, scope) for one in role_scopes) else SkipReason.OUT_OF_SCOPE


def _lookups_of_ignored(ignore: Ignore, scope: str, access: Access) -> tuple[RoleLookup, ...]:
    """What is known of the roles that are ignored at a scope."""
    here = (one for one in ignore.role_assignments if normalize_scope(one.scope) == normalize_scope(scope))
    return tuple(access.lookup(one.role, one.scope) for one in here)
