"""Drift against a commit: what the working tree has beyond it, and live does not have yet, is pending and no drift."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.model import AnyId
from reconciler.plan.changes import Action, Change
from reconciler.plan.drift.attribution import AnyAttribution
from reconciler.plan.drift.differences import claimed_location, differs

_WHOLE = (Action.CREATE, Action.DELETE)


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that live is held against, and the name that the caller has for it."""

    ref: str
    commit: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What is known of the differences of a plan.

    Attributes:
        attributions: who made each; empty where nobody asked.
        base: None where live is held against the files as they are.
        pending: what applying the working tree would do beside mending the drift.
    """

    attributions: Mapping[AnyId, AnyAttribution]
    base: Base | None = None
    pending: tuple[Change, ...] = ()


def pending_changes(base: Iterable[Change], head: Iterable[Change]) -> tuple[Change, ...]:
    """What the working tree asks for and live does not have, where live still is as the base says.

    Args:
        base: the comparison of the commit with live.
        head: that of the working tree with live; the pending ones are in its order.
    """
    drifted = {change.resource_id: change for change in base if differs(change)}
    news = (_pending(change, drifted.get(change.resource_id)) for change in head if differs(change))
    return tuple(change for changes in news for change in changes)


def _pending(change: Change, drift: Change | None) -> Iterator[Change]:
    """What of a change of the working tree is none of the drift."""
    if drift is None:
        yield change
    elif drift.action in _WHOLE:
        # It is not live, or not listed: whatever is done about it is about the drift.
        return
    elif change.action in _WHOLE:
        # The base lists it and it is live, so its end is news of the working tree, whatever differs of it.
        yield change
    else:
        known = {(one.kind, one.name.casefold()) for one in drift.differences}
        left = tuple(one for one in change.differences if (one.kind, one.name.casefold()) not in known)
        if left or (claimed_location(change) is not None and claimed_location(drift) is None):
            yield replace(change, differences=left)
