"""What the identities that would be deleted are attached to, from the two places that know something of it.

Resource Graph tells all of them in one question, but only of what the caller may read and a little late; Azure's own
list of an identity is whole, but slow: one a second. So Graph is asked about all of them at once, and then Azure about
each, however many there are. "Nothing uses it" is claimed only where both say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.arm import attachments
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed, NotFound
from reconciler.live.may_read import MayRead, missing, why_not
from reconciler.model import AttachedResource, Part, ResourceGroupId, ResourceId, attached

READ_GRAPH = "Microsoft.ResourceGraph/resources/read"

_PROGRESS = "Checking what uses the identities that would be deleted"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What Resource Graph shows, and where it could not be asked or trusted, why."""

    resources: Mapping[ResourceId, tuple[AttachedResource, ...]]
    failed: str | None
    without_right: Mapping[ResourceGroupId, str | None]

    def why_not(self, identity: ResourceId) -> str | None:
        return self.failed or self.without_right[identity.group_id]


def read_attachments(
    identities: Sequence[ResourceId], resources: Resources, may_read: MayRead
) -> dict[ResourceId, Part[AttachedResource]]:
    """What each identity is attached to; what could not be read is named in its part, and is no error.

    Raises:
        OutOfTime: the time of the run ended before all of them were looked at.
    """
    if not identities:
        return {}
    shown = _ask_graph(identities, resources, may_read)
    confirmed = resources.pairs(_PROGRESS, lambda one: _confirm(one, resources), identities)
    return {one: _part(shown.resources.get(one, ()), shown.why_not(one), found) for one, found in confirmed}


def find_attachments(
    identities: Sequence[ResourceId], resources: Resources, may_read: MayRead
) -> dict[ResourceId, Part[AttachedResource]]:
    """What each identity is attached to as far as Resource Graph shows it: enough to say who gains, not that none does.

    Raises Interrupted and OutOfTime only.
    """
    if not identities:
        return {}
    shown = _ask_graph(identities, resources, may_read)
    return {one: Part(shown.resources.get(one, ()), shown.why_not(one)) for one in identities}


def _ask_graph(identities: Sequence[ResourceId], resources: Resources, may_read: MayRead) -> _Shown:
    groups = dict.fromkeys(one.group_id for one in identities)
    without_right = dict(resources.pairs("Reading permissions", lambda group: _graph_right(group, may_read), groups))
    try:
        with resources.activity.part("Asking Resource Graph for attached resources"):
            return _Shown(attachments.find(resources.client, identities), None, without_right)
    except CallFailed as error:
        return _Shown({}, f"Resource Graph: {why_not(error)}", without_right)


def _graph_right(group: ResourceGroupId, may_read: MayRead) -> str | None:
    try:
        # What the caller may do in the whole subscription it may do in each of its groups.
        above = may_read.why_not(f"/subscriptions/{group.subscription_id}", READ_GRAPH)
        return above and may_read.why_not(str(group), READ_GRAPH)
    except NotFound:
        return missing(READ_GRAPH)


def _confirm(identity: ResourceId, resources: Resources) -> Part[AttachedResource]:
    try:
        return Part(resources.associated.list(identity))
    except CallFailed as error:
        # A 404 too: the identity may be gone, or the service may not have the operation.
        return Part((), f"listAssociatedResources: {why_not(error)}")


def _part(
    shown: tuple[AttachedResource, ...], graph_gap: str | None, confirmed: Part[AttachedResource]
) -> Part[AttachedResource]:
    gaps = [gap for gap in (graph_gap, confirmed.not_checked) if gap]
    return Part(attached(shown, confirmed.found), "; ".join(gaps) or None)
