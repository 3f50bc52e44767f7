"""Rules of user-assigned identities beyond their life: locations, names, tags, isolation scope."""

import httpx
import pytest

from reconciler.sandbox.state.state import Identity
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    OLDER_VERSION,
    TYPE,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    group,
    identity,
    names,
)


def put(arm: httpx.Client, body: dict[str, object], name: str = "id-a") -> httpx.Response:
    return arm.put(f"{IDENTITIES}/{name}", params=VERSION, json=body)


def test_unknown_location_is_refused_with_the_list_of_regions() -> None:
    with client(application()) as arm:
        refused = put(arm, {"location": "Atlantis"})

    status, code, message = error(refused)
    assert (status, code) == (400, "LocationNotAvailableForResourceType")
    assert message.startswith(
        f"The provided location 'Atlantis' is not available for resource type '{TYPE}'. "
        "List of available regions for the resource type is 'australiacentral,"
    )
    assert "westeurope" in message


def test_missing_location_is_refused() -> None:
    with client(application()) as arm:
        refused = put(arm, {"tags": {}})

    assert error(refused) == (400, "LocationRequired", "The location property is required for this definition.")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_other_location_of_an_existing_identity_is_a_conflict(method: str) -> None:
    with client(application(contents([identity("id-A")]))) as arm:
        refused = arm.request(method, f"{IDENTITIES}/id-a", params=VERSION, json={"location": "North Europe"})

    assert error(refused) == (
        409,
        "InvalidResourceLocation",
        "The resource 'id-A' already exists in location 'westeurope' in resource group 'rg-Payments'. A resource with "
        "the same name cannot be created in location 'northeurope'. Please select a new resource name.",
    )


def test_patch_may_repeat_the_location() -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        patched = arm.patch(f"{IDENTITIES}/id-a", params=VERSION, json={"location": "West Europe"})

    assert (patched.status_code, patched.json()["location"]) == (200, "westeurope")


@pytest.mark.parametrize("name", ["ab", "-abc", "_abc", "a.bc", "a b c", "ä-id", "a" * 129])
def test_bad_name_is_refused(name: str) -> None:
    with client(application()) as arm:
        refused = put(arm, {"location": "westeurope"}, name)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize("name", ["abc", "1-a_B", "a" * 128])
def test_good_name_is_accepted(name: str) -> None:
    with client(application()) as arm:
        created = put(arm, {"location": "westeurope"}, name)

    assert (created.status_code, created.json()["name"]) == (201, name)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"a<b": "x"}, "InvalidTagNameCharacters"),
        ({"": "x"}, "InvalidTagName"),
        ({"n" * 513: "x"}, "InvalidTagNameLength"),
        ({"a": "v" * 257}, "InvalidTagValueLength"),
        ({f"tag{number}": "" for number in range(51)}, "TooManyTags"),
        ({"env": "1", "ENV": "2"}, "DuplicateTagName"),
        ({"a": 1}, "InvalidRequestContent"),
        (["a"], "InvalidRequestContent"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_bad_tags_are_refused_and_change_nothing(method: str, tags: object, code: str) -> None:
    app = application(contents([identity("id-a")]))

    with client(app) as arm:
        refused = arm.request(
            method, f"{IDENTITIES}/id-a", params=VERSION, json={"location": "westeurope", "tags": tags}
        )

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert list(app.state.shelf(Identity)) == [identity("id-a")]


def test_tags_at_the_limits_are_accepted() -> None:
    tags = {f"{number:0512}": "v" * 256 for number in range(50)}

    with client(application()) as arm:
        created = put(arm, {"location": "westeurope", "tags": tags})

    assert (created.status_code, created.json()["tags"]) == (201, tags)


def test_put_without_tags_empties_them_and_patch_without_tags_keeps_them() -> None:
    with client(application()) as arm:
        put(arm, {"location": "westeurope", "tags": {"a": "1"}})
        patched = arm.patch(f"{IDENTITIES}/id-a", params=VERSION, json={})
        replaced = put(arm, {"location": "westeurope"})

    assert [patched.json()["tags"], replaced.json()["tags"]] == [{"a": "1"}, {}]


def test_isolation_scope_is_served_to_api_versions_that_know_it() -> None:
    with client(application()) as arm:
        created = put(arm, {"location": "westeurope", "properties": {"isolationScope": "regional"}})
        older = arm.get(f"{IDENTITIES}/id-a", params=OLDER_VERSION)

    assert created.json()["properties"]["isolationScope"] == "Regional"
    assert "isolationScope" not in older.json()["properties"]


@pytest.mark.parametrize(
    ("version", "shown"), [("2024-11-30", True), ("2025-01-31-preview", True), ("2023-01-31", False)]
)
def test_isolation_scope_that_was_never_set_is_none_for_api_versions_that_know_it(version: str, shown: bool) -> None:
    asked = {"api-version": version}

    with client(application(contents([identity("id-old")]))) as arm:
        made = arm.put(f"{IDENTITIES}/id-a", params=asked, json={"location": "westeurope"}).json()
        listed = arm.get(IDENTITIES, params=asked).json()["value"]

    expected = "None" if shown else "absent"
    assert [one["properties"].get("isolationScope", "absent") for one in (made, *listed)] == [expected] * 3


def test_patch_sets_the_isolation_scope() -> None:
    with client(application()) as arm:
        created = put(arm, {"location": "westeurope"})
        patched = arm.patch(f"{IDENTITIES}/id-a", params=VERSION, json={"properties": {"isolationScope": "Regional"}})

    assert created.json()["properties"]["isolationScope"] == "None"
    assert patched.json()["properties"]["isolationScope"] == "Regional"


def test_older_api_version_leaves_the_isolation_scope_alone() -> None:
    with client(application()) as arm:
        put(arm, {"location": "westeurope", "properties": {"isolationScope": "Regional"}})
        arm.put(f"{IDENTITIES}/id-a", params=OLDER_VERSION, json={"location": "westeurope"})
        read = arm.get(f"{IDENTITIES}/id-a", params=VERSION)

    assert read.json()["properties"]["isolationScope"] == "Regional"


def test_unknown_isolation_scope_is_refused() -> None:
    with client(application()) as arm:
        refused = put(arm, {"location": "westeurope", "properties": {"isolationScope": "Global"}})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")


def test_patch_of_an_absent_identity_is_404() -> None:
    with client(application()) as arm:
        missing = arm.patch(f"{IDENTITIES}/id-a", params=VERSION, json={"tags": {}})

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_subscription_list_holds_every_group_in_order() -> None:
    start = contents(
        [identity("id-z", "rg-a"), identity("id-b", "rg-b"), identity("id-a", "rg-b")],
        groups=(group("rg-b"), group("rg-a"), group("rg-a2")),
    )

    with client(application(start)) as arm:
        everywhere = arm.get(f"{IN_SUBSCRIPTION}/providers/{TYPE}", params=VERSION)
        in_group = arm.get(f"{IN_SUBSCRIPTION}/resourceGroups/RG-A/providers/{TYPE}", params=VERSION)

    assert (names(everywhere), names(in_group)) == (["id-z", "id-a", "id-b"], ["id-z"])


def test_identity_in_a_group_that_is_being_deleted_cannot_be_written_but_is_still_listed() -> None:
    with client(application(contents([identity("id-a")]), clock=Clock())) as arm:
        arm.delete(GROUP, params=GROUPS_VERSION)

        refused = put(arm, {"location": "westeurope"}, "id-b")
        listed = arm.get(IDENTITIES, params=VERSION)

    assert error(refused) == (
        409,
        "ResourceGroupBeingDeleted",
        "The resource group 'rg-Payments' is in deprovisioning state and cannot perform this operation.",
    )
    assert names(listed) == ["id-a"]


def test_new_ids_depend_on_the_seed_and_the_history_alone() -> None:
    def create() -> object:
        with client(application()) as arm:
            return put(arm, {"location": "westeurope"}).json()["properties"]

    assert create() == create()
