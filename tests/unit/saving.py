"""What the tests of saved plans share: a plan's document, its edits, and how it comes back."""

import json
from typing import Any

from reconciler.plan.plan import Plan
from reconciler.saved_plan.content import SavedPlan, fingerprint, format_plan, parse_plan

NAME = "plan.json"
CLOCK_S = 1_769_848_200.0
"""2026-01-31T08:30:00Z."""


def save(plan: Plan) -> bytes:
    """The content of the plan's file."""
    return format_plan(plan, CLOCK_S)


def load(content: bytes) -> SavedPlan:
    """The plan that a file's content is."""
    return parse_plan(NAME, content)


def document_of(plan: Plan) -> Any:
    """The plan's document, for a test to edit."""
    return json.loads(save(plan))


def sealed(document: Any) -> bytes:
    """A document as somebody would save it who knows how fingerprints are made."""
    return json.dumps({**document, "fingerprint": fingerprint(document)}).encode()
