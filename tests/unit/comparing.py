"""What the tests of comparisons of credentials and roles share."""

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    CredentialsPolicy,
    DesiredCredential,
    Policy,
)
from reconciler.model.access import (
    FederatedCredential,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.ids import AnyId, CredentialId
from reconciler.plan.changes import Action, Changes
from tests.builders import MANIFEST, resource_id

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCOPE = "/subscriptions/1"
HERE = SourcePos(MANIFEST, 7, 7)
TRUST, OTHER = Trust("https://i", "s", "a"), Trust("https://i", "s-2", "a")
MERGE, EXACT = (Policy(federated_credentials=one) for one in (CredentialsPolicy.MERGE, CredentialsPolicy.EXACT))


def credential(name: str, trust: Trust) -> DesiredCredential:
    return DesiredCredential(name, trust, HERE)


def live_credential(identity: str, name: str, trust: Trust | None) -> FederatedCredential:
    return FederatedCredential(CredentialId(resource_id(identity), name), trust)


def lookups(*roles: str) -> dict[tuple[str, str], RoleLookup]:
    """Each of the roles, by whatever name, is Reader."""
    return {role_key(role, SCOPE): RoleLookup(role, SCOPE, (RoleDefinition(READER, "Reader"),)) for role in roles}


def by_action(changes: Changes) -> list[tuple[Action, AnyId]]:
    return [(one.action, one.resource_id) for one in changes.access()]
