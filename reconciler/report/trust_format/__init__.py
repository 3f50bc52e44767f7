"""The forms in which `uami trust` writes what it found. Read with every command line, so each is imported late."""

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from reconciler.report.rows import Header
    from reconciler.report.trust.current import TrustReport
    from reconciler.report.visible import SafeText


class TrustFormat(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"


def render_report(report: "TrustReport", header: "Header", name: TrustFormat, *, color: bool) -> "SafeText":
    """The whole text; `color` is for the form that knows colour."""
    match name:
        case TrustFormat.TEXT:
            from reconciler.report.trust.text import render_trust

            return render_trust(report, header, color=color)
        case TrustFormat.JSON:
            from reconciler.report.trust.document import trust_text

            return trust_text(report)
        case TrustFormat.MERMAID:
            from reconciler.report.trust.mermaid import render_mermaid

            return render_mermaid(report)
    assert_never(name)


def remark(text: "SafeText", name: TrustFormat) -> tuple[str, ...]:
    """What whoever ran the command should know of the text."""
    if name is not TrustFormat.MERMAID:
        return ()
    from reconciler.report.trust.mermaid import too_large

    why = too_large(text)
    return () if why is None else (f"Note: {why}",)
