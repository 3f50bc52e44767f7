"""Scopes: what a role assignment, a lock or a permission can stand at, and which of them exist.

A scope is the root, a management group, a subscription, a resource group, or a resource. Management groups are not part
of the sandbox, so any is taken. Of a resource only the outermost is looked for: ARM itself does not know the inner
parts of most resources, such as the containers of a storage account. Source: recorded traffic (ResourceGroupNotFound
and ResourceNotFound on deleting role assignments); that every method looks, and how deep, is assumed.
"""

from reconciler.sandbox.gateway import ArmRefusalError, Call, by_gateway
from reconciler.sandbox.state import GUID, Identity, ResourceGroup, State, Subscription, key_of, path_key

_GROUP_LENGTH = 4
_IDENTITY_TYPE = ("microsoft.managedidentity", "userassignedidentities")


def require_subscription(state: State, subscription_id: str) -> None:
    """Refuse a path whose subscription is none, or none of the caller's tenant.

    Source: texts as quoted by users (SubscriptionNotFound, InvalidSubscriptionId).
    """
    if state.shelf(Subscription).get(key_of("subscriptions", subscription_id)) is not None:
        return
    if not GUID.fullmatch(subscription_id):
        raise by_gateway(
            400,
            "InvalidSubscriptionId",
            f"The provided subscription identifier '{subscription_id}' is malformed or invalid.",
        )
    raise by_gateway(404, "SubscriptionNotFound", f"The subscription '{subscription_id}' could not be found.")


def require_group(state: State, call: Call) -> ResourceGroup:
    """The group that a path names."""
    group = state.shelf(ResourceGroup).get(path_key(group_scope(call)))
    if group is None:
        raise group_not_found(call.names["group"])
    return group


def group_not_found(name: str) -> ArmRefusalError:
    """Source: recorded traffic (azure-service-operator, azure-cli); the name is echoed as asked."""
    return by_gateway(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def require_writable_group(state: State, call: Call) -> ResourceGroup:
    """The group that a path names, unless it is being deleted."""
    group = require_group(state, call)
    if state.is_leaving(group.key):
        raise group_being_deleted(group.name)
    return group


def group_being_deleted(name: str) -> ArmRefusalError:
    """Source: text as quoted by users, status assumed."""
    return by_gateway(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
    )


def group_scope(call: Call) -> str:
    """The group's path, names as asked."""
    return f"/subscriptions/{call.names['subscription']}/resourceGroups/{call.names['group']}"


def require_group_of(state: State, scope: str) -> None:
    """Refuse a scope whose subscription or resource group does not exist; one that has none passes."""
    words = _words(scope)
    if len(words) >= 2 and words[0].casefold() == "subscriptions":
        require_subscription(state, words[1])
        in_group = len(words) >= 4 and words[2].casefold() == "resourcegroups"
        if in_group and state.shelf(ResourceGroup).get(path_key(scope)[:_GROUP_LENGTH]) is None:
            raise group_not_found(words[3])


def require_scope(state: State, scope: str) -> None:
    """Refuse a scope that does not exist.

    A resource of which the state knows only a lock or a role assignment exists too: a state taken from Azure need not
    hold every resource that something is assigned at.
    """
    require_group_of(state, scope)
    words = _words(scope)
    if len(words) < 8 or words[4].casefold() != "providers" or words[0].casefold() != "subscriptions":
        return
    outermost = "/" + "/".join(words[:8])
    if not _is_known(state, outermost):
        raise resource_not_found("/".join(words[5:8]), words[3])


def require_writable_scope(state: State, scope: str) -> None:
    """Refuse a scope that does not exist, or that is in a resource group which is being deleted."""
    require_scope(state, scope)
    words, key = _words(scope), path_key(scope)
    if len(key) >= 4 and key[2] == "resourcegroups" and state.is_leaving(key[:_GROUP_LENGTH]):
        raise group_being_deleted(words[3])


def _is_known(state: State, resource_id: str) -> bool:
    key = path_key(resource_id)
    return state.shelf(Identity).get(key) is not None if key[5:7] == _IDENTITY_TYPE else state.holds(key)


def resource_not_found(typed_name: str, group: str) -> ArmRefusalError:
    """Source: recorded traffic (azure-service-operator; the names are echoed as asked)."""
    return by_gateway(
        404,
        "ResourceNotFound",
        f"The Resource '{typed_name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def _words(scope: str) -> tuple[str, ...]:
    return tuple(segment for segment in scope.split("/") if segment)
