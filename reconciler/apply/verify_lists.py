"""What verification reads by lists, where a list is fewer requests than a read of each resource that it holds.

A list can only confirm. What it does not show as it should be is read on its own afterwards, because a list may lag
behind and is cut, without a word, by what the caller may read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.apply.result import ChangeResult
from reconciler.arm.resources import Resources, lane_of
from reconciler.errors import CallFailed
from reconciler.journal import Outcome
from reconciler.model import CredentialId, FederatedCredential, Identity, ResourceGroupId, ResourceId, identity_of
from reconciler.plan import Action, AssignmentChange, CredentialChange, IdentityChange

PAGE = 100
"""How many identities a page of a list has at least, as assumed here: a service that sends more makes lists cheaper."""

CREDENTIALS_FROM = 2
"""How many credentials of an identity are worth its list, which has one page: an identity has at most 20."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What lists have shown; None is said of what is in none that was read."""

    identities: Mapping[ResourceId, Identity] = field(default_factory=dict)
    credentials: Mapping[CredentialId, FederatedCredential] = field(default_factory=dict)

    def identity(self, resource_id: ResourceId, read: Callable[[ResourceId], Identity | None]) -> Identity | None:
        """An identity as listed, else as `read` on its own."""
        return self.identities.get(resource_id) or read(resource_id)


def groups_to_list(results: Iterable[ChangeResult], sizes: Mapping[ResourceGroupId, int]) -> list[ResourceGroupId]:
    """The groups whose list has fewer pages than reads that it saves.

    Args:
        sizes: how many identities each group has; one that is not named is not listed.
    """
    needed = {identity for one in results for identity in _identities(one)}
    counts = Counter(identity.group_id for identity in needed)
    return [group for group, count in counts.items() if group in sizes and count > -(-sizes[group] // PAGE)]


def owners_to_list(results: Iterable[ChangeResult]) -> list[ResourceId]:
    """The identities of which so many credentials were written that their list is fewer requests."""
    written = (one.change for one in results if one.outcome is Outcome.DONE)
    counts = Counter(
        identity_of(change.resource_id)
        for change in written
        if isinstance(change, CredentialChange) and change.action is not Action.DELETE
    )
    return [identity for identity, count in counts.items() if count >= CREDENTIALS_FROM]


def read_lists(results: Iterable[ChangeResult], resources: Resources, sizes: Mapping[ResourceGroupId, int]) -> Lists:
    """Read the lists that are worth it; one that cannot be read shows nothing."""
    ended = tuple(results)

    def list_group(group: ResourceGroupId) -> tuple[Identity, ...]:
        try:
            return resources.identities.list_by_group(group)
        except CallFailed:
            return ()

    def list_credentials(identity: ResourceId) -> tuple[FederatedCredential, ...]:
        try:
            return resources.credentials.list(identity)
        except CallFailed:
            return ()

    what = "Verifying"
    groups = resources.map(what, list_group, groups_to_list(ended, sizes), lambda one: one.subscription_id.casefold())
    credentials = resources.map(what, list_credentials, owners_to_list(ended), lane_of)
    return Lists(
        {one.resource_id: one for found in groups for one in found},
        {one.credential_id: one for found in credentials for one in found},
    )


def _identities(result: ChangeResult) -> tuple[ResourceId, ...]:
    """The identity that is read to verify a change; a delete is only believed where its own read says so."""
    match result:
        case ChangeResult(
            change=IdentityChange(action=Action.CREATE | Action.UPDATE) | AssignmentChange(before=None) as change,
            outcome=Outcome.DONE,
        ):
            return (identity_of(change.resource_id),)
    return ()
