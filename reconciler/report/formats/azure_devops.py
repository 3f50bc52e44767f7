"""Reports for a job of Azure Pipelines: issues in its log, a page beside it, variables for the steps that follow."""

from dataclasses import dataclass

from reconciler.report.ci.facts import Facts
from reconciler.report.ci.job_format import JobFormat
from reconciler.report.ci.notices import Notice
from reconciler.report.formats import Beside
from reconciler.report.formats.markdown import MarkdownFormat
from reconciler.report.visible import NOTHING, SafeText, azure_command, joined

_FOLDER = "AGENT_TEMPDIRECTORY"
_SUMMARY_LIMIT = 1024 * 1024
"""Characters of the page: nothing says how many it can have, and nobody reads more."""


@dataclass(frozen=True, slots=True)
class AzureDevopsFormat(JobFormat):
    """The text report and commands on stdout; beside it, the page in a file that one of the commands names."""

    @property
    def beside(self) -> tuple[Beside, ...]:
        """The page, in the folder that the agent clears after the job."""
        key = self.occasion.key
        return (
            Beside(
                _FOLDER,
                self._page,
                "the page of the run",
                lambda _size: MarkdownFormat(key, _SUMMARY_LIMIT),
                appends=False,
            ),
        )

    def notice(self, notice: Notice) -> SafeText:
        """An issue of the task."""
        properties = {"type": notice.level.value}
        if notice.in_file is not None:
            properties |= {"sourcepath": notice.in_file.file, "linenumber": str(notice.in_file.line)}
        return azure_command("task.logissue", properties, f"{notice.title}: {notice.text}")

    def values(self, values: Facts) -> SafeText:
        """Output variables of the task, and the page, which is written by now."""
        variables = [
            azure_command("task.setvariable", {"variable": name, "isOutput": "true"}, value)
            for name, value in values.items()
        ]
        page = NOTHING if self._page is None else azure_command("task.uploadsummary", {}, self._page)
        return joined(*variables, page)

    @property
    def _page(self) -> str | None:
        folder = self.occasion.environment.get(_FOLDER)
        return f"{folder.rstrip('/')}/uami-{self.occasion.token}.md" if folder else None
