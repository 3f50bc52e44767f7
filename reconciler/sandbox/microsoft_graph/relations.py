"""What a service principal of the directory is related to: what it is a member of, and its app roles; and who may ask.

Source: Microsoft Graph v1.0 documentation, "List servicePrincipal transitive memberOf" (groups in groups count; groups,
directory roles and administrative units), "List appRoleAssignments granted to a service principal".
"""

from collections.abc import Iterator

from reconciler.sandbox.gateway import Caller
from reconciler.sandbox.microsoft_graph.directory_kinds import Application, AppRoleAssignment, DirectoryGroup
from reconciler.sandbox.microsoft_graph.directory_objects import Body
from reconciler.sandbox.state import State

MEMBER_OF = "transitiveMemberOf"
APP_ROLES = "appRoleAssignments"

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
"""The application Microsoft Graph, whose app roles are the rights in Graph. Source: Microsoft Graph documentation."""

READERS = frozenset(
    ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
)
"""Any of them lets a principal ask for relations. Source: the documents above (least and higher privileged ones)."""


LOOKERS = frozenset(("Directory.Read.All", "Directory.ReadWrite.All"))
"""Any of them lets a principal look up many objects at once. Source: Microsoft Graph v1.0 documentation
(directoryObject: getByIds, for the first; that the second has it too is assumed)."""


def has_any(state: State, caller: Caller, permissions: frozenset[str]) -> bool:
    """Whether the caller has one of these permissions: everybody where a state enforces no rights (`permissions`),
    otherwise who has been given that app role of Microsoft Graph. Directory roles are not evaluated (assumed).
    """
    if not state.permissions:
        return True
    graph = {one.object_id.casefold(): one for one in state.shelf(Application) if one.app_id == GRAPH_APP_ID}
    for given in _given_to(state, caller.principal_id):
        application = graph.get(given.resource_id.casefold())
        if application is not None:
            names = {role_id.casefold(): name for role_id, name in application.app_roles}
            if names.get(given.app_role_id.casefold()) in permissions:
                return True
    return False


def memberships(state: State, principal_id: str) -> Iterator[Body]:
    """All that has a principal as a member, or a group that does; each once."""
    found: dict[str, DirectoryGroup] = {}
    left = [principal_id.casefold()]
    while left:
        member = left.pop()
        for group in state.shelf(DirectoryGroup):
            key = group.object_id.casefold()
            if key not in found and member in (one.casefold() for one in group.members):
                found[key] = group
                left.append(key)
    for group in found.values():
        yield {"@odata.type": f"#microsoft.graph.{group.kind}", "id": group.object_id, "displayName": group.name}


def app_roles(state: State, principal: Body) -> Iterator[Body]:
    """The app roles that a principal has been given itself. Source: the document above, its example."""
    names = {one.object_id.casefold(): one.name for one in state.shelf(Application)}
    for given in _given_to(state, str(principal["id"])):
        yield {
            "id": given.assignment_id,
            "deletedDateTime": None,
            "appRoleId": given.app_role_id,
            "createdDateTime": given.created_on,
            "principalDisplayName": principal.get("displayName"),
            "principalId": principal["id"],
            "principalType": "ServicePrincipal",
            "resourceDisplayName": given.resource_name or names.get(given.resource_id.casefold()),
            "resourceId": given.resource_id,
        }


def _given_to(state: State, principal_id: str) -> Iterator[AppRoleAssignment]:
    return (one for one in state.shelf(AppRoleAssignment) if one.principal_id.casefold() == principal_id.casefold())
