"""The live side of a comparison, complete or an error.

ARM may answer a list that is filtered by the caller's rights without saying so, and an identity missed in a list would
look like one to create, or like a group with nothing to lose. So no list is believed before the caller's permissions at
that scope say that it may read identities there.

Source: Azure Resource Manager documentation on listing resources (answers hold what the caller may read).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.arm import permissions, resource_groups, subscriptions
from reconciler.arm.http.client import ArmClient
from reconciler.arm.identities import Identities
from reconciler.arm.resources import Resources
from reconciler.errors import AuthError, NotFound
from reconciler.manifest.desired import Desired
from reconciler.manifest.tenants import ExpectedTenant, check_subscription_tenant, expected_tenant
from reconciler.model.identity import Identity, Live, LiveGroup, ResourceGroup, Subscription
from reconciler.model.ids import ResourceGroupId
from reconciler.parallel import map_parallel

READ_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"


@dataclass(frozen=True, slots=True)
class _SubscriptionView:
    """A subscription, and all its resource groups where the caller's rights span them all."""

    subscription: Subscription
    all_groups: tuple[ResourceGroup, ...] | None


@dataclass(frozen=True, slots=True)
class _Scope:
    """One list to read: these groups of a subscription, by one request for each group or one for all."""

    groups: tuple[ResourceGroupId, ...]
    view: _SubscriptionView
    by_subscription: bool


@dataclass(frozen=True, slots=True)
class _ScopeRead:
    """What a list brought: the groups that it was read for, and identities in other groups that it happened to hold."""

    groups: tuple[LiveGroup, ...]
    beyond: tuple[Identity, ...] = ()


def read_live(
    desired: Desired, resources: Resources, *, parallelism: int, tenant: str | None = None, beyond: bool = False
) -> Live:
    """Read every group that the manifest names.

    Args:
        tenant: what every subscription must be of whose tenant the manifest does not name; None means any.
        beyond: identities in other groups of the same subscriptions are asked for too, where rights allow: each such
            subscription is read by one list in place of one for each group.

    Raises:
        AuthError: the caller may not read a scope, so that its list could be incomplete, or a subscription is of
            another tenant than it must be.
        ArmError: a scope could not be read, for whatever other reason.
    """
    client, identities = resources.client, resources.identities
    subscription_ids = list(dict.fromkeys(group.group_id.subscription_id.casefold() for group in desired.groups))
    views = map_parallel(
        lambda one: _view_subscription(client, one, expected_tenant(desired, one, tenant)),
        subscription_ids,
        parallelism,
    )
    scopes: list[_Scope] = []
    for subscription_id, view in zip(subscription_ids, views, strict=True):
        group_ids = [
            one.group_id for one in desired.groups if one.group_id.subscription_id.casefold() == subscription_id
        ]
        scopes.extend(_plan_reads(view, group_ids, beyond=beyond))
    reads = map_parallel(lambda scope: _read_scope(client, identities, scope), scopes, parallelism)
    live = Live(
        tuple(sorted((view.subscription for view in views), key=lambda one: one.subscription_id)),
        tuple(sorted((group for read in reads for group in read.groups), key=lambda group: group.group_id.key)),
    )
    return _with_beyond(live, views, reads) if beyond else live


def _with_beyond(live: Live, views: Iterable[_SubscriptionView], reads: Iterable[_ScopeRead]) -> Live:
    others = sorted((one for read in reads for one in read.beyond), key=lambda one: one.resource_id.key)
    not_seen = sorted(view.subscription.subscription_id for view in views if view.all_groups is None)
    return replace(live, beyond=tuple(others), not_seen_beyond=tuple(not_seen))


def _view_subscription(client: ArmClient, subscription_id: str, expected: ExpectedTenant | None) -> _SubscriptionView:
    subscription = subscriptions.find(client, subscription_id)
    check_subscription_tenant(subscription, expected)
    rights = _rights_over_subscription(client, subscription_id)
    if rights.allows(READ_IDENTITIES) and rights.allows(READ_GROUPS):
        return _SubscriptionView(subscription, resource_groups.list_by_subscription(client, subscription_id))
    return _SubscriptionView(subscription, None)


def _rights_over_subscription(client: ArmClient, subscription_id: str) -> permissions.Permissions:
    try:
        return permissions.read_for_subscription(client, subscription_id)
    except AuthError:
        # Not even allowed to ask: then there is no right over the whole subscription, and each group is asked.
        return permissions.Permissions(())


def _plan_reads(view: _SubscriptionView, group_ids: list[ResourceGroupId], *, beyond: bool) -> list[_Scope]:
    """One list of the subscription where the manifest covers half of its groups or more, or where what lies beyond them
    is asked for; else one list per group."""
    if view.all_groups is not None:
        others = {group.group_id for group in view.all_groups} - set(group_ids)
        covers_half = len(group_ids) > 1 and 2 * len(group_ids) >= len(view.all_groups)
        if covers_half or (beyond and others):
            return [_Scope(tuple(group_ids), view, by_subscription=True)]
    return [_Scope((group_id,), view, by_subscription=False) for group_id in group_ids]


def _read_scope(client: ArmClient, identities: Identities, scope: _Scope) -> _ScopeRead:
    if scope.by_subscription:
        listed = identities.list_by_subscription(scope.view.subscription.subscription_id)
        by_group: dict[ResourceGroupId, list[Identity]] = {}
        for identity in listed:
            by_group.setdefault(identity.resource_id.group_id, []).append(identity)
        groups = (
            LiveGroup(group_id, _find_group(scope.view, group_id), tuple(by_group.get(group_id, ())))
            for group_id in scope.groups
        )
        named = set(scope.groups)
        return _ScopeRead(tuple(groups), tuple(one for one in listed if one.resource_id.group_id not in named))
    return _ScopeRead(tuple(_read_group(client, identities, scope.view, group_id) for group_id in scope.groups))


def _read_group(
    client: ArmClient, identities: Identities, view: _SubscriptionView, group_id: ResourceGroupId
) -> LiveGroup:
    group = _get_group_with_rights(client, group_id) if view.all_groups is None else _find_group(view, group_id)
    listed = identities.list_by_group(group_id) if group is not None else ()
    return LiveGroup(group_id, group, listed)


def _find_group(view: _SubscriptionView, group_id: ResourceGroupId) -> ResourceGroup | None:
    return next((group for group in view.all_groups or () if group.group_id == group_id), None)


def _get_group_with_rights(client: ArmClient, group_id: ResourceGroupId) -> ResourceGroup | None:
    try:
        rights = permissions.read_for_group(client, group_id)
    except NotFound as error:
        # Another 404 (a gateway that does not know the path) says nothing about the group.
        if error.arm_code == "ResourceGroupNotFound":
            return None
        raise
    except AuthError as error:
        raise _may_not_read(group_id) from error
    if not rights.allows(READ_IDENTITIES):
        raise _may_not_read(group_id)
    return resource_groups.get(client, group_id)


def _may_not_read(group_id: ResourceGroupId) -> AuthError:
    return AuthError(
        f"reading the identities of {group_id}: not allowed ({READ_IDENTITIES}), so the list could be incomplete",
        f'Ask for a role there: az role assignment create --role Reader --scope "{group_id}" --assignee PRINCIPAL',
    )
