"""Azure's own clients against the sandbox over real HTTP: whole lifecycles, pages, and the errors as they are typed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.msi.v2024_11_30.models import FederatedIdentityCredential, Identity, IdentityUpdate
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.locks.models import ManagementLockObject
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.models import ResourceGroup, ResourceGroupPatchable

from reconciler.sandbox.serving.server import running
from tests.sandbox.arm import GROUP, Clock, application, contents
from tests.sandbox.official import arguments_for

NAME = "rg-Payments"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
COMPUTE = "2024-07-01"
VM_LOCK = ("rg-Payments", "Microsoft.Compute", "", "virtualMachines", "vm")


def sleeping_by(clock: Clock) -> Any:
    """A transport that lets a poller's waits pass on the sandbox's clock."""
    transport = RequestsTransport()
    transport.sleep = clock.advance
    return transport


@pytest.fixture
def arguments() -> Iterator[dict[str, Any]]:
    """What every client is made with: a sandbox with a group, in pages of two."""
    with running(application(contents(), page_size=2)) as url:
        yield arguments_for(url)


@pytest.fixture
def msi(arguments: dict[str, Any]) -> Iterator[ManagedServiceIdentityClient]:
    with ManagedServiceIdentityClient(**arguments) as client:
        yield client


@pytest.fixture
def resources(arguments: dict[str, Any]) -> Iterator[ResourceManagementClient]:
    with ResourceManagementClient(**arguments) as client:
        yield client


@pytest.fixture
def locks(arguments: dict[str, Any]) -> Iterator[ManagementLockClient]:
    with ManagementLockClient(**arguments) as client:
        yield client


def create_identity(msi: ManagedServiceIdentityClient, name: str = "id-a") -> Identity:
    created: Identity = msi.user_assigned_identities.create_or_update(NAME, name, Identity(location="westeurope"))
    return created


def create_vm(resources: ResourceManagementClient, **more: Any) -> Any:
    body = {"location": "westeurope", "properties": {}, **more}
    return resources.resources.begin_create_or_update_by_id(VM, body, api_version=COMPUTE).result()


def test_identities_live_from_create_to_delete(msi: ManagedServiceIdentityClient) -> None:
    identities = msi.user_assigned_identities

    created = create_identity(msi)
    updated = identities.update(NAME, "id-a", IdentityUpdate(location="westeurope", tags={"a": "1"}))
    read = identities.get(NAME, "id-a")
    identities.delete(NAME, "id-a")
    identities.delete(NAME, "id-a")

    assert (created.principal_id, updated.tags, read.as_dict()) == (read.principal_id, {"a": "1"}, updated.as_dict())
    with pytest.raises(ResourceNotFoundError) as caught:
        identities.get(NAME, "id-a")
    assert caught.value.error is not None
    assert caught.value.error.code == "ResourceNotFound"


def test_lists_of_identities_go_on_over_pages(msi: ManagedServiceIdentityClient) -> None:
    for number in range(5):
        create_identity(msi, f"id-{number}")

    in_group = [item.name for item in msi.user_assigned_identities.list_by_resource_group(NAME)]
    everywhere = [item.name for item in msi.user_assigned_identities.list_by_subscription()]

    assert in_group == everywhere == [f"id-{number}" for number in range(5)]


def test_credentials_live_from_create_to_delete(msi: ManagedServiceIdentityClient) -> None:
    credentials = msi.federated_identity_credentials
    create_identity(msi)

    for number in range(3):
        wanted = FederatedIdentityCredential(issuer="https://issuer", subject=str(number), audiences=["a"])
        credentials.create_or_update(NAME, "id-a", f"fic-{number}", wanted)
    listed = [item.subject for item in credentials.list(NAME, "id-a")]
    read = credentials.get(NAME, "id-a", "fic-1")
    credentials.delete(NAME, "id-a", "fic-1")
    credentials.delete(NAME, "id-a", "fic-1")

    assert (listed, read.issuer, read.audiences) == (["0", "1", "2"], "https://issuer", ["a"])
    with pytest.raises(ResourceNotFoundError):
        credentials.get(NAME, "id-a", "fic-1")


def test_refused_credential_is_a_typed_error(msi: ManagedServiceIdentityClient) -> None:
    create_identity(msi)
    same = FederatedIdentityCredential(issuer="https://issuer", subject="s", audiences=["a"])
    msi.federated_identity_credentials.create_or_update(NAME, "id-a", "fic-1", same)

    with pytest.raises(ResourceExistsError) as taken:
        msi.federated_identity_credentials.create_or_update(NAME, "id-a", "fic-2", same)
    with pytest.raises(HttpResponseError) as bare:
        msi.federated_identity_credentials.create_or_update(
            NAME, "id-a", "fic-2", FederatedIdentityCredential(issuer="https://issuer", subject="x", audiences=[])
        )

    codes = [caught.value.error.code for caught in (taken, bare) if caught.value.error is not None]
    assert (codes, bare.value.status_code) == (["Conflict", "BadRequest"], 400)


def test_associated_resources_of_the_preview_are_listed_over_pages(
    arguments: dict[str, Any], msi: ManagedServiceIdentityClient, resources: ResourceManagementClient
) -> None:
    identity_id = create_identity(msi).id
    block = {"type": "UserAssigned", "userAssignedIdentities": {identity_id: {}}}
    for number in range(3):
        body = {"location": "westeurope", "identity": block}
        resources.resources.begin_create_or_update_by_id(f"{VM}-{number}", body, api_version=COMPUTE).result()

    with ManagedServiceIdentityClient(**arguments, api_version="2022-01-31-preview") as preview:
        listed = [item.name for item in preview.user_assigned_identities.list_associated_resources(NAME, "id-a")]

    assert listed == ["vm-0", "vm-1", "vm-2"]


def test_groups_live_from_create_to_delete(resources: ResourceManagementClient) -> None:
    groups = resources.resource_groups

    created = groups.create_or_update("rg-new", ResourceGroup(location="westeurope", tags={"a": "1"}))
    updated = groups.update("rg-new", ResourceGroupPatchable(tags={"b": "2"}))
    exists = groups.check_existence("rg-new")
    listed = sorted(str(item.name) for item in groups.list())

    assert (created.tags, updated.tags, groups.get("rg-new").tags) == ({"a": "1"}, {"b": "2"}, {"b": "2"})
    assert (exists, groups.check_existence("absent"), listed) == (True, False, ["rg-Payments", "rg-new"])


def test_deleted_group_is_gone_once_its_poller_is_done(arguments: dict[str, Any]) -> None:
    clock = Clock()

    with (
        running(application(clock=clock)) as url,
        ResourceManagementClient(**{**arguments, "base_url": url}, transport=sleeping_by(clock)) as resources,
    ):
        resources.resource_groups.begin_delete(NAME).result()

        with pytest.raises(ResourceNotFoundError) as caught:
            resources.resource_groups.get(NAME)

    assert caught.value.error is not None
    assert (caught.value.error.code, clock.now - Clock().now) == ("ResourceGroupNotFound", timedelta(seconds=60))


def test_resources_live_from_create_to_delete(
    msi: ManagedServiceIdentityClient, resources: ResourceManagementClient
) -> None:
    identity_id = str(create_identity(msi).id)
    block = {"type": "UserAssigned", "userAssignedIdentities": {identity_id: {}}}

    created = create_vm(resources)
    attached = resources.resources.begin_update_by_id(VM, {"identity": block}, api_version=COMPUTE).result()
    read = resources.resources.get_by_id(VM, api_version=COMPUTE)
    in_group = sorted(str(item.name) for item in resources.resources.list_by_resource_group(NAME))
    everywhere = sorted(str(item.name) for item in resources.resources.list())
    exists = resources.resources.check_existence_by_id(VM, api_version=COMPUTE)
    resources.resources.begin_delete_by_id(VM, api_version=COMPUTE).result()

    assert (created.name, created.identity) == ("vm", None)
    assert read.identity is not None and attached.identity is not None
    assert list(read.identity.user_assigned_identities or {}) == [identity_id]
    assert in_group == everywhere == ["id-a", "vm"]
    assert (exists, resources.resources.check_existence_by_id(VM, api_version=COMPUTE)) == (True, False)


def test_locks_live_at_every_level(locks: ManagementLockClient, resources: ResourceManagementClient) -> None:
    create_vm(resources)
    keep, read_only = ManagementLockObject(level="CanNotDelete"), ManagementLockObject(level="ReadOnly", notes="why")
    of = locks.management_locks

    of.create_or_update_at_subscription_level("on-subscription", keep)
    of.create_or_update_at_resource_group_level(NAME, "on-group", keep)
    of.create_or_update_at_resource_level(*VM_LOCK, "on-vm", keep)
    changed = of.create_or_update_by_scope(VM, "on-vm", read_only)
    read = [
        of.get_at_subscription_level("on-subscription"),
        of.get_at_resource_group_level(NAME, "on-group"),
        of.get_at_resource_level(*VM_LOCK, "on-vm"),
        of.get_by_scope(VM, "on-vm"),
    ]
    listed = [
        sorted(str(item.name) for item in pages)
        for pages in (
            of.list_at_subscription_level(),
            of.list_at_resource_group_level(NAME),
            of.list_at_resource_level(*VM_LOCK),
            of.list_by_scope(VM),
        )
    ]
    of.delete_at_subscription_level("on-subscription")
    of.delete_at_resource_group_level(NAME, "on-group")
    of.delete_at_resource_level(*VM_LOCK, "on-vm")
    of.delete_by_scope(VM, "on-vm")

    assert (changed.level, changed.notes) == ("ReadOnly", "why")
    assert [item.name for item in read] == ["on-subscription", "on-group", "on-vm", "on-vm"]
    assert listed == [["on-group", "on-subscription", "on-vm"]] * 4
    assert list(of.list_at_subscription_level()) == []


def test_locked_identity_is_a_typed_conflict(msi: ManagedServiceIdentityClient, locks: ManagementLockClient) -> None:
    create_identity(msi)
    locks.management_locks.create_or_update_at_resource_group_level(NAME, "l", ManagementLockObject(level="ReadOnly"))

    with pytest.raises(ResourceExistsError) as deleted:
        msi.user_assigned_identities.delete(NAME, "id-a")
    with pytest.raises(ResourceNotFoundError) as missing:
        locks.management_locks.get_by_scope(GROUP, "absent")

    codes = [caught.value.error.code for caught in (deleted, missing) if caught.value.error is not None]
    assert codes == ["ScopeLocked", "LockNotFound"]
