"""Identities: requests as ARM wants them, answers held against what was asked."""

import json
from typing import Any

import httpx
import pytest

from reconciler.arm.identities import Identities
from reconciler.errors import ArmError, NotFound
from reconciler.model.identity import Identity, IsolationScope, Tags
from reconciler.model.ids import ResourceGroupId, ResourceId
from tests.unit.arm.fakes import ENDPOINT, SUBSCRIPTION, answer, arm_client, refusal

GROUP = ResourceGroupId(SUBSCRIPTION, "rg")
LIST_PATH = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITY = GROUP.identity("id-a")
URL = f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/resourceGroups/rg{LIST_PATH}/id-a?api-version=2024-11-30"


def body_of(
    name: str = "id-a", group: str = "rg", subscription: str = SUBSCRIPTION, **fields: object
) -> dict[str, Any]:
    """An identity as ARM answers it, `/resourcegroups/` in lower case included."""
    return {
        "id": f"/subscriptions/{subscription}/resourcegroups/{group}{LIST_PATH}/{name}",
        "name": name,
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "location": "westeurope",
        "tags": {},
        "properties": {"principalId": "p", "clientId": "c", "tenantId": "t"},
    } | fields


def identity_of(name: str = "id-a", tags: Tags | None = None, scope: IsolationScope | str = "None") -> Identity:
    known = IsolationScope.NONE if scope == "None" else scope
    return Identity(GROUP.identity(name), "westeurope", tags or Tags(), known, "p", "c", "t")


def with_scope(value: object) -> dict[str, Any]:
    return body_of(properties={"principalId": "p", "clientId": "c", "tenantId": "t", "isolationScope": value})


def sent_json(request: httpx.Request) -> object:
    return json.loads(request.content)


def test_get_reads_an_identity() -> None:
    with arm_client(answer(200, body_of(tags={"Env": "prod"}))) as (client, arm):
        identity = Identities(client).get(IDENTITY)

    assert identity == identity_of(tags=Tags({"Env": "prod"}))
    assert arm.urls == [URL]


def test_get_keeps_the_spelling_of_the_answer() -> None:
    with arm_client(answer(200, body_of(name="ID-a"))) as (client, _):
        identity = Identities(client).get(IDENTITY)

    assert identity is not None
    assert identity.resource_id.name == "ID-a"


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound"])
def test_get_of_what_is_not_there_is_none(code: str) -> None:
    with arm_client(refusal(404, code)) as (client, _):
        identity = Identities(client).get(IDENTITY)

    assert identity is None


@pytest.mark.parametrize(
    "response", [refusal(404, "SubscriptionNotFound"), refusal(404, "InvalidResourceType"), answer(404)]
)
def test_get_with_any_other_404_is_an_error(response: httpx.Response) -> None:
    with arm_client(response) as (client, _), pytest.raises(NotFound):
        Identities(client).get(IDENTITY)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, IsolationScope.NONE),
        ("None", IsolationScope.NONE),
        ("Regional", IsolationScope.REGIONAL),
        ("regional", IsolationScope.REGIONAL),
        ("Zonal", "Zonal"),
    ],
)
def test_isolation_scope_is_read_with_absence_as_none_and_tomorrows_values_kept(value: object, expected: str) -> None:
    with arm_client(answer(200, with_scope(value))) as (client, _):
        identity = Identities(client).get(IDENTITY)

    assert identity == identity_of(scope=expected)


@pytest.mark.parametrize("tags", [{}, None])
def test_identity_without_tags_has_none(tags: object) -> None:
    with arm_client(answer(200, body_of(tags=tags))) as (client, _):
        identity = Identities(client).get(IDENTITY)

    assert identity == identity_of()


@pytest.mark.parametrize(
    "body",
    [
        {},
        body_of(id=None),
        body_of(id="/subscriptions/x"),
        body_of(name="other"),
        body_of(group="other"),
        body_of(location=None),
        body_of(location=5),
        body_of(tags=[]),
        body_of(tags={"a": 1}),
        body_of(tags={"a": "1", "A": "2"}),
        body_of(properties=None),
        body_of(properties={"clientId": "c", "tenantId": "t"}),
        body_of(properties={"principalId": "", "clientId": "c", "tenantId": "t"}),
        body_of(properties={"principalId": "p", "clientId": None, "tenantId": "t"}),
        with_scope(5),
    ],
)
def test_identity_that_is_not_what_was_asked_is_malformed(body: object) -> None:
    with arm_client(answer(200, body)) as (client, _), pytest.raises(ArmError, match="malformed answer"):
        Identities(client).get(IDENTITY)


def test_list_by_group_is_in_order_of_ids_over_all_pages() -> None:
    pages = [
        {"value": [body_of("id-c"), body_of("ID-B")], "nextLink": f"{ENDPOINT}/next"},
        {"value": [body_of("id-a")]},
    ]

    with arm_client(*(answer(200, page) for page in pages)) as (client, arm):
        identities = Identities(client).list_by_group(GROUP)

    assert identities == (identity_of("id-a"), identity_of("ID-B"), identity_of("id-c"))
    assert arm.urls[0] == f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/resourceGroups/rg{LIST_PATH}?api-version=2024-11-30"


def test_list_by_subscription_takes_identities_of_every_group() -> None:
    with arm_client(answer(200, {"value": [body_of(group="B"), body_of(group="a")]})) as (client, arm):
        identities = Identities(client).list_by_subscription(SUBSCRIPTION)

    assert [identity.resource_id.resource_group for identity in identities] == ["a", "B"]
    assert arm.urls == [f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}{LIST_PATH}?api-version=2024-11-30"]


def test_list_may_be_empty() -> None:
    with arm_client(answer(200, {"value": []})) as (client, _):
        assert Identities(client).list_by_group(GROUP) == ()


def test_list_by_group_refuses_an_identity_of_another_group() -> None:
    with (
        arm_client(answer(200, {"value": [body_of(group="rg2")]})) as (client, _),
        pytest.raises(ArmError, match="outside the scope that was asked"),
    ):
        Identities(client).list_by_group(GROUP)


def test_list_by_subscription_refuses_an_identity_of_another_subscription() -> None:
    with (
        arm_client(answer(200, {"value": [body_of(subscription="other")]})) as (client, _),
        pytest.raises(ArmError, match="outside the scope that was asked"),
    ):
        Identities(client).list_by_subscription(SUBSCRIPTION)


def test_list_refuses_an_id_that_comes_twice_on_different_pages() -> None:
    pages = [{"value": [body_of("id-a")], "nextLink": f"{ENDPOINT}/next"}, {"value": [body_of("ID-A")]}]

    with (
        arm_client(*(answer(200, page) for page in pages)) as (client, _),
        pytest.raises(ArmError, match="listed twice"),
    ):
        Identities(client).list_by_group(GROUP)


def test_create_puts_location_and_tags() -> None:
    with arm_client(answer(201, body_of(), {"Location": "/never/asked"})) as (client, arm):
        created = Identities(client).create(IDENTITY, "westeurope", Tags({"a": "1"}), None)

    assert created == (identity_of(), True)
    assert [(request.method, str(request.url)) for request in arm.requests] == [("PUT", URL)]
    assert sent_json(arm.requests[0]) == {"location": "westeurope", "tags": {"a": "1"}}


def test_create_that_is_answered_as_an_update_says_so() -> None:
    with arm_client(answer(200, body_of())) as (client, _):
        assert Identities(client).create(IDENTITY, "westeurope", Tags({"a": "1"}), None) == (identity_of(), False)


def test_create_sends_an_isolation_scope_that_is_given() -> None:
    with arm_client(answer(201, with_scope("Regional"))) as (client, arm):
        created, _ = Identities(client).create(IDENTITY, "westeurope", Tags(), IsolationScope.REGIONAL)

    assert created.isolation_scope is IsolationScope.REGIONAL
    assert sent_json(arm.requests[0]) == {
        "location": "westeurope",
        "tags": {},
        "properties": {"isolationScope": "Regional"},
    }


@pytest.mark.parametrize(
    ("tags", "scope", "sent"),
    [
        (Tags(), None, {"tags": {}}),
        (Tags({"a": "1"}), None, {"tags": {"a": "1"}}),
        (None, IsolationScope.NONE, {"properties": {"isolationScope": "None"}}),
        (Tags(), IsolationScope.REGIONAL, {"tags": {}, "properties": {"isolationScope": "Regional"}}),
    ],
)
def test_update_patches_only_what_is_given(tags: Tags | None, scope: IsolationScope | None, sent: object) -> None:
    with arm_client(answer(200, body_of())) as (client, arm):
        updated = Identities(client).update(IDENTITY, tags=tags, isolation_scope=scope)

    assert updated == identity_of()
    assert (arm.requests[0].method, sent_json(arm.requests[0])) == ("PATCH", sent)


def test_update_of_nothing_is_not_sent() -> None:
    with arm_client() as (client, _), pytest.raises(ValueError, match="nothing to update"):
        Identities(client).update(IDENTITY, tags=None, isolation_scope=None)


@pytest.mark.parametrize(("status", "existed"), [(200, True), (204, False)])
def test_delete_says_whether_the_identity_was_there(status: int, existed: bool) -> None:
    with arm_client(answer(status)) as (client, arm):
        deleted = Identities(client).delete(IDENTITY)

    assert deleted is existed
    assert [(request.method, str(request.url)) for request in arm.requests] == [("DELETE", URL)]


def test_delete_in_a_group_that_is_not_there_is_not_found() -> None:
    with arm_client(refusal(404, "ResourceGroupNotFound")) as (client, _), pytest.raises(NotFound) as raised:
        Identities(client).delete(IDENTITY)

    assert raised.value.arm_code == "ResourceGroupNotFound"


def test_names_are_percent_encoded_into_the_path() -> None:
    odd = ResourceId(SUBSCRIPTION, "rg (ä)", "a/b?c#d%2F")

    with arm_client(answer(204)) as (client, arm):
        Identities(client).delete(odd)

    path = arm.requests[0].url.raw_path.decode()
    assert path.startswith(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg%20%28%C3%A4%29/providers/")
    assert path.endswith("/a%2Fb%3Fc%23d%252F?api-version=2024-11-30")


@pytest.mark.parametrize("name", ["", ".", ".."])
@pytest.mark.parametrize("field", ["subscription_id", "resource_group", "name"])
def test_name_that_would_lead_to_another_path_is_never_sent(field: str, name: str) -> None:
    parts = {"subscription_id": SUBSCRIPTION, "resource_group": "rg", "name": "id"} | {field: name}

    with arm_client() as (client, _), pytest.raises(ValueError, match="cannot be named"):
        Identities(client).delete(ResourceId(**parts))


def test_api_version_can_be_chosen() -> None:
    with arm_client(answer(204)) as (client, arm):
        Identities(client, "2023-01-31").delete(IDENTITY)

    assert arm.requests[0].url.params["api-version"] == "2023-01-31"
