"""`uami doctor --least-privilege`: read what manifests name, and say which rights just suffice; nothing is written."""

from dataclasses import replace

from reconciler.doctor.least_privilege import LeastPrivilege
from reconciler.doctor.narrowing import find_least
from reconciler.errors import CallFailed
from reconciler.guardrails import judge_declared, within_guardrails
from reconciler.live.azure import Azure
from reconciler.live.role_lookups import look_up_roles
from reconciler.plan import Plan
from reconciler.workflow.declare import Declaration
from reconciler.workflow.plan import run_plan


def find_least_privilege(declaration: Declaration, azure: Azure) -> LeastPrivilege:
    """The least rights for what these manifests declare and their guardrails let through.

    What lives is read too: a role that is no longer listed has to be taken away once more. Where that may not be read,
    this is said.

    Raises:
        UsageError: a target that exists nowhere, or an api-version too old for what the manifest says.
        LoginError, ArmError: roles could not be looked up.
    """
    desired, targets = within_guardrails(declaration.guardrails, declaration.desired), declaration.targets
    listed = (role for group in desired.groups for one in group.identities for role in one.role_assignments or ())
    lookups = look_up_roles(listed, azure.resources)
    plan, notes = _plan(declaration, azure)
    refused = judge_declared(declaration.guardrails, declaration.desired).violations
    if refused:
        notes += ("What the guardrails do not let through needs no right: `uami validate --guardrails` names it.",)
    least = find_least(desired, targets, lookups, plan, azure.sign_in_logs)
    return replace(least, notes=(*least.notes, *notes))


def _plan(declaration: Declaration, azure: Azure) -> tuple[Plan | None, tuple[str, ...]]:
    try:
        return run_plan(declaration, azure), ()
    except CallFailed as error:
        why = error.lines[0]
        return None, (f"What lives could not be read ({why}), so roles that are no longer listed are not among these.",)
