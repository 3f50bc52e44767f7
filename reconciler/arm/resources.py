"""The resources that this tool manages, each with its calls, through one client."""

from dataclasses import dataclass

from reconciler.arm.client import ArmClient
from reconciler.arm.federated_credentials import FederatedCredentials
from reconciler.arm.identities import API_VERSION, Identities
from reconciler.arm.role_assignments import RoleAssignments


@dataclass(frozen=True, slots=True)
class Resources:
    """ARM as far as this tool changes it; `api_version` is that of Microsoft.ManagedIdentity."""

    client: ArmClient
    api_version: str = API_VERSION

    @property
    def identities(self) -> Identities:
        """Calls on user-assigned identities."""
        return Identities(self.client, self.api_version)

    @property
    def credentials(self) -> FederatedCredentials:
        """Calls on their federated credentials."""
        return FederatedCredentials(self.client, self.api_version)

    @property
    def assignments(self) -> RoleAssignments:
        """Calls on role assignments."""
        return RoleAssignments(self.client)
