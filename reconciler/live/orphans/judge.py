"""Whether a principal is gone, by all that was read: said only where something proves it.

Whoever is called gone may lose roles for it. So silence proves nothing by itself: not of somebody whose directory is
another tenant's, not of somebody who may be too young for the directory to know, not by a directory that shows this
caller nobody of that kind. A journal alone proves nothing either: it names an identity, and ARM says what became of
it. One that may come from anybody can name an identity that the principal never was: that is told, and nothing is taken
away for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reconciler.model import Identity, ResourceId, RoleAssignment, is_guid, same_name
from reconciler.model.age import age_text

YOUNG_S = 3600.0
"""So long a principal may be missing from the directory after it was created, with much to spare.

Source: recorded traffic (the longest of 41 delays was 269 s); Azure documentation (troubleshooting) names no bound.
"""

KINDS = {"ServicePrincipal": "servicePrincipal", "User": "user", "Group": "group", "Device": "device"}
"""What Microsoft Graph calls the types of principals that a tenant's own directory has; `ForeignGroup` is another's.

Source: Microsoft.Authorization 2022-04-01 OpenAPI (`principalType`); Microsoft Graph v1.0 (types of directoryObject).
"""

NAMES = {"ServicePrincipal": "service principal", "User": "user", "Group": "group", "Device": "device"}
"""What people call them."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal that has role assignments.

    Attributes:
        assignments: all that were listed, in order of scope and name.
        identity: which identity it was, where journals say so.
        is_hearsay: whether none of them is this user's own.
    """

    principal_id: str
    assignments: tuple[RoleAssignment, ...]
    identity: ResourceId | None = None
    is_hearsay: bool = False

    @property
    def key(self) -> str:
        """The id as it compares."""
        return self.principal_id.casefold()

    @property
    def principal_type(self) -> str:
        """As ARM recorded it; where it did so differently, all of it."""
        return ", ".join(sorted({one.principal_type for one in self.assignments}))

    @property
    def created_s(self) -> float | None:
        """The time at which it was there already: its oldest role's; None where ARM says of none when it was given."""
        return min((one.created_s for one in self.assignments if one.created_s is not None), default=None)

    @property
    def elsewhere(self) -> str:
        """Why this tenant's directory cannot tell whether it is there; empty where it can."""
        if not is_guid(self.principal_id):
            return "its id is none of a principal"
        if any(one.details and one.details.delegated_managed_identity_resource_id for one in self.assignments):
            return "given on behalf of another tenant, whose directory is not asked"
        if self.principal_type == "ForeignGroup":
            return "a group of another tenant, whose directory is not asked"
        if self.principal_type not in KINDS:
            return f"ARM calls it {self.principal_type or 'nothing'}, which is not looked up"
        return ""

    def is_young(self, now_s: float | None) -> bool:
        """Whether the directory may not know it yet; whatever is not known counts for that."""
        created_s = self.created_s
        return now_s is None or created_s is None or now_s - created_s < YOUNG_S


@dataclass(frozen=True, slots=True)
class DirectoryLook:
    """What Microsoft Graph said of principals, by their ids in lower case.

    Attributes:
        known: who is there.
        missing: who was not, at the first look and at the second, while others of that type were shown.
        not_read: why nothing is known; empty where something is.
        apart: how far the two looks were apart, behind `asked twice`.
        shown: by what Microsoft Graph calls its type, somebody who is there.
    """

    known: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    not_read: str = ""
    apart: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was read.

    Attributes:
        now_s: ARM's own time, as epoch seconds; None where it did not say.
        living: principals, in lower case, of identities that ARM lists, and of the run itself.
        identities: of those that journals name, what ARM said of each: None where it does not exist; one that could
            not be read, or was not asked for, is left out.
    """

    now_s: float | None = None
    living: frozenset[str] = frozenset()
    identities: Mapping[ResourceId, Identity | None] = field(default_factory=dict)
    directory: DirectoryLook = DirectoryLook()


class Reason(StrEnum):
    """Why it is not said of a principal whether it is gone."""

    ELSEWHERE = "elsewhere"
    """No directory that can be asked would know it."""
    YOUNG = "young"
    """The directory may not know it yet."""
    NOT_READ = "not-read"
    """The directory could not be asked, or shows nobody of that type."""
    STILL_KNOWN = "still-known"
    """The directory knows it, though ARM says that the identity that it was is gone."""


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A principal of which nothing is said; `because` is a sentence without its end."""

    holder: Holder
    reason: Reason
    because: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A principal that is gone; see `Orphan`."""

    holder: Holder
    identity: ResourceId | None
    created_again: str | None
    evidence: str
    witness: str | None = None
    doubt: str = ""


def judge_all(holders: Iterable[Holder], evidence: Evidence) -> tuple[tuple[Gone, ...], tuple[NotJudged, ...]]:
    """Of these principals those that are gone, and those of which nothing is said, in their order."""
    judged = [judge(one, evidence) for one in holders]
    shown = evidence.directory.shown
    gone = tuple(
        replace(one, witness=shown.get(KINDS[one.holder.principal_type])) for one in judged if isinstance(one, Gone)
    )
    return gone, tuple(one for one in judged if isinstance(one, NotJudged))


def judge(holder: Holder, evidence: Evidence) -> Gone | NotJudged | None:
    """What is to be said of a principal; None where it is there."""
    directory, vanished = evidence.directory, _vanished(holder, evidence.identities)
    is_known = holder.key in directory.known
    if holder.key in evidence.living or _is_its_identity(holder, evidence.identities):
        return None
    if holder.elsewhere:
        return NotJudged(holder, Reason.ELSEWHERE, holder.elsewhere)
    if vanished is not None and is_known:
        # The directory forgets late; and a journal may be forged, to have somebody's roles taken away.
        because = "its identity is gone, and Microsoft Graph still knows it"
        return NotJudged(holder, Reason.STILL_KNOWN, because)
    if is_known:
        return None
    unproven = _unproven(holder, evidence)
    if vanished is not None:
        return _as_said(vanished, unproven)
    said = f"Microsoft Graph did not know it, asked twice{directory.apart}"
    return unproven or Gone(holder, holder.identity, None, said)


def _as_said(vanished: Gone, unproven: NotJudged | None) -> Gone:
    """The same with what there is to doubt in it, where nothing but the word of somebody else says who it was."""
    if unproven is None or not vanished.holder.is_hearsay:
        return vanished
    said = "only a journal that was named says which identity it was, and Microsoft Graph cannot confirm it"
    return replace(vanished, doubt=f"{said}: {unproven.because}")


def _unproven(holder: Holder, evidence: Evidence) -> NotJudged | None:
    """Why the directory's silence proves nothing of a principal; None where it does."""
    if holder.is_young(evidence.now_s):
        return NotJudged(holder, Reason.YOUNG, _why_young(holder, evidence.now_s))
    if evidence.directory.not_read:
        return NotJudged(holder, Reason.NOT_READ, f"not read, because {evidence.directory.not_read}")
    if holder.key not in evidence.directory.missing:
        return NotJudged(holder, Reason.NOT_READ, _why_blind(holder))
    return None


def _is_its_identity(holder: Holder, identities: Mapping[ResourceId, Identity | None]) -> bool:
    now = None if holder.identity is None else identities.get(holder.identity)
    return now is not None and same_name(now.principal_id, holder.principal_id)


def _vanished(holder: Holder, identities: Mapping[ResourceId, Identity | None]) -> Gone | None:
    """What ARM proves, where it said what became of the identity that the principal was; whatever else, it was none."""
    identity = holder.identity
    if identity is None or identity not in identities or holder.principal_type != "ServicePrincipal":
        return None
    now = identities[identity]
    if now is None:
        return Gone(holder, identity, None, "a journal says which identity it was, and that does not exist")
    said = "a journal says which identity it was, and that has another principal now"
    return Gone(holder, identity, now.principal_id, said)


def _why_young(holder: Holder, now_s: float | None) -> str:
    created_s = holder.created_s
    if created_s is None or now_s is None:
        return "ARM does not say when its roles were given, and the directory may not know it yet"
    return f"given {age_text(now_s - created_s)}, and the directory may not know it yet"


def _why_blind(holder: Holder) -> str:
    name = NAMES[holder.principal_type]
    return f"not read, because Microsoft Graph showed no {name} at all: that needs Directory.Read.All"
