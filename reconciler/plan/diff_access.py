"""What differs in who may become an identity and in what it may do: describes, judges nothing.

Only identities that list their credentials or roles are looked at; an absent key means that others manage them. Where
defaults alone give some, those are compared, and what lives beside them stays. Roles are in `diff_assignments`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from reconciler.manifest.desired import (
    CredentialsPolicy,
    DesiredCredential,
    DesiredIdentity,
    has_expired,
)
from reconciler.manifest.rules.globs import matches_any
from reconciler.model import (
    Access,
    AnyId,
    CredentialId,
    FederatedCredential,
    Trust,
)
from reconciler.plan.changes import (
    AccessChange,
    Action,
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
from reconciler.plan.diff_assignments import diff_assignments, diff_orphans

_Found = AccessChange | Skipped | UnresolvedRole


def diff_access(changes: Changes, access: Access, limited_to: frozenset[AnyId] | None = None) -> Changes:
    """The comparison with the credentials and role assignments of its identities added to it, in order of their ids.

    Children that `limited_to` does not name stay as they are; None names all of them, and those of a deleted identity
    are always changed.
    """
    groups = (_diff_group(group, access, limited_to, changes.judged_on) for group in changes.groups)
    return replace(changes, groups=tuple(groups))


def _diff_group(
    group: GroupChanges, access: Access, limited_to: frozenset[AnyId] | None, judged_on: date
) -> GroupChanges:
    found = [
        _within(one, limited_to)
        for change in group.changes
        for one in _diff_identity(change, access, limited_to, judged_on)
    ]
    changes = [one for one in found if not isinstance(one, Skipped | UnresolvedRole)]
    skipped = [one for one in found if isinstance(one, Skipped)]
    kept = {one.resource_id for one in skipped}
    held, left = _diff_held(group, access, judged_on)
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


def _diff_held(group: GroupChanges, access: Access, judged_on: date) -> tuple[tuple[Change, ...], list[Skipped]]:
    """The held changes of identities, each with those of its children behind it, and what stays of these anyway.

    A role that could not be identified refuses no plan here: nothing would be given.
    """
    held: list[Change] = []
    skipped: list[Skipped] = []
    for change in group.held:
        held.append(change)
        match change:
            case IdentityChange(desired=DesiredIdentity()):
                found = list(_diff_identity(change, access, None, judged_on))
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


def _diff_identity(
    change: IdentityChange, access: Access, limited_to: frozenset[AnyId] | None, judged_on: date
) -> Iterator[_Found]:
    entry = change.desired
    if entry is None:
        yield from diff_orphans(change, access, limited_to)
        return
    if entry.federated_credentials is not None:
        listed = entry.federated_credentials
        ended = tuple(one for one in listed if has_expired(one, judged_on))
        yield from _diff_credentials(change, entry, [one for one in listed if one not in ended], ended, access)
    if entry.role_assignments is not None:
        yield from diff_assignments(change, entry, entry.role_assignments, access, limited_to, judged_on)


def _diff_credentials(
    change: IdentityChange,
    entry: DesiredIdentity,
    listed: Iterable[DesiredCredential],
    ended: Iterable[DesiredCredential],
    access: Access,
) -> Iterator[CredentialChange | Skipped]:
    """The credentials of an identity; `ended` are the lines whose day has come."""
    live = {one.credential_id: one for one in access.credentials.get(change.resource_id, ())}
    for desired in listed:
        before = live.pop(CredentialId(change.resource_id, desired.name), None)
        yield _diff_credential(change, entry, desired, before)
    expired = {one.trust.who: one for one in ended}
    for extra in live.values():
        line = None if extra.trust is None else expired.pop(extra.trust.who, None)
        if matches_any(extra.credential_id.name, change.group.ignore.federated_credentials):
            yield Skipped(extra.credential_id, SkipReason.IGNORED)
        elif extra.trust is None:
            yield Skipped(extra.credential_id, SkipReason.INEXPRESSIBLE)
        elif line is not None:
            yield _delete(change, entry, extra, line)
        elif not entry.lists_all_credentials or change.group.policy.federated_credentials is CredentialsPolicy.MERGE:
            yield Skipped(extra.credential_id, SkipReason.NOT_LISTED)
        else:
            yield _delete(change, entry, extra)
    for gone in expired.values():
        credential_id = CredentialId(change.resource_id, gone.name)
        if credential_id not in live:
            yield Skipped(credential_id, SkipReason.EXPIRED)


def _delete(
    change: IdentityChange, entry: DesiredIdentity, extra: FederatedCredential, expired: DesiredCredential | None = None
) -> CredentialChange:
    """A credential that goes: no line lists it, or the line that lists its issuer and subject has ended."""
    return CredentialChange(
        extra.credential_id,
        Action.DELETE,
        Reason.NOT_LISTED if expired is None else Reason.EXPIRED,
        change.group,
        change.before,
        entry,
        desired=expired,
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
