"""Outputs as objects of Kubernetes, held against its own schemas."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from reconciler.errors import UsageError
from reconciler.outputs.formats.kubernetes import ConfigMapForm, ServiceAccountsForm
from tests.builders import TENANT, listed
from tests.unit.outputting import CLIENT, living, outputs_of, trusting

NEWEST = kubernetes_validate.latest_version()
API, JOBS = "system:serviceaccount:payments:api", "system:serviceaccount:payments:jobs"


def valid(text: str) -> list[Any]:
    """The objects of a text, each as Kubernetes takes it, with no field that it does not know."""
    objects = list(yaml.safe_load_all(text))
    for one in objects:
        kubernetes_validate.validate(one, NEWEST, strict=True)
    return objects


def test_config_map_has_every_variable() -> None:
    outputs = outputs_of([listed("id-a"), listed("1st")], [living("id-a", 1), living("1st", 2)])

    [found] = valid(ConfigMapForm().write(outputs))

    assert found["metadata"] == {"name": "uami-outputs"}
    assert found["data"]["ID_A_CLIENT_ID"] == CLIENT.format(1)
    assert len(found["data"]) == 8


def test_config_map_of_nothing_is_one_and_says_why() -> None:
    outputs = outputs_of([listed("id-a")], [])

    [found] = valid(ConfigMapForm().write(outputs))

    assert found["data"] == {}
    assert ConfigMapForm().notes(outputs) == ("rg-app/id-a is left out: it is not live yet (identities.yaml:5:9).",)


def test_config_map_of_shared_keys_is_refused() -> None:
    with pytest.raises(UsageError, match="--format configmap would give several identities the same name"):
        ConfigMapForm().check([listed("id-a"), listed("id_a")])


def test_service_accounts_have_the_annotations_of_workload_identity_and_nothing_else() -> None:
    outputs = outputs_of([trusting("id-b", JOBS, API), listed("id-a")], [living("id-b", 2), living("id-a", 1)])

    found = valid(ServiceAccountsForm().write(outputs))

    annotations = {
        "azure.workload.identity/client-id": CLIENT.format(2),
        "azure.workload.identity/tenant-id": TENANT,
    }
    assert found == [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": "payments", "annotations": annotations},
        }
        for name in ("api", "jobs")
    ]
    assert ServiceAccountsForm().notes(outputs) == ()


def test_service_account_of_a_missing_identity_is_left_out_with_a_note() -> None:
    outputs = outputs_of([trusting("id-a", API), trusting("id-b", JOBS), listed("id-c")], [living("id-b", 2)])

    found = valid(ServiceAccountsForm().write(outputs))

    assert [one["metadata"]["name"] for one in found] == ["jobs"]
    assert ServiceAccountsForm().notes(outputs) == (
        "The service account payments/api is left out: rg-app/id-a is not live yet (identities.yaml:5:9).",
    )


def test_that_there_is_no_service_account_is_noted() -> None:
    outputs = outputs_of([listed("id-a")], [living("id-a")])

    assert ServiceAccountsForm().write(outputs) == ""
    assert ServiceAccountsForm().notes(outputs) == (
        "No federated credential of a listed identity trusts a Kubernetes service account.",
    )


def test_service_account_of_two_identities_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="several trust the same"):
        ServiceAccountsForm().check([trusting("id-a", API), trusting("id-b", API)])
