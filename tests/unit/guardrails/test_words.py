"""What a breach becomes: a refusal that names file, line and rule, and that nothing lifts."""

from reconciler.errors import SourcePos
from reconciler.guardrails.words import Breach
from reconciler.model import Violation
from tests.builders import resource_id
from tests.unit.guardrails.rails import rails


def test_refusal_names_rule_and_line_and_holds_each_change_back_once() -> None:
    breach = Breach("trust", SourcePos("g.yaml", 12, 1), "no entry lets it")
    one, other = resource_id("id-a"), resource_id("id-b")

    assert breach.violation(rails(), one, (other, one, other)) == Violation(
        code="guardrail",
        about=one,
        message="g.yaml:12: trust: no entry lets it",
        hint="No flag and no manifest lifts this. Change what is asked for, or have those who keep g.yaml change it.",
        refused=(other, one),
    )
