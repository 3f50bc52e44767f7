"""A warning about a manifest, and what in the manifest answers it."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import SourcePos
from reconciler.model import AddressBook, AnyId, AssignmentId, JsonObject, ResourceGroupId, Violation, source_document

TRUST_BY_NAME = "trust-by-name"
"""The warning that the key `legacySubject` of the form `github` answers."""

ACCEPTABLE_GUARDS = frozenset({"grant"})
"""What a line can accept for itself that is no warning: whether it is needed follows from what lives."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An entry of `accept`: a warning that is answered, or a guard that a line lifts for itself, by its code; and why.

    `source` is where the entry stands.
    """

    code: str
    reason: str
    source: SourcePos


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to look at something in a manifest again.

    Attributes:
        resource_id: what it is about: a federated credential, a role, an identity, a group; None is a whole document.
        pos: its line; of what a default gives, that of the identity that takes it.
        message: goes on where its address stops: "trusts ...".
        given_by: the line of the default that gives it; None where no default does.
        identities: how many take it from there; 1 but where a document has said it of all of them at once.
        accepted_by: the entries of `accept` that answer it, at the line itself or above.
    """

    code: str
    resource_id: AnyId | ResourceGroupId | None
    pos: SourcePos
    message: str
    hint: str
    accepted_by: tuple[Acceptance, ...] = ()
    given_by: SourcePos | None = None
    identities: int = 1

    @property
    def address(self) -> str:
        """The whole address of what it is about; empty for a whole document."""
        return "" if self.resource_id is None else self.resource_id.address

    @property
    def key(self) -> tuple[str, ...]:
        """By what findings are put in order: documents first, then by the ids."""
        return () if self.resource_id is None else self.resource_id.key

    def label(self, book: AddressBook) -> str:
        """What it is about, as short as it may be, for a sentence that its message ends."""
        if self.resource_id is None:
            return "the document"
        if isinstance(self.resource_id, ResourceGroupId):
            return book.short_group(self.resource_id)
        return book.short(self.resource_id)


def finding_violation(finding: Finding, refused: tuple[AnyId, ...] = ()) -> Violation:
    """The refusal that a finding becomes where warnings are not let pass; it holds back what it is about.

    Args:
        refused: the changes that are meant, where the finding does not know their ids.
    """
    about = finding.resource_id
    if isinstance(about, AssignmentId) and refused:
        about = refused[0]  # the manifest alone does not say the role's GUID
    own = () if about is None or isinstance(about, ResourceGroupId) else (about,)
    message = f"the document {finding.message}" if about is None else finding.message
    hint = f"{finding.hint} --strict lets no warning pass that the manifest does not accept."
    return Violation(finding.code, about, message, hint, refused or own, is_warning=True)


def finding_documents(findings: Iterable[Finding]) -> list[JsonObject]:
    """Findings in JSON: what a default gives to many is said once, of the first, with their number."""
    alike: dict[object, list[Finding]] = {}
    for number, one in enumerate(findings):
        key = number if one.given_by is None else (one.code, one.given_by, one.message, one.hint)
        alike.setdefault(key, []).append(one)
    return [_document(same[0], sum(one.identities for one in same)) for same in alike.values()]


def _document(finding: Finding, identities: int) -> JsonObject:
    document: JsonObject = {
        "code": finding.code,
        "address": finding.address,
        "message": finding.message,
        "hint": finding.hint,
        "source": source_document(finding.pos),
    }
    if finding.given_by is not None:
        document |= {"given_by": source_document(finding.given_by), "identities": identities}
    return document
