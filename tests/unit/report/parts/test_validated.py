"""The first line of what is said of a valid manifest."""

import pytest

from reconciler.guardrails.verdict import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.model.violation import Violation
from reconciler.report.parts.validated import validated_line
from tests.builders import desired_group

ONE = Desired((desired_group("id-a"),))
TWO = Desired((desired_group("id-a", "id-b"),))
REFUSED = DeclaredVerdict((Violation("guardrail", None, "no", "hint", ()),))


@pytest.mark.parametrize(
    ("desired", "warnings", "verdict", "line"),
    [
        (Desired(()), 0, DeclaredVerdict(), "The manifest is valid: 0 identities in 0 resource groups."),
        (ONE, 0, DeclaredVerdict(), "The manifest is valid: 1 identity in 1 resource group."),
        (TWO, 0, DeclaredVerdict((), ("A note.",)), "The manifest is valid: 2 identities in 1 resource group."),
    ],
)
def test_valid_manifest_is_told_by_its_numbers(
    desired: Desired, warnings: int, verdict: DeclaredVerdict, line: str
) -> None:
    assert validated_line(desired, warnings, verdict) == line


def test_manifest_that_is_refused_is_never_called_valid() -> None:
    line = validated_line(ONE, 2, REFUSED)

    assert line.startswith("Refused (exit 3): guardrails do not let the manifest through; the manifest has 2 warnings")
    assert line.endswith("Looked at: 1 identity in 1 resource group.")
