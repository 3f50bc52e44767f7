"""Reports of every kind about things that others named as badly as they could: for every form there is."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.errors import (
    Diagnostic,
    ManifestError,
    PlanStale,
    ReconcilerError,
    SourcePos,
    StaleDetail,
    UsageError,
)
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import Actor, Outcome, Place, PlaceKind, RunGroup, RunHeader, RunRecord
from reconciler.journal.call import Call
from reconciler.manifest.finding import Finding
from reconciler.model.access import AssignmentDetails, RoleAssignment
from reconciler.model.call_error import CallError
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import CredentialId, ResourceId
from reconciler.model.orphan import Orphan
from reconciler.model.violation import PlanRefused, Violation
from reconciler.plan.changes import Action
from reconciler.plan.plan import Plan
from reconciler.report.formats import ReportFormat, ReportKind
from reconciler.report.rows import Header
from reconciler.report.visible import SafeText
from tests.builders import GROUP, desired_group, group_id, listed, live_group, live_identity, plan_of, resource_id
from tests.cli.hostile import ALL, FRAGMENTS
from tests.orphans import IN_GROUP, removal_of
from tests.unit.reporting import CORRELATION_ID

BAD = SourcePos(f"a{FRAGMENTS[0]}::,;]%0A{ALL}.yaml", 7, 3)
HEADER = Header(ALL, ALL)
ERRORS: tuple[ReconcilerError, ...] = (
    UsageError((ALL, ALL), (ALL,)),
    ManifestError((Diagnostic(ALL, BAD, ALL, ALL, ALL), Diagnostic("x", BAD, "", "", "```\n<b>"))),
    PlanStale((StaleDetail(ALL, ALL, ALL),), ALL),
)


def plan() -> Plan:
    """A plan of which every text that a manifest, a caller or ARM gives is hostile."""
    ours = {OWNER_TAG: "us", "t": ALL, ALL: "x"}
    desired = desired_group(
        replace(listed("id-new", tags={"t": ALL}), source=BAD),
        replace(listed("id-kept", tags={ALL: ALL}), source=BAD),
        owner="us",
    )
    live = live_group(live_identity("id-kept", tags={OWNER_TAG: "us"}), live_identity("id-old", tags=ours))
    made = plan_of(desired, live)
    about = resource_id("id-new")
    return replace(
        made,
        subscriptions=tuple(replace(one, display_name=ALL) for one in made.subscriptions),
        notes=(ALL, f"x: {ALL}"),
        findings=(Finding("code", CredentialId(resource_id("id-kept"), ALL), BAD, ALL, ALL),),
        violations=(Violation("guard", about, ALL, ALL, (about,)), Violation("guard", None, ALL, ALL)),
    )


def removal() -> Plan:
    """A removal of orphans likewise: role, scope, owner, and whose the role was."""
    given = RoleAssignment(ALL, f"{IN_GROUP}/{ALL}", ALL, ALL, AssignmentDetails(description=ALL, owner=ALL))
    bad = Orphan(given, ALL, ALL, ResourceId(ALL, ALL, ALL), ALL, True, ALL)
    return replace(removal_of(bad), notes=(ALL,))


def result(of: Plan) -> ApplyResult:
    """A run in which each change failed in words of somebody else."""
    error = CallError(409, ALL, ALL, ALL, ALL)
    changes = of.applicable
    outcomes = (Outcome.FAILED, Outcome.IN_DOUBT, Outcome.STALE)
    ended = tuple(
        ChangeResult(change, outcomes[number % 3], ALL, error, not_held=(ALL,)) for number, change in enumerate(changes)
    )
    return ApplyResult(ended, CORRELATION_ID)


def record() -> RunRecord:
    """A journal likewise."""
    header = RunHeader(
        ALL,
        "apply",
        ALL,
        ALL,
        ALL,
        ALL,
        Place(PlaceKind.ENDPOINT, ALL),
        Actor(ALL, ALL, ALL),
        (RunGroup(group_id(GROUP), ALL),),
    )
    identity = live_identity("id-old", tags={"t": ALL})
    error = CallError(400, ALL, ALL, ALL, ALL)
    call = Call(identity.resource_id, Action.DELETE, 1, BAD, identity, None, number=1, at=ALL, error=error)
    return RunRecord(header, (call,), None, torn=True)


def checkup() -> Checkup:
    """A caller who has nothing, under bad names."""
    checks = (Check(ALL, Standing.FAILED, ALL, (ALL, ALL)),)
    return Checkup(ALL, ALL, ALL, checks, (RightCheck(ALL, ALL, ALL, Standing.MISSING, ALL),), (ALL,))


def texts(form: ReportFormat) -> Iterator[tuple[str, SafeText]]:
    """Every report that a form has, by the name of its method; errors each have one."""
    bad = plan()
    refused = PlanRefused(bad.violations)
    verdict = DeclaredVerdict(bad.violations, (ALL,))
    reports: dict[ReportKind, tuple[Callable[[], SafeText], ...]] = {
        ReportKind.PLAN: (lambda: form.plan(bad, HEADER), lambda: form.plan(removal(), HEADER)),
        ReportKind.DRIFT: (lambda: form.drift(bad, HEADER),),
        ReportKind.RUN: (
            lambda: form.result(bad, result(bad), journal=ALL, continue_with=ALL),
            lambda: form.refused(bad, refused),
            lambda: form.result(removal(), result(removal()), journal=ALL, continue_with=ALL),
            lambda: form.refused(removal(), refused),
        ),
        ReportKind.JOURNAL: (lambda: form.journal(record()),),
        ReportKind.CHECKUP: (lambda: form.checkup(checkup()),),
        ReportKind.VALIDATION: (lambda: form.validated(bad.desired, bad.findings, bad.findings, verdict, strict=True),),
    }
    for kind, makers in reports.items():
        if kind in form.serves:
            yield from ((kind.value, make()) for make in makers)
    yield from (("error", form.error(error)) for error in ERRORS)
