"""Holds a fresh read against what a change was planned for: go on, done already, or no longer the change approved.

Asked before every call. What was reviewed is a difference between two states; where the live side has moved, writing
would make a difference that nobody has seen.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.access import FederatedCredential, RoleAssignment
from reconciler.model.identity import OWNER_TAG, PROTECT_TAG, Identity, normalize_location, same_name
from reconciler.plan.changes import (
    Action,
    AssignmentChange,
    Change,
    CredentialChange,
    IdentityChange,
    field_text,
    value_text,
)
from reconciler.plan.diff_access import trust_differences
from reconciler.plan.diff_identities import diff_identity

_ANOTHER_PRINCIPAL = (
    "the identity has been deleted and created again since the plan was made: it is another principal now"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a fresh read means for a call: `surprise` is empty where it may go out, `done` says that it need not."""

    surprise: str = ""
    done: bool = False


def check_identity(change: IdentityChange, action: Action, fresh: Identity | None) -> Verdict:
    """An identity before a call of its own."""
    return Verdict(_SURPRISES[action](change, fresh), _is_done(change, action, fresh))


def check_host(change: Change, fresh: Identity | None) -> str:
    """What is surprising about the identity that a credential or role assignment hangs on; empty where nothing is."""
    planned = change.identity
    if fresh is None:
        return "the identity has been deleted since the plan was made"
    if planned is None:
        return ""
    if fresh.principal_id != planned.principal_id:
        return _ANOTHER_PRINCIPAL
    ours = change.group.owner
    return "" if fresh.owner == ours else _other_owner(planned, fresh)


def check_credential(change: CredentialChange, action: Action, fresh: FederatedCredential | None) -> Verdict:
    """A credential before a call; one that is as it should be already needs none."""
    if action is Action.DELETE:
        if fresh is None:
            return Verdict(done=True)
        planned = change.before.trust if change.before else None
        return Verdict() if fresh.trust == planned else Verdict(_trust_surprise(change, fresh))
    if fresh is not None and change.after is not None and fresh.trust == change.after:
        return Verdict(done=True)
    if action is Action.CREATE:
        return Verdict() if fresh is None else Verdict("a credential of this name has appeared since the plan was made")
    if fresh is None:
        return Verdict("the credential has been deleted since the plan was made")
    planned = change.before.trust if change.before else None
    return Verdict() if fresh.trust == planned else Verdict(_trust_surprise(change, fresh))


def check_assignment(change: AssignmentChange, action: Action, fresh: RoleAssignment | None) -> Verdict:
    """A role assignment before a call, read by the name that this tool gives it."""
    if action is Action.DELETE:
        if fresh is None:
            return Verdict(done=True)
        planned = change.before
        same = planned is not None and _grants_the_same(planned, fresh)
        return Verdict() if same else Verdict("the role assignment of this name is another one now")
    if fresh is None:
        return Verdict()
    same = same_name(fresh.role_guid, change.resource_id.role_guid)
    return (
        Verdict(done=True) if same else Verdict("a role assignment of this name has appeared since the plan was made")
    )


def _trust_surprise(change: CredentialChange, fresh: FederatedCredential) -> str:
    planned = change.before.trust if change.before else None
    if planned is None or fresh.trust is None:
        return "the credential has been replaced since the plan was made"
    news = [f"{field_text(one)} is now {value_text(one.after)}" for one in trust_differences(planned, fresh.trust)]
    return f"changed since the plan was made: {', '.join(news)}"


def _grants_the_same(one: RoleAssignment, other: RoleAssignment) -> bool:
    return same_name(one.role_guid, other.role_guid) and same_name(one.principal_id, other.principal_id)


def _surprise_at_create(_: IdentityChange, fresh: Identity | None) -> str:
    return "" if fresh is None else "an identity of this name has appeared since the plan was made"


def _surprise_at_update(change: IdentityChange, fresh: Identity | None) -> str:
    if fresh is None:
        return "the identity has been deleted since the plan was made"
    if _is_another_principal(change, fresh):
        return _ANOTHER_PRINCIPAL
    if change.desired is None:
        raise AssertionError("an update without a manifest entry")
    owner = _surprising_owner(change, fresh)
    if owner:
        return owner
    differences = diff_identity(change.group, change.desired, fresh).differences
    if differences == change.differences:
        return ""
    news = [
        f"{field_text(one)} is now {value_text(one.before)}" for one in differences if one not in change.differences
    ]
    still_differing = {field_text(one) for one in differences}
    settled = [one for one in change.differences if field_text(one) not in still_differing]
    gone = [f"{field_text(one)} is {value_text(one.after)} already" for one in settled]
    return f"changed since the plan was made: {', '.join([*news, *gone])}"


def _surprise_at_delete(change: IdentityChange, fresh: Identity | None) -> str:
    if fresh is None:
        return "the identity is gone already"
    if _is_another_principal(change, fresh):
        return _ANOTHER_PRINCIPAL
    if fresh.is_protected:
        # The guard lets no delete of a protected identity into what is applied, so this one was not protected.
        return f"it bears the tag {PROTECT_TAG} now, and is protected"
    return _surprising_owner(change, fresh)


def _surprising_owner(change: IdentityChange, fresh: Identity) -> str:
    """Another owner than the plan was made for; at a repeated attempt, our own mark is no surprise."""
    if change.before is None or fresh.owner == change.before.owner:
        return ""
    # A delete leaves no mark of ours: an owner that is gone is another one.
    if change.after is not None and fresh.owner == change.after.tags.get(OWNER_TAG):
        return ""
    return _other_owner(change.before, fresh)


def _other_owner(planned: Identity, fresh: Identity) -> str:
    if fresh.owner == planned.owner:
        return ""
    return (
        f"its owner has changed since the plan was made, from {value_text(planned.owner)} to {value_text(fresh.owner)}"
    )


_SURPRISES: dict[Action, Callable[[IdentityChange, Identity | None], str]] = {
    Action.CREATE: _surprise_at_create,
    Action.UPDATE: _surprise_at_update,
    Action.DELETE: _surprise_at_delete,
}


def _is_another_principal(change: IdentityChange, fresh: Identity) -> bool:
    return change.before is not None and fresh.principal_id != change.before.principal_id


def _is_done(change: IdentityChange, action: Action, fresh: Identity | None) -> bool:
    """Whether a fresh read shows what the change was to bring about."""
    if action is Action.DELETE:
        return fresh is None
    if fresh is None or change.desired is None or change.after is None or _is_another_principal(change, fresh):
        return False
    lives_there = normalize_location(fresh.location) == normalize_location(change.after.location or "")
    return lives_there and not diff_identity(change.group, change.desired, fresh).differences
