"""What the one who runs a sandbox can see and steer at `/_sandbox/`, without a token."""

import json

import httpx
import pytest

from reconciler.sandbox.state_file.document import format_state
from tests.sandbox.arm import GROUP, IDENTITIES, VERSION, application, client, contents, identity, names, token_of


def test_requests_are_listed_with_counts() -> None:
    with client(application(), token_of("me")) as arm:
        arm.get(IDENTITIES, params=VERSION)
        arm.get(IDENTITIES, params=VERSION)
        arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

        log = arm.get("/_sandbox/requests").json()

    listed = {"method": "GET", "path": f"{IDENTITIES}?api-version=2024-11-30", "status": 200, "principal": "me"}
    assert log == {
        "count": 3,
        "counts": [
            {"method": "DELETE", "status": 204, "count": 1},
            {"method": "GET", "status": 200, "count": 2},
        ],
        "requests": [
            listed,
            listed,
            {
                "method": "DELETE",
                "path": f"{IDENTITIES}/id-a?api-version=2024-11-30",
                "status": 204,
                "principal": "me",
            },
        ],
    }


def test_requests_can_be_forgotten() -> None:
    app = application()

    with client(app) as arm:
        arm.get(IDENTITIES, params=VERSION)
        forgotten = arm.delete("/_sandbox/requests")

    assert (forgotten.status_code, app.requests) == (204, ())


def test_state_has_the_form_of_the_file() -> None:
    start = contents([identity("id-a")])

    with client(application(start)) as arm:
        del arm.headers["Authorization"]
        shown = arm.get("/_sandbox/state")

    assert shown.json() == json.loads(format_state(start))


def test_reset_goes_back_to_what_was_loaded_but_never_hands_out_an_id_again() -> None:
    def create(arm: httpx.Client) -> str:
        created = arm.put(f"{IDENTITIES}/id-new", params=VERSION, json={"location": "westeurope"})
        return str(created.json()["properties"]["principalId"])

    app = application(contents([identity("id-a")]))

    with client(app) as arm:
        before = create(arm)
        arm.delete(f"{IDENTITIES}/id-a", params=VERSION)
        reset = arm.post("/_sandbox/reset")
        listed = arm.get(IDENTITIES, params=VERSION)
        after = create(arm)

    assert (reset.status_code, names(listed), before == after) == (204, ["id-a"], False)


def test_permissions_can_be_replaced_while_it_runs() -> None:
    grant = {"principalId": "me", "scope": GROUP, "actions": ["*/read"], "notActions": []}

    with client(application(contents([identity("id-a")])), token_of("me")) as arm:
        replaced = arm.put("/_sandbox/permissions", json={"permissions": [grant]})
        refused = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

    assert (replaced.status_code, replaced.json(), refused.status_code) == (200, {"permissions": [grant]}, 403)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "the document must be an object"),
        ('{"permissions": [{"principalId": "me", "scope": "/"}]}', "permissions[0] has no actions"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_permissions_that_make_no_sense_are_refused(body: str, message: str) -> None:
    with client(application()) as arm:
        refused = arm.put("/_sandbox/permissions", content=body)

    assert (refused.status_code, refused.json()["error"]["message"]) == (400, message)


def test_unknown_control_route_names_the_known_ones() -> None:
    with client(application()) as arm:
        missing = arm.get("/_sandbox/faults")

    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == (
        "GET /_sandbox/faults is not known here; known: GET /_sandbox/requests, DELETE /_sandbox/requests, "
        "GET /_sandbox/state, POST /_sandbox/reset, PUT /_sandbox/permissions, PUT /_sandbox/tokens, "
        "PUT /_sandbox/faults, DELETE /_sandbox/faults"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8080"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8080"},
        {"Host": "localhost.evil.example"},
        {"Host": "10.0.0.1"},
        {"Host": "[::1"},
        {"Host": ""},
    ],
)
@pytest.mark.parametrize(("method", "route"), [("GET", "state"), ("POST", "reset"), ("PUT", "permissions")])
def test_request_that_a_web_page_can_make_is_refused(method: str, route: str, headers: dict[str, str]) -> None:
    app = application(contents([identity("id-a")]))

    with client(app) as arm:
        answer = arm.request(method, f"/_sandbox/{route}", headers=headers, json={"permissions": []})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.1.2.3", "[::1]:8080", "a.localhost."]
)
def test_name_of_this_machine_is_no_foreign_host(host: str) -> None:
    with client(application()) as arm:
        answer = arm.get("/_sandbox/state", headers={"Host": host})

    assert answer.status_code == 200
