"""Reports as Markdown: for a comment of a pull request, which has a limit, and for the summary of a job."""

from collections.abc import Iterable, Sequence
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
from reconciler.report.drift_text import drift_line
from reconciler.report.formats import BaseFormat
from reconciler.report.markdown.document import COMMENT_LIMIT, Document, Measure, Section, render, utf16_units
from reconciler.report.markdown.findings import (
    checkup_head,
    checkup_sections,
    journal_head,
    journal_sections,
    validated_head,
    validated_sections,
)
from reconciler.report.markdown.outcomes import (
    drift_head,
    drift_sections,
    error_head,
    error_sections,
    refused_head,
    result_head,
    result_sections,
)
from reconciler.report.markdown.plan import plan_head, plan_sections
from reconciler.report.rows import Header, drift_rows
from reconciler.report.visible import SafeText

if TYPE_CHECKING:
    from reconciler.saved_plan.content import SavedPlan


@dataclass(frozen=True, slots=True)
class MarkdownFormat(BaseFormat):
    """One document at the end of a command, also where it fails.

    Attributes:
        key: stands in the hidden marker with which it begins, so that a comment with an earlier one is found again.
        limit: the longest that it may be, as `measure` counts.
        group: sentences about trust that say the same of several are told once.
    """

    key: str
    limit: int = COMMENT_LIMIT
    measure: Measure = utf16_units
    group: bool = True
    file_kind: ClassVar[FileKind | None] = FileKind.MARKDOWN_REPORT
    keyed: ClassVar[bool] = True

    def plan(self, plan: Plan, header: Header) -> SafeText:
        """The numbers, what is refused and deleted, and the rest folded by resource group."""
        return self._text(plan_head(plan, header), plan_sections(plan, header, group=self.group))

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same, and where the plan is from."""
        return self.plan(saved.plan, Header(f"{saved.name}, made {saved.created_at}", "", kind="Saved plan"))

    def drift(self, plan: Plan, header: Header) -> SafeText:
        """The number of differences, and the differences in three lists."""
        return self._text(drift_head(plan, header, drift_line(drift_rows(plan))), drift_sections(plan))

    def result(self, plan: Plan, result: ApplyResult, *, journal: str | None, continue_with: str) -> SafeText:
        """What the run did; what it did not do comes first. A run that had nothing to do is its plan."""
        if not plan.applicable and not plan.violations:
            return self.plan(plan, Header("", "", is_undo=plan.not_undone is not None))
        return self._text(result_head(plan, result, journal), result_sections(plan, result, continue_with))

    def refused(self, plan: Plan, refused: PlanRefused) -> SafeText:
        """That nothing was started, and the plan."""
        return self._text(refused_head(plan, refused), plan_sections(plan, Header("", ""), group=self.group))

    def journal(self, record: RunRecord) -> SafeText:
        """The run, what is in doubt or failed, and each call."""
        return self._text(journal_head(record), journal_sections(record))

    def checkup(self, checkup: Checkup) -> SafeText:
        """Whether everything needed is there, and what is not."""
        return self._text(checkup_head(checkup), checkup_sections(checkup))

    def validated(
        self,
        desired: Desired,
        findings: Sequence[Finding],
        accepted: Sequence[Finding],
        verdict: DeclaredVerdict,
        *,
        strict: bool,
    ) -> SafeText:
        """Whether the manifest is valid, what guardrails refuse, each warning, and how many it accepts."""
        head = validated_head(desired, len(findings) if strict else 0, verdict, accepted)
        return self._text(head, validated_sections(desired, findings, verdict))

    def error(self, error: ReconcilerError) -> SafeText:
        """What went wrong and what to do, then each problem with its place."""
        return self._text(error_head(error), error_sections(error))

    def _text(self, head: tuple[str, ...], sections: Iterable[Section]) -> SafeText:
        marker = f"<!-- uami:{self.key} -->"
        return render(Document(marker, head, tuple(sections)), self.limit, self.measure)
