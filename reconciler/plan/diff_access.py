"""What differs in who may become an identity and in what it may do: describes, judges nothing.

Only identities that list their credentials or roles are looked at; an absent key means that others manage them. Roles
are taken away only where this tool gave them, which the name of an assignment tells; everything else is left alone and
said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    DesiredAssignment,
    DesiredCredential,
    DesiredIdentity,
    Ignore,
)
from reconciler.manifest.rules.globs import matches_any
from reconciler.model import (
    NO_DETAILS,
    Access,
    AnyId,
    AssignmentDetails,
    AssignmentId,
    CredentialId,
    FederatedCredential,
    PlannedAssignment,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    bears_our_name,
    is_ours,
    normalize_scope,
)
from reconciler.plan.changes import (
    AccessChange,
    Action,
    AssignmentChange,
    Change,
    Changes,
    CredentialChange,
    Field,
    FieldChange,
    GroupChanges,
    IdentityChange,
    Reason,
    Skipped,
    SkipReason,
    UnresolvedRole,
)

_Found = AccessChange | Skipped | UnresolvedRole


def diff_access(changes: Changes, access: Access, limited_to: frozenset[AnyId] | None = None) -> Changes:
    """The comparison with the credentials and role assignments of its identities added to it, in order of their ids.

    Children that `limited_to` does not name stay as they are; None names all of them, and those of a deleted identity
    are always changed.
    """
    return replace(changes, groups=tuple(_diff_group(group, access, limited_to) for group in changes.groups))


def _diff_group(group: GroupChanges, access: Access, limited_to: frozenset[AnyId] | None) -> GroupChanges:
    found = [_within(one, limited_to) for change in group.changes for one in _diff_identity(change, access, limited_to)]
    changes = [one for one in found if not isinstance(one, Skipped | UnresolvedRole)]
    skipped = [one for one in found if isinstance(one, Skipped)]
    kept = {one.resource_id for one in skipped}
    held, left = _diff_held(group, access)
    return replace(
        group,
        access=tuple(sorted(changes, key=lambda change: change.resource_id.key)),
        skipped=(*group.skipped, *sorted((*skipped, *left), key=lambda one: one.resource_id.key)),
        kept_credentials=tuple(
            one
            for change in group.changes
            for one in access.credentials.get(change.resource_id, ())
            if one.credential_id in kept
        ),
        unresolved_roles=tuple(one for one in found if isinstance(one, UnresolvedRole)),
        held=held,
    )


def _diff_held(group: GroupChanges, access: Access) -> tuple[tuple[Change, ...], list[Skipped]]:
    """The held changes of identities, each with those of its children behind it, and what stays of these anyway.

    A role that could not be identified refuses no plan here: nothing would be given.
    """
    held: list[Change] = []
    skipped: list[Skipped] = []
    for change in group.held:
        held.append(change)
        match change:
            case IdentityChange(desired=DesiredIdentity()):
                found = list(_diff_identity(change, access, None))
                changes = [one for one in found if not isinstance(one, Skipped | UnresolvedRole)]
                held += sorted(changes, key=lambda one: one.resource_id.key)
                skipped += [one for one in found if isinstance(one, Skipped)]
                unresolved = (one for one in found if isinstance(one, UnresolvedRole))
                skipped += [
                    Skipped(one.resource_id, SkipReason.IGNORED if one.is_ignored else SkipReason.HELD)
                    for one in unresolved
                ]
    return tuple(held), skipped


def _within(found: _Found, limited_to: frozenset[AnyId] | None) -> _Found:
    if limited_to is None or isinstance(found, Skipped | UnresolvedRole) or found.entry is None:
        return found
    return found if found.resource_id in limited_to else Skipped(found.resource_id, SkipReason.NOT_TARGETED)


def _diff_identity(change: IdentityChange, access: Access, limited_to: frozenset[AnyId] | None) -> Iterator[_Found]:
    entry = change.desired
    if entry is None:
        yield from _revoked(change, access, limited_to)
        return
    if entry.federated_credentials is not None:
        yield from _diff_credentials(change, entry, entry.federated_credentials, access)
    if entry.role_assignments is not None:
        yield from _diff_assignments(change, entry, entry.role_assignments, access, limited_to)


def _diff_credentials(
    change: IdentityChange, entry: DesiredIdentity, listed: tuple[DesiredCredential, ...], access: Access
) -> Iterator[CredentialChange | Skipped]:
    live = {one.credential_id: one for one in access.credentials.get(change.resource_id, ())}
    for desired in listed:
        before = live.pop(CredentialId(change.resource_id, desired.name), None)
        yield _diff_credential(change, entry, desired, before)
    for extra in live.values():
        if matches_any(extra.credential_id.name, change.group.ignore.federated_credentials):
            yield Skipped(extra.credential_id, SkipReason.IGNORED)
        elif extra.trust is None:
            yield Skipped(extra.credential_id, SkipReason.INEXPRESSIBLE)
        elif change.group.policy.federated_credentials is CredentialsPolicy.MERGE:
            yield Skipped(extra.credential_id, SkipReason.NOT_LISTED)
        else:
            yield CredentialChange(
                extra.credential_id,
                Action.DELETE,
                Reason.NOT_LISTED,
                change.group,
                change.before,
                entry,
                desired=None,
                before=extra,
                after=None,
            )


def _diff_credential(
    change: IdentityChange, entry: DesiredIdentity, desired: DesiredCredential, before: FederatedCredential | None
) -> CredentialChange:
    differences = () if before is None else trust_differences(before.trust, desired.trust)
    action, reason = Action.NO_OP, Reason.EQUAL
    if before is None:
        action, reason = Action.CREATE, Reason.MISSING
    elif differences:
        action, reason = Action.UPDATE, Reason.DIFFERS
    credential_id = CredentialId(change.resource_id, desired.name) if before is None else before.credential_id
    return CredentialChange(
        credential_id, action, reason, change.group, change.before, entry, desired, before, desired.trust, differences
    )


def trust_differences(before: Trust | None, after: Trust) -> tuple[FieldChange, ...]:
    """The fields of a trust that differ; all of them where the live one cannot be expressed."""
    old = (None, None, None) if before is None else (before.issuer, before.subject, before.audience)
    new = (after.issuer, after.subject, after.audience)
    fields = zip((Field.ISSUER, Field.SUBJECT, Field.AUDIENCE), old, new, strict=True)
    return tuple(FieldChange(field, one, other) for field, one, other in fields if one != other)


def detail_differences(before: AssignmentDetails | None, after: AssignmentDetails | None) -> tuple[FieldChange, ...]:
    """The details of a role assignment that differ; what nobody recorded counts as not there."""
    old, new = (dict((one or NO_DETAILS).named()) for one in (before, after))
    return tuple(FieldChange(Field(name), old[name], new[name]) for name in new if old[name] != new[name])


def _diff_assignments(
    change: IdentityChange,
    entry: DesiredIdentity,
    listed: tuple[DesiredAssignment, ...],
    access: Access,
    limited_to: frozenset[AnyId] | None,
) -> Iterator[_Found]:
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
        yield _diff_assignment(change, assignment_id, desired, live.get(granted), role)
    extras = [one for granted, one in live.items() if granted not in listed_roles]
    yield from _extra_assignments(change, entry, extras, access, limited_to, all_resolved=all_resolved)


def _contradicted(listed: Iterable[DesiredAssignment], access: Access) -> set[tuple[str, str]]:
    """The roles, by scope and GUID, that lines list with different details: once by name, once by GUID."""
    details: dict[tuple[str, str], tuple[tuple[str, str | None], ...]] = {}
    contradicted = set()
    for one in listed:
        lookup = access.lookup(one.role, one.scope)
        for role in lookup.found if len(lookup.found) == 1 else ():
            granted = (normalize_scope(one.scope), role.guid)
            if details.setdefault(granted, one.details) != one.details:
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
    live = (before.details if before else None) or NO_DETAILS
    after = replace(live, **dict(desired.details))
    differences = () if before is None else detail_differences(live, after)
    action, reason = Action.NO_OP, Reason.EQUAL
    if before is None:
        action, reason = Action.CREATE, Reason.MISSING
    elif differences:
        action, reason = Action.UPDATE, Reason.DIFFERS
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


def _revoked(
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
        # Without an owner a name proves little, unless a journal says that a run has given that very role.
        recorded = limited_to is not None and assignment_id in limited_to and bears_our_name(change.group.owner, extra)
        # With its identity an assignment always goes: it would be left orphaned.
        ignored = () if entry is None else _lookups_of_ignored(change.group.ignore, extra.scope, access)
        if any(role.guid == extra.role_guid for lookup in ignored for role in lookup.found):
            yield Skipped(assignment_id, SkipReason.IGNORED, extra.condition)
            continue
        if entry is not None and change.group.policy.role_assignments is AssignmentsPolicy.MERGE:
            yield Skipped(assignment_id, SkipReason.NOT_LISTED)
            continue
        if not recorded and not is_ours(change.group.owner, extra):
            yield Skipped(assignment_id, SkipReason.NOT_OURS, extra.condition)
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


def _lookups_of_ignored(ignore: Ignore, scope: str, access: Access) -> tuple[RoleLookup, ...]:
    """What is known of the roles that are ignored at a scope."""
    here = (one for one in ignore.role_assignments if normalize_scope(one.scope) == normalize_scope(scope))
    return tuple(access.lookup(one.role, one.scope) for one in here)
