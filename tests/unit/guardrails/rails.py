"""Guardrails for tests, and what the judges say of a change that they see."""

from reconciler.errors import Diagnostic, GuardrailsError
from reconciler.guardrails.model import Guardrails
from reconciler.guardrails.read import parse_guardrails

FILE = "g.yaml"


def rails(*lines: str) -> Guardrails:
    """Guardrails of these lines behind `version: 1`, so that the first of them is line 2."""
    return parse_guardrails(FILE, "\n".join(("version: 1", *lines)).encode())


def diagnostics_of(text: str | bytes) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with guardrails; empty for those that can be read."""
    try:
        parse_guardrails(FILE, text if isinstance(text, bytes) else text.encode())
    except GuardrailsError as error:
        return error.diagnostics
    return ()


def places_of(text: str | bytes) -> list[tuple[str, int, int]]:
    """Code, line and column of everything that is wrong."""
    return [(one.code, one.pos.line, one.pos.column) for one in diagnostics_of(text)]
