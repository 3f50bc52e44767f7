"""The objects of the tenant's directory, as far as a state implies them, in the form of Microsoft Graph.

Managed identities are there whole, and so are the groups and applications that the state lists. Of users and other
groups it knows the id alone, because a role was given to it; and of other applications only the one that asks is there.
What is not known is left out. There is no delay: what lags behind is what a role assignment looks at, and getByIds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from reconciler.sandbox.gateway import Caller
from reconciler.sandbox.microsoft_graph.directory_kinds import Application, DirectoryGroup
from reconciler.sandbox.state import GUID, Identity, Resource, RoleAssignment, State, client_id_of_system_identity

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of directory object: its name, that of its collection, and the properties that can be filtered by."""

    name: str
    collection: str
    properties: tuple[str, ...]

    @property
    def odata_type(self) -> str:
        """What tells objects of several types apart."""
        return f"#microsoft.graph.{self.name}"


SERVICE_PRINCIPAL = Kind(
    "servicePrincipal",
    "servicePrincipals",
    ("id", "alternativeNames", "appId", "displayName", "servicePrincipalNames", "servicePrincipalType"),
)
USER = Kind("user", "users", ("id", "displayName", "mail", "userPrincipalName"))
GROUP = Kind("group", "groups", ("id", "displayName", "mail"))
KINDS = (SERVICE_PRINCIPAL, USER, GROUP)
"""Source: Microsoft Graph v1.0 (service principal, user, group)."""


def objects_of(state: State, caller: Caller, kind: Kind) -> Iterator[Body]:
    """Everything of a kind that the directory has, in no order."""
    if kind == SERVICE_PRINCIPAL:
        return _service_principals(state, caller)
    listed: dict[str, Body] = {
        one.object_id.lower(): {"id": one.object_id, "displayName": one.name}
        for one in state.shelf(DirectoryGroup)
        if one.kind == kind.name
    }
    ids = {
        item.principal_id.lower() for item in state.shelf(RoleAssignment) if item.principal_type.lower() == kind.name
    }
    others: Iterator[Body] = (
        {"id": principal_id, "displayName": None} for principal_id in ids if principal_id not in listed
    )
    return chain(listed.values(), others)


def _service_principals(state: State, caller: Caller) -> Iterator[Body]:
    seen = False
    for body in chain(_user_assigned(state), _system_assigned(state), _applications(state)):
        seen = seen or str(body["id"]).casefold() == caller.principal_id.casefold()
        yield body
    # Whose token names no object is nobody in the directory.
    if not seen and GUID.fullmatch(caller.principal_id) and GUID.fullmatch(caller.name):
        yield _service_principal(caller.principal_id, caller.name, None, "Application", ())


def _user_assigned(state: State) -> Iterator[Body]:
    for identity in state.shelf(Identity):
        names = ("isExplicit=True", identity.resource_id)
        yield _service_principal(identity.principal_id, identity.client_id, identity.name, "ManagedIdentity", names)


def _system_assigned(state: State) -> Iterator[Body]:
    for resource in state.shelf(Resource):
        if resource.system_principal_id is not None:
            # The state does not keep the client id of such an identity; this one is always the same.
            client_id = client_id_of_system_identity(resource.system_principal_id)
            names = ("isExplicit=False", resource.resource_id)
            yield _service_principal(resource.system_principal_id, client_id, resource.name, "ManagedIdentity", names)


def _applications(state: State) -> Iterator[Body]:
    """Source: Microsoft Graph v1.0, servicePrincipal (`appRoles`) and appRole; fields that no state has are assumed."""
    for one in state.shelf(Application):
        body = _service_principal(one.object_id, one.app_id, one.name, "Application", ())
        roles = [
            {
                "allowedMemberTypes": ["Application"],
                "displayName": value,
                "id": role_id,
                "isEnabled": True,
                "value": value,
            }
            for role_id, value in one.app_roles
        ]
        yield {**body, "appRoles": roles}


def _service_principal(
    principal_id: str, client_id: str, display_name: str | None, principal_type: str, alternative_names: tuple[str, ...]
) -> Body:
    # Source: Microsoft Graph v1.0, servicePrincipal; the alternative names of a managed identity as quoted by users of
    # `az ad sp show`.
    return {
        "id": principal_id,
        "accountEnabled": True,
        "alternativeNames": list(alternative_names),
        "appId": client_id,
        "displayName": display_name,
        "servicePrincipalNames": [client_id],
        "servicePrincipalType": principal_type,
    }
