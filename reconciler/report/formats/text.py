"""Reports for people at a terminal or reading a CI log.

Each report imports what it shows when it is asked for: a manifest is checked without a plan, a journal or colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reconciler.errors import Diagnostic, ManifestError, PlanStale, ReconcilerError, StaleDetail
from reconciler.files.kinds import TEXT_REPORT_BEGINS, FileKind
from reconciler.report.formats import BaseFormat
from reconciler.report.page import Page, width
from reconciler.report.parts.validated import validated_line
from reconciler.report.visible import NOTHING, SafeText, safe_lines, safe_parts

if TYPE_CHECKING:
    from reconciler.apply.result import ApplyResult
    from reconciler.doctor.checkup import Checkup
    from reconciler.guardrails import DeclaredVerdict
    from reconciler.journal import RunRecord
    from reconciler.manifest.desired import Desired
    from reconciler.manifest.findings import Finding
    from reconciler.model import PlanRefused
    from reconciler.plan import Plan
    from reconciler.report.rows import Header
    from reconciler.saved_plan.content import SavedPlan


@dataclass(frozen=True, slots=True)
class TextFormat(BaseFormat):
    """Lines for people, written while the run goes on; the same words with colour and without.

    With `group`, changes that are the same but for their identity are told once.
    """

    color: bool
    group: bool = True
    streams: ClassVar[bool] = True
    file_kind: ClassVar[FileKind | None] = FileKind.TEXT_REPORT

    @property
    def beginning(self) -> SafeText:
        """A line that no other file begins with."""
        return safe_lines((TEXT_REPORT_BEGINS, ""))

    def plan(self, plan: "Plan", header: "Header") -> SafeText:
        """Header, what is made and changed, what stays as it is and why, deletes, refusals, and the totals."""
        from reconciler.report.plan_text import render_plan

        return render_plan(plan, header, color=self.color, group=self.group)

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same, and where the plan is from."""
        from reconciler.report.plan_text import render_plan
        from reconciler.report.rows import Header

        header = Header(f"{saved.name}, made {saved.created_at}", principal="", kind="Saved plan")
        return render_plan(saved.plan, header, color=self.color, group=self.group)

    def drift(self, plan: "Plan", header: "Header") -> SafeText:
        """The differences between manifest and live, in three lists."""
        from reconciler.report.drift_text import render_drift

        return render_drift(plan, header, color=self.color, group=self.group)

    def result(
        self,
        plan: "Plan",
        result: "ApplyResult",
        *,
        journal: str | None,  # noqa: ARG002
        continue_with: str,
    ) -> SafeText:
        """What an apply did, and for whatever it did not do, why and how to go on; nothing where it had nothing to do.

        The path of the journal has been printed by then.
        """
        if not plan.applicable and not plan.violations:
            return NOTHING
        from reconciler.report.result_text import render_result

        return render_result(plan, result, continue_with, color=self.color)

    def refused(self, plan: "Plan", refused: "PlanRefused") -> SafeText:  # noqa: ARG002 - the plan has been shown by then
        """The error alone."""
        return self.error(refused)

    def journal(self, record: "RunRecord") -> SafeText:
        """The run, its calls in the order in which they went out, and its end."""
        from reconciler.report.journal_text import render_journal

        return render_journal(record)

    def checkup(self, checkup: "Checkup") -> SafeText:
        """What was looked at, the rights by scope, the commands that give what is missing, and the outcome."""
        from reconciler.report.checkup_text import render_checkup

        return render_checkup(checkup, color=self.color)

    def validated(
        self,
        desired: "Desired",
        findings: "Sequence[Finding]",
        accepted: "Sequence[Finding]",
        verdict: "DeclaredVerdict",
        *,
        strict: bool,
    ) -> SafeText:
        """What a valid manifest declares, in numbers, what guardrails refuse, each warning, and how many it accepts."""
        page = Page(color=self.color)
        page.line(validated_line(desired, len(findings) if strict else 0, verdict))
        if verdict.violations or verdict.notes:
            from reconciler.report.plan_text import render_declared

            page.add(render_declared(verdict, desired, color=self.color))
        if findings:
            from reconciler.report.warnings import render_warnings

            page.add(render_warnings(findings, desired, strict=strict))
        if accepted:
            from reconciler.manifest.findings import accepted_note

            for note in accepted_note(accepted):
                page.line(note)
        return page.text()

    def error(self, error: ReconcilerError) -> SafeText:
        """What the error is about, one by one, then the error and its hint."""
        page = Page(color=self.color)
        if isinstance(error, ManifestError):
            _write_diagnostics(page, error.diagnostics)
        if isinstance(error, PlanStale):
            _write_stale(page, error.details)
        for label, lines in ((("Error: ", "bold red"), error.lines), (("Hint: ", "cyan"), error.hint_lines)):
            for number, line in enumerate(lines):
                page.line(*(() if number else (label,)), line)
        return page.text()


def _write_diagnostics(page: Page, diagnostics: Sequence[Diagnostic]) -> None:
    """Each problem with its place, the line it stands in, a caret, and how to fix it."""
    for one in diagnostics:
        page.line((str(one.pos), "bold"), ": ", ("error", "bold red"), f": {one.message}")
        if one.source_line is not None:
            line = f"    {one.source_line}"
            page.line(line)
            at = 4 + one.pos.column - 1
            before, _ = safe_parts((line[:at], line[at:]))
            page.line(" " * width(before), ("^", "bold red"))
        if one.hint:
            page.line(("    hint: ", "cyan"), one.hint)


def _write_stale(page: Page, details: Sequence[StaleDetail]) -> None:
    """Everything that is otherwise than a saved plan has it: changed, or seen by only one of two callers."""
    page.line(("Not as in the saved plan:", "bold"))
    for one in details:
        page.line("  ", (one.label or "this run", "bold"), f": {one.message}")
    page.line()
