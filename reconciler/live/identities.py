"""The live side of a comparison, complete or an error.

ARM may answer a list that is filtered by the caller's rights without saying so, and an identity missed in a list would
look like one to create, or like a group with nothing to lose. So no list is believed before the caller's permissions at
that scope say that it may read identities there.

Source: Azure Resource Manager documentation on listing resources (answers hold what the caller may read).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.arm import resource_groups, subscriptions
from reconciler.arm.resources import Resources
from reconciler.arm.role_assignments import grant_command
from reconciler.errors import ArmError, AuthError, NotFound
from reconciler.live.may_read import MayRead
from reconciler.manifest.tenants import ExpectedTenant, check_subscription_tenant
from reconciler.model import Identity, Live, LiveGroup, NotRead, ResourceGroup, ResourceGroupId, Subscription

READ_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"


@dataclass(frozen=True, slots=True)
class _SubscriptionView:
    """A subscription, and all its resource groups where the caller's rights span them all."""

    subscription: Subscription
    all_groups: Mapping[ResourceGroupId, ResourceGroup] | None

    def find_group(self, group_id: ResourceGroupId) -> ResourceGroup | None:
        """A group of those; None where it does not exist."""
        return (self.all_groups or {}).get(group_id)


@dataclass(frozen=True, slots=True)
class _Scope:
    """One list to read: these groups of a subscription, by one request for each group or one for all."""

    groups: tuple[ResourceGroupId, ...]
    view: _SubscriptionView
    by_subscription: bool

    def lane(self) -> str:
        """What its calls are counted for, together with those of other lists."""
        return self.view.subscription.subscription_id


@dataclass(frozen=True, slots=True)
class _ScopeRead:
    """What a list brought: the groups that it was read for, and identities in other groups that it happened to hold."""

    groups: tuple[LiveGroup, ...]
    beyond: tuple[Identity, ...] = ()


TenantOf = Callable[[str], ExpectedTenant | None]
"""The tenant that the subscription of an id must be of; None means any."""


def read_live(
    group_ids: Sequence[ResourceGroupId],
    resources: Resources,
    may_read: MayRead,
    *,
    tenant_of: TenantOf = lambda _: None,
    beyond: bool = False,
) -> Live:
    """Read these groups.

    Args:
        beyond: identities in other groups of the same subscriptions are asked for too, where rights allow: each such
            subscription is read by one list in place of one for each group.

    Raises:
        AuthError: the caller may not read a scope, so that its list could be incomplete, or a subscription is of
            another tenant than it must be.
        ArmError: a scope could not be read, for whatever other reason.
    """
    by_subscription: dict[str, list[ResourceGroupId]] = {}
    for group_id in group_ids:
        by_subscription.setdefault(group_id.subscription_id.casefold(), []).append(group_id)
    reader = _Reader(resources, may_read)
    views = dict(
        resources.pairs(
            "Reading subscriptions", lambda one: reader.view_subscription(one, tenant_of(one)), by_subscription
        )
    )
    scopes = [scope for one, view in views.items() for scope in _plan_reads(view, by_subscription[one], beyond=beyond)]
    reads = resources.map("Reading identities", reader.read_scope, scopes, _Scope.lane)
    live = Live(
        tuple(sorted((view.subscription for view in views.values()), key=lambda one: one.subscription_id)),
        tuple(sorted((group for read in reads for group in read.groups), key=lambda group: group.group_id.key)),
    )
    return _with_beyond(live, views.values(), reads) if beyond else live


def read_whole_subscription(
    subscription_id: str, resources: Resources, may_read: MayRead, *, expected: ExpectedTenant | None = None
) -> Live:
    """Read every group of a subscription, by one list of its groups and one of its identities.

    Raises:
        AuthError: the caller may not list all of them, or the subscription is of another tenant than it must be.
        ArmError: the subscription could not be read, for whatever other reason.
    """
    reader = _Reader(resources, may_read)
    with resources.activity.part("Reading subscriptions"):
        view = reader.view_subscription(subscription_id, expected)
    if view.all_groups is None:
        raise _may_not_read(f"/subscriptions/{subscription_id}", f"{READ_IDENTITIES}, {READ_GROUPS}")
    scope = _Scope(tuple(view.all_groups), view, by_subscription=True)
    with resources.activity.part("Reading identities"):
        read = reader.read_scope(scope)
    if read.beyond:
        # A group that has come to be between the two lists.
        first = read.beyond[0].resource_id.group_id
        raise ArmError(f"reading {first}: it came to be meanwhile", "Run the same command again.", transient=True)
    return Live((view.subscription,), tuple(sorted(read.groups, key=lambda group: group.group_id.key)))


def _with_beyond(live: Live, views: Iterable[_SubscriptionView], reads: Iterable[_ScopeRead]) -> Live:
    others = sorted((one for read in reads for one in read.beyond), key=lambda one: one.resource_id.key)
    closed = sorted(view.subscription.subscription_id for view in views if view.all_groups is None)
    return replace(live, beyond=tuple(others), not_read=tuple(_not_read_beyond(one) for one in closed))


def _not_read_beyond(subscription_id: str) -> NotRead:
    what = f"Identities of this manifest's owner in other groups of /subscriptions/{subscription_id}"
    return NotRead(what, "", "the right to list all groups and identities there is missing")


def _plan_reads(view: _SubscriptionView, group_ids: list[ResourceGroupId], *, beyond: bool) -> list[_Scope]:
    """One list of the subscription where the manifest covers half of its groups or more, or where what is outside them
    is asked for; else one list per group."""
    if view.all_groups is not None:
        others = view.all_groups.keys() - set(group_ids)
        covers_half = len(group_ids) > 1 and 2 * len(group_ids) >= len(view.all_groups)
        if covers_half or (beyond and others):
            return [_Scope(tuple(group_ids), view, by_subscription=True)]
    return [_Scope((group_id,), view, by_subscription=False) for group_id in group_ids]


class _Reader:
    """Reads subscriptions and groups; no list before the caller's permissions say that it is whole."""

    def __init__(self, resources: Resources, may_read: MayRead) -> None:
        self._client = resources.client
        self._identities = resources.identities
        self._may_read = may_read

    def view_subscription(self, subscription_id: str, expected: ExpectedTenant | None) -> _SubscriptionView:
        subscription = subscriptions.find(self._client, subscription_id)
        check_subscription_tenant(subscription, expected)
        scope = f"/subscriptions/{subscription_id}"
        # Without the right over the whole subscription, each group is asked.
        if self._may_read.allows(scope, READ_IDENTITIES) and self._may_read.allows(scope, READ_GROUPS):
            groups = resource_groups.list_by_subscription(self._client, subscription_id)
            return _SubscriptionView(subscription, {group.group_id: group for group in groups})
        return _SubscriptionView(subscription, None)

    def read_scope(self, scope: _Scope) -> _ScopeRead:
        if scope.by_subscription:
            listed = self._identities.list_by_subscription(scope.view.subscription.subscription_id)
            by_group: dict[ResourceGroupId, list[Identity]] = {}
            for identity in listed:
                by_group.setdefault(identity.resource_id.group_id, []).append(identity)
            groups = (
                LiveGroup(group_id, scope.view.find_group(group_id), tuple(by_group.get(group_id, ())))
                for group_id in scope.groups
            )
            named = set(scope.groups)
            return _ScopeRead(tuple(groups), tuple(one for one in listed if one.resource_id.group_id not in named))
        return _ScopeRead(tuple(self._read_group(scope.view, group_id) for group_id in scope.groups))

    def _read_group(self, view: _SubscriptionView, group_id: ResourceGroupId) -> LiveGroup:
        group = self._get_group_with_rights(group_id) if view.all_groups is None else view.find_group(group_id)
        listed = self._identities.list_by_group(group_id) if group is not None else ()
        return LiveGroup(group_id, group, listed)

    def _get_group_with_rights(self, group_id: ResourceGroupId) -> ResourceGroup | None:
        try:
            allowed = self._may_read.allows(str(group_id), READ_IDENTITIES)
        except NotFound as error:
            # Another 404 (a gateway that does not know the path) says nothing about the group.
            if error.arm_code == "ResourceGroupNotFound":
                return None
            raise
        if not allowed:
            raise _may_not_read(str(group_id), READ_IDENTITIES)
        return resource_groups.get(self._client, group_id)


def _may_not_read(scope: str, actions: str) -> AuthError:
    return AuthError(
        f"reading the identities of {scope}: not allowed ({actions}), so the list could be incomplete",
        f"Ask for a role there: {grant_command('Reader', scope)}",
    )
