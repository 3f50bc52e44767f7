"""The sentence of each kind of row."""

import pytest

from reconciler.errors import SourcePos
from reconciler.model import AddressBook, AttachedResource, CredentialId, role_name
from reconciler.plan.trust import Right, TrustRow, Verb, WholeNames, rights_text, trust_sentence, who_phrase, who_text
from reconciler.report.names import Names
from tests.builders import MANIFEST, SUBSCRIPTION, group_id, resource_id
from tests.unit.trusting import CONTRIBUTOR, DATA, READER, github

IDENTITY = resource_id("id-a")
NAMES = Names(AddressBook([group_id()]), {}, {})
PLACE = SourcePos(MANIFEST, 5, 1)
VM = AttachedResource(f"{DATA}/providers/Microsoft.Compute/virtualMachines/vm-a")
FLEXIBLE = CredentialId(IDENTITY, "flex")
ROLES = (Right("Contributor", CONTRIBUTOR, DATA), Right("Reader", READER, DATA, "a condition"))
BOTH = "Contributor on rg-data, Reader on rg-data (with a condition)"
PROD = "GitHub `contoso/payments`, environment `prod`,"


def said(row: TrustRow) -> str:
    return trust_sentence(row, NAMES)


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        (Verb.GAINS_TRUST, f"After this, {PROD} can act as rg-app/id-a: {BOTH}."),
        (Verb.LOSES_TRUST, f"After this, {PROD} can no longer act as rg-app/id-a, and loses {BOTH}."),
        (Verb.GAINS_RIGHTS, f"After this, {PROD} which can act as rg-app/id-a, also has {BOTH}."),
        (Verb.LOSES_RIGHTS, f"After this, {PROD} which can act as rg-app/id-a, no longer has {BOTH}."),
        (
            Verb.CHANGES_RIGHTS,
            f"After this, {PROD} which can act as rg-app/id-a, has under another condition than before {BOTH}.",
        ),
    ],
)
def test_each_verb_has_its_sentence(verb: Verb, sentence: str) -> None:
    assert said(TrustRow(github("prod"), IDENTITY, verb, ROLES, PLACE)) == sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            TrustRow(github("prod"), IDENTITY, Verb.GAINS_TRUST, (), PLACE),
            f"After this, {PROD} can act as rg-app/id-a, which has no role.",
        ),
        (
            TrustRow(github("prod"), IDENTITY, Verb.LOSES_TRUST, (), PLACE, is_deleted=True),
            f"After this, {PROD} can no longer act as rg-app/id-a, which is deleted.",
        ),
        (
            TrustRow(github("prod"), IDENTITY, Verb.GAINS_TRUST, (), PLACE, "missing a right"),
            f"After this, {PROD} can act as rg-app/id-a; what it may do was not read: missing a right.",
        ),
        (
            TrustRow(github("prod"), IDENTITY, Verb.GAINS_TRUST, ROLES[:1], PLACE, "missing a right"),
            f"After this, {PROD} can act as rg-app/id-a: Contributor on rg-data;"
            " there may be more, which was not read: missing a right.",
        ),
        (
            TrustRow(None, IDENTITY, Verb.GAINS_RIGHTS, ROLES[:1], PLACE, "missing a right"),
            "After this, rg-app/id-a also has Contributor on rg-data;"
            " who else can act as it was not read: missing a right.",
        ),
        (
            TrustRow(VM, IDENTITY, Verb.GAINS_RIGHTS, ROLES[:1], PLACE),
            "After this, virtualMachines vm-a (rg-data), which can act as rg-app/id-a,"
            " also has Contributor on rg-data.",
        ),
        (
            TrustRow(FLEXIBLE, IDENTITY, Verb.LOSES_TRUST, (), PLACE),
            "After this, whoever the credential `flex` means, which this api-version cannot show,"
            " can no longer act as rg-app/id-a.",
        ),
    ],
)
def test_what_is_missing_is_said(row: TrustRow, sentence: str) -> None:
    assert said(row) == sentence


def test_several_are_told_in_one_sentence() -> None:
    row = TrustRow(github("prod"), IDENTITY, Verb.GAINS_TRUST, ROLES[:1], PLACE)

    assert trust_sentence(row, NAMES, identities="3 identities").endswith(
        "can act as 3 identities: Contributor on rg-data."
    )
    assert trust_sentence(row, NAMES, whos="each of these 3") == (
        "After this, each of these 3 can act as rg-app/id-a: Contributor on rg-data."
    )


def test_document_has_whole_names() -> None:
    row = TrustRow(github("prod"), IDENTITY, Verb.GAINS_TRUST, ROLES[:1], PLACE)

    assert trust_sentence(row, WholeNames()) == (
        f"After this, {PROD} can act as {SUBSCRIPTION}/rg-app/id-a: Contributor on {DATA}."
    )
    assert WholeNames().role(READER, READER) == role_name(READER) == "Reader"


def test_who_is_named_alone_too() -> None:
    assert who_text(github("prod")) == PROD[:-1]
    assert who_phrase(github("prod")) == PROD
    assert who_text(None) == "somebody who could not be read"
    assert rights_text((), IDENTITY, NAMES) == ""
