"""What the caller may do at a scope, as ARM itself works it out from all role assignments.

Asked before anything is planned, because ARM answers a list with what the caller may see and no word about the rest.
What this does not cover: deny assignments, Azure Policy, and conditions on role assignments.
"""

from dataclasses import dataclass

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, text_list
from reconciler.arm.http.paths import scope_path
from reconciler.model import PermissionEntry

API_VERSION = "2022-04-01"
"""Source: Microsoft.Authorization 2022-04-01 OpenAPI (authorization-RoleDefinitionsCalls.json)."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything that the caller's roles give at a scope, in ARM's order."""

    entries: tuple[PermissionEntry, ...]

    def allows(self, action: str) -> bool:
        """Whether any role gives an action: what one role leaves out, another may give.

        Source: Microsoft's documentation of role definitions (NotActions is not a deny).
        """
        return any(entry.allows(action) for entry in self.entries)

    def allows_every_read(self) -> bool:
        """Whether one of the roles gives every action that reads; whether several do together is not worked out."""
        return any(entry.allows_every_read() for entry in self.entries)


def read_at(client: ArmClient, scope: str) -> Permissions:
    """What the caller may do at a scope, given as its ARM id.

    Source: the same OpenAPI document for groups and resources; for subscriptions Microsoft's documentation, "Use
    Resource Manager authentication API to access subscriptions"; at management groups and the root it is assumed.
    """
    path = f"{scope_path(scope)}/providers/Microsoft.Authorization/permissions"
    return Permissions(tuple(client.get_pages(path, API_VERSION, read_entry)))


def read_entry(item: JsonObject) -> PermissionEntry:
    """One entry of what somebody may do, or of what a role gives: ARM shows both alike."""
    return PermissionEntry(text_list(item, "actions"), text_list(item, "notActions"))
