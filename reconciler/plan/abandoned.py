"""Identities with an owner of this run in a resource group that none of its manifests names.

A group that is dropped from Git leaves its identities behind, and nothing would ever speak of them again. They are only
reported: what no manifest names is never touched, and another run may share the owner.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.manifest.desired import Desired
from reconciler.model import Identity, Live, ResourceId


@dataclass(frozen=True, slots=True)
class Abandoned:
    """An identity that nobody lists any more, and the owner that its tag names."""

    resource_id: ResourceId
    owner: str
    principal_id: str


def owners_of(desired: Desired) -> frozenset[str]:
    """Every owner that a document of the run names."""
    return frozenset(group.owner for group in desired.groups if group.owner is not None)


def find_abandoned(desired: Desired, live: Live) -> tuple[Abandoned, ...]:
    """Live identities outside all groups of the documents that have an owner of one of these, in order of the ids."""
    return tuple(_abandoned(desired, live))


def _abandoned(desired: Desired, live: Live) -> Iterator[Abandoned]:
    owners, named = owners_of(desired), {group.group_id for group in desired.groups}
    for one in live.beyond:
        match one:
            case Identity(owner=str(owner)) if owner in owners and one.resource_id.group_id not in named:
                yield Abandoned(one.resource_id, owner, one.principal_id)
