"""Reports as one static page for a browser: a build's artefact, or what a reviewer opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reconciler.apply.result import ApplyResult
from reconciler.doctor.checkup import Checkup
from reconciler.errors import ReconcilerError
from reconciler.files.kinds import FileKind
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import RunRecord
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import PlanRefused
from reconciler.plan import Plan
from reconciler.report.formats import BaseFormat
from reconciler.report.html.checks import checkup_page, error_page, validated_page
from reconciler.report.html.plan import SAVED_PLAN, drift_page, plan_page, refused_page
from reconciler.report.html.render import render
from reconciler.report.html.run import journal_page, result_page
from reconciler.report.rows import Header
from reconciler.report.visible import SafeText

if TYPE_CHECKING:
    from reconciler.saved_plan.content import SavedPlan


@dataclass(frozen=True, slots=True)
class HtmlFormat(BaseFormat):
    """One page at the end of a command, also where it fails; with `group`, equal changes are told once."""

    group: bool = True
    file_kind: ClassVar[FileKind | None] = FileKind.HTML_REPORT

    def plan(self, plan: Plan, header: Header) -> SafeText:
        """What is deleted and what that breaks, what guards refuse, who gains what, then every change."""
        return render(plan_page(plan, header, group=self.group))

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same, and where the plan is from."""
        header = Header(f"{saved.name}, made {saved.created_at}", principal="", kind=SAVED_PLAN)
        return render(plan_page(saved.plan, header, group=self.group))

    def drift(self, plan: Plan, header: Header) -> SafeText:
        """The differences between manifest and live, in three lists."""
        return render(drift_page(plan, header, group=self.group))

    def result(self, plan: Plan, result: ApplyResult, *, journal: str | None, continue_with: str) -> SafeText:
        """What an apply did, and for whatever it did not do, why and how to go on."""
        return render(result_page(plan, result, journal, continue_with, group=self.group))

    def refused(self, plan: Plan, refused: PlanRefused) -> SafeText:
        """The plan and why nothing of it was started."""
        return render(refused_page(plan, refused, group=self.group))

    def journal(self, record: RunRecord) -> SafeText:
        """The run, its calls in the order in which they went out, and its end."""
        return render(journal_page(record))

    def checkup(self, checkup: Checkup) -> SafeText:
        """What is missing and how it is given, then everything that was looked at."""
        return render(checkup_page(checkup))

    def validated(
        self,
        desired: Desired,
        findings: Sequence[Finding],
        accepted: Sequence[Finding],
        verdict: DeclaredVerdict,
        *,
        strict: bool,
    ) -> SafeText:
        """What a valid manifest declares, what guardrails refuse of it, and the warnings."""
        return render(validated_page(desired, findings, accepted, verdict, strict=strict))

    def error(self, error: ReconcilerError) -> SafeText:
        """Why a command has no report to give."""
        return render(error_page(error))
