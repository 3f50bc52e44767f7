"""Refusals of an undo keep what they count and how they are lifted, and lose what is about manifests."""

from dataclasses import replace

import pytest

from reconciler.model import Violation
from reconciler.undo.refusals import in_words_of_undo
from tests.unit.journal.calls import IDENTITY_ID

GIVEN = Violation(code="in-use", about=IDENTITY_ID, message="m", hint="h")


@pytest.mark.parametrize(
    ("code", "hint", "said"),
    [
        (
            "delete-limit",
            "Check that the manifest is whole. If it is: --max-deletes 67%, or limits.maxDeletePercent.",
            "Check that this is the run to take back. If it is meant: --max-deletes 67%.",
        ),
        ("in-use", "If it is meant: --allow in-use=rg-a/id.1.", "If it is meant: --allow in-use=rg-a/id.1."),
        (
            "grant",
            "If it is meant: --allow 'grant=rg/id/roleAssignments/Key Vault Reader@/x'.",
            "If it is meant: --allow 'grant=rg/id/roleAssignments/Key Vault Reader@/x'.",
        ),
        (
            "managed-credential",
            "Leave it to AKS: list its name under ignore.federatedCredentials. If it is meant: --allow"
            " managed-credential=rg/id/federatedCredentials/aks-identity-binding.",
            "That the journal has the run make it proves nothing: a journal is a file, and AKS may have written it"
            " since. If it is meant: --allow managed-credential=rg/id/federatedCredentials/aks-identity-binding.",
        ),
        (
            "scope-missing",
            "Correct the scope in the manifest, or create what it names first.",
            "Create what it names first, or leave the role out with --skip-refused.",
        ),
        ("locked", "Remove it in Azure first.", "Remove it in Azure first."),
    ],
)
def test_hint_keeps_its_flag_and_names_no_manifest(code: str, hint: str, said: str) -> None:
    assert in_words_of_undo(replace(GIVEN, code=code, hint=hint)).hint == said


def test_message_names_the_run_in_place_of_the_manifest() -> None:
    message = "would delete an identity that belongs to 'x'; this manifest's owner is 'us'"

    said = in_words_of_undo(replace(GIVEN, message=message))

    assert said.message == "would delete an identity that belongs to 'x'; the run's owner is 'us'"
    assert said == replace(GIVEN, message=said.message, hint=said.hint)
