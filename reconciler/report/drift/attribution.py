"""Who made a difference, in words and as JSON."""

from dataclasses import dataclass

from reconciler.model import JsonObject
from reconciler.plan.drift.attribution import (
    AnyAttribution,
    Attribution,
    CallerKind,
    ChangeLog,
    Event,
    Unattributed,
)

_LABELS = {
    Event.CREATED: "created",
    Event.CHANGED: "changed",
    Event.WRITTEN: "last written",
    Event.DELETED: "deleted",
    Event.IDENTITY_DELETED: "identity deleted",
}
_LOGS = {ChangeLog.RESOURCE_GRAPH: "Resource Graph", ChangeLog.ACTIVITY_LOG: "Activity Log"}
_MINUTE = len("2026-03-01T12:00")


@dataclass(frozen=True, slots=True)
class AttributionRow:
    """Who made a difference, as it is shown; `label` says what happened, `text` when, by whom and which log says so.

    Times are shown to the minute, so that what one person did to many resources can be told once.
    """

    label: str
    text: str


def attribution_row(attribution: AnyAttribution) -> AttributionRow:
    """The words for it; where nobody is named, why."""
    if isinstance(attribution, Unattributed):
        return AttributionRow("by", f"not known: {attribution.because}")
    when = f"{attribution.at[:_MINUTE].replace('T', ' ')} UTC"
    source = _LOGS[attribution.log]
    if attribution.correlation_id:
        source = f"{source}, correlation id {attribution.correlation_id}"
    return AttributionRow(_LABELS[attribution.event], f"{when} by {_who(attribution)} ({source})")


def _who(attribution: Attribution) -> str:
    if attribution.caller_kind is CallerKind.SYSTEM:
        return "System, without anybody's call"
    caller = attribution.caller or "somebody whom the log does not name"
    if attribution.caller_kind is CallerKind.APPLICATION:
        caller = f"application {caller}"
    if attribution.by_uami:
        return f"uami as {caller}"
    if attribution.client:
        return f"{caller} with {attribution.client}"
    if attribution.application_id:
        return f"{caller} with application {attribution.application_id}"
    return f"{caller} with a program that Azure does not know"


def attribution_document(attribution: AnyAttribution) -> JsonObject:
    """As `attribution` in `schemas/drift.v1.schema.json` describes it."""
    if isinstance(attribution, Unattributed):
        return {"event": None, "unknown": attribution.reason.value, "because": attribution.because}
    return {
        "event": attribution.event.value,
        "at": attribution.at,
        "caller": attribution.caller or None,
        "caller_type": attribution.caller_kind.value,
        "client": attribution.client or None,
        "application_id": attribution.application_id or None,
        "correlation_id": attribution.correlation_id or None,
        "source": attribution.log.value,
        "by_uami": attribution.by_uami,
    }
