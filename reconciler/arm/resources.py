"""The resources that this tool manages, each with its calls, through one client."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.arm.associated_resources import AssociatedResources
from reconciler.arm.federated_credentials import FederatedCredentials
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.pace import no_pace
from reconciler.arm.identities import API_VERSION, Identities
from reconciler.arm.role_assignments import RoleAssignments
from reconciler.parallel import ONE_BY_ONE, Pool

Progress = Callable[[str, int, int], None]
"""Hears how far a long read is: what is read, how many of them are done, of how many; from 0 to all."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """For whom nobody watches."""


@dataclass(frozen=True, slots=True)
class Resources:
    """ARM as far as this tool changes it, and what uses that.

    Attributes:
        api_version: of Microsoft.ManagedIdentity.
        wait_for_associated: keeps calls of listAssociatedResources apart.
        pool: by which several calls are made at once.
        progress: hears how far the reads are that may take long.
    """

    client: ArmClient
    api_version: str = API_VERSION
    wait_for_associated: Callable[[], None] = no_pace
    pool: Pool = ONE_BY_ONE
    progress: Progress = no_progress

    @property
    def identities(self) -> Identities:
        """Calls on user-assigned identities."""
        return Identities(self.client, self.api_version)

    @property
    def credentials(self) -> FederatedCredentials:
        """Calls on their federated credentials."""
        return FederatedCredentials(self.client, self.api_version)

    @property
    def associated(self) -> AssociatedResources:
        """What identities are attached to."""
        return AssociatedResources(self.client, self.wait_for_associated)

    @property
    def assignments(self) -> RoleAssignments:
        """Calls on role assignments."""
        return RoleAssignments(self.client)
