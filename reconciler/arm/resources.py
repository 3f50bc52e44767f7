"""The resources that this tool manages, each with its calls, through one client."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.arm.activity import Activity
from reconciler.arm.associated_resources import AssociatedResources
from reconciler.arm.federated_credentials import FederatedCredentials
from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.arm.identities import API_VERSION, Identities
from reconciler.arm.role_assignments import RoleAssignments
from reconciler.model import AnyId, identity_of
from reconciler.parallel import ONE_BY_ONE, LaneOf, Pool, one_lane

Item = TypeVar("Item")
Result = TypeVar("Result")


def lane_of(resource_id: AnyId) -> str:
    """The subscription of an identity or a child: what Azure counts most calls about it for."""
    return identity_of(resource_id).subscription_id.casefold()


@dataclass(frozen=True, slots=True)
class Resources:
    """ARM as far as this tool changes it, and what uses that.

    Attributes:
        api_version: of Microsoft.ManagedIdentity.
        pool: by which several calls are made at once.
        activity: hears what is read, and how far it is.
        graph: Microsoft Graph, which says more of principals than ARM.
        logs: Log Analytics, for queries to workspaces that ARM does not serve.
    """

    client: ArmClient
    api_version: str = API_VERSION
    pool: Pool = ONE_BY_ONE
    activity: Activity = field(default_factory=Activity)
    graph: OtherService = field(default_factory=OtherService)
    logs: OtherService = field(default_factory=OtherService)

    def map(
        self,
        what: str,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        lane_of: LaneOf[Item] = one_lane,
    ) -> list[Result]:
        """Call the function for each item, side by side, counted as `what`; otherwise as `Pool.map`."""
        whole = list(items)
        with self.activity.part(what, len(whole)) as one_more:

            def counted(item: Item) -> Result:
                result = function(item)
                one_more()
                return result

            return self.pool.map(counted, whole, lane_of) if whole else []

    def pairs(
        self,
        what: str,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        lane_of: LaneOf[Item] = one_lane,
    ) -> list[tuple[Item, Result]]:
        """Each item with what the function says of it; otherwise as `map`."""
        return self.map(what, lambda item: (item, function(item)), items, lane_of)

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
        return AssociatedResources(self.client)

    @property
    def assignments(self) -> RoleAssignments:
        """Calls on role assignments."""
        return RoleAssignments(self.client)
