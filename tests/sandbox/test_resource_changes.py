"""Resource Graph's table `resourcechanges`: who changed which property of what, for 14 days."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.transport import embedded
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.state import Grant
from reconciler.sandbox.state_file.document import format_state, parse_state
from reconciler.sandbox.state_file.file import save_state
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    VERSION,
    Clock,
    application,
    client,
    contents,
    identity,
    token_of,
)
from tests.sandbox.graph import rows

ID_A = f"{IDENTITIES}/id-a"
TARGET = f"{GROUP}/providers/microsoft.managedidentity/userassignedidentities/id-a"
RUN = "0a1b2c3d-0000-0000-0000-00000000000f"
PERSON = encode({"oid": "oid-1", "appid": "app-1", "upn": "jo@contoso.com"})
PIPELINE = encode({"oid": "oid-2", "appid": "app-2", "idtyp": "app"})
AZ = {"User-Agent": "AZURECLI/2.91.0 (DEB) azsdk-python-core/1.36.0"}
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"


def changes(arm: httpx.Client) -> list[dict[str, Any]]:
    found = rows(arm, "resourcechanges | order by id asc")
    return sorted((row["properties"] for row in found), key=lambda one: one["changeAttributes"]["timestamp"])


def test_record_says_who_changed_what_with_which_program() -> None:
    clock = Clock()
    with client(application(contents([identity("id-a")]), clock=clock), PERSON) as arm:
        arm.patch(
            ID_A, params=VERSION, json={"tags": {"env": "prod"}}, headers={**AZ, "x-ms-correlation-request-id": RUN}
        ).raise_for_status()
        found = rows(arm, "ResourceChanges | where resourceGroup == 'rg-Payments'")

    (row,) = found
    assert (row["type"], row["id"]) == (
        "microsoft.resources/changes",
        f"{TARGET}/providers/Microsoft.Resources/changes/{row['name']}",
    )
    assert row["properties"] == {
        "targetResourceId": TARGET,
        "targetResourceType": "microsoft.managedidentity/userassignedidentities",
        "changeType": "Update",
        "changeAttributes": {
            "correlationId": RUN,
            "changedByType": "User",
            "changesCount": 1,
            "clientType": "Azure CLI",
            "changedBy": "jo@contoso.com",
            "operation": "microsoft.managedidentity/userassignedidentities/write",
            "timestamp": "2026-03-01T12:00:00.000+00:00",
        },
        "changes": {
            "tags.env": {
                "newValue": "prod",
                "previousValue": "null",
                "changeCategory": "User",
                "propertyChangeType": "Insert",
            }
        },
    }


def test_life_of_an_identity_is_a_record_for_each_step_and_none_where_nothing_changed() -> None:
    clock = Clock()
    with client(application(clock=clock), PIPELINE) as arm:
        for body in (
            {"location": "westeurope"},
            {"location": "westeurope"},
            {"location": "westeurope", "tags": {"a": "1"}},
        ):
            arm.put(ID_A, params=VERSION, json=body).raise_for_status()
            clock.advance(60)
        arm.delete(ID_A, params=VERSION).raise_for_status()
        clock.advance(60)
        arm.delete(ID_A, params=VERSION).raise_for_status()
        found = changes(arm)

    assert [one["changeType"] for one in found] == ["Create", "Update", "Delete"]
    attributes = [one["changeAttributes"] for one in found]
    assert {(one["changedBy"], one["changedByType"], one["clientType"]) for one in attributes} == {
        ("app-2", "Application", "Unknown")
    }
    assert [one["timestamp"][11:19] for one in attributes] == ["12:00:00", "12:02:00", "12:03:00"]


def test_tags_written_at_a_scope_are_a_change_of_the_resource() -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        arm.put(
            f"{ID_A}/providers/Microsoft.Resources/tags/default",
            params={"api-version": "2021-04-01"},
            json={"properties": {"tags": {"env": "dev"}}},
        ).raise_for_status()
        (found,) = changes(arm)

    assert (found["targetResourceId"], list(found["changes"])) == (TARGET, ["tags.env"])


def test_deletion_of_a_group_is_a_deletion_of_what_is_in_it() -> None:
    clock = Clock()
    with client(application(contents([identity("id-a"), identity("id-b")]), clock=clock), PERSON) as arm:
        arm.put(VNET, params={"api-version": "2024-07-01"}, json={"location": "westeurope"}).raise_for_status()
        arm.delete(GROUP, params=GROUPS_VERSION).raise_for_status()
        before = changes(arm)
        clock.advance(61)
        after = changes(arm)

    assert [one["changeType"] for one in before] == ["Create"]
    assert [(one["changeType"], one["changeAttributes"]["changedBy"]) for one in after[1:]] == [
        ("Delete", "jo@contoso.com")
    ] * 3


def test_children_have_no_history() -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        credential = {"issuer": "https://issuer.example", "subject": "s", "audiences": ["a"]}
        arm.put(
            f"{ID_A}/federatedIdentityCredentials/main", params=VERSION, json={"properties": credential}
        ).raise_for_status()

        assert changes(arm) == []


def test_records_are_kept_for_14_days() -> None:
    clock = Clock()
    with client(application(contents([identity("id-a")]), clock=clock)) as arm:
        arm.patch(ID_A, params=VERSION, json={"tags": {"a": "1"}}).raise_for_status()
        clock.advance(14 * 86400)
        at_the_end = changes(arm)
        clock.advance(1)
        later = changes(arm)

    assert (len(at_the_end), later) == (1, [])


@pytest.mark.parametrize(
    ("actions", "count"),
    [(("*/read",), 1), (("Microsoft.ManagedIdentity/*",), 0), (("Microsoft.Resources/*/read",), 1)],
)
def test_query_leaves_out_what_the_caller_may_not_read(actions: tuple[str, ...], count: int) -> None:
    grants = [Grant("writer", "/", ("*",)), Grant("reader", IN_SUBSCRIPTION, actions)]
    app = application(contents([identity("id-a")], grants))
    with client(app, token_of("writer")) as writer, client(app, token_of("reader")) as reader:
        writer.patch(ID_A, params=VERSION, json={"tags": {"a": "1"}}).raise_for_status()

        assert len(changes(reader)) == count


def test_history_outlives_the_process_and_its_own_text(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save_state(path, contents())
    with embedded(path, writable=True) as transport, client(transport.application) as arm:
        arm.put(ID_A, params=VERSION, json={"location": "westeurope", "tags": {"a": "ü"}}).raise_for_status()
        first = changes(arm)
    with embedded(path, writable=False) as transport, client(transport.application) as arm:
        again = changes(arm)
        whole = transport.application.state.contents()

    assert first == again != []
    assert parse_state(format_state(whole)) == whole


def test_damaged_history_names_the_place() -> None:
    with pytest.raises(StateError, match=r"resourceChanges\[0\]\.id must be the id of a change"):
        parse_state('{"version": 1, "resourceChanges": [{"id": "/x"}]}')
