"""What the reversal of one identity is worked out from, and what it comes to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from reconciler.errors import SourcePos
from reconciler.journal import NetEffect
from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import (
    AnyId,
    AssignmentId,
    CredentialId,
    FederatedCredential,
    Identity,
    Names,
    ResourceId,
    RoleAssignment,
    identity_of,
    role_name,
)
from reconciler.plan import NotUndone
from reconciler.undo.notes import compare_with


@dataclass(frozen=True, slots=True)
class LiveNow:
    """The live state of what a run touched; None for an identity that does not exist."""

    identities: dict[ResourceId, Identity | None]
    credentials: dict[CredentialId, FederatedCredential]
    assignments: dict[AssignmentId, RoleAssignment] = field(default_factory=dict)


@dataclass(slots=True)
class Reversal:
    """One identity's: `desired` is None where it is deleted, or left as it is, as `is_target` says.

    Attributes:
        places: what the run did to it and its children, in order, by the place that asked for it.
        journal: the file's name, for a command that shows it.
        judged_on: the day, in UTC, by which it is judged what has expired.
        limited_to: the children that may be changed.
        notes: what the reader should know or do, in sentences.
        not_undone: what of the run stays, of this identity and its children.
    """

    identity: ResourceId
    places: dict[AnyId, SourcePos]
    names: Names
    journal: str
    judged_on: date
    desired: DesiredIdentity | None = None
    is_target: bool = False
    limited_to: list[AnyId] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_undone: list[NotUndone] = field(default_factory=list)

    @property
    def source(self) -> SourcePos:
        """The place that asked for the first of it."""
        return next(iter(self.places.values()))

    @property
    def name(self) -> str:
        """The identity as messages write it."""
        return self.names.identity(self.identity)

    def leave(self, resource_id: AnyId, because: str, advice: str = "", part: str = "") -> None:
        """Something of the run stays; without advice of its own, the journal says what it was."""
        self.not_undone.append(NotUndone(resource_id, part, because, advice or compare_with(self.journal)))


def roles_seen(own: NetEffect, children: Iterable[NetEffect]) -> dict[AssignmentId, RoleAssignment]:
    """The roles that a deleted identity had: those that it left, and those that the run took away before."""
    found: dict[AssignmentId, RoleAssignment] = {}
    for left in (own.children.assignments if own.children else None) or ():
        role = role_name(left.role_guid)
        found[AssignmentId(identity_of(own.resource_id), role, left.role_guid, left.scope)] = left
    for one in children:
        if isinstance(one.before, RoleAssignment) and isinstance(one.resource_id, AssignmentId):
            found[one.resource_id] = one.before
    return found
