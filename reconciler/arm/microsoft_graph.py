"""Microsoft Graph, as far as it says what ARM shows nothing of: an identity's groups and app roles, and who is there.

Read only. It is another service than ARM, with tokens of its own, so that it has a client of its own; what the two have
in common (the form of errors and of lists) that client takes from ARM's.

Source: Microsoft Graph v1.0 documentation, "List servicePrincipal transitive memberOf", "List appRoleAssignments
granted to a service principal", "Get servicePrincipal" (paths, answers; least privilege: Application.Read.All);
"directoryObject: getByIds" (least privilege: Directory.Read.All; 1,000 ids a call; what is not there is left out).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, object_list, optional_text, text
from reconciler.arm.http.paths import segment
from reconciler.model import AppRole, Membership

PAGE_LINK = "@odata.nextLink"
"""What Graph calls the link to the next page. Source: Microsoft Graph documentation (paging)."""

MAX_IDS = 1000
"""Of one call of `kinds_of`. Source: Microsoft Graph v1.0 documentation, "directoryObject: getByIds"."""

_VERSION = "/v1.0"
_TYPE = "@odata.type"
_PREFIX = "#microsoft.graph."
_ANY_ROLE = "00000000-0000-0000-0000-000000000000"
"""The app role of an application that declares none. Source: Microsoft Graph documentation (appRoleAssignment)."""


@dataclass(frozen=True, slots=True)
class GivenAppRole:
    """An app role by the ids that its assignment has."""

    assignment_id: str
    role_id: str
    resource_id: str
    resource_name: str


@dataclass(frozen=True, slots=True)
class GraphApplication:
    """The service principal of an application; `roles` is what it calls its app roles, by their ids in lower case."""

    app_id: str
    name: str
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MicrosoftGraph:
    """Graph of one cloud; `client` follows `PAGE_LINK`.

    Every method raises as ArmClient's do.
    """

    client: ArmClient

    def memberships(self, principal_id: str) -> tuple[Membership, ...]:
        """All that a service principal is a member of, through groups in groups too, in order of kind and name."""
        path = f"{_VERSION}/servicePrincipals/{segment(principal_id)}/transitiveMemberOf"
        found = self.client.get_pages(path, "", _read_membership)
        return tuple(sorted(found, key=lambda one: (one.kind, one.name.casefold(), one.object_id)))

    def app_roles(self, principal_id: str) -> tuple[GivenAppRole, ...]:
        """The app roles that a service principal has been given itself; those of its groups are not among them."""
        path = f"{_VERSION}/servicePrincipals/{segment(principal_id)}/appRoleAssignments"
        return tuple(self.client.get_pages(path, "", _read_app_role))

    def application(self, resource_id: str) -> GraphApplication:
        """An application, by the object id of its service principal."""
        path = f"{_VERSION}/servicePrincipals/{segment(resource_id)}"
        return self.client.get(path, "", _read_application)

    def kinds_of(self, ids: Sequence[str]) -> dict[str, str]:
        """What the objects of some ids are, `user` or `servicePrincipal`, by id in lower case.

        An id that is not in the answer is of nothing that the directory knows and shows to this caller. One that is no
        GUID makes Graph refuse all of them (assumed).

        Args:
            ids: at most `MAX_IDS`.
        """
        body: dict[str, object] = {"ids": list(ids)}
        asked = {one.casefold() for one in ids}
        found = self.client.query(f"{_VERSION}/directoryObjects/getByIds", "", body, _read_kinds)
        return {object_id: kind for object_id, kind in found.items() if object_id in asked}


def named(given: GivenAppRole, names: Mapping[str, str]) -> AppRole:
    """An app role for people."""
    role = "default access" if given.role_id == _ANY_ROLE else names.get(given.role_id.casefold(), given.role_id)
    return AppRole(role, given.resource_name or given.resource_id)


def _read_membership(body: JsonObject) -> Membership:
    return Membership(
        text(body, _TYPE).removeprefix(_PREFIX), text(body, "id"), optional_text(body, "displayName") or ""
    )


def _read_kinds(body: JsonObject) -> dict[str, str]:
    if PAGE_LINK in body:
        # None is documented; to pass over one would make whoever is behind it seem gone.
        raise FieldError("the answer goes on at another page")
    return {text(one, "id").casefold(): text(one, _TYPE).removeprefix(_PREFIX) for one in object_list(body, "value")}


def _read_app_role(body: JsonObject) -> GivenAppRole:
    return GivenAppRole(
        text(body, "id"),
        text(body, "appRoleId"),
        text(body, "resourceId"),
        optional_text(body, "resourceDisplayName") or "",
    )


def _read_application(body: JsonObject) -> GraphApplication:
    roles = object_list(body, "appRoles") if "appRoles" in body else ()
    names = {
        text(one, "id").casefold(): optional_text(one, "value") or optional_text(one, "displayName") or text(one, "id")
        for one in roles
    }
    app_id = text(body, "appId")
    return GraphApplication(app_id, optional_text(body, "displayName") or app_id, names)
