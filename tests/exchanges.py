"""Generated worlds in which much belongs together: credentials that hand their trust on, roles on other identities."""

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    CredentialsPolicy,
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
)
from reconciler.model.access import MAX_CREDENTIALS, FederatedCredential, Trust, role_key
from reconciler.model.identity import OWNER_TAG, LiveGroup
from reconciler.model.ids import CredentialId
from tests.builders import MANIFEST, live_identity
from tests.strategies import World, role_lookup, worlds_with_access

_SOURCE = SourcePos(MANIFEST, 7, 13)
_EXACT = CredentialsPolicy.EXACT


def worlds_with_exchanges() -> st.SearchStrategy[World]:
    """Worlds with access, where most of what is listed lives, credentials take over the names and the trust of others,
    up to as many as an identity can have, and identities get roles on others."""
    return st.builds(_with_exchanges, worlds_with_access(), st.randoms(use_true_random=False))


def _with_exchanges(world: World, random: Random) -> World:
    hosts = [one.resource_id for group in world.desired.groups for one in group.identities]
    on_hosts = {role_key("Reader", str(one)): role_lookup("Reader", str(one)) for one in hosts}

    def exchanging(entry: DesiredIdentity) -> DesiredIdentity:
        credentials = tuple(DesiredCredential(name, trust, _SOURCE) for name, trust in _drawn_trusts(random))
        on_another = DesiredAssignment("Reader", str(random.choice(hosts)), _SOURCE)
        roles = entry.role_assignments and (*entry.role_assignments, on_another)
        return replace(
            entry, location=None, expected_principal_id=None, federated_credentials=credentials, role_assignments=roles
        )

    groups = tuple(
        replace(
            group,
            identities=tuple(exchanging(one) for one in group.identities),
            policy=replace(group.policy, federated_credentials=random.choice([*CredentialsPolicy, _EXACT])),
        )
        for group in world.desired.groups
    )
    live = replace(world.live, groups=tuple(_with_listed(group, groups, random) for group in world.live.groups))
    credentials = {
        one.resource_id: tuple(
            FederatedCredential(CredentialId(one.resource_id, name), trust) for name, trust in _drawn_trusts(random)
        )
        for group in live.groups
        for one in group.identities
    }
    lookups = {**world.access.lookups, **on_hosts}
    return World(Desired(groups), live, replace(world.access, credentials=credentials, lookups=lookups))


def _with_listed(live: LiveGroup, groups: tuple[DesiredGroup, ...], random: Random) -> LiveGroup:
    """A live group with most of the identities that are listed in it."""
    if live.resource_group is None:
        return live
    there = {one.resource_id for one in live.identities}
    added = [
        live_identity(
            one.resource_id.name,
            group=one.resource_id.resource_group,
            tags={} if group.owner is None else {OWNER_TAG: group.owner},
        )
        for group in groups
        for one in group.identities
        if group.group_id == live.group_id and one.resource_id not in there and random.random() < 0.7
    ]
    return replace(live, identities=tuple(sorted((*live.identities, *added), key=lambda one: one.resource_id.key)))


def _drawn_trusts(random: Random) -> list[tuple[str, Trust]]:
    """Names, each with a trust, from pools hardly larger than the set: most of them recur."""
    number = random.choice([0, 1, 2, 3, 3, MAX_CREDENTIALS - 1, MAX_CREDENTIALS])
    names, subjects = (random.sample(range(number + 2), number) for _ in range(2))
    trusts = (Trust("https://issuer.example", f"subject-{subject}", "audience") for subject in subjects)
    return sorted(zip((f"fic-{name:02}" for name in names), trusts, strict=True), key=lambda one: one[0])
