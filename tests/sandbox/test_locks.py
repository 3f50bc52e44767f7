"""Locks: their life, where they are listed, and what they stop."""

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
    names,
    token_of,
)

LOCKS_VERSION = {"api-version": "2020-05-01"}
IDENTITY = f"{IDENTITIES}/id-a"
CREDENTIAL = f"{IDENTITY}/federatedIdentityCredentials/fic"
CREDENTIAL_BODY = {"properties": {"issuer": "https://issuer", "subject": "s", "audiences": ["a"]}}


def sandbox(*grants: Grant) -> Application:
    start = contents([identity("id-a"), identity("id-b", "rg-other")], grants, (group(), group("rg-other")))
    return application(start)


def lock_id(scope: str, name: str = "keep") -> str:
    return f"{scope}/providers/Microsoft.Authorization/locks/{name}"


def lock(
    arm: httpx.Client, scope: str, level: str = "CanNotDelete", name: str = "keep", **more: object
) -> httpx.Response:
    return arm.put(lock_id(scope, name), params=LOCKS_VERSION, json={"properties": {"level": level, **more}})


def test_lock_is_201_then_200_and_echoes_the_scope_as_asked() -> None:
    scope = IDENTITY.replace("resourceGroups", "resourcegroups")

    with client(sandbox()) as arm:
        created = lock(arm, scope)
        replaced = lock(arm, scope, "readonly", notes="why", owners=[{"applicationId": "app"}])
        read = arm.get(lock_id(IDENTITY), params=LOCKS_VERSION)

    shown = {"id": lock_id(scope), "type": "Microsoft.Authorization/locks", "name": "keep"}
    assert (created.status_code, created.json()) == (201, {"properties": {"level": "CanNotDelete"}, **shown})
    assert (replaced.status_code, replaced.json()) == (
        200,
        {"properties": {"level": "ReadOnly", "notes": "why", "owners": [{"applicationId": "app"}]}, **shown},
    )
    assert read.json() == replaced.json()


def test_delete_is_200_and_then_204_and_then_it_is_not_found() -> None:
    with client(sandbox()) as arm:
        lock(arm, GROUP)
        deleted = [arm.delete(lock_id(GROUP), params=LOCKS_VERSION).status_code for _ in range(2)]
        missing = arm.get(lock_id(GROUP), params=LOCKS_VERSION)

    assert deleted == [200, 204]
    assert error(missing) == (404, "LockNotFound", "The lock 'keep' could not be found.")


@pytest.mark.parametrize(
    ("scope", "asked", "found"),
    [
        (IN_SUBSCRIPTION, "", ["all", "group", "identity", "other"]),
        (GROUP, "", ["all", "group", "identity"]),
        (IDENTITY, "", ["all", "group", "identity"]),
        (GROUP, "atScope()", ["all", "group"]),
        (IN_SUBSCRIPTION, "atScope()", ["all"]),
    ],
)
def test_list_holds_what_reaches_the_scope_from_above_and_below(scope: str, asked: str, found: list[str]) -> None:
    with client(sandbox()) as arm:
        lock(arm, IDENTITY, name="identity")
        lock(arm, GROUP, name="group")
        lock(arm, f"{IN_SUBSCRIPTION}/resourceGroups/rg-other", name="other")
        lock(arm, IN_SUBSCRIPTION, name="all")
        query = {**LOCKS_VERSION, "$filter": asked} if asked else LOCKS_VERSION
        listed = arm.get(f"{scope}/providers/Microsoft.Authorization/locks", params=query)

    assert sorted(names(listed)) == found


def test_list_in_pages_holds_every_lock_once() -> None:
    app = application(contents([identity("id-a")]), page_size=1)

    with client(app) as arm:
        for scope in (IDENTITY, GROUP, IN_SUBSCRIPTION):
            lock(arm, scope, name=f"at {len(scope)}")
        found, link = [], f"{GROUP}/providers/Microsoft.Authorization/locks?api-version=2020-05-01"
        while link:
            page = arm.get(link)
            found += names(page)
            link = page.json().get("nextLink", "")

    assert sorted(found) == sorted(f"at {len(scope)}" for scope in (IDENTITY, GROUP, IN_SUBSCRIPTION))


def test_filter_that_is_not_understood_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = arm.get(
            f"{GROUP}/providers/Microsoft.Authorization/locks", params={**LOCKS_VERSION, "$filter": "name eq 'x'"}
        )

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidFilterInQueryString")


@pytest.mark.parametrize("scope", [IN_SUBSCRIPTION, GROUP, IDENTITY])
@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
@pytest.mark.parametrize("path", [IDENTITY, CREDENTIAL])
def test_lock_stops_deletes_at_its_scope_and_below(scope: str, level: str, path: str) -> None:
    with client(sandbox()) as arm:
        arm.put(CREDENTIAL, params=VERSION, json=CREDENTIAL_BODY)
        lock(arm, scope, level)
        refused = arm.delete(path, params=VERSION)
        arm.delete(lock_id(scope), params=LOCKS_VERSION)
        deleted = arm.delete(path, params=VERSION)

    assert error(refused) == (
        409,
        "ScopeLocked",
        f"The scope '{path}' cannot perform delete operation because following scope(s) are locked: '{scope}'. "
        "Please remove the lock and try again.",
    )
    assert (refused.headers["x-ms-failure-cause"], deleted.status_code) == ("gateway", 200)


def test_lock_on_something_in_a_group_stops_the_deletion_of_the_group_at_once() -> None:
    with client(sandbox()) as arm:
        lock(arm, IDENTITY)
        lock(arm, GROUP)
        refused = arm.delete(GROUP, params=GROUPS_VERSION)
        elsewhere = arm.delete(f"{IN_SUBSCRIPTION}/resourceGroups/rg-other", params=GROUPS_VERSION)

    assert error(refused) == (
        409,
        "ScopeLocked",
        f"The scope '{GROUP}' cannot perform delete operation because following scope(s) are locked: "
        f"'{GROUP},{IDENTITY}'. Please remove the lock and try again.",
    )
    assert elsewhere.status_code == 202


WRITES = [
    ("PUT", IDENTITY, VERSION, {"location": "westeurope"}),
    ("PATCH", IDENTITY, VERSION, {"tags": {}}),
    ("PUT", CREDENTIAL, VERSION, CREDENTIAL_BODY),
    ("PUT", GROUP, GROUPS_VERSION, {"location": "westeurope"}),
    ("PATCH", GROUP, GROUPS_VERSION, {"tags": {}}),
    ("PUT", f"{GROUP}/providers/Microsoft.Web/sites/web", VERSION, {"location": "westeurope"}),
]


@pytest.mark.parametrize(("method", "path", "version", "body"), WRITES)
def test_read_only_stops_writes_and_can_not_delete_does_not(
    method: str, path: str, version: dict[str, str], body: dict[str, object]
) -> None:
    with client(sandbox()) as arm:
        lock(arm, GROUP, "CanNotDelete")
        accepted = arm.request(method, path, params=version, json=body)
        lock(arm, GROUP, "ReadOnly")
        refused = arm.request(method, path, params=version, json=body)

    assert accepted.status_code in (200, 201)
    assert error(refused) == (
        409,
        "ScopeLocked",
        f"The scope '{path}' cannot perform write operation because following scope(s) are locked: '{GROUP}'. "
        "Please remove the lock and try again.",
    )


def test_read_only_below_does_not_stop_writes_above() -> None:
    with client(sandbox()) as arm:
        lock(arm, IDENTITY, "ReadOnly")
        accepted = arm.patch(GROUP, params=GROUPS_VERSION, json={"tags": {}})

    assert accepted.status_code == 200


def test_locks_do_not_stop_reads_or_other_locks() -> None:
    with client(sandbox()) as arm:
        lock(arm, GROUP, "ReadOnly")
        another = lock(arm, IDENTITY, name="another")
        read = arm.get(IDENTITY, params=VERSION)
        freed = arm.delete(lock_id(IDENTITY, "another"), params=LOCKS_VERSION)

    assert (another.status_code, read.status_code, freed.status_code) == (201, 200, 200)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties": {}},
        {"properties": {"level": "NotSpecified"}},
        {"properties": {"level": "ReadOnly", "notes": "n" * 513}},
        {"properties": {"level": "ReadOnly", "owners": ["app"]}},
    ],
)
def test_body_that_is_no_lock_is_refused(body: dict[str, object]) -> None:
    with client(sandbox()) as arm:
        refused = arm.put(lock_id(GROUP), params=LOCKS_VERSION, json=body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidRequestContent")


@pytest.mark.parametrize("name", ["a%3Cb", "a:b", "n" * 261])
def test_bad_name_is_refused(name: str) -> None:
    with client(sandbox()) as arm:
        refused = lock(arm, GROUP, name=name)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidLockName")


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (f"{IN_SUBSCRIPTION}/resourceGroups/absent", "ResourceGroupNotFound"),
        (f"{IDENTITIES}/absent", "ResourceNotFound"),
        (f"{GROUP}/providers/Microsoft.Web/sites/absent", "ResourceNotFound"),
        ("/subscriptions/99999999-9999-9999-9999-999999999999", "SubscriptionNotFound"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_scope_that_does_not_exist_is_404(method: str, scope: str, code: str) -> None:
    with client(sandbox()) as arm:
        missing = arm.request(method, lock_id(scope), params=LOCKS_VERSION, json={"properties": {"level": "ReadOnly"}})

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, code)


@pytest.mark.parametrize(("method", "action"), [("GET", "read"), ("PUT", "write"), ("DELETE", "delete")])
def test_each_method_needs_its_own_action(method: str, action: str) -> None:
    grant = Grant("me", "/", ("*",), (f"Microsoft.Authorization/locks/{action}",))

    with client(sandbox(grant), token_of("me")) as arm:
        refused = arm.request(method, lock_id(GROUP), params=LOCKS_VERSION, json={"properties": {"level": "ReadOnly"}})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")


@pytest.mark.parametrize("version", ["2016-09-01", "2017-04-01", "2020-05-01"])
def test_api_versions_answer_alike(version: str) -> None:
    with client(sandbox()) as arm:
        created = lock(arm, GROUP)
        read = arm.get(lock_id(GROUP), params={"api-version": version})

    assert read.json() == created.json()
