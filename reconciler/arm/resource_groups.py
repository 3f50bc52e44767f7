"""Resource groups: whether one exists and where, since a create takes its group's location by default."""

import re

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, about, each_once, optional_text, text
from reconciler.arm.http.paths import group_path, subscription_path
from reconciler.model import ResourceGroup, ResourceGroupId, same_name

API_VERSION = "2024-07-01"
"""Source: Microsoft.Resources 2024-07-01 OpenAPI (resources.json)."""

_GROUP_ID = re.compile(r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)", re.IGNORECASE)


def get(client: ArmClient, group_id: ResourceGroupId) -> ResourceGroup | None:
    """One group, or None where it does not exist (404 ResourceGroupNotFound); any other 404 is an error."""
    read = about(_read_group, lambda group: group.group_id, group_id)
    return client.find(group_path(group_id), API_VERSION, read, ("ResourceGroupNotFound",))


def list_by_subscription(client: ArmClient, subscription_id: str) -> tuple[ResourceGroup, ...]:
    """All groups of a subscription that the caller may see, in order of their names."""
    read = each_once(
        _read_group, lambda group: group.group_id, lambda found: same_name(found.subscription_id, subscription_id)
    )
    groups = client.get_pages(f"{subscription_path(subscription_id)}/resourceGroups", API_VERSION, read)
    return tuple(sorted(groups, key=lambda group: group.group_id.key))


def _read_group(body: JsonObject) -> ResourceGroup:
    match = _GROUP_ID.fullmatch(text(body, "id"))
    if match is None:
        raise FieldError(f"`id` is not that of a resource group: {body['id']!r}")
    group_id = ResourceGroupId(match["subscription"], match["group"])
    return ResourceGroup(group_id, text(body, "location"), optional_text(body, "managedBy"))
