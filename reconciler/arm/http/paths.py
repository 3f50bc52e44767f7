"""Builds the paths of ARM's resources, with every name percent-encoded into its own segment.

The one place where names become paths, because the HTTP library takes `..` away by the rules of RFC 3986: a resource
group of that name would turn a DELETE of an identity into a DELETE of something else.
"""

from functools import lru_cache
from urllib.parse import quote

from reconciler.model import ResourceGroupId, ResourceId


@lru_cache(maxsize=1024)
def segment(name: str) -> str:
    """A name as one path segment; ValueError for the names that cannot be one (empty, `.`, `..`)."""
    if name in ("", ".", ".."):
        raise ValueError(f"a resource cannot be named {name!r}")
    return quote(name, safe="")


def subscription_path(subscription_id: str) -> str:
    """`/subscriptions/S`."""
    return f"/subscriptions/{segment(subscription_id)}"


def group_path(group_id: ResourceGroupId) -> str:
    """`/subscriptions/S/resourceGroups/G`."""
    return f"{subscription_path(group_id.subscription_id)}/resourceGroups/{segment(group_id.resource_group)}"


def identity_path(resource_id: ResourceId) -> str:
    """The identity's resource id, encoded."""
    return f"{identities_path(group_path(resource_id.group_id))}/{segment(resource_id.name)}"


def identities_path(scope_path: str) -> str:
    """The list of identities under the path of a subscription or a group."""
    return f"{scope_path}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"


def scope_path(scope: str) -> str:
    """The ARM id of a scope, encoded; the root is empty."""
    return "".join(f"/{segment(name)}" for name in scope.split("/") if name)
