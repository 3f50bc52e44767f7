"""The Activity Log as a part of the state: it outlives the process that recorded it, and a reset forgets it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox.serving.transport import embedded
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state_file.document import format_state, parse_state
from reconciler.sandbox.state_file.file import load_state, save_state
from tests.sandbox.activity import SINCE, ask, events, short
from tests.sandbox.arm import IDENTITIES, TYPE, VERSION, application, client, contents

BODY = {"location": "westeurope"}
EVENT: dict[str, object] = {
    "caller": "a@contoso.com",
    "correlationId": "0a1b2c3d-0000-0000-0000-00000000000f",
    "eventTimestamp": "2026-02-28T10:00:00.1234567Z",
    "operationName": {"value": f"{TYPE}/write"},
    "resourceId": f"{IDENTITIES}/id-a",
    "status": {"value": "Succeeded"},
}


def since_yesterday() -> str:
    return f"eventTimestamp ge '{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}'"


def create(arm: httpx.Client, name: str) -> httpx.Response:
    return arm.put(f"{IDENTITIES}/{name}", params=VERSION, json=BODY)


def state_with(*recorded: object) -> str:
    return json.dumps({"version": 1, "activityLog": recorded})


def test_events_of_earlier_processes_are_listed_behind_those_of_this_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save_state(path, contents())

    def run(name: str) -> list[dict[str, Any]]:
        with embedded(path, writable=True) as transport, client(transport.application) as arm:
            create(arm, name)
            first = ask(arm, since_yesterday(), **{"$top": "3"}).json()
            rest = arm.get(first["nextLink"]).json()["value"] if "nextLink" in first else []
        found: list[dict[str, Any]] = [*first["value"], *rest]
        return found

    runs = [run(name) for name in ("id-a", "id-b", "id-c")]

    assert [[one["resourceId"].rpartition("/")[2] for one in found] for found in runs] == [
        ["id-a"] * 2,
        ["id-b"] * 2 + ["id-a"] * 2,
        ["id-c"] * 2 + ["id-b"] * 2 + ["id-a"] * 2,
    ]
    assert (runs[2][2:], runs[1][2:]) == (runs[1], runs[0])


def test_refused_write_is_saved_though_nothing_else_changed(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save_state(path, contents())

    with embedded(path, writable=True) as transport, client(transport.application) as arm:
        arm.delete(f"{IDENTITIES}/absent", params=VERSION)

    saved = load_state(path).activity_log
    assert [(event.status, event.resource_id) for event in saved] == [
        ("Started", f"{IDENTITIES}/absent"),
        ("Succeeded", f"{IDENTITIES}/absent"),
    ]


def test_log_is_arms_own_json_in_the_state_one_event_a_line() -> None:
    app = application()

    with client(app) as arm:
        create(arm, "id-ü")
        listed = events(arm)
    text = format_state(app.state.contents())

    lines = text.partition('  "activityLog": [\n')[2].splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[:2]] == listed[::-1]
    assert (lines[2:], "id-ü" in lines[0]) == (["  ]", "}"], True)


def test_log_survives_its_own_text() -> None:
    app = application()

    with client(app) as arm:
        create(arm, "id-a")
        arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
    whole = app.state.contents()

    assert (len(whole.activity_log), parse_state(format_state(whole)).activity_log) == (4, whole.activity_log)


def test_hand_written_events_may_stand_in_any_order_and_keep_what_they_have() -> None:
    later = {**EVENT, "eventTimestamp": "2026-03-01T10:00:00Z", "own": [1, {"a": None}]}
    loaded = parse_state(state_with(later, EVENT)).activity_log

    app = application(contents())
    app.state.restore(parse_state(state_with(later, EVENT)))

    assert [json.loads(event.text) for event in loaded] == [later, EVENT]
    assert [json.loads(event.text) for event in app.state.activity] == [EVENT, later]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"caller": None}, "activityLog[0].caller must be a text that is not empty"),
        ({"status": "Succeeded"}, "activityLog[0].status must be an object"),
        ({"operationName": {}}, "activityLog[0].operationName has no value"),
        ({"resourceId": 7}, "activityLog[0].resourceId must be a text that is not empty"),
        ({"eventTimestamp": "noon"}, "activityLog[0].eventTimestamp must be a time as 2026-03-01T12:00:00Z"),
    ],
)
def test_damaged_event_names_the_place(damage: dict[str, object], message: str) -> None:
    with pytest.raises(StateError) as caught:
        parse_state(state_with({**EVENT, **damage}))

    assert str(caught.value) == message


def test_reset_forgets_the_log_that_was_loaded_too() -> None:
    app = application()
    with client(app) as arm:
        create(arm, "id-a")
    again = application(app.state.contents())

    with client(again) as arm:
        create(arm, "id-b")
        before = len(events(arm))
        arm.post("/_sandbox/reset")
        after = events(arm)

    assert (before, after, again.state.contents().activity_log) == (4, [], ())


def test_list_of_events_can_be_as_stale_as_any_other() -> None:
    with client(application()) as arm:
        create(arm, "id-a")
        arm.put("/_sandbox/faults", json={"faults": [{"path": "*/eventtypes/*", "stale": 1}]})
        create(arm, "id-b")
        stale = events(arm, SINCE)

    assert short(stale) == [(f"{TYPE}/write", "Succeeded", "Created"), (f"{TYPE}/write", "Started", "")]
