"""What Microsoft.OperationalInsights gives its workspaces: the id by which the service of their logs knows them."""

import json

from reconciler.sandbox.state import Resource, derived_id

WORKSPACES = "Microsoft.OperationalInsights/workspaces"


def is_workspace(resource: Resource) -> bool:
    """Whether a resource is a Log Analytics workspace."""
    return resource.type.casefold() == WORKSPACES.casefold()


def customer_id(workspace: Resource) -> str:
    """The GUID of a workspace: the one that its state has, else one that follows from its id.

    Source: OpenAPI 2022-10-01 (WorkspaceProperties, `customerId`, which is read-only).
    """
    properties = json.loads(workspace.fields).get("properties")
    given = properties.get("customerId") if isinstance(properties, dict) else None
    return given if isinstance(given, str) else derived_id(0, "workspace", *workspace.key)
