"""The forms that a report can have: one file each, all with the same methods.

A new form is one file in this folder and two lines here: a member of `Format`, and its arm in `report_format`. This
module is read with every command line, so it imports a form only when that one is asked for.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, assert_never

if TYPE_CHECKING:
    from reconciler.apply.result import ApplyResult
    from reconciler.doctor.checkup import Checkup
    from reconciler.errors import ReconcilerError
    from reconciler.guardrails import DeclaredVerdict
    from reconciler.journal import RunRecord
    from reconciler.manifest.desired import Desired
    from reconciler.manifest.findings import Finding
    from reconciler.model import PlanRefused
    from reconciler.plan import Plan
    from reconciler.report.rows import Header
    from reconciler.report.visible import SafeText
    from reconciler.saved_plan.content import SavedPlan


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class ReportFormat(Protocol):
    """Every report of every command in one form; each method returns the whole text, safe to print."""

    @property
    def streams(self) -> bool:
        """Whether reports go out while the run goes on, and errors to stderr; otherwise stdout gets one document."""

    def plan(self, plan: "Plan", header: "Header") -> "SafeText":
        """What apply would do, and what the guards refuse."""

    def saved_plan(self, saved: "SavedPlan") -> "SafeText":
        """A plan that was read from a file."""

    def drift(self, plan: "Plan", header: "Header") -> "SafeText":
        """The differences between manifest and live."""

    def result(self, plan: "Plan", result: "ApplyResult", *, journal: str | None, continue_with: str) -> "SafeText":
        """What an apply did; `journal` is where its calls are recorded, `continue_with` the command that goes on."""

    def refused(self, plan: "Plan", refused: "PlanRefused") -> "SafeText":
        """Why nothing of a plan was started."""

    def journal(self, record: "RunRecord") -> "SafeText":
        """A run, its calls in the order in which they went out, and its end."""

    def checkup(self, checkup: "Checkup") -> "SafeText":
        """What the doctor found."""

    def validated(
        self,
        desired: "Desired",
        findings: "Sequence[Finding]",
        accepted: "Sequence[Finding]",
        verdict: "DeclaredVerdict",
        *,
        strict: bool,
    ) -> "SafeText":
        """What a valid manifest declares, what guardrails refuse of it, the warnings, and how many it accepts.

        `strict` refuses the warnings.
        """

    def error(self, error: "ReconcilerError") -> "SafeText":
        """Why a command has no report to give; an invalid manifest's diagnostics are part of its error."""


def report_format(name: Format, *, color: bool, group: bool = True) -> ReportFormat:
    """The form of that name; `color` is for those that know colour, `group` for those that tell equal changes once."""
    match name:
        case Format.TEXT:
            from reconciler.report.formats.text import TextFormat

            return TextFormat(color, group)
        case Format.JSON:
            from reconciler.report.formats.json import JsonFormat

            return JsonFormat()
        case Format.HTML:
            from reconciler.report.formats.html import HtmlFormat

            return HtmlFormat(group)
    assert_never(name)
