"""The tags of a scope by themselves: the same as those of what stands there, replaced, merged or deleted."""

import httpx
import pytest

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    VERSION,
    application,
    client,
    contents,
    error,
    group,
    identity,
    token_of,
)

TAGS_VERSION = {"api-version": "2022-09-01"}
COMPUTE = {"api-version": "2024-07-01"}
IDENTITY = f"{IDENTITIES}/id-a"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
SCOPES = {IN_SUBSCRIPTION: {"api-version": "2022-12-01"}, GROUP: GROUPS_VERSION, IDENTITY: VERSION, VM: COMPUTE}


def sandbox(*grants: Grant) -> Application:
    """A group with an identity and a machine; everybody may everything, unless grants say less."""
    app = application(contents([identity("id-a")], groups=(group(),)))
    with client(app) as arm:
        arm.put(VM, params=COMPUTE, json={"location": "westeurope"})
    app.state.set_permissions(grants)
    return app


def tags_of(scope: str) -> str:
    return f"{scope}/providers/Microsoft.Resources/tags/default"


def put(arm: httpx.Client, scope: str, tags: dict[str, str]) -> httpx.Response:
    return arm.put(tags_of(scope), params=TAGS_VERSION, json={"properties": {"tags": tags}})


def patch(arm: httpx.Client, scope: str, operation: str, tags: dict[str, str]) -> httpx.Response:
    body = {"operation": operation, "properties": {"tags": tags}}
    return arm.patch(tags_of(scope), params=TAGS_VERSION, json=body)


@pytest.mark.parametrize("scope", SCOPES)
def test_tags_of_a_scope_are_those_of_what_stands_there(scope: str) -> None:
    with client(sandbox()) as arm:
        before = arm.get(tags_of(scope), params=TAGS_VERSION)
        written = put(arm, scope, {"env": "prod"})
        read = arm.get(tags_of(scope), params=TAGS_VERSION)
        shown = arm.get(scope, params=SCOPES[scope])

    assert (before.status_code, before.json()["properties"]) == (200, {"tags": {}})
    assert written.json() == {
        "id": tags_of(scope),
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": {"env": "prod"}},
    }
    assert read.json() == written.json()
    assert shown.json()["tags"] == {"env": "prod"}


@pytest.mark.parametrize(
    ("operation", "asked", "left"),
    [
        ("Replace", {"c": "3"}, {"c": "3"}),
        ("merge", {"A": "2", "c": "3"}, {"a": "2", "b": "1", "c": "3"}),
        ("Delete", {"a": "1", "b": "2"}, {"b": "1"}),
        ("Delete", {"A": ""}, {"b": "1"}),
    ],
)
def test_tags_are_changed_as_the_operation_says(operation: str, asked: dict[str, str], left: dict[str, str]) -> None:
    with client(sandbox()) as arm:
        put(arm, IDENTITY, {"a": "1", "b": "1"})
        changed = patch(arm, IDENTITY, operation, asked)

    assert (changed.status_code, changed.json()["properties"]["tags"]) == (200, left)


def test_deleted_tags_are_gone_from_the_resource() -> None:
    with client(sandbox()) as arm:
        put(arm, GROUP, {"a": "1"})
        deleted = arm.delete(tags_of(GROUP), params=TAGS_VERSION)
        shown = arm.get(GROUP, params=GROUPS_VERSION)

    assert (deleted.status_code, deleted.content, shown.json()["tags"]) == (200, b"", {})


def test_merged_tags_keep_to_the_limit() -> None:
    with client(sandbox()) as arm:
        put(arm, GROUP, {f"t{number}": "" for number in range(50)})
        refused = patch(arm, GROUP, "Merge", {"another": "1"})

    assert error(refused) == (400, "TooManyTags", "The resource has 51 tags; the maximum is 50.")


def test_unknown_operation_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = patch(arm, GROUP, "Invert", {})

    assert error(refused) == (
        400,
        "InvalidRequestContent",
        "The tag operation 'Invert' is none of Replace, Merge and Delete.",
    )


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (f"{IN_SUBSCRIPTION}/resourceGroups/none", "ResourceGroupNotFound"),
        (f"{IDENTITIES}/none", "ResourceNotFound"),
        ("/providers/Microsoft.Management/managementGroups/mg", "NotFound"),
    ],
)
def test_scope_where_nothing_can_have_tags_is_404(scope: str, code: str) -> None:
    with client(sandbox()) as arm:
        refused = arm.get(tags_of(scope), params=TAGS_VERSION)

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, code)


def test_read_only_lock_keeps_the_tags() -> None:
    with client(sandbox()) as arm:
        lock = f"{GROUP}/providers/Microsoft.Authorization/locks/l"
        arm.put(lock, params={"api-version": "2016-09-01"}, json={"properties": {"level": "ReadOnly"}})
        refused = put(arm, IDENTITY, {"a": "1"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ScopeLocked")


@pytest.mark.parametrize(
    ("method", "action"), [("GET", "read"), ("PUT", "write"), ("PATCH", "write"), ("DELETE", "delete")]
)
def test_each_method_needs_its_action(method: str, action: str) -> None:
    app = sandbox(Grant("tagger", GROUP, (f"Microsoft.Resources/tags/{action}",)))
    body = {"operation": "Merge", "properties": {"tags": {}}} if method in ("PUT", "PATCH") else None

    with client(app, token_of("tagger")) as tagger, client(app, token_of("nobody")) as nobody:
        allowed = tagger.request(method, tags_of(IDENTITY), params=TAGS_VERSION, json=body)
        refused = nobody.request(method, tags_of(IDENTITY), params=TAGS_VERSION, json=body)

    assert (allowed.status_code, refused.status_code) == (200, 403)
    assert f"perform action 'Microsoft.Resources/tags/{action}'" in refused.json()["error"]["message"]
