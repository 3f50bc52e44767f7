"""The whole story on one page: load, read live, compare, guard, show, confirm, apply, verify.

It does none of these itself. Commands differ only in how much of the story they tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reconciler.access import CredentialId
from reconciler.address import Target, parse_target
from reconciler.apply import ApplyTools, apply_plan
from reconciler.arm.resources import Resources
from reconciler.diff import diff_states
from reconciler.diff_access import diff_access
from reconciler.errors import Interrupted, PlanRefused, UsageError
from reconciler.events import ApplyResult
from reconciler.findings import Finding, find_risky_trust, finding_violation
from reconciler.guards import NO_ALLOWANCES, Allowances, judge
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import PUBLIC_AUDIENCE, load_manifest
from reconciler.model import Live
from reconciler.plan import Plan, make_plan
from reconciler.read_access import read_access
from reconciler.read_impact import read_impact
from reconciler.read_live import read_live
from reconciler.tenants import check_one_tenant, check_token_tenant
from reconciler.verify import verify_result

ISOLATION_SCOPE_SINCE = "2024-11-30"
"""The first api-version with `isolationScope`. Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for: which manifests, how much of them, under which allowances.

    Attributes:
        audience: of federated credentials that name none: the cloud's.
        strict: trust that is usually a mistake is refused rather than warned about.
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
    """What the manifests declare, within what was asked for, and what the caller lifts."""

    desired: Desired
    targets: tuple[Target, ...]
    allowances: Allowances
    findings: tuple[Finding, ...]
    strict: bool


@dataclass(frozen=True, slots=True)
class Azure:
    """The live side: ARM or what stands in for it, through one client.

    Attributes:
        tenant: `--tenant`, None where it is not given.
        token_tenant: the tenant that the token says it is of, None where it does not; may fetch it (AuthError).
    """

    cloud: str
    resources: Resources
    parallelism: int
    tenant: str | None
    token_tenant: Callable[[], str | None]


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
        one for one in find_risky_trust(whole, request.audience) if _is_looked_at(one.credential_id, desired, targets)
    )
    return Declaration(desired, targets, request.allowances, findings, request.strict)


def _is_looked_at(credential_id: CredentialId, desired: Desired, targets: tuple[Target, ...]) -> bool:
    listed = any(group.group_id == credential_id.group_id for group in desired.groups)
    return listed and (not targets or any(target.covers(credential_id.identity) for target in targets))


def run_plan(declaration: Declaration, azure: Azure) -> Plan:
    """Compare and judge; reads only.

    Raises:
        UsageError: a target that exists nowhere, or an api-version too old for what the manifest says.
        AuthError: the token or a subscription is of another tenant than the manifest or the caller names.
    """
    desired, targets = declaration.desired, declaration.targets
    _check_api_version(desired, azure.resources.api_version)
    token_tenant = azure.token_tenant()
    check_token_tenant(desired, token_tenant)
    # What a token does not say (an emulator's may say nothing) is left to be held against the subscriptions.
    tenant = azure.tenant if token_tenant is None else None
    live = read_live(desired, azure.resources, parallelism=azure.parallelism, tenant=tenant)
    _check_targets_exist(targets, desired, live)
    identities = diff_states(desired, live, targets)
    access = read_access(identities, azure.resources, parallelism=azure.parallelism)
    compared = diff_access(identities, access)
    impacts = read_impact(compared, access, azure.resources, parallelism=azure.parallelism)
    changes = compared.with_impacts(impacts)
    violations = judge(changes, declaration.allowances)
    findings = declaration.findings
    if declaration.strict:
        violations, findings = (*violations, *(finding_violation(one) for one in findings)), ()
    names = tuple(target.text for target in targets)
    return make_plan(
        desired,
        live,
        changes,
        violations,
        cloud=azure.cloud,
        targets=names,
        notes=(*access.unchecked, *impacts.unchecked),
        findings=findings,
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
        PlanRefused: a guard refuses, and `skip_refused` does not ask for the rest to be applied all the same.
    """
    plan = run_plan(declaration, azure)
    show(plan)
    if plan.violations and not skip_refused:
        raise PlanRefused(plan.violations)
    if plan.applicable:
        confirm(plan)
    result = apply_plan(plan, tools)
    if verify and not result.interrupted:
        result = _verify(result, azure, tools)
    return plan, result


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


def _check_api_version(desired: Desired, api_version: str) -> None:
    """An older api-version would take `isolationScope` and forget it."""
    if api_version[: len(ISOLATION_SCOPE_SINCE)] >= ISOLATION_SCOPE_SINCE:
        return
    for group in desired.groups:
        for identity in group.identities:
            if identity.isolation_scope is not None:
                raise UsageError(
                    f"--api-version {api_version} knows no isolationScope, but {identity.source} sets one",
                    f"Use {ISOLATION_SCOPE_SINCE} or newer, or take isolationScope off the manifest.",
                )


def _check_targets_exist(targets: tuple[Target, ...], desired: Desired, live: Live) -> None:
    """A target that matches nothing is a misspelling: the run would look successful and have done nothing."""
    known = {identity.resource_id for group in desired.groups for identity in group.identities}
    known |= {identity.resource_id for group in live.groups for identity in group.identities}
    for target in targets:
        if target.name is not None and target.group_id.identity(target.name) not in known:
            raise UsageError(
                f"--target {target.text}: neither the manifest nor the resource group has an identity {target.name!r}",
                "Check the name; `uami plan` without --target lists what there is.",
            )
