"""The sandbox against recorded ARM: every recorded exchange of a route that it serves is replayed and compared.

Each recording starts from a sandbox that holds what the recording takes for granted. Time stands still but for the
waits that a recording shows by their outcome: a group that it finds deleted has had its time to go.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from tests.contract.recorded_start import served, start_of
from tests.contract.recordings import (
    FOLDER_VARIABLE,
    RecordedExchange,
    read_recording,
    recording_names,
    recordings_folder,
)
from tests.sandbox.arm import JSON, Clock

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PRINCIPAL = re.compile(rb'"principalId":"([0-9a-f-]{36})"')
_IDENTITY = b'"type":"Microsoft.ManagedIdentity/userAssignedIdentities"'
_DIRECTORY = re.compile(r"(?<=in the directory )[0-9a-f-]{36}")
_GROUP_DELETION = timedelta(minutes=10)
_DIRECTORY_DELAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is understood: the exchange is replayed but not compared, or left out."""

    reason: str
    replayed: bool = True


_POLICY_TAG = Known("a policy of the recorded subscription added the tag `creationdate`")

_ASO = "azure-service-operator"
_EXPORT_SECRET = f"{_ASO}/Test_ManagedIdentity_UserAssignedIdentity_20230131_ExportSecret.yaml"
_OTHER_NAMESPACE = f"{_ASO}/Test_UserConfigMapInDifferentNamespace_ShouldNotTriggerReconcile.yaml"
_OTHERS_LOCKS = Known("others changed their locks in the same subscription meanwhile")
_OPERATIONS = Known("descriptions of operations are in words of our own, and revokeTokens came after the recording")
_JUST_GONE = Known("a group gone a moment ago: 204 here, ResourceGroupNotFound in most recordings")

KNOWN: Mapping[tuple[str, int], Known] = {
    ("azure-cli/identity-2022-01-31-preview/test_identity_management.yaml", 0): _OPERATIONS,
    ("azure-cli/identity/test_identity_management.yaml", 0): _OPERATIONS,
    ("azure-cli/lab/test_lab_environment_mgmt.yaml", 0): Known("2019-07-01 has no `type` in the body of a group"),
    (f"{_ASO}/Test_Dbformysql_v1api20210501_CreationAndDeletion.yaml", 5): Known("throttled at random (429)", False),
    ("azure-cli/resource/test_readonly_resource_group_lock.yaml", 4): _OTHERS_LOCKS,
    ("azure-cli/resource/test_readonly_resource_group_lock.yaml", 7): _OTHERS_LOCKS,
    (_OTHER_NAMESPACE, 35): _JUST_GONE,
    (_OTHER_NAMESPACE, 36): _JUST_GONE,
    ("transcribed/azure-sdk-for-net_TestIdentityCRUD.json", 12): Known(
        "the transcription has this GET before the DELETE that explains its 404"
    ),
    (_EXPORT_SECRET, 0): _POLICY_TAG,
    (_EXPORT_SECRET, 1): _POLICY_TAG,
}
"""By recording and exchange."""

REPLAYED: Mapping[str, int] = {
    "azure-cli/identity-2022-01-31-preview/test_federated_identity_credential.yaml": 11,
    "azure-cli/identity-2022-01-31-preview/test_identity_management.yaml": 6,
    "azure-cli/identity/test_federated_identity_credential.yaml": 11,
    "azure-cli/identity/test_identity_management.yaml": 6,
    "azure-cli/lab/test_lab_environment_mgmt.yaml": 2,
    "azure-cli/monitor/test_activity_log_list_scenario.yaml": 1,
    "azure-cli/resource/test_group_lock_commands.yaml": 9,
    "azure-cli/resource/test_list_locks.yaml": 1,
    "azure-cli/resource/test_lock_with_resource_id.yaml": 11,
    "azure-cli/resource/test_readonly_resource_group_lock.yaml": 9,
    "azure-cli/resource/test_resource_group.yaml": 18,
    "azure-cli/resource/test_resource_group_no_wait.yaml": 9,
    "azure-cli/role/test_role_assignment_create_update.yaml": 15,
    f"{_ASO}/Test_Authorization_RoleAssignment_OnResourceGroup_CRUD.yaml": 20,
    f"{_ASO}/Test_Authorization_RoleAssignment_OnStorageAccount_CRUD.yaml": 15,
    f"{_ASO}/Test_ConfigMapUpdated_TriggersReconcile.yaml": 15,
    f"{_ASO}/Test_Dbformysql_v1api20210501_CreationAndDeletion.yaml": 11,
    f"{_ASO}/Test_ManagedIdentity_UserAssignedIdentity_20230131_CRUD.yaml": 22,
    f"{_ASO}/Test_ManagedIdentity_UserAssignedIdentity_20230131_ExportConfigMap.yaml": 12,
    f"{_ASO}/Test_ManagedIdentity_UserAssignedIdentity_20230131_ExportSecret.yaml": 12,
    f"{_ASO}/Test_ManagedIdentity_UserAssignedIdentity_CRUD.yaml": 18,
    f"{_ASO}/Test_ManagedIdentity_UserAssignedIdentity_ExportConfigMap.yaml": 12,
    f"{_ASO}/Test_Managedidentity_v1api20181130_CreationAndDeletion.yaml": 15,
    f"{_ASO}/Test_Managedidentity_v1api20220131preview_CreationAndDeletion.yaml": 15,
    f"{_ASO}/Test_Managedidentity_v1api20230131_CreationAndDeletion.yaml": 19,
    f"{_ASO}/Test_UserConfigMapInDifferentNamespace_ShouldNotTriggerReconcile.yaml": 37,
    "transcribed/azure-cli_test_revoke_token.json": 2,
    "transcribed/azure-powershell_Remove-AzUserAssignedIdentity.json": 5,
    "transcribed/azure-powershell_Update-AzUserAssignedIdentity.json": 3,
    "transcribed/azure-sdk-for-net_RemoveTag.json": 6,
    "transcribed/azure-sdk-for-net_TestIdentityCRUD.json": 18,
}
"""How many exchanges of each recording are replayed, so that none can drop out unseen."""


@pytest.fixture(scope="module")
def folder() -> Path:
    found = recordings_folder()
    if found is None:
        pytest.skip(f"no recordings here; {FOLDER_VARIABLE} names their folder")
    return found


class Replay:
    """A sandbox that is taken through a recording."""

    def __init__(self, name: str, exchanges: tuple[RecordedExchange, ...]) -> None:
        self._name = name
        self._exchanges = exchanges
        self._clock = Clock()
        settings = Settings(group_deletion=_GROUP_DELETION, directory_delay=_DIRECTORY_DELAY)
        application = Application(start_of(exchanges), Options(settings), clock=self._clock)
        self._arm = httpx.Client(
            transport=SandboxTransport(application),
            base_url="https://management.azure.com",
            headers={"Authorization": "Bearer any"},
        )
        self._operations: dict[str, str] = {}
        self._recorded_labels, self._labels = Labels(), Labels()
        self._principals: dict[str, str] = {}

    def run(self) -> tuple[int, list[str]]:
        """The number of exchanges replayed, and what differed."""
        count, differences = 0, []
        with self._arm:
            for exchange in self._exchanges:
                known = KNOWN.get((self._name, exchange.index))
                if served(exchange) is None or (known is not None and not known.replayed):
                    continue
                answer = self._send(exchange)
                count += 1
                shown = exchange.headers
                recorded_body = self._with_our_principals(exchange.body)
                recorded = _facts(exchange.status, shown, recorded_body, self._recorded_labels, shown)
                replayed = _facts(answer.status_code, answer.headers, answer.content, self._labels, shown)
                if known is None and recorded != replayed:
                    differences.append(f"#{exchange.index} {exchange.method} {exchange.path}: {recorded} != {replayed}")
        return count, differences

    def _send(self, exchange: RecordedExchange) -> httpx.Response:
        self._clock.advance(1)
        match = served(exchange)
        operation = match.groupdict().get("operation") if match else None
        if b"ResourceGroupNotFound" in exchange.body or (operation and exchange.status == 200):
            self._clock.advance(_GROUP_DELETION.total_seconds())
        if exchange.method == "PUT" and "/roleassignments/" in exchange.path.lower() and exchange.status == 201:
            self._clock.advance(_DIRECTORY_DELAY.total_seconds())
        # One public recording has its api-version blotted out.
        query = exchange.query.replace("api-version=**", "api-version=2022-09-01")
        target = self._operations[exchange.path] if operation else f"{exchange.path}?{query}"
        body = self._with_our_principals(exchange.request_body)
        answer = self._arm.request(exchange.method, target, content=body, headers=JSON)
        self._learn_principal(exchange.body, answer.content)
        if exchange.status == 202:
            self._operations[_recorded_operation(exchange)] = answer.headers["Location"]
        return answer

    def _learn_principal(self, recorded: bytes, replayed: bytes) -> None:
        """Remember which principal of ours stands for one of the recording: both are of one identity."""
        theirs, ours = (_PRINCIPAL.search(body) if _IDENTITY in body else None for body in (recorded, replayed))
        if theirs is not None and ours is not None:
            self._principals[theirs[1].decode()] = ours[1].decode()

    def _with_our_principals(self, body: bytes) -> bytes:
        for theirs, ours in self._principals.items():
            body = body.replace(theirs.encode(), ours.encode())
            body = body.replace(theirs.replace("-", "").encode(), ours.replace("-", "").encode())
        return body


def _recorded_operation(exchange: RecordedExchange) -> str:
    """The path under which a recording goes on to poll; some answers to a poll show no Location of their own."""
    location = exchange.headers.get("location")
    return exchange.path if location is None else httpx.URL(location).path


class Labels:
    """Stands for the ids that ARM makes up: the first principal id of a recording is `principalId 1` on either side.

    Where a recording shows the same id twice, the sandbox must show the same one too, and a new one where it shows a
    new one.
    """

    def __init__(self) -> None:
        self._labels: dict[tuple[str, str], str] = {}

    def normal_form(self, value: object) -> object:
        """JSON with its made-up ids labelled and its lists of resources in order of their ids."""
        if isinstance(value, list):
            # In order first: labels are given out in the order in which ids are met.
            items = sorted(value, key=lambda item: str(item.get("id", "")) if isinstance(item, dict) else "")
            return [self.normal_form(item) for item in items]
        if isinstance(value, dict):
            return {name: self._labelled(name, item) for name, item in value.items()}
        return _DIRECTORY.sub("TENANT", value) if isinstance(value, str) else value

    def _labelled(self, name: str, value: object) -> object:
        if name in ("createdOn", "updatedOn", "createdBy", "updatedBy") and value is not None:
            return name  # times and callers are of their day; that they are there is not
        if name in ("principalId", "clientId", "tenantId") and isinstance(value, str) and _GUID.fullmatch(value):
            return self._labels.setdefault((name, value), f"{name} {1 + sum(key[0] == name for key in self._labels)}")
        return self.normal_form(value)


def _facts(status: int, headers: Mapping[str, str], body: bytes, labels: Labels, shown: Mapping[str, str]) -> object:
    """What is compared: status, body, and those headers that mean something; `shown` are the headers that a recorder
    kept."""
    return {
        "status": status,
        "body": labels.normal_form(json.loads(body)) if body else None,
        "location": _location_form(headers.get("location")) if status != 202 or "location" in shown else None,
        "failure cause": headers.get("x-ms-failure-cause"),
        "content type": headers.get("content-type") if "content-type" in shown else None,
        "retry after": headers.get("retry-after") if "retry-after" in shown else None,
    }


def _location_form(location: str | None) -> str | None:
    if location is not None and "/operationresults/" in location:
        return re.sub(r"/operationresults/[^?]+\?api-version=([^&]+).*", r"/operationresults/TOKEN?\1", location)
    return location


@pytest.mark.parametrize("name", REPLAYED)
def test_sandbox_answers_as_recorded(name: str, folder: Path) -> None:
    count, differences = Replay(name, read_recording(folder, name)).run()

    assert differences == []
    assert count == REPLAYED[name]


def test_every_recorded_exchange_of_a_served_route_is_accounted_for(folder: Path) -> None:
    recorded = {
        name: sum(served(exchange) is not None for exchange in read_recording(folder, name))
        for name in recording_names(folder)
    }

    left_out = {name: sum(not known.replayed and key[0] == name for key, known in KNOWN.items()) for name in recorded}
    assert {name: count - left_out[name] for name, count in recorded.items() if count} == dict(REPLAYED)
    assert sum(REPLAYED.values()) > 0
