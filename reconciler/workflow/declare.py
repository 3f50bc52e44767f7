"""What a run is about: the manifests, or a saved plan, within what was asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from reconciler.files.read import ON_DISK, Places
from reconciler.guardrails import Guardrails, read_guardrails, sources_of
from reconciler.guards import NO_ALLOWANCES, Allowances, check_allowances
from reconciler.manifest.desired import Desired
from reconciler.manifest.expiry.soon import EXPIRES_SOON, Ahead
from reconciler.manifest.findings import UNUSED, Finding, find_doubts_and_accepted
from reconciler.manifest.load import PUBLIC_AUDIENCE, load_files
from reconciler.manifest.scope import is_looked_at, only_subscriptions, only_targets, parse_targets
from reconciler.manifest.tenants import check_one_tenant
from reconciler.manifest.yaml.files import read_files
from reconciler.model import ResourceGroupId, Target
from reconciler.plan import Plan
from reconciler.saved_plan.staleness import check_same_place
from reconciler.undo.reverse import Undo


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for: which manifests, how much of them, under which allowances.

    Attributes:
        judged_on: the day, in UTC, by which dates of manifests are judged: today's.
        audience: of federated credentials that name none: the cloud's.
        strict: what is usually a mistake is refused rather than warned about.
        expired_only: whatever has not expired is left alone.
        guardrails: files whose rules all have to be kept.
        on_skipped: called with the names of files below directories that are no manifests.
        places: where the paths lead: to the files as they are, or as they are in a commit.
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
    on_skipped: Callable[[Sequence[str]], None] | None = None
    places: Places = ON_DISK
    expired_only: bool = False
    judged_on: date = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Declaration:
    """Desired state after --target and --subscription, with the caller's allowances, to be judged on a day.

    With `expired_only`, whatever has not expired on that day is left alone.

    `saved` is the reviewed plan, where it is applied instead of manifests; `undo` is the way back that this was made
    for; `accepted` is what would be among the findings, had the manifest not accepted it; `skipped_files` lay among the
    manifests and are none.
    """

    desired: Desired
    targets: tuple[Target, ...]
    allowances: Allowances
    findings: tuple[Finding, ...]
    strict: bool
    saved: Plan | None = None
    undo: Undo | None = None
    accepted: tuple[Finding, ...] = ()
    skipped_files: tuple[str, ...] = ()
    guardrails: tuple[Guardrails, ...] = ()
    expired_only: bool = False
    judged_on: date = field(kw_only=True)


def load_declaration(request: Request) -> Declaration:
    """Read the manifests; needs neither a connection nor a token, so that their mistakes come first.

    Raises:
        ManifestError: with every diagnostic of every file, or of the guardrails.
        InputFileError: the guardrails are missing, or lie where the manifests do.
        UsageError: a target, a subscription or an allowance that the manifest does not have, or several tenants.
    """
    whole = load_files(
        read_files(request.paths, request.stdin, request.places),
        request.variables,
        request.environment,
        audience=request.audience,
        on_skipped=request.on_skipped,
    )
    desired = only_subscriptions(whole, request.subscriptions)
    targets = parse_targets(request.targets, desired)
    desired = only_targets(desired, targets)
    check_allowances(request.allowances, _group_ids(whole), _group_ids(desired))
    check_one_tenant(desired)
    ahead = Ahead(request.judged_on)
    # Over the whole manifest, since trust is also compared between identities; shown for what this run looks at.
    findings, accepted = (
        tuple(one for one in found if is_looked_at(one.resource_id, desired, targets))
        for found in find_doubts_and_accepted(whole, request.audience, ahead)
    )
    return Declaration(
        desired,
        targets,
        request.allowances,
        findings,
        request.strict,
        accepted=accepted,
        skipped_files=whole.skipped_files,
        guardrails=read_guardrails(request.guardrails, (*request.paths, *sources_of(whole))),
        expired_only=request.expired_only,
        judged_on=request.judged_on,
    )


def reads_the_same(one: Request, other: Request) -> bool:
    """Whether two requests about the same paths find the same files there, byte for byte."""
    found = []
    for request in (one, other):
        files, problems = read_files(request.paths, request.stdin, request.places)
        prefix = request.places.prefix
        found.append(([(file.name.removeprefix(prefix), file.content) for file in files], bool(problems)))
    return found[0] == found[1]


def declare_saved(saved: Plan, request: Request, *, cloud: str, tenant: str | None) -> Declaration:
    """What a saved plan declares, to be compared, judged and planned again.

    The allowances are the caller's own, and so is the day by which dates are judged.

    Raises:
        UsageError: the caller means another cloud or tenant than the plan was made for, or an allowance is of no group
            of it.
        InputFileError: the guardrails are missing, or lie where the plan does; ManifestError: they are damaged.
    """
    check_same_place(saved, cloud, tenant)
    desired = saved.desired
    targets = parse_targets(saved.targets, desired)
    check_allowances(request.allowances, _group_ids(desired), _group_ids(desired))
    found, accepted = find_doubts_and_accepted(desired, request.audience, Ahead(request.judged_on))
    findings = _findings_of(saved, found)
    return Declaration(
        desired,
        targets,
        request.allowances,
        tuple(one for one in findings if is_looked_at(one.resource_id, desired, targets)),
        request.strict,
        saved,
        accepted=accepted,
        skipped_files=saved.skipped_files,
        guardrails=read_guardrails(request.guardrails, (*request.paths, *sources_of(desired))),
        expired_only=saved.expired_only,
        judged_on=request.judged_on,
    )


def _findings_of(saved: Plan, found: Sequence[Finding]) -> list[Finding]:
    """What is doubtful in a saved plan, by its file and by its manifests (`found`), in order of the ids.

    Trust that is shared with an identity outside of what was planned is known from the plan's file alone, and so is
    whether there was no reason to accept that.
    """
    desired = saved.desired
    doubts = [one for one in found if one.code != UNUSED]
    # What a default gives to many the file says once, and here it holds back each of them.
    of_default = [one for one in doubts if one.given_by is not None]
    said_of_each = {(one.code, one.given_by, one.message) for one in of_default}
    said = [one for one in _lasting(saved.findings) if (one.code, one.given_by, one.message) not in said_of_each]
    # What a document says once about a value, the plan's manifests say at every identity that takes it.
    known = {(one.code, one.message) for one in said} | {(one.code, one.resource_id) for one in said}
    others = (one for one in doubts if one.given_by is None)
    news = (one for one in others if (one.code, one.message if one in desired.texts else one.resource_id) not in known)
    return sorted((*said, *of_default, *news), key=lambda one: one.key)


def _lasting(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those that no day ends: what expires soon is judged by today, and what has expired since is about to go."""
    return (one for one in findings if one.code != EXPIRES_SOON)


def _group_ids(desired: Desired) -> tuple[ResourceGroupId, ...]:
    return tuple(group.group_id for group in desired.groups)
