"""What would be done: the comparison of the declared with the live, its order, and the document that says so.

Describes and never judges; reads nothing itself.
"""

from reconciler.plan.abandoned import Abandoned, owners_of
from reconciler.plan.changes import (
    AccessChange,
    Action,
    AssignmentChange,
    Change,
    Changes,
    CredentialChange,
    GroupChanges,
    IdentityChange,
    Reason,
    Skipped,
    SkipReason,
    UnresolvedRole,
    written_scope,
)
from reconciler.plan.diff_access import trust_differences
from reconciler.plan.diff_assignments import detail_differences
from reconciler.plan.diff_identities import diff_identity, diff_states, identity_differences, is_deciding_tag
from reconciler.plan.document import change_document, hold_document, plan_document, violation_document
from reconciler.plan.fields import Field, FieldChange, field_text, value_text
from reconciler.plan.holds import Hold, hold_of
from reconciler.plan.needs import (
    NOT_CHECKED,
    WORDS,
    Need,
    Rights,
    needs_of_manifest,
    needs_of_plan,
    needs_of_step,
    optional_reads,
    reads_of_drift,
    reads_of_manifest,
    reads_of_sign_ins,
    required_of_manifest,
)
from reconciler.plan.order import Step, Work, order_work
from reconciler.plan.plan import NotUndone, Plan, make_plan
from reconciler.plan.role_limit import role_limit_notes
from reconciler.plan.sources import expires_on, given_by, live_expires_on
from reconciler.plan.widening import (
    changes_rights,
    changes_trust,
    is_new_trust,
    is_wider_role,
    marks_only,
    revocation_note,
)

__all__ = [
    "NOT_CHECKED",
    "WORDS",
    "Abandoned",
    "AccessChange",
    "Action",
    "AssignmentChange",
    "Change",
    "Changes",
    "CredentialChange",
    "Field",
    "FieldChange",
    "GroupChanges",
    "Hold",
    "IdentityChange",
    "Need",
    "NotUndone",
    "Plan",
    "Reason",
    "Rights",
    "SkipReason",
    "Skipped",
    "Step",
    "UnresolvedRole",
    "Work",
    "change_document",
    "changes_rights",
    "changes_trust",
    "detail_differences",
    "diff_identity",
    "diff_states",
    "expires_on",
    "field_text",
    "given_by",
    "hold_document",
    "hold_of",
    "identity_differences",
    "is_deciding_tag",
    "is_new_trust",
    "is_wider_role",
    "live_expires_on",
    "make_plan",
    "marks_only",
    "needs_of_manifest",
    "needs_of_plan",
    "needs_of_step",
    "optional_reads",
    "order_work",
    "owners_of",
    "plan_document",
    "reads_of_drift",
    "reads_of_manifest",
    "reads_of_sign_ins",
    "required_of_manifest",
    "revocation_note",
    "role_limit_notes",
    "trust_differences",
    "value_text",
    "violation_document",
    "written_scope",
]
