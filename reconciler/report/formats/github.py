"""Reports for a job of GitHub Actions: annotations in its log, its summary, and values for the steps that follow."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reconciler.report.ci.facts import Facts
from reconciler.report.ci.job_format import JobFormat
from reconciler.report.ci.notices import Notice
from reconciler.report.formats import Beside
from reconciler.report.formats.markdown import MarkdownFormat
from reconciler.report.markdown.document import utf8_bytes
from reconciler.report.visible import NOTHING, SafeText, github_command, safe_lines

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of the summary of a step. Source: GitHub's "Step isolation and limits" of job summaries."""


@dataclass(frozen=True, slots=True)
class GithubFormat(JobFormat):
    """The text report and annotations on stdout; beside it, the summary of the step and its outputs."""

    @property
    def beside(self) -> tuple[Beside, ...]:
        """The files in which the runner takes the summary and the outputs of a step."""
        environment, key = self.occasion.environment, self.occasion.key
        return (
            Beside(
                "GITHUB_STEP_SUMMARY",
                environment.get("GITHUB_STEP_SUMMARY") or None,
                "the summary of the job",
                lambda size: MarkdownFormat(key, SUMMARY_LIMIT - size, utf8_bytes),
                appends=True,
            ),
            Beside(
                "GITHUB_OUTPUT",
                environment.get("GITHUB_OUTPUT") or None,
                "the outputs of the step",
                lambda _size: GithubOutputs(self.text, self.occasion),
                appends=True,
            ),
        )

    def notice(self, notice: Notice) -> SafeText:
        """An annotation."""
        properties = {"title": notice.title}
        if notice.in_file is not None:
            properties = {"file": self._file(notice.in_file.file), "line": str(notice.in_file.line), **properties}
        return github_command(notice.level.value, properties, notice.text)

    def values(self, values: Facts) -> SafeText:  # noqa: ARG002
        """Nothing: they go into a file."""
        return NOTHING

    def _file(self, name: str) -> str:
        """The file as GitHub knows it: by its path in the checkout, wherever in it the command runs."""
        workspace = self.occasion.environment.get("GITHUB_WORKSPACE")
        relative = os.path.relpath(name, workspace) if workspace else name
        return name if relative.startswith("..") else relative


@dataclass(frozen=True, slots=True)
class GithubOutputs(JobFormat):
    """The outputs of a step alone, as its file takes them."""

    streams: ClassVar[bool] = False

    def values(self, values: Facts) -> SafeText:
        """Each value between delimiters that no value can have, since nobody could guess them.

        Source: GitHub's "Multiline strings" of workflow commands.
        """
        end = f"uami_{self.occasion.token}"
        return safe_lines(line for name, value in values.items() for line in (f"{name}<<{end}", value, end))

    def _with(self, text: SafeText, said: Iterable[Notice], values: Facts) -> SafeText:  # noqa: ARG002
        return self.values(values)
