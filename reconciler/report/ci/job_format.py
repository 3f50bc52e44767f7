"""What the formats for CI systems have in common: of each report, its notices and its values, in the words of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reconciler.apply.result import ApplyResult
from reconciler.doctor.checkup import Checkup
from reconciler.errors import ReconcilerError
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import RunRecord
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import PlanRefused
from reconciler.plan import Plan
from reconciler.report.ci import facts, notices
from reconciler.report.ci.facts import Facts
from reconciler.report.ci.notices import Notice, bounded
from reconciler.report.formats import BaseFormat, Occasion
from reconciler.report.formats.text import TextFormat
from reconciler.report.rows import Header
from reconciler.report.visible import SafeText, joined

if TYPE_CHECKING:
    from reconciler.saved_plan.content import SavedPlan

_WRITING = ("apply", "undo", "orphans")


@dataclass(frozen=True, slots=True)
class JobFormat(BaseFormat):
    """The text report for the log, and behind it what the CI system obeys.

    While a run that writes goes on there is the text alone: its notices come at its end, when the worst is known.
    """

    text: TextFormat
    occasion: Occasion
    streams: ClassVar[bool] = True

    def notice(self, notice: Notice) -> SafeText:
        """A notice in the words of the CI system."""
        raise NotImplementedError

    def values(self, values: Facts) -> SafeText:
        """The values, for the steps that follow, as far as they go through the log."""
        raise NotImplementedError

    def plan(self, plan: Plan, header: Header) -> SafeText:
        """The text, what is refused, deleted and doubtful, and the numbers."""
        text = self.text.plan(plan, header)
        if self.occasion.command in _WRITING:
            return text
        return self._with(text, notices.plan_notices(plan), facts.plan_facts(plan))

    def saved_plan(self, saved: "SavedPlan") -> SafeText:
        """The same."""
        plan = saved.plan
        return self._with(self.text.saved_plan(saved), notices.plan_notices(plan), facts.plan_facts(plan))

    def drift(self, plan: Plan, header: Header) -> SafeText:
        """The text, each difference, and their numbers."""
        return self._with(self.text.drift(plan, header), notices.drift_notices(plan), facts.drift_facts(plan))

    def result(self, plan: Plan, result: ApplyResult, *, journal: str | None, continue_with: str) -> SafeText:
        """The text, what is not done or refused, and the numbers."""
        text = self.text.result(plan, result, journal=journal, continue_with=continue_with)
        return self._with(text, notices.result_notices(plan, result), facts.result_facts(plan, result))

    def refused(self, plan: Plan, refused: PlanRefused) -> SafeText:
        """The error, each refusal, and the numbers."""
        return self._with(self.text.refused(plan, refused), notices.plan_notices(plan), facts.plan_facts(plan))

    def journal(self, record: RunRecord) -> SafeText:
        """The text, the calls that failed or are in doubt, and how the run ended."""
        return self._with(self.text.journal(record), notices.journal_notices(record), facts.journal_facts(record))

    def checkup(self, checkup: Checkup) -> SafeText:
        """The text, and what is missing."""
        return self._with(self.text.checkup(checkup), notices.checkup_notices(checkup), facts.checkup_facts(checkup))

    def validated(
        self,
        desired: Desired,
        findings: Sequence[Finding],
        accepted: Sequence[Finding],
        verdict: DeclaredVerdict,
        *,
        strict: bool,
    ) -> SafeText:
        """The text, each warning, and their number."""
        text = self.text.validated(desired, findings, accepted, verdict, strict=strict)
        said = notices.validated_notices(desired, findings, verdict, strict=strict)
        return self._with(text, said, facts.validated_facts(findings, verdict, strict=strict))

    def error(self, error: ReconcilerError) -> SafeText:
        """The text, and each problem."""
        return self._with(self.text.error(error), notices.error_notices(error), facts.error_facts())

    def _with(self, text: SafeText, said: Iterable[Notice], values: Facts) -> SafeText:
        return joined(text, *(self.notice(one) for one in bounded(said)), self.values(values))
