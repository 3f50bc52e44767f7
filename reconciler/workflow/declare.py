"""What a run is about: the manifests, or a saved plan, within what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.guardrails import Guardrails, read_guardrails, sources_of
from reconciler.guards import NO_ALLOWANCES, Allowances
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, find_doubts
from reconciler.manifest.load import PUBLIC_AUDIENCE, load_manifest
from reconciler.manifest.scope import is_looked_at, only_subscriptions, only_targets, parse_targets
from reconciler.manifest.tenants import check_one_tenant
from reconciler.model import Target
from reconciler.plan import Plan
from reconciler.saved_plan.staleness import check_same_place
from reconciler.undo.reverse import Undo


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for: which manifests, how much of them, under which allowances.

    Attributes:
        audience: of federated credentials that name none: the cloud's.
        strict: what is usually a mistake is refused rather than warned about.
        guardrails: files whose rules all have to be kept.
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
    guardrails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """Desired state after --target and --subscription, with the caller's allowances.

    `saved` is the reviewed plan, where it is applied instead of manifests; `undo` is the way back that this was made
    for.
    """

    desired: Desired
    targets: tuple[Target, ...]
    allowances: Allowances
    findings: tuple[Finding, ...]
    strict: bool
    saved: Plan | None = None
    undo: Undo | None = None
    guardrails: tuple[Guardrails, ...] = ()


def load_declaration(request: Request) -> Declaration:
    """Read the manifests; needs neither a connection nor a token, so that their mistakes come first.

    Raises:
        ManifestError: with every diagnostic of every file, or of the guardrails.
        InputFileError: the guardrails are missing, or lie where the manifests do.
        UsageError: a target or a subscription that the manifest does not have, or several tenants.
    """
    whole = load_manifest(
        request.paths, request.variables, request.environment, request.stdin, audience=request.audience
    )
    desired = only_subscriptions(whole, request.subscriptions)
    targets = parse_targets(request.targets, desired)
    desired = only_targets(desired, targets)
    check_one_tenant(desired)
    # Over the whole manifest, since trust is also compared between identities; shown for what this run looks at.
    doubts = find_doubts(whole, request.audience)
    findings = tuple(one for one in doubts if is_looked_at(one.resource_id, desired, targets))
    rails = read_guardrails(request.guardrails, (*request.paths, *sources_of(whole)))
    return Declaration(desired, targets, request.allowances, findings, request.strict, guardrails=rails)


def declare_saved(saved: Plan, request: Request, *, cloud: str, tenant: str | None) -> Declaration:
    """What a saved plan declares, to be compared, judged and planned again; the allowances are the caller's own.

    Raises:
        UsageError: the caller means another cloud or tenant than the plan was made for.
        InputFileError: the guardrails are missing, or lie where the plan does; ManifestError: they are damaged.
    """
    check_same_place(saved, cloud, tenant)
    desired = saved.desired
    targets = parse_targets(saved.targets, desired)
    # Trust that is shared with an identity outside of what was planned is known from the plan's file alone.
    found = {(one.code, one.resource_id): one for one in (*saved.findings, *find_doubts(desired, request.audience))}
    in_order = sorted(found.values(), key=lambda one: one.resource_id.key)
    findings = tuple(one for one in in_order if is_looked_at(one.resource_id, desired, targets))
    rails = read_guardrails(request.guardrails, (*request.paths, *sources_of(desired)))
    return Declaration(desired, targets, request.allowances, findings, request.strict, saved, guardrails=rails)
