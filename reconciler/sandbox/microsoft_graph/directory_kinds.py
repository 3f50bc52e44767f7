"""What a state file says of the directory that ARM shows nothing of: groups and who is in them, applications with their
roles, and who was given which.

Their collections hold Microsoft Graph's own JSON, with a list `members` of ids at each group (Graph lists those at an
address of their own). Nothing here has a route in ARM, and nothing can be written but in the file.

Source: Microsoft Graph v1.0 (group, directoryRole, servicePrincipal with `appRoles`, appRoleAssignment).
"""

from dataclasses import dataclass

from reconciler.sandbox.gateway import JsonObject, Kind, Loading
from reconciler.sandbox.state import Key, Node

_PREFIX = "#microsoft.graph."
_MEMBER_TYPES = ("group", "directoryRole", "administrativeUnit")


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """Something that has members, by their object ids; `kind` is its type in Graph, mostly `group`."""

    object_id: str
    name: str | None
    members: tuple[str, ...]
    kind: str = "group"

    @property
    def key(self) -> Key:
        """What lookups compare."""
        return (self.object_id.casefold(),)


@dataclass(frozen=True, slots=True)
class Application:
    """The service principal of an application, and the app roles that it declares: by id, what they are called."""

    object_id: str
    app_id: str
    name: str
    app_roles: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> Key:
        """What lookups compare."""
        return (self.object_id.casefold(),)


@dataclass(frozen=True, slots=True)
class AppRoleAssignment:
    """An app role that a principal has been given; `resource_id` is the object id of the application."""

    assignment_id: str
    app_role_id: str
    principal_id: str
    resource_id: str
    resource_name: str | None = None
    created_on: str | None = None

    @property
    def key(self) -> Key:
        """What lookups compare; ids of assignments are told apart by case. Source: Graph's own are base64."""
        return (self.principal_id.casefold(), self.assignment_id)


def _parse_group(node: Node, _loading: Loading) -> DirectoryGroup:
    kind = (node.optional_text("@odata.type") or f"{_PREFIX}group").removeprefix(_PREFIX)
    if kind not in _MEMBER_TYPES:
        raise node.required("@odata.type").fail(f"must be one of {', '.join(_MEMBER_TYPES)}, behind `{_PREFIX}`")
    members = node.optional("members")
    ids = () if members is None else tuple(one.guid() for one in members.items())
    return DirectoryGroup(node.required("id").guid(), node.optional_text("displayName"), ids, kind)


def _show_group(group: DirectoryGroup) -> JsonObject:
    return {
        "@odata.type": f"{_PREFIX}{group.kind}",
        "id": group.object_id,
        "displayName": group.name,
        "members": list(group.members),
    }


def _parse_application(node: Node, _loading: Loading) -> Application:
    roles = node.optional("appRoles")
    return Application(
        node.required("id").guid(),
        node.required("appId").guid(),
        node.required("displayName").text(),
        tuple((one.required("id").guid(), one.required("value").any_text()) for one in roles.items()) if roles else (),
    )


def _show_application(application: Application) -> JsonObject:
    return {
        "id": application.object_id,
        "appId": application.app_id,
        "displayName": application.name,
        "appRoles": [{"id": role_id, "value": value} for role_id, value in application.app_roles],
    }


def _parse_app_role(node: Node, _loading: Loading) -> AppRoleAssignment:
    return AppRoleAssignment(
        node.required("id").text(),
        node.required("appRoleId").guid(),
        node.required("principalId").guid(),
        node.required("resourceId").guid(),
        node.optional_text("resourceDisplayName"),
        node.optional_text("createdDateTime"),
    )


def _show_app_role(given: AppRoleAssignment) -> JsonObject:
    return {
        "id": given.assignment_id,
        "appRoleId": given.app_role_id,
        "createdDateTime": given.created_on,
        "principalId": given.principal_id,
        "resourceDisplayName": given.resource_name,
        "resourceId": given.resource_id,
    }


GROUPS = Kind("directoryGroups", "", DirectoryGroup, _parse_group, _show_group, (), is_always_written=False)
APPLICATIONS = Kind("applications", "", Application, _parse_application, _show_application, (), is_always_written=False)
APP_ROLES = Kind(
    "appRoleAssignments", "", AppRoleAssignment, _parse_app_role, _show_app_role, (), is_always_written=False
)
