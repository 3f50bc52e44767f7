"""What a read right before a call means for the call: go on, done already, or no longer the change that was approved.

What was reviewed is a difference between two states. Where the live one has changed, writing would make a difference
that nobody has seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.journal import After
from reconciler.model import Children, Identity, Orphan
from reconciler.plan import AccessChange, value_text

ANOTHER_PRINCIPAL = (
    "the identity has been deleted and created again since the plan was made: it is another principal now"
)

A = TypeVar("A", bound=After, covariant=True)

WhyNotGone = Callable[[Orphan], str | None]
"""Looks, right before the first role of a principal that is gone is deleted, whether it still is: a user, a group or an
application can be restored, and nobody may have seen an identity that is there.

Says why it is not known to be gone any more, as a sentence without its end; None where it is. Raises CallFailed and
Interrupted.
"""


@dataclass(frozen=True, slots=True)
class Done:
    """The live state is already what the call would leave behind; none is needed."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The live state is not what the plan was made for, and why.

    `as_planned` says that it is what the change would have made all the same: by somebody else, unless a call of this
    run may have taken effect. `not_ours` says that no call of this run can have made it.
    """

    why: str
    as_planned: bool = False
    not_ours: bool = False


@dataclass(frozen=True, slots=True)
class Write(Generic[A]):
    """The call may go out.

    Attributes:
        after: what it leaves behind; None where it deletes.
        children: of an identity that it deletes.
    """

    after: A
    children: Children | None = None


def appeared_meanwhile(what: str) -> Stale:
    """Why a create whose answer says that something was there already is not this run's; `what` of it was replaced."""
    return Stale(f"it appeared meanwhile: ARM created nothing, and {what} as this run sent it", not_ours=True)


def check_parent(change: AccessChange, live: Identity | None) -> Identity | Stale:
    """The identity of a credential or role assignment as it is now, or why they cannot be written."""
    planned = change.identity
    if live is None:
        return Stale("the identity has been deleted since the plan was made")
    if planned is None:
        return live
    if live.principal_id != planned.principal_id:
        return Stale(ANOTHER_PRINCIPAL)
    if live.owner == change.group.owner:
        return live
    return another_owner(planned, live) or live


def nobody_looks(orphan: Orphan) -> str | None:
    """For runs that delete no orphan: one that came all the same would stay."""
    return f"nobody looked whether principal {orphan.assignment.principal_id} is still gone"


def another_owner(planned: Identity, live: Identity) -> Stale | None:
    """Why an identity whose owner has changed cannot be written; None where it has not."""
    if live.owner == planned.owner:
        return None
    return Stale(
        f"its owner has changed since the plan was made, from {value_text(planned.owner)} to {value_text(live.owner)}"
    )
