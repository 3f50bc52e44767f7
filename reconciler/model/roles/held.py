"""The roles that live identities have, read where a plan hands out what they give: by new trust, or by a way to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.access import RoleAssignment, RoleDefinition
from reconciler.model.ids import ResourceId, normalize_scope
from reconciler.model.not_read import NotRead
from reconciler.model.roles.built_in import role_name


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A role that an identity has; `definition` is None where what it gives could not be read."""

    assignment: RoleAssignment
    definition: RoleDefinition | None

    @property
    def role_guid(self) -> str:
        """The GUID of the role, in lower case."""
        return self.assignment.role_guid

    @property
    def name(self) -> str:
        """The role's name; its GUID where that is not known."""
        return self.definition.name if self.definition else role_name(self.role_guid)

    @property
    def scope(self) -> str:
        """The ARM id of what it is given on; `/` is the root."""
        return self.assignment.scope


_NOT_LOOKED = "nothing was looked at"


@dataclass(frozen=True, slots=True)
class HeldRoles:
    """What was read of the roles that live identities have; whatever is not in it was not looked at.

    What it does not hold: roles that an identity has by an Entra group, and those that the caller cannot see.

    Attributes:
        by_identity: all roles of each live identity that would get new trust.
        givers: by the normal form of a scope, the live identities at or below it that may give roles.
    """

    by_identity: Mapping[ResourceId, tuple[GivenRole, ...] | NotRead] = field(default_factory=dict)
    givers: Mapping[str, tuple[ResourceId, ...] | NotRead] = field(default_factory=dict)

    def of(self, identity: ResourceId) -> tuple[GivenRole, ...] | NotRead:
        """The roles of a live identity that would get new trust."""
        return self.by_identity.get(identity, NotRead("Roles", str(identity), _NOT_LOOKED))

    def givers_within(self, scope: str) -> tuple[ResourceId, ...] | NotRead:
        """The live identities at or below a scope that may give roles."""
        return self.givers.get(normalize_scope(scope), NotRead("Identities that may give roles", scope, _NOT_LOOKED))


NOTHING_HELD = HeldRoles()
"""Where nothing was looked at."""
