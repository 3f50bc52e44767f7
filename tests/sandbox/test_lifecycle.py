"""The life of an identity and its group, in process and over real HTTP: the same answers, byte for byte."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from reconciler.sandbox.serving.server import running
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    SERVED_ID,
    TENANT,
    TYPE,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    names,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["in process", "over HTTP"])
def arm(request: pytest.FixtureRequest, clock: Clock) -> Iterator[httpx.Client]:
    app = application(contents(groups=()), clock=clock)
    if request.param == "in process":
        with client(app) as in_process:
            yield in_process
        return
    headers = {"Authorization": "Bearer any"}
    with running(app) as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as over_http:
        yield over_http


def create_group(arm: httpx.Client) -> httpx.Response:
    return arm.put(GROUP, params=GROUPS_VERSION, json={"location": "West Europe"})


def create_identity(arm: httpx.Client, name: str = "id-Api") -> httpx.Response:
    return arm.put(f"{IDENTITIES}/{name}", params=VERSION, json={"location": "West Europe", "tags": {"env": "prod"}})


def test_new_group_is_201_and_then_200(arm: httpx.Client) -> None:
    first = create_group(arm)
    second = create_group(arm)

    expected = {
        "id": GROUP,
        "name": "rg-Payments",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    }
    assert [(answer.status_code, answer.json()) for answer in (first, second)] == [(201, expected), (200, expected)]


def test_new_identity_is_201_with_a_relative_location_and_then_200_without(arm: httpx.Client) -> None:
    create_group(arm)

    first = create_identity(arm)
    second = create_identity(arm)

    ids = first.json()["properties"]
    assert first.json() == {
        "location": "westeurope",
        "tags": {"env": "prod"},
        "id": f"{SERVED_ID}/id-Api",
        "name": "id-Api",
        "type": TYPE,
        "properties": {
            "isolationScope": "None",
            "tenantId": TENANT,
            "principalId": ids["principalId"],
            "clientId": ids["clientId"],
        },
    }
    assert uuid.UUID(ids["principalId"]) != uuid.UUID(ids["clientId"])
    assert (first.status_code, first.headers["Location"]) == (201, f"{SERVED_ID}/id-Api")
    assert (second.status_code, "Location" in second.headers) == (200, False)
    assert second.json() == first.json()


def test_identity_is_found_in_any_case_and_keeps_its_spelling(arm: httpx.Client) -> None:
    create_group(arm)
    created = create_identity(arm)

    found = arm.get(f"{IDENTITIES}/ID-API".upper(), params=VERSION)

    assert (found.status_code, found.json()) == (200, created.json())


def test_patch_replaces_the_whole_tag_map(arm: httpx.Client) -> None:
    create_group(arm)
    create_identity(arm)

    patched = arm.patch(f"{IDENTITIES}/id-Api", params=VERSION, json={"tags": {"team": "pay"}})

    assert (patched.status_code, patched.json()["tags"]) == (200, {"team": "pay"})


def test_delete_is_200_and_then_204_both_without_a_body(arm: httpx.Client) -> None:
    create_group(arm)
    create_identity(arm)

    first = arm.delete(f"{IDENTITIES}/id-Api", params=VERSION)
    second = arm.delete(f"{IDENTITIES}/id-Api", params=VERSION)

    assert [(answer.status_code, answer.content) for answer in (first, second)] == [(200, b""), (204, b"")]
    assert first.headers["Content-Length"] == "0"
    assert [name in answer.headers for answer in (first, second) for name in ("Content-Type",)] == [False, False]


def test_deleted_identity_is_not_found_and_the_gateway_says_so(arm: httpx.Client) -> None:
    create_group(arm)
    create_identity(arm)
    arm.delete(f"{IDENTITIES}/id-Api", params=VERSION)

    missing = arm.get(f"{IDENTITIES}/id-Api", params=VERSION)

    assert error(missing) == (
        404,
        "ResourceNotFound",
        f"The Resource '{TYPE}/id-Api' under resource group 'rg-Payments' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )
    assert missing.headers["x-ms-failure-cause"] == "gateway"


def test_identity_calls_in_an_absent_group_are_404(arm: httpx.Client) -> None:
    answers = [
        arm.request(method, f"{IDENTITIES}/id-Api", params=VERSION, json={"location": "westeurope"})
        for method in ("PUT", "PATCH", "GET", "DELETE")
    ]

    absent = (404, "ResourceGroupNotFound", "Resource group 'rg-Payments' could not be found.")
    assert [error(answer) for answer in answers] == [absent] * 4


def test_list_holds_the_identities_of_the_group_without_a_next_link(arm: httpx.Client) -> None:
    create_group(arm)
    create_identity(arm, "id-b")
    create_identity(arm, "id-a")

    listed = arm.get(IDENTITIES, params=VERSION)

    assert (names(listed), list(listed.json())) == (["id-a", "id-b"], ["value"])


def test_head_of_a_group_is_204_or_404_without_a_body(arm: httpx.Client) -> None:
    absent = arm.head(GROUP, params=GROUPS_VERSION)
    create_group(arm)
    present = arm.head(GROUP, params=GROUPS_VERSION)

    assert [(answer.status_code, answer.content) for answer in (absent, present)] == [(404, b""), (204, b"")]
    assert absent.headers["x-ms-failure-cause"] == "gateway"


def test_group_deletion_is_accepted_polled_and_takes_the_identities(arm: httpx.Client, clock: Clock) -> None:
    create_group(arm)
    create_identity(arm)

    accepted = arm.delete(GROUP, params=GROUPS_VERSION)
    clock.advance(30)
    running_still = arm.get(accepted.headers["Location"])
    state = arm.get(GROUP, params=GROUPS_VERSION).json()["properties"]["provisioningState"]
    clock.advance(30)
    done = arm.get(running_still.headers["Location"])
    gone = arm.get(GROUP, params=GROUPS_VERSION)

    assert [answer.status_code for answer in (accepted, running_still, done, gone)] == [202, 202, 200, 404]
    assert accepted.headers["Location"].startswith(f"{arm.base_url}".rstrip("/") + "/subscriptions/")
    assert accepted.headers["Location"] != running_still.headers["Location"]
    assert (accepted.headers["Retry-After"], state, done.content) == ("15", "Deleting", b"")
    assert arm.get("/_sandbox/state").json()["identities"] == []


def test_recreated_identity_has_ids_of_its_own(arm: httpx.Client) -> None:
    create_group(arm)
    before = create_identity(arm).json()["properties"]
    arm.delete(f"{IDENTITIES}/id-Api", params=VERSION)

    after = create_identity(arm).json()["properties"]

    assert len({before["principalId"], before["clientId"], after["principalId"], after["clientId"]}) == 4


def test_in_process_and_http_answer_the_same_bytes() -> None:
    steps = [
        ("PUT", GROUP, GROUPS_VERSION, {"location": "westeurope", "tags": {"naïve 雪": "ü"}}),
        ("GET", GROUP, GROUPS_VERSION, None),
        ("PUT", f"{IDENTITIES}/id-Api", VERSION, {"location": "westeurope"}),
        ("GET", f"{IDENTITIES}/id-雪", VERSION, None),
        ("GET", IDENTITIES, VERSION, None),
        ("DELETE", f"{IDENTITIES}/id-Api", VERSION, None),
        ("DELETE", f"{IDENTITIES}/id-Api", VERSION, None),
        ("PUT", f"{IDENTITIES}/id-Api", VERSION, {}),
        ("GET", "/nonsense", VERSION, None),
        ("GET", "/subscriptions", {}, None),
    ]
    traced = {"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"}

    def play(arm: httpx.Client) -> list[tuple[int, bytes, dict[str, str]]]:
        answers = [arm.request(method, path, params=query, json=body) for method, path, query, body in steps]
        return [
            (answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k not in traced})
            for answer in answers
        ]

    with client(application(contents(groups=()))) as in_process:
        expected = play(in_process)
    headers = {"Authorization": "Bearer any"}
    with (
        running(application(contents(groups=()))) as url,
        httpx.Client(base_url=url, headers=headers, trust_env=False) as over_http,
    ):
        assert play(over_http) == expected
