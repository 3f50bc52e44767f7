"""Who decides about what: one resource group belongs to one document, one identity to one entry, one subscription to
one tenant.

A second claim is refused rather than merged: under the policy `exact` each claim would delete what the other lists.
"""

from collections.abc import Iterable, Iterator

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.declared import DeclaredDocument, DeclaredGroup, DeclaredIdentity
from reconciler.manifest.reading import Located


def claimed_twice(name: str, pos: SourcePos, first: SourcePos) -> Diagnostic:
    """The diagnostic for a resource group that is named a second time."""
    return Diagnostic(
        code="group-claimed-twice",
        pos=pos,
        message=f"the resource group `{name}` is already listed at {first}",
        hint="Keep each group in one place: move these identities there.",
    )


def check_group_claims(documents: Iterable[DeclaredDocument]) -> Iterator[Diagnostic]:
    """Every claim of a group after the first, over all documents of all files; names compare without case."""
    first_claims: dict[tuple[str, str], DeclaredGroup] = {}
    for number, document in enumerate(documents):
        # Groups of a document whose subscription is unknown can still be compared with one another.
        subscription = f"#{number}" if document.subscription is None else document.subscription.text.casefold()
        for group in document.groups:
            first = first_claims.setdefault((subscription, group.name.text.casefold()), group)
            # By object, since the groups of a saved plan have the places that the file gives them.
            if first is not group:
                yield claimed_twice(group.name.text, group.name.pos, first.name.pos)


def check_tenant_claims(documents: Iterable[DeclaredDocument]) -> Iterator[Diagnostic]:
    """Every tenant of a subscription that differs from the first one that is named for it."""
    first_claims: dict[str, Located] = {}
    for document in documents:
        if document.subscription is None or document.tenant is None:
            continue
        first = first_claims.setdefault(document.subscription.text.casefold(), document.tenant)
        if first.text.casefold() != document.tenant.text.casefold():
            message = f"the tenant of `{document.subscription.text}` is `{first.text}` at {first.pos}"
            hint = "A subscription belongs to one tenant: write the same one in both places."
            yield Diagnostic("tenant-contradicts", document.tenant.pos, message, hint)


def check_identity_claims(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """Every entry for an identity after the first of its group; names compare without case."""
    for group in document.groups:
        first_entries: dict[str, DeclaredIdentity] = {}
        for identity in group.identities:
            if identity.name is not None:
                first = first_entries.setdefault(identity.name.text.casefold(), identity)
                if first is not identity and first.name is not None:
                    places, first_places = (identity.name.pos, identity.pos), (first.name.pos, first.pos)
                    yield _listed_twice(identity.name.text, places, first_places)


def _listed_twice(name: str, places: tuple[SourcePos, SourcePos], first: tuple[SourcePos, SourcePos]) -> Diagnostic:
    """The diagnostic for a second entry; places are of the name and of the entry."""
    # Where both entries repeat one anchored text, only the entries themselves tell them apart.
    which = 1 if places[0] == first[0] else 0
    return Diagnostic(
        code="identity-listed-twice",
        pos=places[which],
        message=f"the identity `{name}` is already listed at {first[which]}",
        hint="Keep one of the two; names compare without case.",
    )
