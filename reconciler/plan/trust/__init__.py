"""What a plan lets whom do that they could not before, and what it takes away: the rows, their words, their JSON."""

from reconciler.plan.trust.document import right_document, trust_row_document, who_document
from reconciler.plan.trust.rows import TrustRow, Verb, trust_rows
from reconciler.plan.trust.sides import Right, Who, right_of
from reconciler.plan.trust.words import (
    Naming,
    WholeNames,
    rights_text,
    standing_sentence,
    trust_sentence,
    who_phrase,
    who_text,
)

__all__ = [
    "Naming",
    "Right",
    "TrustRow",
    "Verb",
    "Who",
    "WholeNames",
    "right_document",
    "right_of",
    "rights_text",
    "standing_sentence",
    "trust_row_document",
    "trust_rows",
    "trust_sentence",
    "who_document",
    "who_phrase",
    "who_text",
]
