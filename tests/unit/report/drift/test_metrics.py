"""The numbers of a run: what an alert on them sees of drift, of none, and of a run that failed."""

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from reconciler.files.kinds import FileKind, kind_of
from reconciler.plan.drift.pending import Base, Drift
from reconciler.plan.plan import Plan
from reconciler.report.drift.metrics import Traffic, last_success, metrics_of_failure, metrics_of_success
from tests.builders import SUBSCRIPTION, compare, desired_group, listed, live_group, plan_of

TRAFFIC = Traffic(ended_s=1_772_366_405.5, duration_s=2.25, requests=17, throttled=3)

Samples = dict[tuple[str, ...], float]


def samples(content: bytes) -> Samples:
    """Every number, by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(content.decode())
        for sample in family.samples
    }


def drifted() -> Plan:
    return plan_of(
        [desired_group("id-a", listed("id-b", tags={"x": "1"})), desired_group("id-c", name='rg "q"\\')],
        [live_group("id-b", "id-d", "id-e"), live_group("id-c", name='rg "q"\\')],
    )


def test_run_that_compared_everything_counts_each_kind_in_each_group() -> None:
    content = metrics_of_success(drifted(), TRAFFIC)

    items = "uami_drift_items"
    assert samples(content) == {
        ("uami_drift_last_run_success",): 1,
        ("uami_drift_last_run_timestamp_seconds",): 1_772_366_405.5,
        ("uami_drift_last_success_timestamp_seconds",): 1_772_366_405.5,
        ("uami_drift_duration_seconds",): 2.25,
        ("uami_drift_requests",): 17,
        ("uami_drift_throttled_requests",): 3,
        (items, "missing", "rg-app", SUBSCRIPTION): 1,
        (items, "unexpected", "rg-app", SUBSCRIPTION): 2,
        (items, "changed", "rg-app", SUBSCRIPTION): 1,
        (items, "missing", 'rg "q"\\', SUBSCRIPTION): 0,
        (items, "unexpected", 'rg "q"\\', SUBSCRIPTION): 0,
        (items, "changed", 'rg "q"\\', SUBSCRIPTION): 0,
        ("uami_drift_expired_items", "rg-app", SUBSCRIPTION): 0,
        ("uami_drift_expired_items", 'rg "q"\\', SUBSCRIPTION): 0,
        ("uami_drift_expiring_items", "rg-app", SUBSCRIPTION): 0,
        ("uami_drift_expiring_items", 'rg "q"\\', SUBSCRIPTION): 0,
    }
    assert kind_of(content) is FileKind.METRICS


def test_run_against_a_commit_counts_what_is_pending_too() -> None:
    pending = tuple(compare(desired_group("id-new"), live_group()))
    plan = replace(drifted(), drift=Drift({}, Base("HEAD", "a" * 40), pending))

    found = samples(metrics_of_success(plan, TRAFFIC))

    assert found["uami_drift_pending_items", "rg-app", SUBSCRIPTION] == 1
    assert found["uami_drift_pending_items", 'rg "q"\\', SUBSCRIPTION] == 0


def test_run_that_failed_says_so_counts_nothing_and_keeps_the_time_of_the_last_that_did_not() -> None:
    earlier = metrics_of_success(drifted(), TRAFFIC)
    failed = metrics_of_failure(replace(TRAFFIC, ended_s=2e9), last_success(earlier))
    again = metrics_of_failure(replace(TRAFFIC, ended_s=3e9), last_success(failed))

    for content, ended_s in ((failed, 2e9), (again, 3e9)):
        found = samples(content)
        assert found["uami_drift_last_run_success",] == 0
        assert found["uami_drift_last_run_timestamp_seconds",] == ended_s
        assert found["uami_drift_last_success_timestamp_seconds",] == TRAFFIC.ended_s
        assert [name for name in found if name[0] == "uami_drift_items"] == []
        assert kind_of(content) is FileKind.METRICS


def test_first_run_that_fails_claims_no_success() -> None:
    content = metrics_of_failure(TRAFFIC, None)

    assert last_success(content) is None
    assert b"last_success" not in content


def test_damaged_file_tells_of_no_success() -> None:
    for content in (b"", b"\xff", b"# HELP uami_drift_", b"uami_drift_last_success_timestamp_seconds x\n", b"{]"):
        assert last_success(content) is None
