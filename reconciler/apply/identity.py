"""The calls on an identity: what is read before each, what must not have changed since the plan, and what is sent."""

from collections.abc import Callable
from dataclasses import replace

from reconciler.apply.before_delete import surprise_before_delete
from reconciler.apply.checks import ANOTHER_PRINCIPAL, Stale, Write, another_owner, appeared_meanwhile
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError
from reconciler.model import (
    OWNER_TAG,
    PROTECT_TAG,
    UNREAD,
    Children,
    Identity,
    Impact,
    IsolationScope,
    PlannedIdentity,
    Tags,
    normalize_location,
)
from reconciler.plan import Action, Field, FieldChange, IdentityChange, diff_identity, field_text, value_text

ReadChildren = Callable[[Identity], Children]
"""Reads the children of an identity that is about to be deleted; called from several threads."""


class IdentityCalls:
    """The calls of one step; before a delete they also read the identity's children, and what uses it."""

    def __init__(self, change: IdentityChange, resources: Resources, read_children: ReadChildren) -> None:
        self._change = change
        self._resources = resources
        self._read_children = read_children
        self._children: Children | None = None
        self._surprise = ""

    def read(self) -> Identity | None:
        """The identity as it is now, read last, so that nothing comes between this read and the call."""
        change = self._change
        if change.action is Action.DELETE:
            if self._children is None and change.before is not None:
                self._children = _with_attached(self._read_children(change.before), change.impact)
            self._surprise = surprise_before_delete(change, self._resources)
        return self._resources.identities.get(change.resource_id)

    def check(self, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
        """What the last read means for the call."""
        found = check_identity(self._change, live)
        if isinstance(found, Stale):
            return found
        return Stale(self._surprise) if self._surprise else replace(found, children=self._children)

    def write(self, after: PlannedIdentity | None, *, is_first: bool) -> Identity | Stale | None:
        """Make the call; the identity that ARM returned, if any."""
        change, identities = self._change, self._resources.identities
        match change.action:
            case Action.CREATE:
                live, created = identities.create(change.resource_id, *_sent(change, after))
                if created or (_is_as_sent(change, live) and not is_first):
                    return live
                return appeared_meanwhile("its tags are now")
            case Action.UPDATE:
                if change.desired is None or after is None:
                    raise AssertionError("an update of nothing")
                fields = {one.kind for one in change.differences}
                return identities.update(
                    change.resource_id,
                    tags=after.tags if Field.TAG in fields else None,
                    isolation_scope=change.desired.isolation_scope if Field.ISOLATION_SCOPE in fields else None,
                )
            case Action.DELETE:
                identities.delete(change.resource_id)
                return None
            case Action.NO_OP:
                raise AssertionError("a no-op makes no call")

    def settles(self, _: ArmError) -> bool:
        """An identity waits for no other one."""
        return False


def check_identity(change: IdentityChange, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
    """Hold an identity, as it is now, against what its change was planned for."""
    match change.action:
        case Action.CREATE:
            return _check_create(change, live)
        case Action.UPDATE:
            return _check_update(change, live)
        case Action.DELETE:
            return _check_delete(change, live)
        case Action.NO_OP:
            raise AssertionError("a no-op makes no call")


def _check_create(change: IdentityChange, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
    if live is None:
        return Write(change.after)
    return Stale("an identity of this name has appeared since the plan was made", _is_as_sent(change, live))


def _check_update(change: IdentityChange, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
    if live is None:
        return Stale("the identity has been deleted since the plan was made")
    if _is_another_principal(change, live):
        return Stale(ANOTHER_PRINCIPAL)
    if change.desired is None:
        raise AssertionError("an update without a manifest entry")
    # Tags that the manifest does not list may have changed: the update keeps them as they are now.
    now = diff_identity(change.group, change.desired, live)
    stale = _surprising_owner(change, live) or _other_differences(change.differences, now.differences)
    if stale is None:
        return Write(now.after)
    return replace(stale, as_planned=not now.differences and _is_in_planned_location(change, live))


def _check_delete(change: IdentityChange, live: Identity | None) -> Stale | Write[PlannedIdentity | None]:
    if live is None:
        return Stale("the identity is already deleted", as_planned=True)
    if _is_another_principal(change, live):
        return Stale(ANOTHER_PRINCIPAL)
    if live.is_protected:
        # The guard lets no delete of a protected identity into what is applied, so this one was not protected.
        return Stale(f"it now has the tag {PROTECT_TAG}, and is protected")
    return _surprising_owner(change, live) or Write(None)


def _is_another_principal(change: IdentityChange, live: Identity) -> bool:
    return change.before is not None and live.principal_id != change.before.principal_id


def _sent(change: IdentityChange, after: PlannedIdentity | None) -> tuple[str, Tags, IsolationScope | None]:
    """Location, tags and isolation scope, as a create sends them."""
    if after is None or after.location is None:
        raise AssertionError("a create without a location")
    return after.location, after.tags, change.desired.isolation_scope if change.desired else None


def _is_as_sent(change: IdentityChange, live: Identity) -> bool:
    """Whether an identity has all that a create sends and no other tags: one of another's making has its own."""
    if change.desired is None or change.after is None:
        raise AssertionError("a create without a manifest entry")
    differences = diff_identity(change.group, change.desired, live).differences
    return not differences and live.tags == change.after.tags and _is_in_planned_location(change, live)


def _is_in_planned_location(change: IdentityChange, live: Identity) -> bool:
    planned = change.after.location if change.after else None
    return normalize_location(live.location) == normalize_location(planned or "")


def _surprising_owner(change: IdentityChange, live: Identity) -> Stale | None:
    """Another owner than the plan was made for; at a repeated attempt, the owner that we have set is no surprise."""
    # A delete sets no owner: an owner tag that has gone is another owner.
    if change.before is None or (change.after is not None and live.owner == change.after.tags.get(OWNER_TAG)):
        return None
    return another_owner(change.before, live)


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
