"""Who can become identities, in every format: what a plan changes of it, and what `uami trust` finds.

A format takes the sentences of `plan_lines`, or the rows of `plan.trust.trust_rows` with `trust_sentence` for each.
"""

from reconciler.plan.trust import Right, TrustRow, Verb, trust_rows, trust_sentence
from reconciler.report.trust.lines import TrustLine, plan_lines

__all__ = ["Right", "TrustLine", "TrustRow", "Verb", "plan_lines", "trust_rows", "trust_sentence"]
