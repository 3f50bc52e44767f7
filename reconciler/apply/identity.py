"""The calls on an identity: what is read before each, what must not have changed since the plan, and what is sent."""

from collections.abc import Callable
from dataclasses import replace

from reconciler.apply.before_delete import look_before_delete
from reconciler.apply.checks import ANOTHER_PRINCIPAL, Stale, Write, another_owner, appeared_meanwhile
from reconciler.arm.http.paths import identity_path
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError
from reconciler.manifest.desired import DesiredGroup, DesiredIdentity
from reconciler.model import (
    OWNER_TAG,
    PROTECT_TAG,
    UNREAD,
    Children,
    FederatedCredential,
    Identity,
    Impact,
    Part,
    PlannedIdentity,
    Tags,
    normalize_location,
)
from reconciler.plan import Action, Field, FieldChange, IdentityChange, diff_identity, field_text, value_text

_METHODS = {Action.CREATE: "PUT", Action.UPDATE: "PATCH", Action.DELETE: "DELETE"}
_NO_PLAN = "a change that no plan makes"

ReadChildren = Callable[[Identity, Part[FederatedCredential]], Children]
"""The children of an identity that is about to be deleted, its credentials as they were just read; called from several
threads."""


class IdentityCalls:
    """The calls of one step; before a delete they also read the identity's children, and what uses it."""

    def __init__(self, change: IdentityChange, resources: Resources, read_children: ReadChildren) -> None:
        self._change = change
        self._resources = resources
        self._read_children = read_children
        self._children: Children | None = None
        self._surprise: Stale | None = None

    @property
    def target(self) -> tuple[str, str]:
        """Method and path of the call."""
        return _METHODS[self._change.action], identity_path(self._change.resource_id)

    def read(self) -> Identity | None:
        """The identity as it is now, read last, so that nothing comes between this read and the call."""
        match self._change:
            case IdentityChange(action=Action.DELETE, before=Identity() as before) as change:
                look = look_before_delete(change, self._resources)
                self._surprise = look.surprise
                if self._children is None and look.surprise is None:
                    # Those of the first attempt: it may take them along, and yet fail.
                    self._children = _with_attached(self._read_children(before, look.credentials), change.impact)
        return self._resources.identities.get(self._change.resource_id)

    def check(self, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
        """What the last read means for the call."""
        found = check_identity(self._change, live)
        if isinstance(found, Stale):
            return found
        return self._surprise or replace(found, children=self._children)

    def write(self, after: PlannedIdentity | None, *, is_first: bool) -> Identity | Stale | None:
        """Make the call; the identity that ARM returned, if any."""
        change, identities = self._change, self._resources.identities
        match change.action, change.desired, after:
            case Action.CREATE, DesiredIdentity() as desired, PlannedIdentity(location=str(location)) as sent:
                live, created = identities.create(change.resource_id, location, sent.tags, desired.isolation_scope)
                if created or (_is_as_sent(change.group, desired, location, sent.tags, live) and not is_first):
                    return live
                return appeared_meanwhile("its tags are now")
            case Action.UPDATE, DesiredIdentity() as desired, PlannedIdentity() as sent:
                fields = {one.kind for one in change.differences}
                return identities.update(
                    change.resource_id,
                    tags=sent.tags if Field.TAG in fields else None,
                    isolation_scope=desired.isolation_scope if Field.ISOLATION_SCOPE in fields else None,
                )
            case Action.DELETE, None, None:
                identities.delete(change.resource_id)
                return None
        raise AssertionError(_NO_PLAN)

    def settles(self, _: ArmError) -> bool:
        """An identity waits for no other one."""
        return False


def check_identity(change: IdentityChange, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
    """Hold an identity, as it is now, against what its change was planned for."""
    match change.action, change.before, change.desired, change.after:
        case Action.CREATE, None, DesiredIdentity() as desired, PlannedIdentity(location=str(location)) as after:
            if live is None:
                return Write(after)
            as_planned = _is_as_sent(change.group, desired, location, after.tags, live)
            return Stale("an identity of this name has appeared since the plan was made", as_planned)
        case Action.UPDATE, Identity() as before, DesiredIdentity() as desired, PlannedIdentity() as after:
            return _check_update(change, desired, before, after, live)
        case Action.DELETE, Identity() as before, None, None:
            return _check_delete(before, live)
    raise AssertionError(_NO_PLAN)


def _check_update(
    change: IdentityChange, desired: DesiredIdentity, before: Identity, after: PlannedIdentity, live: Identity | None
) -> Stale | Write[PlannedIdentity | None]:
    if live is None:
        return Stale("the identity has been deleted since the plan was made")
    if live.principal_id != before.principal_id:
        return Stale(ANOTHER_PRINCIPAL)
    # Tags that the manifest does not list may have changed: the update keeps them as they are now.
    now = diff_identity(change.group, desired, live)
    # The owner that an earlier attempt has set is no surprise.
    surprise = None if live.owner == after.tags.get(OWNER_TAG) else another_owner(before, live)
    stale = surprise or _other_differences(change.differences, now.differences)
    if stale is None:
        return Write(now.after)
    return replace(stale, as_planned=not now.differences and _is_same_location(before.location, live.location))


def _check_delete(before: Identity, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
    if live is None:
        return Stale("the identity is already deleted", as_planned=True)
    if live.principal_id != before.principal_id:
        return Stale(ANOTHER_PRINCIPAL)
    if live.is_protected:
        # The guard lets no delete of a protected identity into what is applied, so this one was not protected.
        return Stale(f"it now has the tag {PROTECT_TAG}, and is protected")
    # A delete sets no owner: an owner tag that has gone is another owner.
    return another_owner(before, live) or Write(None)


def _is_as_sent(group: DesiredGroup, desired: DesiredIdentity, location: str, tags: Tags, live: Identity) -> bool:
    """Whether an identity has all that a create sends and no other tags: one of another's making has its own."""
    differs = diff_identity(group, desired, live).differences
    return not differs and live.tags == tags and _is_same_location(location, live.location)


def _is_same_location(one: str, other: str) -> bool:
    return normalize_location(one) == normalize_location(other)


def _other_differences(planned: tuple[FieldChange, ...], now: tuple[FieldChange, ...]) -> Stale | None:
    if now == planned:
        return None
    news = [f"{field_text(one)} is now {value_text(one.before)}" for one in now if one not in planned]
    still_differing = {field_text(one) for one in now}
    settled = [one for one in planned if field_text(one) not in still_differing]
    gone = [f"{field_text(one)} is {value_text(one.after)} already" for one in settled]
    return Stale(f"changed since the plan was made: {', '.join([*news, *gone])}")


def _with_attached(children: Children, impact: Impact | None) -> Children:
    """Children with what the plan found the identity attached to: a new use would have kept it from being deleted."""
    attachments = (impact or UNREAD).attachments
    gap = () if attachments.not_checked is None else (f"attached resources: {attachments.not_checked}",)
    known = None if gap and not attachments.found else tuple(one.resource_id for one in attachments.found)
    return replace(children, attached=known, unread=(*children.unread, *gap))
