"""What the tests of the guards share: a verdict by the flags of a command line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from reconciler.guards import Runner, judge, parse_allowances
from reconciler.manifest.desired import DesiredGroup, DesiredIdentity
from reconciler.model.access import (
    Access,
    FederatedCredential,
    RoleKey,
    RoleLookup,
    Trust,
)
from reconciler.model.identity import OWNER_TAG, LiveGroup
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.model.roles.held import HeldRoles
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    GROUP,
    SUBSCRIPTION,
    compare,
    desired_group,
    given_role,
    live_group,
    live_identity,
    resource_id,
)

GROUP_ADDRESS = f"{SUBSCRIPTION}/{GROUP}"
OURS = {OWNER_TAG: "team-a"}
SCOPE = "/subscriptions/1"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def verdict(
    desired: DesiredGroup | Sequence[DesiredGroup],
    live: LiveGroup | Sequence[LiveGroup],
    *allow: str,
    max_deletes: tuple[str, ...] = (),
    runner: Runner | None = None,
) -> tuple[Violation, ...]:
    """What the guards say, with the flags of a command line."""
    return judge(compare(desired, live), parse_allowances(allow, max_deletes), runner=runner)


def powerless(changes: Changes) -> Changes:
    """The comparison with what was read of held roles: no identity has any."""
    return replace(changes, held_roles=HeldRoles({change.resource_id: () for change in changes.identities()}))


CREDENTIAL = CredentialId(resource_id("id-b"), "gh-main")
ROLE = AssignmentId(resource_id("id-b"), "Reader", READER, SCOPE)


def own_access(entry: DesiredIdentity | None, lookups: Mapping[RoleKey, RoleLookup] = MappingProxyType({})) -> Changes:
    """A comparison of the identity `id-b`, which has one credential and one role of ours."""
    credential = FederatedCredential(CREDENTIAL, Trust("https://i", "s", "a"))
    given = given_role("team-a", SCOPE, "principal-of-id-b", READER)
    identities = compare(
        desired_group("id-a", *([] if entry is None else [entry]), owner="team-a"),
        live_group(live_identity("id-a", tags=OURS), live_identity("id-b", tags=OURS)),
    )
    access = Access({resource_id("id-b"): (credential,)}, {resource_id("id-b"): (given,)}, lookups, {READER: "Reader"})
    return diff_access(identities, access)


def codes(violations: tuple[Violation, ...]) -> list[tuple[str, str]]:
    """Code and address of each violation."""
    return [(one.code, one.address) for one in violations]


def names(count: int, prefix: str = "id") -> list[str]:
    """Names of that many identities, in order."""
    return [f"{prefix}-{number:03}" for number in range(count)]
