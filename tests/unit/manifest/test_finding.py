"""A finding is told by its address, becomes a document, and in a strict run a refusal of what it is about."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.finding import Finding, finding_documents, finding_violation
from reconciler.model.address import AddressBook
from reconciler.model.ids import AssignmentId, CredentialId, ResourceGroupId
from reconciler.model.violation import Violation
from tests.builders import MANIFEST, SUBSCRIPTION, group_id, resource_id

CREDENTIAL = CredentialId(resource_id("id-a"), "cred")
ROLE = AssignmentId(resource_id("id-a"), "Reader", "", "/")
KNOWN_ROLE = AssignmentId(resource_id("id-a"), "Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "/")


def finding(about: CredentialId | AssignmentId | ResourceGroupId | None) -> Finding:
    return Finding("some-code", about, SourcePos(MANIFEST, 7, 13), "is odd", "Mend it.")


@pytest.mark.parametrize(
    ("about", "address", "label"),
    [
        (CREDENTIAL, f"{SUBSCRIPTION}/rg-app/id-a/federatedCredentials/cred", "rg-app/id-a/federatedCredentials/cred"),
        (group_id(), f"{SUBSCRIPTION}/rg-app", "rg-app"),
        (None, "", "the document"),
    ],
)
def test_finding_is_told_by_what_it_is_about(
    about: CredentialId | ResourceGroupId | None, address: str, label: str
) -> None:
    found = finding(about)

    assert (found.address, found.label(AddressBook([group_id()]))) == (address, label)


def test_findings_are_in_order_of_documents_groups_and_ids() -> None:
    found = sorted([finding(ROLE), finding(CREDENTIAL), finding(group_id()), finding(None)], key=lambda one: one.key)

    assert [one.resource_id for one in found] == [None, group_id(), CREDENTIAL, ROLE]


@pytest.mark.parametrize(
    ("about", "changes", "violation_about", "refused"),
    [
        (CREDENTIAL, (), CREDENTIAL, (CREDENTIAL,)),
        (ROLE, (), ROLE, (ROLE,)),
        (ROLE, (KNOWN_ROLE,), KNOWN_ROLE, (KNOWN_ROLE,)),
        (group_id(), (CREDENTIAL,), group_id(), (CREDENTIAL,)),
        (group_id(), (), group_id(), ()),
        (None, (CREDENTIAL, KNOWN_ROLE), None, (CREDENTIAL, KNOWN_ROLE)),
    ],
)
def test_finding_becomes_a_violation_that_holds_back_what_it_is_about(
    about: CredentialId | AssignmentId | ResourceGroupId | None,
    changes: tuple[CredentialId | AssignmentId, ...],
    violation_about: CredentialId | AssignmentId | ResourceGroupId | None,
    refused: tuple[CredentialId | AssignmentId, ...],
) -> None:
    message = "the document is odd" if about is None else "is odd"
    hint = "Mend it. --strict lets no warning pass that the manifest does not accept."
    assert finding_violation(finding(about), changes) == Violation(
        "some-code", violation_about, message, hint, refused, is_warning=True
    )


DOCUMENT = {
    "code": "some-code",
    "address": f"{SUBSCRIPTION}/rg-app/id-a/federatedCredentials/cred",
    "message": "is odd",
    "hint": "Mend it.",
    "source": {"file": MANIFEST, "line": 7, "column": 13},
}


def test_finding_has_a_document() -> None:
    assert finding_documents([finding(CREDENTIAL), finding(CREDENTIAL)]) == [DOCUMENT, DOCUMENT]


def test_what_a_default_gives_is_one_document_with_the_default_and_how_many_take_it() -> None:
    given = replace(finding(CREDENTIAL), given_by=SourcePos(MANIFEST, 3, 5))
    of_another = replace(given, resource_id=CredentialId(resource_id("id-b"), "cred"), pos=SourcePos(MANIFEST, 8, 13))
    other_words = replace(of_another, message="is odder")

    found = finding_documents([given, finding(ROLE), of_another, other_words, replace(of_another, identities=5)])

    place = {"given_by": {"file": MANIFEST, "line": 3, "column": 5}}
    assert found[0] == {**DOCUMENT, **place, "identities": 7}
    assert [(one["message"], one.get("identities")) for one in found[1:]] == [("is odd", None), ("is odder", 1)]
