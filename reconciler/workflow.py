"""The whole story on one page: load, read live, compare, guard, show, confirm, apply, verify.

It does none of these itself. Commands differ only in how much of the story they tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reconciler.address import Target, parse_target
from reconciler.apply import ApplyTools, apply_plan
from reconciler.arm.client import ArmClient
from reconciler.arm.identities import Identities
from reconciler.diff import diff_states
from reconciler.errors import Interrupted, PlanRefused, UsageError
from reconciler.events import ApplyResult
from reconciler.guards import NO_ALLOWANCES, Allowances, judge
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.model import Live
from reconciler.plan import Plan, make_plan
from reconciler.read_live import read_live
from reconciler.verify import verify_result


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for: which manifests, how much of them, under which allowances."""

    paths: tuple[str, ...]
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    stdin: Callable[[], bytes]
    subscriptions: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    allowances: Allowances = NO_ALLOWANCES


@dataclass(frozen=True, slots=True)
class Azure:
    """The live side: ARM or what stands in for it, through one client."""

    cloud: str
    client: ArmClient
    identities: Identities
    parallelism: int


def load_desired(request: Request) -> tuple[Desired, tuple[Target, ...]]:
    """What the manifests declare, within what the request narrows it to.

    Raises:
        ManifestError: with every diagnostic of every file.
        UsageError: a target or a subscription that the manifest does not have.
    """
    whole = load_manifest(request.paths, request.variables, request.environment, request.stdin)
    desired = _only_subscriptions(whole, request.subscriptions)
    targets = tuple(parse_target(text, (group.group_id for group in desired.groups)) for text in request.targets)
    if targets:
        wanted = {target.group_id for target in targets}
        desired = Desired(tuple(group for group in desired.groups if group.group_id in wanted))
    return desired, targets


def run_plan(request: Request, azure: Azure) -> Plan:
    """Compare and judge; reads only."""
    desired, targets = load_desired(request)
    live = read_live(desired, azure.client, azure.identities, parallelism=azure.parallelism)
    _check_targets_exist(targets, desired, live)
    changes = diff_states(desired, live, targets)
    violations = judge(changes, request.allowances)
    return make_plan(desired, live, changes, violations, cloud=azure.cloud, targets=request.targets)


def run_apply(
    request: Request,
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
    plan = run_plan(request, azure)
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
        return verify_result(result, azure.identities, sleep=tools.stop.sleep, parallelism=azure.parallelism)
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
    known |= {identity.resource_id for group in live.groups for identity in group.identities}
    for target in targets:
        if target.name is not None and target.group_id.identity(target.name) not in known:
            raise UsageError(
                f"--target {target.text}: neither the manifest nor the resource group has an identity {target.name!r}",
                "Check the name; `uami plan` without --target lists what there is.",
            )
