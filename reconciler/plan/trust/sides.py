"""One identity before a plan and after it: who may become it, by the credentials that say so, and what it may do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model import (
    UNREAD,
    AssignmentId,
    AttachedResource,
    CredentialId,
    FederatedCredential,
    HeldRole,
    LiveTrust,
    Part,
    ResourceId,
    Trust,
    normalize_scope,
)
from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange, IdentityChange
from reconciler.plan.plan import Plan

Who = Trust | CredentialId | AttachedResource | None
"""Who may become an identity: the subject of an issuer, whoever a credential means that the api-version cannot express,
a resource that signs in as it; None where that could not be read."""

RightKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Right:
    """A role on a scope, given as its ARM id, under a condition or none; `role` is its GUID where no name is known."""

    role: str
    role_guid: str
    scope: str
    condition: str | None = None

    @property
    def key(self) -> RightKey:
        """By what it is the same right, whatever its condition."""
        return right_key(self.scope, self.role_guid)


def right_key(scope: str, role_guid: str) -> RightKey:
    """By what a role on a scope is the same as another: in order of the scopes."""
    return (normalize_scope(scope), role_guid.casefold())


Rights = dict[RightKey, Right]
Trusted = dict[CredentialId, Trust | CredentialId]


@dataclass(frozen=True, slots=True)
class Side:
    """An identity before a plan or after it.

    Attributes:
        trusted: whom each credential trusts.
        attached: the resources that sign in as it.
        rights: its roles.
        who_not_read: why there may be more who can become it; None where these are all.
        rights_not_read: why it may have more roles; likewise.
    """

    trusted: Trusted
    attached: tuple[AttachedResource, ...]
    rights: Rights
    who_not_read: str | None
    rights_not_read: str | None


def side_before(identity: ResourceId, changes: Sequence[Change], plan: Plan) -> Side:
    """An identity as it lives: what was read of it, and what its changes say of what lives."""
    live = _from_delete(changes) or plan.trust.get(identity) or _NOTHING_LIVES
    credentials = {one.credential_id: one for one in (*live.credentials.found, *_credentials_of(changes))}
    roles, attachments = live.roles or Part(), live.attachments or Part()
    gaps = [one for one in (live.credentials.not_checked, attachments.not_checked) if one]
    return Side(
        {one: credential.trust or one for one, credential in credentials.items()},
        attachments.found,
        {right.key: right for right in (*map(right_of, roles.found), *_rights_of(changes))},
        "; ".join(gaps) or None,
        roles.not_checked,
    )


_NOTHING_LIVES = LiveTrust(Part())


def _from_delete(changes: Iterable[Change]) -> LiveTrust | None:
    """What was read of an identity that is to be deleted, in the form of what is read of others; None for others."""
    for change in changes:
        match change:
            case IdentityChange(action=Action.DELETE):
                impact = change.impact or UNREAD
                return LiveTrust(impact.credentials, impact.assignments, impact.attachments)
    return None


def _credentials_of(changes: Iterable[Change]) -> Iterator[FederatedCredential]:
    return (one.before for one in changes if isinstance(one, CredentialChange) and one.before is not None)


def right_of(held: HeldRole) -> Right:
    """The right that a role is."""
    return Right(held.role, held.role_guid, held.scope, held.condition)


def _rights_of(changes: Iterable[Change]) -> Iterator[Right]:
    for one in changes:
        if isinstance(one, AssignmentChange) and one.before is not None:
            yield Right(one.resource_id.role, one.before.role_guid, one.before.scope, one.before.condition)


def trusted_after(before: Trusted, applied: Iterable[Change]) -> Trusted:
    """Whom an identity trusts once some changes are applied."""
    after = dict(before)
    for one in applied:
        if isinstance(one, CredentialChange):
            after.pop(one.resource_id, None)
            if one.after is not None:
                after[one.resource_id] = one.after
    return after


def rights_after(before: Rights, applied: Iterable[Change]) -> Rights:
    """What an identity may do once some changes are applied."""
    after = dict(before)
    for one in applied:
        if isinstance(one, AssignmentChange):
            key = key_of(one.resource_id)
            if one.after is None:
                after.pop(key, None)
            else:
                condition = one.after.details.condition
                after[key] = Right(one.resource_id.role, one.after.role_guid, one.after.scope, condition)
    return after


def key_of(role: AssignmentId) -> RightKey:
    """The right that a change of a role assignment is about."""
    return right_key(role.scope, role.role_guid)


def in_order(rights: Rights) -> tuple[Right, ...]:
    """Rights by scope and role."""
    return tuple(right for _, right in sorted(rights.items()))
