"""The issues of a plan, of a manifest that was checked offline, and of an error."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.errors import ManifestError, ReconcilerError
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import AddressBook, Violation
from reconciler.plan import Plan
from reconciler.report.issues.issue import Issue, Severity
from reconciler.report.issues.places import Places, places_of
from reconciler.report.names import Names, names_of
from reconciler.report.warnings import alike_findings, default_label


def plan_issues(plan: Plan) -> tuple[Issue, ...]:
    """What guards refuse, and what is usually a mistake; a warning that is refused is told as that alone."""
    names = names_of(plan)
    places = places_of(plan.desired, (*plan.changes, *plan.held))
    refused = {(one.code, one.address) for one in plan.violations}
    warnings = (one for one in plan.findings if (one.code, one.address) not in refused)
    return (*_of_violations(plan.violations, places, names), *_of_findings([*warnings], names, strict=False))


def declared_issues(
    desired: Desired, findings: Sequence[Finding], verdict: DeclaredVerdict, *, strict: bool
) -> tuple[Issue, ...]:
    """What guardrails do not let through of a manifest, and its warnings, which `strict` refuses."""
    names = Names(AddressBook(group.group_id for group in desired.groups), {}, {})
    refusals = _of_violations(verdict.violations, places_of(desired), names)
    return (*refusals, *_of_findings(findings, names, strict=strict))


def error_issues(error: ReconcilerError) -> tuple[Issue, ...]:
    """The problems of a file that is not valid; none of an error that is about no line."""
    if not isinstance(error, ManifestError):
        return ()
    return tuple(Issue(one.code, Severity.INVALID, one.pos, "", one.message, one.hint) for one in error.diagnostics)


def _of_violations(violations: Iterable[Violation], places: Places, names: Names) -> Iterator[Issue]:
    for one in violations:
        message = f"{names.describe(one.about)}: {one.message}"
        yield Issue(one.code, Severity.REFUSED, places.of(one.about), one.address, message, one.hint)


def _of_findings(findings: Sequence[Finding], names: Names, *, strict: bool) -> Iterator[Issue]:
    """An issue for each finding; what a default gives to many is one, at the default."""
    severity = Severity.REFUSED if strict else Severity.WARNING
    for same in alike_findings(findings, group=False):
        first = same[0]
        label = first.label(names.book) if first.given_by is None else default_label(same, names)
        message = f"{label} {first.message}"
        yield Issue(first.code, severity, first.given_by or first.pos, first.address, message, first.hint)
