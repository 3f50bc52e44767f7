"""The sandbox by its door: what `reconciler.sandbox` itself offers, and what its import costs."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from reconciler import sandbox
from reconciler.sandbox.catalog.kinds import KINDS
from reconciler.sandbox.gateway.calls import claims_of
from tests.sandbox.arm import GROUP, GROUPS_VERSION, SUBSCRIPTION

COLLECTIONS = {
    "subscriptions": [{"subscriptionId": SUBSCRIPTION}],
    "resourceGroups": [{"id": GROUP, "location": "West Europe"}],
}
HEADERS = {"Authorization": "Bearer any"}


def test_import_of_the_door_brings_no_library_and_opens_no_room_but_for_values_and_options() -> None:
    script = (
        "import sys, reconciler.sandbox\n"
        "heavy = {'werkzeug', 'cheroot', 'trustme', 'httpx', 'yaml'} & set(sys.modules)\n"
        "rooms = [one for one in sys.modules if one.startswith('reconciler.sandbox.') and one.count('.') > 2]\n"
        "print(sorted(heavy), sorted({one.split('.')[2] for one in rooms}))\n"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert shown.stdout == "[] ['serving', 'state']\n"


def test_every_public_name_of_the_door_is_there() -> None:
    assert [name for name in sandbox.__all__ if not hasattr(sandbox, name)] == []


def test_server_of_a_state_file_answers_until_the_block_ends_and_saves(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asked = sandbox.Serving(state=path, subscriptions=(SUBSCRIPTION, SUBSCRIPTION.upper()))

    with sandbox.serve(asked) as served, httpx.Client(base_url=served.url, headers=HEADERS, trust_env=False) as arm:
        created = arm.put(GROUP, params=GROUPS_VERSION, json={"location": "westeurope"})

    document = json.loads(path.read_text(encoding="utf-8"))
    assert (created.status_code, served.certificate) == (201, None)
    assert [one["subscriptionId"] for one in document["subscriptions"]] == [SUBSCRIPTION]
    assert [one["id"] for one in document["resourceGroups"]] == [GROUP]


def test_server_with_tls_says_which_certificate_to_trust() -> None:
    with sandbox.serve(sandbox.Serving(tls=True)) as served:
        assert served.certificate is not None
        known = served.certificate.read_bytes()

    assert known.startswith(b"-----BEGIN CERTIFICATE-----")
    assert served.url.startswith("https://localhost:")


def test_script_of_faults_that_makes_no_sense_starts_no_server(tmp_path: Path) -> None:
    asked = sandbox.Serving(state=tmp_path / "state.json", faults="")

    with pytest.raises(sandbox.FaultFileError), sandbox.serve(asked):
        pytest.fail("served")

    assert not (tmp_path / "state.json").exists()


def test_text_of_collections_can_be_loaded_and_is_in_normal_form(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(sandbox.state_text(SUBSCRIPTION, COLLECTIONS), encoding="utf-8")

    loaded = sandbox.load(path)

    assert loaded.tenant_id == SUBSCRIPTION
    assert '"location": "westeurope"' in path.read_text(encoding="utf-8")


def test_collections_that_no_sandbox_could_load_are_an_error() -> None:
    with pytest.raises(sandbox.StateError) as caught:
        sandbox.state_text(SUBSCRIPTION, {**COLLECTIONS, "subscriptions": []})

    assert str(caught.value) == "resourceGroups[0].id is in a subscription that the file does not list"


def test_access_token_has_the_claims_that_it_was_made_of() -> None:
    assert claims_of(sandbox.access_token({"oid": "someone"})) == {"oid": "someone"}


@pytest.mark.parametrize(("text", "speed"), [("off", None), ("azure", 1.0), ("x2.5", 2.5)])
def test_rates_are_words_or_a_factor(text: str, speed: float | None) -> None:
    assert sandbox.parse_rates(text) == speed


def test_every_kind_has_a_collection_and_a_value_of_its_own() -> None:
    collections, values = [kind.collection for kind in KINDS], [kind.value for kind in KINDS]

    assert sorted(set(collections)) == sorted(collections)
    assert len(set(values)) == len(values)
    assert [kind.collection for kind in KINDS if not kind.is_always_written] == [
        *("denyAssignments", "directoryGroups", "applications", "appRoleAssignments")
    ]


def test_every_kind_comes_after_what_it_is_in() -> None:
    values = [kind.value for kind in KINDS]

    late = [
        kind.collection
        for at, kind in enumerate(KINDS)
        if kind.parent is not None and kind.parent.value not in values[:at]
    ]

    assert late == []
