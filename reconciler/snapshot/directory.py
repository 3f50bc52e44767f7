"""What the directory has of the identities of a snapshot, in Microsoft Graph's JSON, as far as Graph may be read.

Graph answers who an identity is a member of through groups in groups, and not by which: in the state each group has the
identities themselves as members. A state that is taken again from a sandbox which loaded it is the same.
"""

from collections.abc import Mapping, Sequence

from reconciler.arm.http.fields import JsonObject
from reconciler.arm.microsoft_graph import GivenAppRole, MicrosoftGraph
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed, NotFound, OutOfTime
from reconciler.model import Membership
from reconciler.snapshot.choose import DirectoryPart

_PROGRESS = "Reading groups and app roles"


_Found = tuple[tuple[Membership, ...], tuple[GivenAppRole, ...]]


def read_directory_part(principals: Sequence[str], resources: Resources) -> DirectoryPart:
    """The groups and app roles of these service principals; what may not be read is noted. Raises OutOfTime."""
    if not principals:
        return DirectoryPart()
    if resources.graph.open_client is None:
        return _left_out(resources.graph.why_not)
    graph = MicrosoftGraph(resources.graph.open_client())
    try:
        # Whoever may not read the first may read none.
        first = _read(principals[0], graph)
        others = resources.map(_PROGRESS, lambda one: _read(one, graph), principals[1:])
        found = dict(zip(principals, (first, *others), strict=True))
        given = {role.resource_id: role for _, roles in found.values() for role in roles}
        applications = resources.map(_PROGRESS, lambda one: _application(one, graph), sorted(given))
    except OutOfTime:
        raise
    except CallFailed as error:
        return _left_out(error.message)
    return DirectoryPart(
        {
            "directoryGroups": _groups(found),
            "applications": applications,
            "appRoleAssignments": [_given(principal, one) for principal in found for one in found[principal][1]],
        }
    )


def _left_out(because: str) -> DirectoryPart:
    return DirectoryPart({}, (f"Left out: Entra groups and app roles, since {because}.",))


def _read(principal_id: str, graph: MicrosoftGraph) -> _Found:
    try:
        return graph.memberships(principal_id), graph.app_roles(principal_id)
    except NotFound:
        return (), ()  # the directory may not know it yet, or no longer


def _application(resource_id: str, graph: MicrosoftGraph) -> JsonObject:
    application = graph.application(resource_id)
    return {
        "id": resource_id,
        "appId": application.app_id,
        "displayName": application.name,
        "appRoles": [{"id": role_id, "value": value} for role_id, value in sorted(application.roles.items())],
    }


def _groups(found: Mapping[str, _Found]) -> list[JsonObject]:
    members: dict[str, list[str]] = {}
    groups: dict[str, Membership] = {}
    for principal, (memberships, _) in found.items():
        for one in memberships:
            groups[one.object_id] = one
            members.setdefault(one.object_id, []).append(principal)
    return [
        {
            "@odata.type": f"#microsoft.graph.{one.kind}",
            "id": group_id,
            "displayName": one.name or None,
            "members": sorted(members[group_id]),
        }
        for group_id, one in sorted(groups.items())
    ]


def _given(principal_id: str, given: GivenAppRole) -> JsonObject:
    return {
        "id": given.assignment_id,
        "appRoleId": given.role_id,
        "principalId": principal_id,
        "resourceDisplayName": given.resource_name or None,
        "resourceId": given.resource_id,
    }
