"""Role assignments whose principal is gone: what is known of one, and the id under which a plan removes it.

Azure keeps the role assignments of a deleted principal, as "Identity not found", and counts them against its limits.
Source: Microsoft Entra documentation (best practices for managed identities).
"""

from dataclasses import dataclass

from reconciler.model.access import RoleAssignment
from reconciler.model.ids import AssignmentId, ResourceId, is_guid

GONE = "(gone)"
"""Stands for a resource group in the address of an orphan: nothing that ARM has says which identity it was of."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """A role assignment of a principal that is gone.

    Attributes:
        assignment: as it lives.
        role: the role's name, or its GUID where no name is known.
        principal_type: as ARM recorded it when the role was given: `ServicePrincipal`, `User`, `Group`, ...
        identity: which identity the principal was, where a journal says so.
        created_again: the principal that this identity has now; None where it does not live.
        is_ours: whether this tool gave it, for an owner of this run.
        evidence: how it is known that the principal is gone, in a sentence without its end.
        witness: a principal of that type whom the directory showed when it did not show this one, so that a later look
            is known to see; None where it showed none.
        doubt: why that is no ground to take the role away, in a sentence without its end; empty where it is one.
    """

    assignment: RoleAssignment
    role: str
    principal_type: str
    identity: ResourceId | None
    created_again: str | None
    is_ours: bool
    evidence: str
    witness: str | None = None
    doubt: str = ""

    def resource_id(self, subscription_id: str) -> AssignmentId:
        """The id under which it is planned and journalled: `SUBSCRIPTION/(gone)/PRINCIPAL/roleAssignments/...`.

        One form for all, since two principals of one identity's name may have left the same role at the same scope.
        """
        gone = gone_identity(subscription_id, self.assignment.principal_id)
        return AssignmentId(gone, self.role, self.assignment.role_guid, self.assignment.scope)


def gone_identity(subscription_id: str, principal_id: str) -> ResourceId:
    """What stands for the identity of a principal that is gone; only the principal's id is left of it."""
    return ResourceId(subscription_id, GONE, principal_id)


def is_gone(identity: ResourceId) -> bool:
    """Whether an id stands for a principal that is gone.

    Azure would take this name for a group, and a GUID for an identity in it: so nothing that is written depends on it.
    """
    return identity.resource_group == GONE and is_guid(identity.name)
