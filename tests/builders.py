"""Small builders of model values, so that a test spells out only what it is about.

Everything lies in the resource group `rg-app` of one subscription, in West Europe, unless a test says otherwise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, Allowances, judge
from reconciler.journal.call import Call
from reconciler.manifest.desired import (
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredHold,
    DesiredIdentity,
    DesiredRemoval,
    DesiredTenant,
    Ignore,
    Limits,
    Policy,
    RemovalAllowance,
)
from reconciler.model.access import AssignmentDetails, RoleAssignment, assignment_name
from reconciler.model.address import Target
from reconciler.model.identity import Identity, IsolationScope, Live, LiveGroup, ResourceGroup, Subscription, Tags
from reconciler.model.ids import ResourceGroupId, ResourceId, identity_of
from reconciler.model.impact import Impact, Impacts
from reconciler.plan.changes import Change, Changes
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.plan import Plan, make_plan

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
OTHER_SUBSCRIPTION = "00000000-0000-0000-0000-000000000002"
TENANT = "22222222-2222-2222-2222-222222222222"
GROUP = "rg-app"
MANIFEST = "identities.yaml"
TODAY = date(2026, 1, 31)
"""The day by which tests judge dates, unless they say otherwise."""
DEFAULT_POLICY = Policy()
DEFAULT_LIMITS = Limits()
NOTHING_IGNORED = Ignore()


def group_id(name: str = GROUP, subscription: str = SUBSCRIPTION) -> ResourceGroupId:
    """The id of a resource group."""
    return ResourceGroupId(subscription, name)


def resource_id(name: str, group: str = GROUP, subscription: str = SUBSCRIPTION) -> ResourceId:
    """The id of an identity."""
    return ResourceId(subscription, group, name)


def address(name: str, group: str = GROUP, subscription: str = SUBSCRIPTION) -> str:
    """The whole address of an identity."""
    return f"{subscription}/{group}/{name}"


def label(change: Change | Call) -> str:
    """An identity's name, or that of its child behind its identity's."""
    parts = (identity_of(change.resource_id).name, change.resource_id.below_identity)
    return "/".join(part for part in parts if part)


def listed(
    name: str,
    *,
    group: str = GROUP,
    subscription: str = SUBSCRIPTION,
    location: str | None = None,
    isolation_scope: IsolationScope | None = None,
    tags: Mapping[str, str | None] | None = None,
    federated_credentials: Iterable[DesiredCredential] | None = None,
    role_assignments: Iterable[DesiredAssignment] | None = None,
    protect: bool | None = None,
    expect: str | None = None,
    hold: str | None = None,
    line: int = 5,
) -> DesiredIdentity:
    """An identity as a manifest lists it; by default nothing but its name."""
    pairs = tuple(sorted((tags or {}).items(), key=lambda pair: pair[0].casefold()))
    return DesiredIdentity(
        resource_id(name, group, subscription),
        location,
        isolation_scope,
        pairs,
        SourcePos(MANIFEST, line, 9),
        None if federated_credentials is None else tuple(federated_credentials),
        None if role_assignments is None else tuple(role_assignments),
        protect,
        expect,
        hold=None if hold is None else DesiredHold(hold, SourcePos(MANIFEST, line + 1, 15)),
    )


def removed(
    name: str,
    *allow: RemovalAllowance,
    principal_id: str | None = None,
    group: str = GROUP,
    subscription: str = SUBSCRIPTION,
    line: int = 9,
    expires: Mapping[RemovalAllowance, date] = MappingProxyType({}),
    after: date | None = None,
) -> DesiredRemoval:
    """An identity as a manifest names it under `remove`, by default whatever its principal, and at once."""
    removed_id, source = resource_id(name, group, subscription), SourcePos(MANIFEST, line, 9)
    return DesiredRemoval(removed_id, principal_id, allow, source, tuple(sorted(expires.items())), after)


def desired_group(
    *identities: DesiredIdentity | str,
    name: str = GROUP,
    subscription: str = SUBSCRIPTION,
    tenant: DesiredTenant | None = None,
    owner: str | None = None,
    default_location: str | None = None,
    policy: Policy = DEFAULT_POLICY,
    limits: Limits = DEFAULT_LIMITS,
    ignore: Ignore = NOTHING_IGNORED,
    remove: Iterable[DesiredRemoval] = (),
    role_scopes: tuple[str, ...] = (),
) -> DesiredGroup:
    """A group as a manifest lists it; a string stands for a bare name."""
    entries = [
        listed(one, group=name, subscription=subscription) if isinstance(one, str) else one for one in identities
    ]
    if default_location is not None:
        entries = [one if one.location else replace(one, default_location=default_location) for one in entries]
    return DesiredGroup(
        group_id(name, subscription),
        tenant,
        owner,
        policy,
        limits,
        ignore,
        tuple(sorted(entries, key=lambda one: one.resource_id.key)),
        SourcePos(MANIFEST, 3, 3),
        tuple(sorted(remove, key=lambda one: one.resource_id.key)),
        role_scopes=role_scopes,
    )


def given_role(owner: str | None, scope: str, principal_id: str, role_guid: str) -> RoleAssignment:
    """A role that lives as this tool gives it for an owner; without one, nothing marks it."""
    name, details = assignment_name(scope, principal_id, role_guid), AssignmentDetails(owner=owner)
    return RoleAssignment(name, scope, role_guid, principal_id, details)


def live_identity(
    name: str,
    *,
    group: str = GROUP,
    subscription: str = SUBSCRIPTION,
    location: str = "westeurope",
    tags: Mapping[str, str] | None = None,
    isolation_scope: IsolationScope | str = IsolationScope.NONE,
    principal_id: str | None = None,
) -> Identity:
    """An identity as ARM lists it; its ids are made of its name."""
    return Identity(
        resource_id(name, group, subscription),
        location,
        Tags(tags or {}),
        isolation_scope,
        principal_id or f"principal-of-{name}",
        f"client-of-{name}",
        TENANT,
    )


def live_group(
    *identities: Identity | str,
    name: str = GROUP,
    subscription: str = SUBSCRIPTION,
    location: str | None = "westeurope",
) -> LiveGroup:
    """A group as ARM has it; a string stands for an identity without tags, and no location for no such group."""
    lives = [
        live_identity(one, group=name, subscription=subscription) if isinstance(one, str) else one for one in identities
    ]
    place = group_id(name, subscription)
    group = None if location is None else ResourceGroup(place, location)
    return LiveGroup(place, group, tuple(sorted(lives, key=lambda one: one.resource_id.key)))


def live_of(*groups: LiveGroup) -> Live:
    """The live side, with the subscriptions that its groups are in."""
    ids = sorted({group.group_id.subscription_id for group in groups})
    return Live(tuple(Subscription(one, "Payments", TENANT) for one in ids), groups)


def compare(
    desired: DesiredGroup | Iterable[DesiredGroup],
    live: LiveGroup | Iterable[LiveGroup],
    targets: tuple[Target, ...] = (),
    *,
    judged_on: date = TODAY,
) -> Changes:
    """The comparison of one group, or of several; nothing uses what is to go."""
    return unused(diff_states(Desired(_many(desired)), live_of(*_many_live(live)), targets, judged_on=judged_on))


def unused(changes: Changes) -> Changes:
    """The comparison as it is when all was looked at and nothing uses what is to go."""
    return changes.with_impacts(
        Impacts({change.resource_id: Impact() for group in changes.groups for change in group.deletes()})
    )


def plan_of(
    desired: DesiredGroup | Iterable[DesiredGroup],
    live: LiveGroup | Iterable[LiveGroup],
    allowances: Allowances = NO_ALLOWANCES,
    *,
    judged_on: date = TODAY,
) -> Plan:
    """The plan for one group, or for several."""
    declared, lives = Desired(_many(desired)), live_of(*_many_live(live))
    changes = compare(desired, live, judged_on=judged_on)
    return make_plan(declared, lives, changes, judge(changes, allowances), cloud="AzureCloud", targets=())


def _many(desired: DesiredGroup | Iterable[DesiredGroup]) -> tuple[DesiredGroup, ...]:
    return (desired,) if isinstance(desired, DesiredGroup) else tuple(desired)


def _many_live(live: LiveGroup | Iterable[LiveGroup]) -> tuple[LiveGroup, ...]:
    return (live,) if isinstance(live, LiveGroup) else tuple(live)
