"""Each form of what `uami trust` found is its own, and what a reader should know of it is said."""

import json

import pytest

from reconciler.report.rows import Header
from reconciler.report.trust_format import TrustFormat, remark, render_report
from reconciler.report.visible import SafeText
from tests.unit.report.trust.trusting import EVERYTHING, report

HEADER = Header("s.json", principal="")


def test_form_that_was_asked_for_is_written() -> None:
    text, document, diagram = (render_report(report(EVERYTHING), HEADER, one, color=False) for one in TrustFormat)

    assert text.startswith("SANDBOX")
    assert json.loads(document)["format_version"] == "1.0"
    assert diagram.startswith("flowchart LR\n")


@pytest.mark.parametrize("name", [*TrustFormat])
def test_only_a_large_diagram_is_remarked(name: TrustFormat) -> None:
    large = SafeText("  n1 --> n2\n" * 501)

    assert bool(remark(large, name)) is (name is TrustFormat.MERMAID)
    assert remark(SafeText(""), name) == ()
