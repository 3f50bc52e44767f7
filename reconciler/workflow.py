"""The whole story on one page: load, read live, compare, guard, show, confirm, apply, verify.

It does none of these itself. Commands differ only in how much of the story they tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reconciler.apply.step import ApplyTools, apply_plan
from reconciler.apply.verify import verify_result
from reconciler.errors import Interrupted, PlanRefused, UsageError
from reconciler.guards import NO_ALLOWANCES, Allowances, judge, unknown_runner
from reconciler.journal.outcome import ApplyResult
from reconciler.journal.record import RunRecord
from reconciler.live.access import read_access
from reconciler.live.azure import Azure
from reconciler.live.identities import read_live
from reconciler.live.impact import read_impact
from reconciler.live.rights import missing_rights, read_rights, unchecked_notes
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, find_doubts, finding_violation
from reconciler.manifest.load import PUBLIC_AUDIENCE, load_manifest
from reconciler.manifest.scope import check_api_version
from reconciler.manifest.tenants import check_earlier_tenant, check_one_tenant, check_token_tenant
from reconciler.model.access import AnyId, identity_of
from reconciler.model.address import Target, parse_target
from reconciler.model.identity import Live
from reconciler.plan.abandoned import find_abandoned, not_looked_for, owners_of
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.needs import Rights, needs_of_plan
from reconciler.plan.plan import Plan, make_plan
from reconciler.saved_plan.staleness import check_fresh, check_same_place
from reconciler.undo.live_now import read_live_now
from reconciler.undo.way_back import Undo, make_undo


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for: which manifests, how much of them, under which allowances.

    Attributes:
        audience: of federated credentials that name none: the cloud's.
        strict: what is usually a mistake is refused rather than warned about.
    """

    paths: tuple[str, ...]
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    stdin: Callable[[], bytes]
    subscriptions: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    allowances: Allowances = NO_ALLOWANCES
    audience: str = PUBLIC_AUDIENCE
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the manifests declare, within what was asked for, and what the caller lifts.

    `saved` is the plan that was reviewed, where it and not the manifests are what is to be applied; `undo` is the way
    back that this was made for.
    """

    desired: Desired
    targets: tuple[Target, ...]
    allowances: Allowances
    findings: tuple[Finding, ...]
    strict: bool
    saved: Plan | None = None
    undo: Undo | None = None


def load_declaration(request: Request) -> Declaration:
    """Read the manifests; needs neither a connection nor a token, so that their mistakes are told first.

    Raises:
        ManifestError: with every diagnostic of every file.
        UsageError: a target or a subscription that the manifest does not have, or several tenants.
    """
    whole = load_manifest(
        request.paths, request.variables, request.environment, request.stdin, audience=request.audience
    )
    desired = _only_subscriptions(whole, request.subscriptions)
    targets = tuple(parse_target(text, (group.group_id for group in desired.groups)) for text in request.targets)
    if targets:
        wanted = {target.group_id for target in targets}
        desired = Desired(tuple(group for group in desired.groups if group.group_id in wanted))
    check_one_tenant(desired)
    # Over the whole manifest, since trust is also compared between identities; told of what this run looks at.
    findings = tuple(
        one for one in find_doubts(whole, request.audience) if _is_looked_at(one.resource_id, desired, targets)
    )
    return Declaration(desired, targets, request.allowances, findings, request.strict)


def declare_saved(saved: Plan, request: Request, *, cloud: str, tenant: str | None) -> Declaration:
    """What a saved plan declares, to be compared, judged and planned again; the allowances are the caller's own.

    Raises:
        UsageError: the caller means another cloud or tenant than the plan was made for.
    """
    check_same_place(saved, cloud, tenant)
    desired = saved.desired
    targets = tuple(parse_target(text, (group.group_id for group in desired.groups)) for text in saved.targets)
    found = {(one.code, one.resource_id): one for one in find_doubts(desired, request.audience)}
    # Trust that is shared with an identity outside of what was planned; here only the file can tell of it.
    found = {(one.code, one.resource_id): one for one in saved.findings} | found
    findings = tuple(
        one
        for _, one in sorted(found.items(), key=lambda pair: pair[0][1].key)
        if _is_looked_at(one.resource_id, desired, targets)
    )
    return Declaration(desired, targets, request.allowances, findings, request.strict, saved)


def declare_undo(record: RunRecord, journal: str, azure: Azure, allowances: Allowances) -> Declaration:
    """What should be there instead of what a run has left; reads what lives of it.

    Raises:
        UsageError: the run was in another cloud.
        AuthError: the caller may not read it, or the token is of another tenant than the run's.
    """
    if record.header.cloud != azure.cloud:
        raise UsageError(
            f"{journal}: the run was in {record.header.cloud}, not in {azure.cloud}", "Pass that one as --cloud."
        )
    check_earlier_tenant(record.header.tenant, azure.token_tenant(), f"the run of {journal}")
    live = read_live_now(record, azure.resources, parallelism=azure.parallelism)
    undo = make_undo(record, live, journal)
    return Declaration(undo.desired, undo.targets, allowances, (), strict=False, undo=undo)


def _is_looked_at(resource_id: AnyId, desired: Desired, targets: tuple[Target, ...]) -> bool:
    listed = any(group.group_id == resource_id.group_id for group in desired.groups)
    return listed and (not targets or any(target.covers(identity_of(resource_id)) for target in targets))


def run_plan(declaration: Declaration, azure: Azure) -> Plan:
    """Compare and judge; reads only.

    Raises:
        UsageError: a target that exists nowhere, or an api-version too old for what the manifest says.
        AuthError: the token or a subscription is of another tenant than the manifest or the caller names.
    """
    desired, targets = declaration.desired, declaration.targets
    check_api_version(desired, azure.resources.api_version)
    token_tenant = azure.token_tenant()
    check_token_tenant(desired, token_tenant)
    if declaration.saved is not None:
        check_earlier_tenant(declaration.saved.tenant, token_tenant, "the saved plan")
    # What a token does not say (an emulator's may say nothing) is left to be held against the subscriptions.
    tenant = azure.tenant if token_tenant is None else None
    # A run that is limited to targets does not look around.
    beyond = bool(owners_of(desired)) and not targets
    live = read_live(desired, azure.resources, parallelism=azure.parallelism, tenant=tenant, beyond=beyond)
    if declaration.saved is None:  # what a saved plan aimed at and is gone makes it stale
        _check_targets_exist(targets, desired, live)
    identities = diff_states(desired, live, targets)
    undo = declaration.undo
    reach = undo.reach if undo else None
    access = read_access(identities, azure.resources, parallelism=azure.parallelism)
    compared = diff_access(identities, access, reach)
    if undo:
        undo.check_unmoved(compared)
    impacts = read_impact(compared, access, azure.resources, parallelism=azure.parallelism)
    changes = compared.with_impacts(impacts)
    runner = azure.runner()
    refused = declaration.findings if declaration.strict else ()
    violations = judge(
        changes, declaration.allowances, runner=runner, also=tuple(finding_violation(one) for one in refused)
    )
    return make_plan(
        desired,
        live,
        changes,
        violations,
        cloud=azure.cloud,
        targets=tuple(target.text for target in targets),
        notes=(
            *(undo.notes if undo else ()),
            *access.unchecked,
            *impacts.unchecked,
            *not_looked_for(live),
            *unknown_runner(changes, runner),
        ),
        findings=() if declaration.strict else declaration.findings,
        abandoned=find_abandoned(desired, live),
    )


def run_apply(
    declaration: Declaration,
    azure: Azure,
    tools: ApplyTools,
    *,
    show: Callable[[Plan], None],
    confirm: Callable[[Plan], None],
    skip_refused: bool,
    verify: bool,
) -> tuple[Plan, ApplyResult]:
    """Plan, show, and, once `confirm` has returned, apply and verify.

    Raises:
        PlanStale: it is a saved plan that is to be applied, and this is no longer the same.
        PlanRefused: a guard refuses, and `skip_refused` does not ask for the rest to be applied all the same.
        AuthError: the caller lacks a right without which the run would end half-way.
    """
    plan = run_plan(declaration, azure)
    if declaration.saved is not None:
        check_fresh(declaration.saved, plan)
    refused = bool(plan.violations) and not skip_refused
    rights = Rights() if refused else _read_rights(plan, azure)
    plan = replace(plan, notes=(*plan.notes, *unchecked_notes(rights)))
    show(plan)
    if refused:
        raise PlanRefused(plan.violations)
    if rights.missing:
        raise missing_rights(rights)
    if plan.applicable:
        confirm(plan)
    result = apply_plan(plan, tools)
    if verify and not tools.over:
        result = _verify(result, azure, tools)
    return plan, result


def _read_rights(plan: Plan, azure: Azure) -> Rights:
    """The rights that the plan's writes need; nothing is asked where it writes nothing."""
    return read_rights(needs_of_plan(plan), azure.resources.client, parallelism=azure.parallelism)


def _verify(result: ApplyResult, azure: Azure, tools: ApplyTools) -> ApplyResult:
    try:
        return verify_result(result, azure.resources, sleep=tools.retries.sleep, parallelism=azure.parallelism)
    except Interrupted:
        # What was done is done, and must be told even if nobody waits for the second look.
        return replace(result, interrupted=True)


def _only_subscriptions(desired: Desired, subscriptions: tuple[str, ...]) -> Desired:
    """The part of the manifest that lies in these subscriptions; all of it where none is named."""
    declared = {group.group_id.subscription_id.casefold() for group in desired.groups}
    for subscription in subscriptions:
        if subscription.casefold() not in declared:
            raise UsageError(
                f"--subscription {subscription}: the manifest has no resource group in that subscription",
                f"It has: {', '.join(sorted(declared))}.",
            )
    if not subscriptions:
        return desired
    wanted = {subscription.casefold() for subscription in subscriptions}
    return Desired(tuple(one for one in desired.groups if one.group_id.subscription_id.casefold() in wanted))


def _check_targets_exist(targets: tuple[Target, ...], desired: Desired, live: Live) -> None:
    """A target that matches nothing is a misspelling: the run would look successful and have done nothing."""
    known = {identity.resource_id for group in desired.groups for identity in group.identities}
    known |= {removal.resource_id for group in desired.groups for removal in group.remove}
    known |= {identity.resource_id for group in live.groups for identity in group.identities}
    for target in targets:
        if target.name is not None and target.group_id.identity(target.name) not in known:
            raise UsageError(
                f"--target {target.text}: neither the manifest nor the resource group has an identity {target.name!r}",
                "Check the name; `uami plan` without --target lists what there is.",
            )
