"""What a resource is given and ARM never shows: no answer, no query, no state file and no log has it."""

import json
from pathlib import Path

import pytest

from reconciler.sandbox.state_file.document import format_state
from reconciler.sandbox.state_file.file import load_state
from tests.sandbox.arm import GROUP, IN_SUBSCRIPTION, application, client

SECRET = "correct-horse-battery"
COMPUTE = {"api-version": "2024-07-01"}
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"

GIVEN = [
    {"osProfile": {"adminUsername": "azure", "adminPassword": SECRET, "customData": SECRET}},
    {"administratorLogin": "sa", "administratorLoginPassword": SECRET},
    {"servicePrincipalProfile": {"clientId": "c", "secret": SECRET}, "windowsProfile": {"AdminPassword": SECRET}},
    {"containers": [{"environmentVariables": [{"name": "a", "value": "shown"}, {"name": "b", "secureValue": SECRET}]}]},
    {"configuration": {"secrets": [{"name": "db", "value": SECRET}, {"name": "kv", "keyVaultUrl": "https://v"}]}},
    {"protectedSettings": {"script": SECRET}, "settings": {"fileUris": []}},
    {"typeProperties": {"key": {"type": "SecureString", "value": SECRET}}},
    {"storageProfile": {"accountName": "st", "storageAccountAccessKey": SECRET}},
]


@pytest.mark.parametrize("properties", GIVEN, ids=lambda properties: "-".join(properties))
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_secret_is_neither_answered_nor_kept(method: str, properties: object) -> None:
    app = application()

    with client(app) as arm:
        arm.put(VM, params=COMPUTE, json={"location": "westeurope"})
        answers = [arm.request(method, VM, params=COMPUTE, json={"location": "westeurope", "properties": properties})]
        answers.append(arm.get(VM, params=COMPUTE))
        answers.append(arm.get(f"{IN_SUBSCRIPTION}/resources", params={"api-version": "2022-09-01"}))
        query = {"query": "resources | project properties"}
        graph = "/providers/Microsoft.ResourceGraph/resources"
        answers.append(arm.post(graph, params={"api-version": "2022-10-01"}, json=query))
        answers.append(arm.get("/_sandbox/state"))

    assert [answer.status_code for answer in answers] == [200] * 5
    assert [SECRET in answer.text for answer in answers] == [False] * 5


def test_what_only_sounds_like_a_secret_stays() -> None:
    properties = {
        "osProfile": {"linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": ["rsa"]}}},
        "keyVaultSecretId": "https://v/secrets/s",
        "sourceVaultSecret": {"id": "/subscriptions/s"},
        "keySource": "Microsoft.Keyvault",
        "configuration": {"secrets": [{"name": "db", "keyVaultUrl": "https://v"}]},
    }

    with client(application()) as arm:
        shown = arm.put(VM, params=COMPUTE, json={"location": "westeurope", "properties": properties}).json()

    assert shown["properties"] == {**properties, "provisioningState": "Succeeded"}


def test_secret_of_a_state_file_is_forgotten_when_it_is_loaded(tmp_path: Path) -> None:
    with client(application()) as arm:
        arm.put(VM, params=COMPUTE, json={"location": "westeurope", "properties": {"osProfile": {"computerName": "c"}}})
        state = arm.get("/_sandbox/state").json()
    state["resources"][0]["properties"]["osProfile"]["adminPassword"] = SECRET
    (tmp_path / "state.json").write_text(json.dumps(state), "utf-8")

    kept = format_state(load_state(tmp_path / "state.json"))

    assert (SECRET in kept, "computerName" in kept) == (False, True)
