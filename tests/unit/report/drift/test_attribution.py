"""Who made a difference, in one line of words and as a document."""

from dataclasses import replace

import pytest

from reconciler.plan.drift.attribution import (
    AnyAttribution,
    Attribution,
    CallerKind,
    ChangeLog,
    Event,
    Unattributed,
    UnknownReason,
)
from reconciler.report.drift.attribution import AttributionRow, attribution_document, attribution_row

JO = Attribution(
    Event.CHANGED,
    "2026-03-01T12:00:05.347Z",
    "jo@contoso.com",
    CallerKind.USER,
    "Azure Portal",
    "",
    "0a1b2c3d",
    ChangeLog.RESOURCE_GRAPH,
)
PIPELINE = replace(
    JO,
    event=Event.WRITTEN,
    caller="oid-1",
    caller_kind=CallerKind.APPLICATION,
    client="",
    application_id="app-1",
    log=ChangeLog.ACTIVITY_LOG,
)
GRAPH = "(Resource Graph, correlation id 0a1b2c3d)"
LOG = "(Activity Log, correlation id 0a1b2c3d)"


@pytest.mark.parametrize(
    ("attribution", "label", "text"),
    [
        (JO, "changed", f"by jo@contoso.com with Azure Portal {GRAPH}"),
        (replace(JO, client=""), "changed", f"by jo@contoso.com with a program that Azure does not know {GRAPH}"),
        (PIPELINE, "last written", f"by application oid-1 with application app-1 {LOG}"),
        (replace(PIPELINE, by_uami=True, event=Event.CREATED), "created", f"by uami as application oid-1 {LOG}"),
        (
            replace(JO, event=Event.DELETED, caller="System", caller_kind=CallerKind.SYSTEM),
            "deleted",
            f"by System, without anybody's call {GRAPH}",
        ),
        (
            replace(JO, event=Event.IDENTITY_DELETED, caller="", caller_kind=CallerKind.UNKNOWN, correlation_id=""),
            "identity deleted",
            "by somebody whom the log does not name with Azure Portal (Resource Graph)",
        ),
    ],
)
def test_line_says_when_who_how_and_which_log_says_so(attribution: AnyAttribution, label: str, text: str) -> None:
    assert attribution_row(attribution) == AttributionRow(label, f"2026-03-01 12:00 UTC {text}")


def test_line_says_why_nobody_is_named() -> None:
    unknown = Unattributed(UnknownReason.NOT_ALLOWED, "the Activity Log: missing X")

    assert attribution_row(unknown) == AttributionRow("by", "not known: the Activity Log: missing X")
    assert attribution_document(unknown) == {
        "event": None,
        "unknown": "not-allowed",
        "because": "the Activity Log: missing X",
    }


def test_document_has_what_the_line_has_and_the_whole_time() -> None:
    assert attribution_document(PIPELINE) == {
        "event": "written",
        "at": "2026-03-01T12:00:05.347Z",
        "caller": "oid-1",
        "caller_type": "application",
        "client": None,
        "application_id": "app-1",
        "correlation_id": "0a1b2c3d",
        "source": "activity-log",
        "by_uami": False,
    }
