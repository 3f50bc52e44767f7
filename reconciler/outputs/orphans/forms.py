"""The forms in which `uami orphans` writes what it found. Read with its command line, so the rest is imported late."""

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from reconciler.outputs.orphans.report import OrphansReport
    from reconciler.report.visible import SafeText


class OrphansFormat(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"


def write_orphans(report: "OrphansReport", form: OrphansFormat, *, color: bool) -> "SafeText":
    """The whole text; `color` is for the form that knows colour."""
    match form:
        case OrphansFormat.TEXT:
            from reconciler.outputs.orphans.text import write_orphans_text

            return write_orphans_text(report, color=color)
        case OrphansFormat.JSON:
            from reconciler.outputs.orphans.document import write_orphans_json

            return write_orphans_json(report)
    assert_never(form)
