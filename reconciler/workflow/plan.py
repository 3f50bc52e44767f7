"""`uami plan` and `uami drift`: read what the manifest names, compare, and judge; nothing is written."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.guardrails import combined_sha256
from reconciler.guards import Allowances, accepted_grants, judge, unknown_runner, unused_allowances
from reconciler.live.access import read_access
from reconciler.live.azure import Azure
from reconciler.live.identities import read_live
from reconciler.live.impact import read_impact
from reconciler.live.may_read import MayRead
from reconciler.live.sign_ins.deletes import with_sign_ins
from reconciler.manifest.findings import Finding, accepted_note, finding_violation
from reconciler.manifest.scope import check_targets_exist
from reconciler.model import Access, AnyId, AssignmentId, Live, ResourceGroupId, Violation, sentences
from reconciler.plan import (
    Action,
    AssignmentChange,
    Change,
    Changes,
    Plan,
    diff_states,
    make_plan,
    owners_of,
    revocation_note,
    role_limit_notes,
)
from reconciler.plan.diff_access import diff_access
from reconciler.plan.expiry.only import only_expired, only_expired_note
from reconciler.undo.refusals import in_words_of_undo
from reconciler.workflow.bounds import judge_guardrails
from reconciler.workflow.declare import Declaration
from reconciler.workflow.preflight import check_before_reading


def run_plan(declaration: Declaration, azure: Azure) -> Plan:
    """Compare and judge; reads only.

    Raises:
        UsageError: a target that exists nowhere, or an api-version too old for what the manifest says.
        AuthError: the token or a subscription is of another tenant than the manifest or the caller names.
    """
    return compare_and_judge(declaration, azure, MayRead(azure.resources.client))


def compare_and_judge(declaration: Declaration, azure: Azure, may_read: MayRead) -> Plan:
    """The plan, for a phase in which more is asked than the plan needs. Raises as `run_plan` does."""
    live = _read(declaration, azure, may_read)
    compared, access = _compare(declaration, live, azure, may_read)
    impacts = read_impact(compared, access, azure.resources, may_read)
    changes = with_sign_ins(compared.with_impacts(impacts), access, azure)
    runner, allowances = azure.runner(), _allowances(declaration)
    beyond_guardrails = judge_guardrails(declaration, changes, live, access, azure, runner)
    refused = judge(changes, allowances, runner=runner, also=(*_strict(declaration, changes), *beyond_guardrails))
    plan = make_plan(
        declaration.desired,
        live,
        changes,
        refused if declaration.undo is None else tuple(in_words_of_undo(one) for one in refused),
        cloud=azure.cloud,
        targets=tuple(target.text for target in declaration.targets),
    )
    return replace(
        plan,
        notes=(
            *(declaration.undo.notes if declaration.undo else ()),
            *(only_expired_note(compared) if declaration.expired_only else ()),
            *sentences((*access.not_read, *impacts.not_read, *live.not_read)),
            *unknown_runner(changes, runner),
            *accepted_note(declaration.accepted),
            *accepted_grants(changes, allowances),
            *revocation_note(plan),
            *role_limit_notes(changes, access.counts, azure.cloud),
        ),
        findings=() if declaration.strict else declaration.findings,
        skipped_files=declaration.skipped_files,
        unused_allowances=unused_allowances(changes, allowances, runner=runner),
        guardrails=combined_sha256(declaration.guardrails),
        expired_only=declaration.expired_only,
        not_undone=None if declaration.undo is None else declaration.undo.not_undone,
    )


def _read(declaration: Declaration, azure: Azure, may_read: MayRead) -> Live:
    tenant_of = check_before_reading(declaration, azure)
    desired, targets = declaration.desired, declaration.targets
    group_ids = [group.group_id for group in desired.groups]
    # A run that is limited to targets does not look around.
    beyond = bool(owners_of(desired)) and not targets
    live = read_live(group_ids, azure.resources, may_read, tenant_of=tenant_of, beyond=beyond)
    if declaration.saved is None:  # what a saved plan aimed at and is gone makes it stale
        check_targets_exist(targets, desired, live)
    return live


def _compare(declaration: Declaration, live: Live, azure: Azure, may_read: MayRead) -> tuple[Changes, Access]:
    identities = diff_states(declaration.desired, live, declaration.targets, judged_on=declaration.judged_on)
    access = read_access(identities, azure.resources, may_read)
    if declaration.undo is None:
        compared = diff_access(identities, access)
        return only_expired(compared) if declaration.expired_only else compared, access
    compared = diff_access(identities, access, declaration.undo.limited_to)
    declaration.undo.check_unmoved(compared)
    return compared, access


def _allowances(declaration: Declaration) -> Allowances:
    """What the caller lifts, and what lines of the manifest do: these lift no guard where there are guardrails."""
    return replace(declaration.allowances, accept_lifts=not declaration.guardrails)


def _strict(declaration: Declaration, changes: Changes) -> tuple[Violation, ...]:
    """The warnings, where none is let pass."""
    refused = declaration.findings if declaration.strict else ()
    return tuple(finding_violation(one, _held_back(one, changes)) for one in refused)


def _held_back(finding: Finding, changes: Changes) -> tuple[AnyId, ...]:
    """The changes that a finding is about, where its own id does not say which."""
    match finding.resource_id:
        case AssignmentId() as role:
            # The manifest alone does not say the role's GUID.
            roles = (change for change in changes.access() if isinstance(change, AssignmentChange) and change.desired)
            listed = (one for one in roles if _is_line(one, role))
            return tuple(one.resource_id for one in listed)[:1]
        case ResourceGroupId() as group_id:
            return tuple(one.resource_id for one in _doing(changes) if one.resource_id.group_id == group_id)
        case None:
            return tuple(one.resource_id for one in _doing(changes))
    return ()


def _is_line(change: AssignmentChange, role: AssignmentId) -> bool:
    """Whether a change is of the line that lists a role."""
    listed = change.desired
    identity = change.resource_id.identity
    return listed is not None and AssignmentId(identity, listed.role, "", listed.scope) == role


def _doing(changes: Changes) -> Iterator[Change]:
    return (change for change in changes if change.action is not Action.NO_OP)
