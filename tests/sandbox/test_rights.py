"""Rights: refusals per action, lists that are filtered, and the endpoint that tells callers what they have."""

import pytest

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    PERMISSIONS_VERSION,
    TYPE,
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

OTHER_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
READER = ("*/read",)
ME = token_of("me")


def sandbox(*grants: Grant) -> Application:
    identities = [identity("id-a"), identity("id-b"), identity("id-c", "rg-other")]
    return application(contents(identities, grants, (group(), group("rg-other"))))


def test_caller_without_the_right_is_refused_in_the_words_of_arm() -> None:
    with client(sandbox(Grant("me", GROUP, READER)), ME) as arm:
        refused = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

    assert error(refused) == (
        403,
        "AuthorizationFailed",
        f"The client 'app-1' with object id 'me' does not have authorization to perform action '{TYPE}/delete' over "
        f"scope '{IDENTITIES}/id-a' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    )
    assert refused.headers["x-ms-failure-cause"] == "gateway"


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", f"{IDENTITIES}/id-a", f"{TYPE}/read"),
        ("PUT", f"{IDENTITIES}/id-a", f"{TYPE}/write"),
        ("PATCH", f"{IDENTITIES}/id-a", f"{TYPE}/write"),
        ("DELETE", f"{IDENTITIES}/id-a", f"{TYPE}/delete"),
    ],
)
def test_each_method_needs_its_own_action(method: str, path: str, action: str) -> None:
    body = {"location": "westeurope"}
    with_it = sandbox(Grant("me", GROUP, (action,)))
    without_it = sandbox(Grant("me", GROUP, ("*",), (action,)))

    with client(with_it, ME) as allowed, client(without_it, ME) as denied:
        statuses = [arm.request(method, path, params=VERSION, json=body).status_code for arm in (allowed, denied)]

    assert statuses == [200, 403]


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", "read"), ("HEAD", "read"), ("PUT", "write"), ("PATCH", "write"), ("DELETE", "delete")],
)
def test_each_method_of_a_group_needs_its_own_action(method: str, action: str) -> None:
    refused_action = f"Microsoft.Resources/subscriptions/resourceGroups/{action}"

    with client(sandbox(Grant("me", IN_SUBSCRIPTION, ("*",), (refused_action,))), ME) as arm:
        refused = arm.request(method, GROUP, params=GROUPS_VERSION, json={"location": "westeurope"})

    assert refused.status_code == 403


def test_what_one_grant_withholds_another_gives() -> None:
    grants = (Grant("me", GROUP, ("*",), (f"{TYPE}/delete",)), Grant("*", GROUP, (f"{TYPE}/*",)))

    with client(sandbox(*grants), ME) as arm:
        deleted = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

    assert deleted.status_code == 200


def test_grant_holds_below_its_scope_in_any_case_but_not_beside_it() -> None:
    beside = f"{IN_SUBSCRIPTION}/resourceGroups/rg-Pay"

    with client(sandbox(Grant("me", GROUP.upper(), READER)), ME) as below:
        found = below.get(f"{IDENTITIES}/id-a", params=VERSION)
    with client(sandbox(Grant("me", beside, READER)), ME) as elsewhere:
        refused = elsewhere.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert (found.status_code, refused.status_code) == (200, 403)


def test_subscription_list_shows_only_what_the_caller_may_read() -> None:
    with client(sandbox(Grant("me", GROUP, READER)), ME) as arm:
        listed = arm.get(f"{IN_SUBSCRIPTION}/providers/{TYPE}", params=VERSION)

    assert (listed.status_code, names(listed)) == (200, ["id-a", "id-b"])


def test_group_list_shows_only_what_the_caller_may_read() -> None:
    with client(sandbox(Grant("me", f"{IDENTITIES}/id-b", READER)), ME) as arm:
        listed = arm.get(IDENTITIES, params=VERSION)

    assert (listed.status_code, names(listed)) == (200, ["id-b"])


def test_list_is_refused_where_the_caller_has_no_right_in_reach() -> None:
    with client(sandbox(Grant("me", OTHER_GROUP, READER)), ME) as arm:
        refused = arm.get(IDENTITIES, params=VERSION)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_absent_group_is_hidden_from_a_caller_without_rights() -> None:
    absent = f"{IN_SUBSCRIPTION}/resourceGroups/absent/providers/{TYPE}"

    with client(sandbox(Grant("me", GROUP, READER)), ME) as arm:
        hidden = arm.get(absent, params=VERSION)
    with client(sandbox(Grant("me", IN_SUBSCRIPTION, READER)), ME) as arm:
        missing = arm.get(absent, params=VERSION)

    assert (hidden.status_code, missing.status_code) == (403, 404)


def test_groups_and_subscriptions_are_filtered_too() -> None:
    with (
        client(sandbox(Grant("me", GROUP, READER)), ME) as some,
        client(sandbox(Grant("you", "/", READER)), ME) as none,
    ):
        groups = some.get(f"{IN_SUBSCRIPTION}/resourceGroups", params=GROUPS_VERSION)
        subscriptions = [arm.get("/subscriptions", params=GROUPS_VERSION).json()["value"] for arm in (some, none)]
        whole = some.get(IN_SUBSCRIPTION, params=GROUPS_VERSION)

    assert names(groups) == ["rg-Payments"]
    assert [len(value) for value in subscriptions] == [1, 0]
    assert whole.status_code == 403


def test_permissions_lists_each_grant_at_the_scope_and_above() -> None:
    grants = (
        Grant("me", "/", ("Microsoft.Authorization/*/read",)),
        Grant("*", GROUP, ("*",), (f"{TYPE}/delete",)),
        Grant("me", f"{IDENTITIES}/id-a", READER),
        Grant("you", GROUP, ("*",)),
    )

    def entry(actions: list[str], not_actions: list[str]) -> dict[str, object]:
        return {"actions": actions, "notActions": not_actions, "dataActions": [], "notDataActions": []}

    with client(sandbox(*grants), ME) as arm:
        answers = [
            arm.get(f"{scope}/providers/Microsoft.Authorization/permissions", params=PERMISSIONS_VERSION)
            for scope in (IN_SUBSCRIPTION, GROUP, f"{IDENTITIES}/id-a")
        ]

    everywhere = entry(["Microsoft.Authorization/*/read"], [])
    in_group = entry(["*"], [f"{TYPE}/delete"])
    assert [answer.json()["value"] for answer in answers] == [
        [everywhere],
        [everywhere, in_group],
        [everywhere, in_group, entry(["*/read"], [])],
    ]


def test_permissions_of_a_state_without_grants_are_everything() -> None:
    with client(sandbox()) as arm:
        answer = arm.get(f"{GROUP}/providers/Microsoft.Authorization/permissions", params=PERMISSIONS_VERSION)

    everything = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
    assert answer.json() == {"value": [everything]}


def test_permissions_are_refused_without_the_right_and_in_an_absent_group() -> None:
    path = "providers/Microsoft.Authorization/permissions"

    with client(sandbox(Grant("me", GROUP, (f"{TYPE}/read",))), ME) as arm:
        refused = arm.get(f"{GROUP}/{path}", params=PERMISSIONS_VERSION)
        missing = arm.get(f"{IN_SUBSCRIPTION}/resourceGroups/absent/{path}", params=PERMISSIONS_VERSION)

    assert (refused.status_code, missing.status_code) == (403, 404)


def test_token_that_is_no_jwt_is_anonymous() -> None:
    with client(sandbox(Grant("anonymous", GROUP, READER)), "e30.####.x") as arm:
        found = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert found.status_code == 200
