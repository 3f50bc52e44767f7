"""Scripted faults: how a script is read, which calls it meets, and what goes wrong, in process and over HTTP alike."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reconciler.cli.commands.sandbox_serve import serve
from reconciler.errors import InputFileError
from reconciler.sandbox.faults.script import (
    CompetingWrite,
    ConnectionReset,
    Delay,
    Fault,
    LostPage,
    MalformedBody,
    OtherAnswer,
    StaleRead,
    TruncatedBody,
    parse_faults,
)
from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.gateway.request_log import LoggedRequest
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.state.errors import FaultFileError
from tests.sandbox.arm import GROUP, IDENTITIES, VERSION, Clock, client, contents, error, identity, names
from tests.sandbox.test_server import serving

BODY = {"location": "westeurope"}
GRAPH_VERSION = {"api-version": "2024-04-01"}
BOTH = pytest.mark.parametrize("over_http", [False, True], ids=["in process", "over HTTP"])


def sandbox(script: str, *, seed: int = 0, slept: list[float] | None = None, page_size: int = 1000) -> Application:
    return Application(
        contents([identity("id-a"), identity("id-b")]),
        Options(Settings(page_size=page_size), seed, faults=parse_faults(f"faults:\n- {script}")),
        clock=Clock(),
        sleep=([] if slept is None else slept).append,
    )


@contextmanager
def reached(app: Application, over_http: bool) -> Iterator[httpx.Client]:
    if not over_http:
        with client(app) as arm:
            yield arm
        return
    with (
        running(app) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer any"}, trust_env=False, timeout=60) as arm,
    ):
        yield arm


def test_script_is_read_whole() -> None:
    text = """
    faults:
    - {method: put, path: "*/ID-*", skip: 1, times: 2, probability: 0.5, reset: after}
    - {answer: {status: 503, headers: {Retry-After: 1}, body: {error: {code: Busy}}, after: true}}
    - {delaySeconds: 0.5}
    - {truncate: 7}
    - {malformed: true}
    - {losePage: true}
    - {stale: 3}
    - {write: {method: DELETE, path: "/x?api-version=1", principal: other}}
    """

    faults = parse_faults(text)

    assert faults[0] == Fault("PUT", "*/id-*", 1, 2, 0.5, ConnectionReset(after=True))
    assert [fault.action for fault in faults[1:]] == [
        OtherAnswer(503, (("Retry-After", "1"),), b'{"error": {"code": "Busy"}}', after=True),
        Delay(0.5),
        TruncatedBody(7),
        MalformedBody(),
        LostPage(),
        StaleRead(3),
        CompetingWrite("DELETE", "/x?api-version=1", b"", "other"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: the script is empty"),
        ("faults: [", "line 1, column 10: not YAML: expected the node content, but found '<stream end>'"),
        ("{}", "line 1, column 1: has no faults"),
        ("faults: {}", "line 1, column 9: must be a list"),
        ("fault: []", "line 1, column 1: fault is not known; known here: faults"),
        (
            "faults:\n- {pth: x, reset: before}",
            "line 2, column 4: pth is not known; known here: method, path, skip, times, probability, answer, reset, "
            "delaySeconds, truncate, malformed, losePage, stale, write",
        ),
        (
            "faults:\n- {path: x}",
            "line 2, column 3: needs exactly one of answer, reset, delaySeconds, truncate, malformed, losePage, "
            "stale, write",
        ),
        ("faults:\n- {reset: before, reset: after}", "line 2, column 19: reset is given twice"),
        ("faults:\n- {reset: now}", "line 2, column 11: must be before or after"),
        ("faults:\n- {reset: before, times: 0}", "line 2, column 26: must be a whole number from 1"),
        ("faults:\n- {reset: before, probability: 1.5}", "line 2, column 32: must be a number from 0 to 1"),
        ("faults:\n- {malformed: false}", "line 2, column 15: must be true; leave the fault out to have none"),
        ("faults:\n- {answer: {body: 1}}", "line 2, column 12: has no status"),
        ("faults:\n- {answer: {status: 999}}", "line 2, column 21: must be a whole number from 200 to 599"),
        ("faults:\n- {answer: {status: 500, body: 2020-01-01}}", "line 2, column 32: cannot be written as JSON"),
        ("faults:\n- {write: {path: /x}}", "line 2, column 11: needs a method and a path, with its query"),
        ("faults:\n- {write: {method: PUT, path: x}}", "line 2, column 31: must begin with / and be ASCII"),
    ],
)
def test_mistake_in_a_script_is_located(text: str, message: str) -> None:
    with pytest.raises(FaultFileError) as caught:
        parse_faults(text)

    assert str(caught.value) == message


def test_command_names_the_file_of_a_damaged_script(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults: 7", encoding="utf-8")

    with pytest.raises(InputFileError) as caught:
        serve(faults=path)

    assert caught.value.message == f"{path}: line 1, column 9: must be a list"


def test_command_plays_the_script_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults: [{path: /subscriptions, answer: {status: 418}}]", encoding="utf-8")

    with serving("--faults", str(path)) as (_process, arm):
        answer = arm.get("/subscriptions", params={"api-version": "2022-12-01"})

    assert answer.status_code == 418


@BOTH
def test_answer_of_a_script_comes_in_place_of_the_call(over_http: bool) -> None:
    app = sandbox("{method: DELETE, answer: {status: 503, headers: {Retry-After: 1}, body: {error: {code: Busy}}}}")

    with reached(app, over_http) as arm:
        answer = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        listed = arm.get(IDENTITIES, params=VERSION)

    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (503, "1", {"error": {"code": "Busy"}})
    assert names(listed) == ["id-a", "id-b"]
    assert app.requests[0] == LoggedRequest(
        "DELETE", f"{IDENTITIES}/id-a?api-version=2024-11-30", 503, "anonymous", "answer"
    )


def test_answer_after_the_effect_comes_once_the_call_is_done() -> None:
    app = sandbox("{method: DELETE, answer: {status: 500, after: true}}")

    with client(app) as arm:
        answer = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        listed = arm.get(IDENTITIES, params=VERSION)

    assert (answer.status_code, answer.content, names(listed)) == (500, b"", ["id-b"])


@BOTH
@pytest.mark.parametrize(("when", "left"), [("before", ["id-a", "id-b"]), ("after", ["id-b"])])
def test_reset_comes_before_or_after_the_effect(over_http: bool, when: str, left: list[str]) -> None:
    app = sandbox(f"{{method: DELETE, reset: {when}}}")

    with reached(app, over_http) as arm:
        with pytest.raises(httpx.ReadError):
            arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        listed = arm.get(IDENTITIES, params=VERSION)

    assert names(listed) == left


def test_reset_in_place_of_an_answer_is_in_the_log_with_no_status() -> None:
    app = sandbox("{method: DELETE, reset: before}")

    with client(app) as arm:
        with pytest.raises(httpx.ReadError):
            arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        log = arm.get("/_sandbox/requests").json()

    path = f"{IDENTITIES}/id-a?api-version=2024-11-30"
    assert log["requests"] == [
        {"method": "DELETE", "path": path, "status": 0, "principal": "anonymous", "fault": "reset"}
    ]


@BOTH
def test_truncated_body_is_an_error_of_the_connection(over_http: bool) -> None:
    app = sandbox("{truncate: 10, times: 1}")

    with reached(app, over_http) as arm:
        with pytest.raises(httpx.RemoteProtocolError):
            arm.get(IDENTITIES, params=VERSION)
        listed = arm.get(IDENTITIES, params=VERSION)

    assert names(listed) == ["id-a", "id-b"]


@BOTH
def test_answer_without_a_body_is_not_damaged(over_http: bool) -> None:
    app = sandbox("{truncate: 0}")

    with reached(app, over_http) as arm:
        answer = arm.delete(f"{IDENTITIES}/id-none", params=VERSION)

    assert (answer.status_code, "Content-Type" in answer.headers) == (204, False)


@BOTH
def test_malformed_body_arrives_whole_and_is_no_json(over_http: bool) -> None:
    app = sandbox("{malformed: true}")

    with reached(app, over_http) as arm:
        answer = arm.get(IDENTITIES, params=VERSION)

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_lost_page_is_empty_and_leads_on() -> None:
    app = sandbox("{losePage: true, times: 1}", page_size=1)

    with client(app) as arm:
        first = arm.get(IDENTITIES, params=VERSION)
        second = arm.get(first.json()["nextLink"])

    assert (names(first), names(second)) == ([], ["id-b"])


def test_delay_is_slept_and_the_call_is_served() -> None:
    slept: list[float] = []
    app = sandbox("{delaySeconds: 2.5}", slept=slept)

    with client(app) as arm:
        answer = arm.get(IDENTITIES, params=VERSION)

    assert (answer.status_code, slept) == (200, [2.5])


@pytest.mark.parametrize(
    ("writes", "seen"), [(1, ["id-a", "id-b", "id-c"]), (2, ["id-a", "id-b"]), (9, ["id-a", "id-b"])]
)
def test_stale_list_is_as_it_was_before_the_last_writes(writes: int, seen: list[str]) -> None:
    app = sandbox(f"{{stale: {writes}, times: 1}}", page_size=10)

    with client(app) as arm:
        arm.put("/_sandbox/faults", content=f"faults: [{{method: GET, stale: {writes}, times: 1}}]")
        for name in ("id-c", "id-d", "id-d"):
            arm.put(f"{IDENTITIES}/{name}", params=VERSION, json=BODY)
        stale = arm.get(IDENTITIES, params=VERSION)
        fresh = arm.get(IDENTITIES, params=VERSION)

    assert (names(stale), names(fresh)) == (seen, ["id-a", "id-b", "id-c", "id-d"])
    assert [request.fault for request in app.requests] == ["", "", "", "stale", ""]


def test_stale_query_is_answered_as_the_index_was_before_the_last_writes() -> None:
    app = sandbox("{path: '*/microsoft.resourcegraph/*', stale: 1, times: 2}")
    query = {"query": "resources | project name"}

    def found(arm: httpx.Client) -> list[str]:
        answer = arm.post("/providers/Microsoft.ResourceGraph/resources", params=GRAPH_VERSION, json=query)
        return [row["name"] for row in answer.json()["data"]]

    with client(app) as arm:
        arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        arm.put(f"{IDENTITIES}/id-c", params=VERSION, json=BODY)
        # A query is no write: asking twice looks back no further.
        seen = [found(arm), found(arm), found(arm)]

    assert seen == [["id-b"], ["id-b"], ["id-b", "id-c"]]
    assert [(request.method, request.fault) for request in app.requests[2:]] == [
        ("POST", "stale"),
        ("POST", "stale"),
        ("POST", ""),
    ]


def test_competing_writer_comes_between_two_calls_of_a_client() -> None:
    removed = f"{IDENTITIES}/id-a?api-version=2024-11-30"
    app = sandbox(f"{{method: GET, skip: 1, times: 1, write: {{method: DELETE, path: '{removed}'}}}}")

    with client(app) as arm:
        planned = arm.get(f"{IDENTITIES}/id-a", params=VERSION)
        looked = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert (planned.status_code, error(looked)[:2]) == (200, (404, "ResourceNotFound"))
    assert [(request.method, request.principal) for request in app.requests] == [
        ("GET", "anonymous"),
        ("DELETE", "competing-writer"),
        ("GET", "anonymous"),
    ]


def test_competing_writer_that_is_refused_is_told_of_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = sandbox("{write: {method: PUT, path: /nowhere, body: {}}}")

    with client(app) as arm:
        answer = arm.get(IDENTITIES, params=VERSION)

    assert answer.status_code == 200
    assert "the competing PUT /nowhere was answered 400 BAD REQUEST" in caplog.text


def test_fault_meets_the_calls_of_its_path_whatever_their_case_and_encoding() -> None:
    app = sandbox("{path: '*/USERASSIGNEDIDENTITIES/id-a', answer: {status: 418}}")

    with client(app) as arm:
        met = arm.get(f"{GROUP}/providers%2FMicrosoft.ManagedIdentity/userAssignedIdentities/ID-A", params=VERSION)
        passed = arm.get(f"{IDENTITIES}/id-b", params=VERSION)

    assert (met.status_code, passed.status_code) == (418, 200)


def test_fault_fires_so_often_after_so_many_calls() -> None:
    app = sandbox("{skip: 2, times: 2, answer: {status: 418}}")

    with client(app) as arm:
        statuses = [arm.get(IDENTITIES, params=VERSION).status_code for _ in range(6)]

    assert statuses == [200, 200, 418, 418, 200, 200]


def test_probability_is_kept_and_the_same_seed_meets_the_same_calls() -> None:
    def statuses(seed: int) -> list[int]:
        with client(sandbox("{probability: 0.3, answer: {status: 418}}", seed=seed)) as arm:
            return [arm.get(IDENTITIES, params=VERSION).status_code for _ in range(300)]

    first = statuses(1)

    assert (statuses(1) == first, statuses(2) == first) == (True, False)
    assert 60 < first.count(418) < 120


def test_login_can_fail_and_what_steers_cannot() -> None:
    app = sandbox("{answer: {status: 503}}")

    with client(app) as arm:
        login = arm.get("/metadata/endpoints", params={"api-version": "2022-09-01"})
        steering = arm.get("/_sandbox/requests")

    assert (login.status_code, steering.status_code) == (503, 200)


def test_script_can_be_replaced_and_ended_while_it_runs() -> None:
    app = sandbox("{answer: {status: 503}}")

    with client(app) as arm:
        replaced = arm.put("/_sandbox/faults", json={"faults": [{"answer": {"status": 418}}]})
        during = arm.get(IDENTITIES, params=VERSION)
        ended = arm.delete("/_sandbox/faults")
        after = arm.get(IDENTITIES, params=VERSION)

    assert (replaced.json(), during.status_code, ended.status_code, after.status_code) == ({"faults": 1}, 418, 204, 200)


def test_script_that_makes_no_sense_leaves_the_one_before() -> None:
    app = sandbox("{answer: {status: 503}}")

    with client(app) as arm:
        refused = arm.put("/_sandbox/faults", content="faults: 7")
        during = arm.get(IDENTITIES, params=VERSION)

    assert (error(refused), during.status_code) == ((400, "BadRequest", "line 1, column 9: must be a list"), 503)
