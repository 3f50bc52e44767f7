"""The forms that a report can have: one file each, all with the same methods.

A new form is one file in this folder and two lines here: a member of `Format`, and its arm in `report_format`. Its
class says what it is the form of (`serves`) and how its files are known again (`file_kind`, in `files/kinds.py`). This
module is read with every command line, so it imports a form only when that one is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol, assert_never

from reconciler.files.kinds import FileKind

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
    MARKDOWN = "markdown"
    GITHUB = "github"
    AZURE_DEVOPS = "azure-devops"
    SARIF = "sarif"
    GITLAB = "gitlab"


class ReportKind(StrEnum):
    """What is reported; the value names the command that does, as a message says it."""

    VALIDATION = "validate"
    PLAN = "plan"
    RUN = "apply, undo and orphans --remove"
    SAVED_PLAN = "show of a saved plan"
    JOURNAL = "show of a journal"
    DRIFT = "drift"
    CHECKUP = "doctor"


EVERY_REPORT = frozenset(ReportKind)
"""What a form serves that every command can have."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a form may need to know besides what is reported.

    Attributes:
        command: the name of the command.
        key: names what the report is about, so that a comment with an earlier one of the same is found again.
        environment: the process's, where CI systems say what they take.
        token: a word that nobody could guess, new for each run.
    """

    command: str = ""
    key: str = "report"
    environment: Mapping[str, str] = field(default_factory=dict)
    token: str = "token"  # noqa: S105 - no secret: what is random in the forms that need it


@dataclass(frozen=True, slots=True)
class Beside:
    """A file of a CI system that a form writes to beside stdout.

    Attributes:
        variable: the environment variable that names the file or its folder.
        path: the file; None where the variable is not set, so that there is nobody to read it.
        what: what is written, for messages.
        form: in which form, where so many bytes are there already.
        appends: whether it is added to what is there; otherwise the file is new.
    """

    variable: str
    path: str | None
    what: str
    form: "Callable[[int], ReportFormat]"
    appends: bool


@dataclass(frozen=True, slots=True)
class Companion:
    """A second file that comes with the one that was asked for.

    `infix` stands before the last suffix of its name: `plan.json` brings `plan.codequality.json`.
    """

    infix: str
    form: "ReportFormat"


class ReportFormat(Protocol):
    """Every report of every command in one form; each method returns the whole text, safe to print."""

    @property
    def streams(self) -> bool:
        """Whether reports go out while the run goes on, and errors to stderr; otherwise stdout gets one document."""

    @property
    def serves(self) -> frozenset[ReportKind]:
        """The reports that have this form; nothing asks for any other, but for errors, which every form has."""

    @property
    def file_kind(self) -> FileKind | None:
        """How a file with it is known again; None for a form that is of use on stdout alone."""

    @property
    def keyed(self) -> bool:
        """Whether the key of the occasion is part of it."""

    @property
    def beginning(self) -> "SafeText":
        """What stands before the report in a file, so that it is known again."""

    @property
    def beside(self) -> "tuple[Beside, ...]":
        """What is written beside stdout, of its own accord."""

    def companions(self, kind: ReportKind) -> "tuple[Companion, ...]":
        """What a file with such a report brings along."""

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


class BaseFormat:
    """What most forms have in common; a report that a form does not serve is a mistake of whoever asks for it."""

    __slots__ = ()

    streams: ClassVar[bool] = False
    serves: ClassVar[frozenset[ReportKind]] = EVERY_REPORT
    file_kind: ClassVar[FileKind | None] = None
    keyed: ClassVar[bool] = False

    @property
    def beginning(self) -> "SafeText":
        """Nothing: the report itself begins in a way of its own."""
        from reconciler.report.visible import NOTHING

        return NOTHING

    @property
    def beside(self) -> tuple[Beside, ...]:
        """Nothing."""
        return ()

    def companions(self, kind: ReportKind) -> tuple[Companion, ...]:  # noqa: ARG002
        """Nothing."""
        return ()

    def plan(self, plan: "Plan", header: "Header") -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def saved_plan(self, saved: "SavedPlan") -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def drift(self, plan: "Plan", header: "Header") -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def result(self, plan: "Plan", result: "ApplyResult", *, journal: str | None, continue_with: str) -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def refused(self, plan: "Plan", refused: "PlanRefused") -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def journal(self, record: "RunRecord") -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def checkup(self, checkup: "Checkup") -> "SafeText":
        """Not served."""
        raise NotImplementedError

    def validated(
        self,
        desired: "Desired",
        findings: "Sequence[Finding]",
        accepted: "Sequence[Finding]",
        verdict: "DeclaredVerdict",
        *,
        strict: bool,
    ) -> "SafeText":
        """Not served."""
        raise NotImplementedError


def report_format(name: Format, *, color: bool, group: bool = True, occasion: Occasion | None = None) -> ReportFormat:
    """The form of that name.

    Args:
        color: for the forms that know colour.
        group: tell equal changes once, in the forms that can.
        occasion: for the forms that tell where they are, or leave something for a CI system.
    """
    occasion = occasion or Occasion()
    match name:
        case Format.TEXT:
            from reconciler.report.formats.text import TextFormat

            return TextFormat(color, group)
        case Format.JSON:
            from reconciler.report.formats.json import JsonFormat

            return JsonFormat()
        case Format.SARIF:
            from reconciler.files.checkout import find_checkout
            from reconciler.report.formats.sarif import SarifFormat

            return SarifFormat(find_checkout())
        case Format.GITLAB:
            from reconciler.files.checkout import find_checkout
            from reconciler.report.formats.gitlab import GitlabFormat

            return GitlabFormat(find_checkout(), occasion.command)
        case Format.HTML:
            from reconciler.report.formats.html import HtmlFormat

            return HtmlFormat(group)
        case Format.MARKDOWN:
            from reconciler.report.formats.markdown import MarkdownFormat

            return MarkdownFormat(occasion.key, group=group)
        case Format.GITHUB:
            from reconciler.report.formats.github import GithubFormat
            from reconciler.report.formats.text import TextFormat

            return GithubFormat(TextFormat(color, group), occasion)
        case Format.AZURE_DEVOPS:
            from reconciler.report.formats.azure_devops import AzureDevopsFormat
            from reconciler.report.formats.text import TextFormat

            return AzureDevopsFormat(TextFormat(color, group), occasion)
    assert_never(name)
