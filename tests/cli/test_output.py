"""`uami output`: the ids of the listed identities, for people, programs, shells, Terraform and Kubernetes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import kubernetes_validate
import pytest
import yaml

from tests.cli.command import Uami
from tests.cli.conftest import EXAMPLES, Serve
from tests.cli.inputs import SUBSCRIPTION, TENANT, identity_scope, write_manifest, write_state

OUTPUT = ("output", "m.yaml", "--sandbox", "s.json")
CLIENT = "c11e0000-0000-4000-8000-000000000000"
PRINCIPAL = "0b2c0000-0000-4000-8000-000000000000"
NOTE = "Note: rg-a/id-new is left out: it is not live yet (m.yaml:1:"


def trusting(name: str, *accounts: str) -> dict[str, Any]:
    """An identity that trusts service accounts, each as `NAMESPACE/NAME`."""
    forms = [{"issuer": "https://oidc.example/c1/", "namespace": one.partition("/")[0]} for one in accounts]
    return {
        "name": name,
        "federatedCredentials": [
            {"name": f"cluster-{number}", "kubernetes": {**form, "serviceAccount": one.partition("/")[2]}}
            for number, (form, one) in enumerate(zip(forms, accounts, strict=True))
        ],
    }


@pytest.fixture
def half(folder: Path) -> Path:
    """`m.yaml` and `s.json`: of two listed identities one lives, beside one that is not listed."""
    write_manifest(
        folder / "m.yaml", {"rg-a": [trusting("id-api", "payments/api"), trusting("id-new", "payments/new")]}
    )
    write_state(folder / "s.json", {"rg-a": {"id-api": {}, "id-other": {}}})
    return folder


def test_outputs_for_people_are_blocks_of_whole_ids(uami: Uami, half: Path) -> None:
    ended = uami(*OUTPUT, "--allow-missing")

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == (
        "SANDBOX       s.json\n"
        f"Tenant        {TENANT}\n"
        f"Subscription  contoso ({SUBSCRIPTION})\n"
        "\n"
        "rg-a/id-api\n"
        f"  client id     {CLIENT}\n"
        f"  principal id  {PRINCIPAL}\n"
        f"  tenant id     {TENANT}\n"
        f"  resource id   {identity_scope('rg-a', 'id-api')}\n"
        "  location      westeurope\n"
        "\n"
        "rg-a/id-new  (not live yet)\n"
    )


@pytest.mark.parametrize("form", ["text", "yaml", "dotenv", "tfvars", "configmap", "service-accounts"])
def test_identity_that_is_not_live_is_an_error_and_nothing_is_printed(uami: Uami, half: Path, form: str) -> None:
    ended = uami(*OUTPUT, "--format", form)

    assert (ended.code, ended.stdout) == (1, "")
    first, second, hint = ended.stderr.splitlines()
    assert first == "Error: 1 of 2 identities is not as the manifest says:"
    assert second.startswith("  rg-a/id-new (m.yaml:1:")
    assert second.endswith("): not live yet")
    assert hint == "Hint: `uami apply` creates what is missing; --allow-missing leaves it out."


def test_yaml_and_json_are_the_same_document(uami: Uami, half: Path) -> None:
    as_json, as_yaml = (uami(*OUTPUT, "--allow-missing", "--format", form) for form in ("json", "yaml"))

    assert (as_json.code, as_json.stderr, as_yaml.code, as_yaml.stderr) == (0, "", 0, "")
    assert yaml.safe_load(as_yaml.stdout) == as_json.document
    assert [one["client_id"] for one in as_json.document["identities"]] == [CLIENT, None]


def test_dotenv_is_read_by_a_shell(uami: Uami, half: Path) -> None:
    ended = uami(*OUTPUT, "--allow-missing", "--format", "dotenv")
    (half / "ids.env").write_text(ended.stdout)

    script = "set -aeu; . ./ids.env; env | grep ^ID_ | sort"
    shown = subprocess.run(["sh", "-c", script], cwd=half, capture_output=True, text=True, check=True).stdout

    assert (ended.code, ended.stderr.startswith(NOTE)) == (0, True)
    assert shown.splitlines() == [
        f"ID_API_CLIENT_ID={CLIENT}",
        f"ID_API_PRINCIPAL_ID={PRINCIPAL}",
        f"ID_API_RESOURCE_ID={identity_scope('rg-a', 'id-api')}",
        f"ID_API_TENANT_ID={TENANT}",
    ]


def test_tfvars_are_one_variable_of_hcl(uami: Uami, half: Path) -> None:
    ended = uami(*OUTPUT, "--allow-missing", "--format", "tfvars")

    found = hcl2.loads(ended.stdout)["uami_identities"]['"id-api"']
    assert (ended.code, ended.stderr.startswith(NOTE)) == (0, True)
    assert (found["client_id"], found["location"]) == (f'"{CLIENT}"', '"westeurope"')


def test_objects_are_what_kubernetes_takes(uami: Uami, half: Path) -> None:
    config_map, accounts = (
        uami(*OUTPUT, "--allow-missing", "--format", form) for form in ("configmap", "service-accounts")
    )

    objects = [yaml.safe_load(one.stdout) for one in (config_map, accounts)]
    for one in objects:
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
    assert [one["kind"] for one in objects] == ["ConfigMap", "ServiceAccount"]
    assert objects[0]["data"]["ID_API_CLIENT_ID"] == CLIENT
    assert objects[1]["metadata"]["annotations"]["azure.workload.identity/client-id"] == CLIENT
    assert accounts.stderr.startswith("Note: The service account payments/new is left out: rg-a/id-new is not live")


@pytest.mark.parametrize("form", ["dotenv", "configmap", "tfvars"])
def test_identities_that_would_share_names_are_wrong_usage_before_anything_is_read(
    uami: Uami, folder: Path, form: str
) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"], "rg-b": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}, "rg-b": {"id-one": {}}})

    shared = uami("output", "m.yaml", "--sandbox", "nowhere.json", "--format", form)
    alone = uami(*OUTPUT, "--format", form, "--target", "rg-b")

    assert (shared.code, alone.code) == (64, 0)
    assert "rg-a/id-one (m.yaml:1:" in shared.stderr
    assert "rg-b/id-one (m.yaml:1:" in shared.stderr
    assert "rg-b/providers" in alone.stdout


def test_service_account_of_two_identities_is_wrong_usage_and_of_a_wrong_name_an_invalid_manifest(
    uami: Uami, folder: Path
) -> None:
    odd = {"name": "odd", "issuer": "https://oidc.example/", "subject": "system:serviceaccount:Payments:api"}
    write_manifest(folder / "two.yaml", {"rg-a": [trusting("id-one", "a/b"), trusting("id-two", "a/b")]})
    write_manifest(folder / "odd.yaml", {"rg-a": [{"name": "id-one", "federatedCredentials": [odd]}]})
    form = ("--sandbox", "nowhere.json", "--format", "service-accounts")

    two, wrong = uami("output", "two.yaml", *form), uami("output", "odd.yaml", *form)

    assert (two.code, two.stdout, wrong.code, wrong.stdout) == (64, "", 65, "")
    assert "  a/b: rg-a/id-one (two.yaml:1:" in two.stderr
    assert wrong.stderr.startswith("odd.yaml:1:")
    assert "Probably meant: system:serviceaccount:payments:api" in wrong.stderr


def test_another_principal_than_the_pinned_one_is_an_error_even_where_some_may_be_missing(
    uami: Uami, folder: Path
) -> None:
    pinned = "0b2c0000-0000-4000-8000-00000000000f"
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "expect": {"principalId": pinned}}]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}})

    ended = uami(*OUTPUT, "--allow-missing", "--format", "json")

    assert (ended.code, ended.document["error"]["code"]) == (1, "not-live-as-listed")
    assert f"pins it to the principal {pinned}, but the live identity is {PRINCIPAL}" in ended.stdout


def test_target_that_is_live_and_not_listed_is_wrong_usage(uami: Uami, half: Path) -> None:
    ended = uami(*OUTPUT, "--target", "rg-a/id-other")

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith("Error: --target rg-a/id-other: the manifest lists no identity 'id-other' there\n")


def test_output_is_the_same_bytes_in_process_and_over_http(uami: Uami, half: Path, serve: Serve) -> None:
    arm = serve("s.json", "--page-size", "1")
    flags = ("--allow-missing", "--format", "json")

    in_process = uami(*OUTPUT, *flags)
    over_http = uami("output", "m.yaml", *arm.flags, *flags, environment={"UAMI_ACCESS_TOKEN": "x"})

    assert in_process == over_http


def test_output_after_the_apply_of_an_example_has_every_id(uami: Uami, folder: Path) -> None:
    state = folder / "s.json"
    state.write_bytes((EXAMPLES / "workload-identity" / "sandbox.json").read_bytes())
    manifest = str(EXAMPLES / "workload-identity" / "identities.yaml")
    assert uami("apply", manifest, "--sandbox", "s.json", "-y").code == 0

    ended = uami("output", manifest, "--sandbox", "s.json", "--format", "service-accounts")

    live = {one["id"].rpartition("/")[2]: one["properties"] for one in json.loads(state.read_text())["identities"]}
    clients = {
        one["metadata"]["name"]: one["metadata"]["annotations"]["azure.workload.identity/client-id"]
        for one in yaml.safe_load_all(ended.stdout)
    }
    assert (ended.code, ended.stderr) == (0, "")
    assert clients == {"api": live["id-orders-api"]["clientId"], "jobs": live["id-orders-jobs"]["clientId"]}
