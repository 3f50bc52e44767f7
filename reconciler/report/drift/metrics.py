"""The numbers of a drift run as Prometheus reads them from a file, such as node_exporter's textfile collector does.

An alert needs to tell three things apart: drift, no drift, and a run that does not know. So a run that fails says so,
leaves out what it would have counted, and carries on the time of the last one that did not; and one that never starts
is known by that time, which grows old.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.model import ResourceGroupId, ResourceId, identity_of
from reconciler.plan import Plan
from reconciler.plan.expiry.counts import expired_items, expiring_items
from reconciler.report.rows import ChangeRow, drift_rows

_LAST_SUCCESS = "uami_drift_last_success_timestamp_seconds"
_GROUP_LABELS = ("subscription", "resource_group")


@dataclass(frozen=True, slots=True)
class Traffic:
    """How long a run took, and what it asked; `throttled` of the requests were refused for their number (429)."""

    ended_s: float
    duration_s: float
    requests: int
    throttled: int


def metrics_of_success(plan: Plan, traffic: Traffic) -> bytes:
    """The file of a run that compared everything: a number for each kind and group, zeros among them."""
    rows = drift_rows(plan)
    groups = [group.group_id for group in plan.desired.groups]
    registry = _registry(traffic, succeeded=True, last_success_s=traffic.ended_s)
    items = Gauge(
        "uami_drift_items",
        "Differences between live and manifest.",
        ("kind", *_GROUP_LABELS),
        registry=registry,
    )
    kinds: Mapping[str, Sequence[ChangeRow]] = {
        "missing": rows.missing,
        "unexpected": rows.unexpected,
        "changed": rows.changed,
    }
    for kind, found in kinds.items():
        for group, count in _by_group((row.identity for row in found), groups).items():
            items.labels(kind, group.subscription_id, group.resource_group).set(count)
    ends = {
        "uami_drift_expired_items": (
            "Credentials, roles and removals whose day has come and that are there.",
            expired_items,
        ),
        "uami_drift_expiring_items": ("Those whose day comes within 14 days.", expiring_items),
    }
    for name, (text, find) in ends.items():
        gauge = Gauge(name, text, _GROUP_LABELS, registry=registry)
        for group, count in _by_group((identity_of(one.resource_id) for one in find(plan)), groups).items():
            gauge.labels(group.subscription_id, group.resource_group).set(count)
    if plan.drift is not None and plan.drift.base is not None:
        pending = Gauge(
            "uami_drift_pending_items",
            "Changes in the files that are not applied yet.",
            _GROUP_LABELS,
            registry=registry,
        )
        for group, count in _by_group((row.identity for row in rows.pending), groups).items():
            pending.labels(group.subscription_id, group.resource_group).set(count)
    return generate_latest(registry)


def metrics_of_failure(traffic: Traffic, last_success_s: float | None) -> bytes:
    """The file of a run that failed; the time is that of an earlier one, None where no file tells of any."""
    return generate_latest(_registry(traffic, succeeded=False, last_success_s=last_success_s))


def last_success(content: bytes) -> float | None:
    """The time of the last run that succeeded, by the file of an earlier one; None where that does not say."""
    try:
        families = list(text_string_to_metric_families(content.decode("utf-8")))
    except (ValueError, UnicodeError, KeyError, IndexError):
        return None
    values = (sample.value for family in families if family.name == _LAST_SUCCESS for sample in family.samples)
    return next(values, None)


def _registry(traffic: Traffic, *, succeeded: bool, last_success_s: float | None) -> CollectorRegistry:
    registry = CollectorRegistry()
    values = (
        ("uami_drift_last_run_success", "Whether the last run compared everything.", float(succeeded)),
        ("uami_drift_last_run_timestamp_seconds", "When the last run ended.", traffic.ended_s),
        (_LAST_SUCCESS, "When the last run ended that compared everything.", last_success_s),
        ("uami_drift_duration_seconds", "How long the last run took.", traffic.duration_s),
        ("uami_drift_requests", "Requests of the last run.", float(traffic.requests)),
        (
            "uami_drift_throttled_requests",
            "Those of them that Azure refused for their number.",
            float(traffic.throttled),
        ),
    )
    for name, text, value in values:
        if value is not None:
            Gauge(name, text, registry=registry).set(value)
    return registry


def _by_group(identities: Iterable[ResourceId], groups: Iterable[ResourceGroupId]) -> dict[ResourceGroupId, int]:
    found = Counter(one.group_id for one in identities)
    return {group: found[group] for group in dict.fromkeys((*groups, *found))}
