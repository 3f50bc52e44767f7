"""Rows in JSON: whole ids, and who it is in the one key that fits."""

from reconciler.errors import SourcePos
from reconciler.model import AttachedResource, CredentialId
from reconciler.plan.trust import Right, TrustRow, Verb, right_document, trust_row_document, who_document
from tests.builders import MANIFEST, SUBSCRIPTION, resource_id
from tests.unit.trusting import AUDIENCE, DATA, GITHUB, READER, github

IDENTITY = resource_id("id-a")
NOBODY = {"service": None, "claims": None, "trust": None, "credential": None, "attached": None}


def test_row_is_whole() -> None:
    right = Right("Reader", READER, DATA, "x")
    row = TrustRow(github("prod"), IDENTITY, Verb.GAINS_TRUST, (right,), SourcePos(MANIFEST, 5, 1), "no right")

    assert trust_row_document(row) == {
        "address": f"{SUBSCRIPTION}/rg-app/id-a",
        "verb": "gains-trust",
        "sentence": f"After this, GitHub `contoso/payments`, environment `prod`, can act as {SUBSCRIPTION}/rg-app/id-a:"
        f" Reader on {DATA} (with a condition); there may be more, which was not read: no right.",
        "who": who_document(row.who),
        "rights": [{"role": "Reader", "role_guid": READER, "scope": DATA, "condition": "x"}],
        "not_read": "no right",
        "identity_deleted": False,
        "source": {"file": MANIFEST, "line": 5, "column": 1},
    }
    assert right_document(right)["condition"] == "x"


def test_who_is_in_the_key_that_fits() -> None:
    subject = "repo:contoso/payments:environment:prod"
    vm = AttachedResource(f"{DATA}/providers/Microsoft.Compute/virtualMachines/vm-a")

    assert who_document(github("prod")) == NOBODY | {
        "text": "GitHub `contoso/payments`, environment `prod`",
        "service": "GitHub",
        "claims": [
            {"name": "repository", "value": "contoso/payments"},
            {"name": "environment", "value": "prod"},
        ],
        "trust": {"issuer": GITHUB, "subject": subject, "audience": AUDIENCE},
    }
    assert who_document(vm) == NOBODY | {"text": vm.text, "attached": vm.resource_id}
    assert who_document(CredentialId(IDENTITY, "flex"))["credential"] == "flex"
    assert who_document(None) == NOBODY | {"text": "somebody who could not be read"}
