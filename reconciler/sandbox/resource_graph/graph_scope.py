"""Where a query looks: subscriptions, and the scopes from which role assignments are at, above or below.

A subscription that a caller has no rights in is passed over in silence, as long as there is another one. Source: Azure
documentation (permissions in Resource Graph). That documentation has a 403 where there is none; users quote the 400
that is answered here (aztfexport issues 331, 475 and 491).
"""

from dataclasses import dataclass

from reconciler.sandbox.gateway import Call, bad_request
from reconciler.sandbox.resource_graph.graph_request import TENANT_SCOPE_SINCE, AuthorizationScope, GraphRequest
from reconciler.sandbox.rules import rights
from reconciler.sandbox.state import GUID, Key, State, Subscription, key_of, path_key

_ROOT: Key = ()
_MANAGEMENT_GROUPS = path_key("/providers/Microsoft.Management/managementGroups")


@dataclass(frozen=True, slots=True)
class GraphScope:
    """The subscriptions of a query, and the keys of the scopes that it names: none of them is the root."""

    subscriptions: tuple[Subscription, ...]
    named: tuple[Key, ...]

    def holds(self, scope: Key, asked: AuthorizationScope) -> bool:
        """Whether a role assignment at a scope belongs to the result.

        Subscriptions are in every management group, as everywhere in the sandbox. That everything is below where no
        scope is named is assumed.
        """
        at = scope in self.named
        below = not at and any(_is_below(scope, named) for named in self.named)
        above = not at and any(_is_below(named, scope) for named in self.named)
        return {
            AuthorizationScope.AT_AND_BELOW: at or below,
            AuthorizationScope.AT_AND_ABOVE: at or above,
            AuthorizationScope.EXACT: at,
            AuthorizationScope.ABOVE_AND_BELOW: at or above or below,
        }[asked]


def scope_of(state: State, call: Call, request: GraphRequest) -> GraphScope:
    """Where a request looks.

    Raises:
        GraphRefusalError: 400, it names subscriptions, and none of them is one for this caller.
    """
    if request.subscriptions or call.api_version < TENANT_SCOPE_SINCE:
        return _of_subscriptions(state, call, request.subscriptions)
    found = tuple(item for item in state.shelf(Subscription) if _is_eligible(state, call, item))
    groups = tuple((*_MANAGEMENT_GROUPS, name.casefold()) for name in request.management_groups)
    return GraphScope(found, groups or (_ROOT,))


def _of_subscriptions(state: State, call: Call, asked: tuple[str, ...]) -> GraphScope:
    wrong = [one for one in asked if not GUID.fullmatch(one)]
    if wrong:  # Source of the code: public clients that look for it; the text is assumed
        raise bad_request(
            "SubscriptionsContainInvalidGuids", f"Subscriptions contain invalid GUIDs: '{','.join(wrong)}'.", call.now
        )
    keys = dict.fromkeys(key_of("subscriptions", one) for one in asked)
    known = (state.shelf(Subscription).get(key) for key in sorted(keys))
    found = tuple(item for item in known if item is not None and _is_eligible(state, call, item))
    if not found:
        # Source: as quoted by users; what stands in the quotes for several subscriptions is assumed.
        raise bad_request(
            "NoValidSubscriptionsInQueryRequest",
            "There must be at least one subscription that is eligible to contain resources. Given: "
            f"'{','.join(asked)}'.",
            call.now,
        )
    return GraphScope(found, tuple(item.key for item in found))


def _is_eligible(state: State, call: Call, subscription: Subscription) -> bool:
    return rights.has_any_right(state, call.caller, subscription.resource_id)


def _is_below(scope: Key, upper: Key) -> bool:
    if scope == upper:
        return False
    if upper[: len(_MANAGEMENT_GROUPS)] == _MANAGEMENT_GROUPS:
        return scope[:1] == ("subscriptions",)
    return scope[: len(upper)] == upper
