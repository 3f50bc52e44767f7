"""The JSON reports: one document each, what its schema says, the same bytes for the same inputs."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from reconciler.errors import Diagnostic, ManifestError, SourcePos, UsageError
from reconciler.guardrails import DeclaredVerdict
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import Desired
from reconciler.model.violation import PlanRefused, Violation
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.document import plan_document, violation_document
from reconciler.plan.plan import Plan, make_plan
from reconciler.report.formats.json import JsonFormat
from reconciler.report.rows import Header
from tests.builders import (
    TODAY,
    address,
    desired_group,
    listed,
    live_group,
    live_identity,
    plan_of,
    removed,
    resource_id,
)
from tests.cli.documents import problems
from tests.strategies import FEW_EXAMPLES, World, worlds
from tests.unit.reporting import (
    CORRELATION_ID,
    complete_result,
    plan_of_everything,
    refused_plan,
    result_of_everything,
)

JSON = JsonFormat()
HEADER = Header("", "")
TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"


def plan_world(world: World) -> Plan:
    """The plan of a generated manifest and state."""
    changes = diff_states(world.desired, world.live, judged_on=TODAY)
    return make_plan(world.desired, world.live, changes, judge(changes, NO_ALLOWANCES), cloud="AzureCloud", targets=())


def loaded(text: str) -> Mapping[str, object]:
    """The one document of a report."""
    document: Mapping[str, object] = json.loads(text)
    return document


def test_plan_is_the_document_of_the_plan() -> None:
    plan = plan_of_everything()

    assert loaded(JSON.plan(plan, HEADER)) == plan_document(plan)


@FEW_EXAMPLES
@given(worlds())
def test_drift_is_what_its_schema_says(world: World) -> None:
    assert problems(loaded(JSON.drift(plan_world(world), HEADER)), "drift:v1") == []


@pytest.mark.parametrize("plan", [plan_of_everything(), refused_plan()], ids=["everything", "refused"])
def test_each_report_is_what_its_schema_says(plan: Plan) -> None:
    assert problems(loaded(JSON.plan(plan, HEADER)), "plan:v1") == []
    assert problems(loaded(JSON.result(plan, complete_result(plan), journal=None, continue_with="")), "apply:v1") == []
    assert problems(loaded(JSON.drift(plan, HEADER)), "drift:v1") == []


def test_incomplete_and_refused_applies_are_what_the_schema_says() -> None:
    plan, refused = plan_of_everything(), refused_plan()

    assert (
        problems(loaded(JSON.result(plan, result_of_everything(plan), journal=None, continue_with="")), "apply:v1")
        == []
    )
    assert problems(loaded(JSON.refused(refused, PlanRefused(refused.violations))), "apply:v1") == []


def test_result_tells_how_each_change_ended() -> None:
    plan = plan_of_everything()

    document = loaded(JSON.result(plan, result_of_everything(plan), journal=None, continue_with=""))

    assert document["plan"] == plan_document(plan)
    assert document["result"] == {
        "complete": False,
        "interrupted": False,
        "verified": True,
        "correlation_id": CORRELATION_ID,
        "summary": {
            "added": 1,
            "changed": 1,
            "destroyed": 0,
            "done": 2,
            "failed": 1,
            "stale": 0,
            "skipped": 1,
            "not_tried": 0,
            "in_doubt": 0,
        },
        "changes": [
            {"address": address("id-adopt"), "action": "update", "outcome": "done"},
            {
                "address": address("id-api"),
                "action": "update",
                "outcome": "failed",
                "because": "updating id-api: 409 Conflict (Busy.)",
                "error": {
                    "status": 409,
                    "code": "Conflict",
                    "message": "updating id-api: 409 Conflict (Busy.)",
                    "hint": "Wait.",
                    "correlation_id": "corr-of-the-call",
                },
            },
            {
                "address": address("id-new"),
                "action": "create",
                "outcome": "done",
                "not_held": ["tags.env came back as 'x', not 'prod'"],
            },
            {
                "address": address("id-old"),
                "action": "delete",
                "outcome": "skipped",
                "because": "nothing is deleted in a group where a change failed (id-api)",
            },
        ],
    }


def test_refused_apply_has_the_plan_and_the_error_and_no_result() -> None:
    plan = refused_plan()

    document = loaded(JSON.refused(plan, PlanRefused(plan.violations)))

    assert sorted(document) == ["error", "format_version", "plan"]
    assert document["error"] == {
        "code": "plan-refused",
        "message": "The plan is refused by 3 guards; nothing was changed.",
        "hint": "Each refusal above says what to do about it.",
        "violations": plan_document(plan)["violations"],
    }


def test_drift_tells_each_difference() -> None:
    plan = plan_of(
        desired_group(listed("id-api", location="uksouth", tags={"env": "prod"}, line=7)),
        live_group(live_identity("id-api", tags={"env": "test"})),
    )

    document = loaded(JSON.drift(plan, HEADER))

    ids = {"principal_id": "principal-of-id-api", "client_id": "client-of-id-api", "tenant_id": plan.tenant}
    assert document["summary"] == {"missing": 0, "unexpected": 0, "changed": 1}
    assert document["changed"] == [
        {
            "address": address("id-api"),
            "resource_type": TYPE,
            "before": {"location": "westeurope", "tags": {"env": "test"}, "isolation_scope": "None", **ids},
            "after": {"location": "westeurope", "tags": {"env": "prod"}, "isolation_scope": "None", **ids},
            "source": {"file": "identities.yaml", "line": 7, "column": 9},
            "impact": None,
            "differences": [
                {"field": "location", "before": "westeurope", "after": "uksouth"},
                {"field": "tags.env", "before": "test", "after": "prod"},
            ],
        }
    ]


def test_drift_lists_what_is_missing_and_what_is_unexpected() -> None:
    document = loaded(JSON.drift(plan_of(desired_group("id-new"), live_group("id-old")), HEADER))

    assert [[one["address"] for one in _list(document, name)] for name in ("missing", "unexpected", "changed")] == [
        [address("id-new")],
        [address("id-old")],
        [],
    ]


def _list(document: Mapping[str, object], name: str) -> list[dict[str, object]]:
    value = document[name]
    assert isinstance(value, list)
    return value


def test_valid_manifest_is_told_in_numbers() -> None:
    document = loaded(
        JSON.validated(
            Desired((desired_group("id-a", "id-b"), desired_group(name="rg-b"))),
            (),
            (),
            DeclaredVerdict(),
            strict=False,
        )
    )

    assert document == {
        "format_version": "1.0",
        "outcome": "valid",
        "summary": {"resource_groups": 2, "identities": 2, "accepted_warnings": 0},
        "violations": [],
        "notes": [],
        "warnings": [],
        "skipped_files": [],
    }


def test_what_guardrails_refuse_of_a_manifest_is_told_with_what_they_leave_to_the_plan() -> None:
    identity = resource_id("id-a")
    refused = Violation("guardrail", identity, "g.yaml:2: trust: no", "Change it.", (identity,))

    document = loaded(
        JSON.validated(
            Desired((desired_group("id-a"),)), (), (), DeclaredVerdict((refused,), ("Names.",)), strict=False
        )
    )

    assert document["violations"] == [violation_document(refused)]
    assert document["notes"] == ["Names."]


def test_error_has_code_message_and_hint() -> None:
    assert loaded(JSON.error(UsageError("no such thing", "Try another."))) == {
        "format_version": "1.0",
        "error": {"code": "usage", "message": "no such thing", "hint": "Try another."},
    }


def test_error_of_a_manifest_has_every_diagnostic() -> None:
    error = ManifestError((Diagnostic("unknown-key", SourcePos("a.yaml", 4, 9), "unknown key", "Mend it.", "x: 1"),))

    assert loaded(JSON.error(error)) == {
        "format_version": "1.0",
        "error": {
            "code": "manifest-invalid",
            "message": "1 problem in the manifest",
            "hint": error.hint,
            "diagnostics": [
                {
                    "code": "unknown-key",
                    "file": "a.yaml",
                    "line": 4,
                    "column": 9,
                    "message": "unknown key",
                    "hint": "Mend it.",
                }
            ],
        },
    }


def test_text_of_others_is_escaped_and_read_back_whole() -> None:
    evil = '\x1b[2J\u202e"}\n日本'
    plan = plan_of(desired_group(listed("id-api", tags={"env": evil})), live_group("id-api"))

    text = JSON.plan(plan, HEADER)

    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert loaded(text) == plan_document(plan)


def test_drift_marks_what_is_held_and_lists_what_is_not_due_apart() -> None:
    desired = desired_group(
        listed("id-a", tags={"x": "1"}, hold="why", line=14),
        listed("id-new", hold="later", line=16),
        remove=[removed("id-old", after=date(2027, 1, 31), line=20)],
    )

    document: Any = json.loads(JSON.drift(plan_of(desired, live_group("id-a", "id-old")), HEADER))

    def source(line: int, column: int) -> dict[str, object]:
        return {"file": "identities.yaml", "line": line, "column": column}

    assert problems(document, "drift:v1") == []
    assert document["summary"] == {"missing": 1, "unexpected": 0, "changed": 1}
    assert [one["hold"] for one in (*document["missing"], *document["changed"])] == [
        {"reason": "later", "until": None, "source": source(17, 15)},
        {"reason": "why", "until": None, "source": source(15, 15)},
    ]
    until = {"reason": None, "until": "2027-01-31", "source": source(20, 9)}
    assert document["not_due"] == [{"address": address("id-old"), "hold": until}]


def test_plan_has_what_is_held_in_a_list_of_its_own() -> None:
    desired = desired_group(listed("id-a", tags={"x": "1"}, hold="why"), remove=[removed("id-old", after=date.max)])

    document: Any = json.loads(JSON.plan(plan_of(desired, live_group("id-a", "id-old")), HEADER))

    assert problems(document, "plan:v1") == []
    assert (document["changes"], set(document["summary"].values())) == ([], {0})
    assert [(one["address"], one["actions"], one["impact"]) for one in document["held"]] == [
        (address("id-a"), ["update"], None),
        (address("id-old"), ["delete"], None),
    ]
    assert [(one["hold"]["reason"], one["hold"]["until"]) for one in document["held"]] == [
        ("why", None),
        (None, "9999-12-31"),
    ]
