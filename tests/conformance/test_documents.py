"""Which operations a folder of documents has, and which of them a request asks for."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.documents import FOLDER_VARIABLE, Specification, specification_folder
from tests.conformance.tiny import operation, write_specification

THINGS = "/subscriptions/{subscriptionId}/resourceGroups/{group}/providers/Contoso.Things/things"
EXTENSION = "/providers/Microsoft.Authorization/locks/{name}"


@pytest.fixture
def specification(tmp_path: Path) -> Specification:
    paths: dict[str, dict[str, Any]] = {
        THINGS: {"get": operation("Things_List", {"200": None})},
        f"{THINGS}/{{thing}}": {
            "parameters": [],
            "get": operation("Things_Get", {"200": None}),
            "put": operation("Things_Put", {"201": None, "200": None}),
        },
        "/{scope}" + EXTENSION: {"get": operation("Locks_GetByScope", {"200": None})},
        "/subscriptions/{subscriptionId}" + EXTENSION: {"get": operation("Locks_GetAtSubscription", {"200": None})},
        "/subscriptions/{id}/providers/{namespace}/{parentResourcePath}/{type}/{name}" + EXTENSION: {
            "get": operation("Locks_GetAtResource", {"200": None})
        },
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{name}": {
            "get": operation("RoleAssignments_Get", {"200": None})
        },
        "/{roleAssignmentId}": {"get": operation("RoleAssignments_GetById", {"200": None})},
    }
    more = {"/{roleId}?disambiguation_dummy": {"get": operation("RoleDefinitions_GetById", {"200": None})}}
    return write_specification(tmp_path, paths, more_paths=more)


def test_operations_are_named_by_provider_version_and_id(specification: Specification) -> None:
    told = [(one.label, one.method, one.statuses) for one in specification.operations]

    assert told == [
        ("Contoso.Things 2024-01-01 Things_Get", "GET", (200,)),
        ("Contoso.Things 2024-01-01 Things_List", "GET", (200,)),
        ("Contoso.Things 2024-01-01 Things_Put", "PUT", (200, 201)),
        ("Microsoft.Authorization 2024-01-01 Locks_GetAtResource", "GET", (200,)),
        ("Microsoft.Authorization 2024-01-01 Locks_GetAtSubscription", "GET", (200,)),
        ("Microsoft.Authorization 2024-01-01 Locks_GetByScope", "GET", (200,)),
        ("Microsoft.Authorization 2024-01-01 RoleAssignments_Get", "GET", (200,)),
        ("Microsoft.Authorization 2024-01-01 RoleAssignments_GetById", "GET", (200,)),
        ("Microsoft.Authorization 2024-01-01 RoleDefinitions_GetById", "GET", (200,)),
    ]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/subscriptions/s/resourceGroups/g/providers/Contoso.Things/things", ["Things_List"]),
        ("/SUBSCRIPTIONS/s/resourcegroups/g/providers/contoso.THINGS/Things/t", ["Things_Get"]),
        ("//subscriptions/s/resourceGroups/g//providers/Contoso.Things/things/t/", ["Things_Get"]),
        ("/%2Fsubscriptions%2Fs/providers/Microsoft.Authorization/locks/l", ["Locks_GetAtSubscription"]),
        ("/subscriptions/s/providers/a/b/c/providers/Microsoft.Authorization/locks/l", ["Locks_GetAtResource"]),
        ("/subscriptions/s/providers/a/b/c/d/e/providers/Microsoft.Authorization/locks/l", ["Locks_GetAtResource"]),
        ("/providers/Microsoft.Authorization/locks/l", ["Locks_GetByScope"]),
        (
            "//subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r",
            ["RoleAssignments_Get", "RoleAssignments_GetById"],
        ),
        ("/providers/Microsoft.Authorization/roleDefinitions/r", ["RoleDefinitions_GetById"]),
        ("/subscriptions/s", []),
    ],
)
def test_request_asks_for_the_operations_of_the_most_particular_template(
    path: str, names: list[str], specification: Specification
) -> None:
    found = specification.find("GET", path, "2024-01-01")

    assert [one.name for one in found] == names


@pytest.mark.parametrize(("method", "version"), [("DELETE", "2024-01-01"), ("GET", "2023-01-01"), ("GET", "")])
def test_request_of_another_method_or_version_is_not_documented(
    method: str, version: str, specification: Specification
) -> None:
    path = "/subscriptions/s/resourceGroups/g/providers/Contoso.Things/things"

    assert specification.find(method, path, version) == ()


def test_version_that_is_not_released_is_left_out(tmp_path: Path) -> None:
    paths = {THINGS: {"get": operation("Things_List", {"200": None})}}

    specification = write_specification(tmp_path, paths, version="2026-04-30")

    assert specification.operations == ()


def test_folder_is_the_one_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    there = specification_folder()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    absent = specification_folder()

    assert (there, absent) == (tmp_path, None)
