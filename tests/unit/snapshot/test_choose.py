"""What of ARM's lists goes into a snapshot, where a sandbox would never list it so."""

from collections.abc import Mapping, Sequence

from reconciler.model.identity import Subscription
from reconciler.snapshot.choose import (
    NO_DIRECTORY,
    DirectoryPart,
    Entry,
    Key,
    Listed,
    Snapshot,
    identities_to_ask,
    key_of,
    make_entry,
    make_snapshot,
)
from tests.builders import SUBSCRIPTION, TENANT

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-app"
IDENTITIES = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
AUTHORIZATION = "providers/Microsoft.Authorization"


def entry(resource_id: str, **fields: object) -> Entry:
    """An entry of a list."""
    return make_entry(resource_id, {"id": resource_id, **fields})


def identity(name: str, group: str = GROUP) -> Entry:
    """An identity whose principal is called after it."""
    return entry(f"{group}/{IDENTITIES}/{name}", properties={"principalId": f"principal of {name}"})


def granted(scope: str, principal_id: str = "somebody") -> Entry:
    """A role assignment."""
    return entry(f"{scope}/{AUTHORIZATION}/roleAssignments/r", properties={"principalId": principal_id})


def locked(scope: str, level: str = "ReadOnly") -> Entry:
    """A lock."""
    return entry(f"{scope}/{AUTHORIZATION}/locks/l", properties={"level": level})


def denied(scope: str) -> Entry:
    """A deny assignment."""
    return entry(f"{scope}/{AUTHORIZATION}/denyAssignments/d", properties={"denyAssignmentName": "Keep"})


def machine(name: str = "vm", **fields: object) -> Entry:
    """A virtual machine with an identity of its own."""
    own = {"type": "SystemAssigned", "principalId": "p"}
    resource_id = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"
    return entry(resource_id, **{"location": "westeurope", "identity": own, **fields})


def snapshot(
    *,
    credentials: Mapping[Key, tuple[Entry, ...] | None] | None = None,
    directory: DirectoryPart = NO_DIRECTORY,
    **lists: Sequence[Entry],
) -> Snapshot:
    """The snapshot of one subscription with the group `rg-app`; `lists` are fields of Listed, the rest is empty."""
    names = ("identities", "role_definitions", "role_assignments", "locks", "resources", "deny_assignments")
    given = {"groups": (entry(GROUP),), **dict.fromkeys(names, ()), **lists}
    return make_snapshot(
        Listed(
            scopes=(key_of(IN_SUBSCRIPTION),),
            subscriptions=(Subscription(SUBSCRIPTION, "Payments", TENANT),),
            credentials={one.key: () for one in given["identities"]} if credentials is None else credentials,
            directory=directory,
            **{name: tuple(entries) for name, entries in given.items()},
        )
    )


def ids(taken: Snapshot, name: str) -> list[object]:
    """The ids of a collection."""
    return [one["id"] for one in taken.collections[name]]


def test_json_of_arm_is_kept_as_it_came() -> None:
    group = entry(GROUP, location="westeurope", properties={"provisioningState": "Succeeded"}, somethingNew=[1])

    taken = snapshot(groups=[group])

    assert (taken.tenant_id, taken.notes) == (TENANT, ())
    assert taken.collections == {
        "subscriptions": ({"subscriptionId": SUBSCRIPTION, "displayName": "Payments"},),
        "resourceGroups": (group.json,),
        "identities": (),
        "federatedIdentityCredentials": (),
        "roleDefinitions": (),
        "roleAssignments": (),
        "denyAssignments": (),
        "locks": (),
        "resources": (),
    }


def test_entries_are_there_once_and_in_order_whatever_order_arm_lists_them_in() -> None:
    one, two = identity("ID-one"), identity("id-two")

    taken = snapshot(identities=[two, one, two], role_assignments=[granted(GROUP), granted(IN_SUBSCRIPTION)])

    assert ids(taken, "identities") == [one.resource_id, two.resource_id]
    assert ids(taken, "roleAssignments") == [granted(IN_SUBSCRIPTION).resource_id, granted(GROUP).resource_id]


def test_what_is_in_a_group_that_was_not_listed_was_not_there() -> None:
    other = f"{IN_SUBSCRIPTION}/resourceGroups/rg-new"
    late = identity("id-late", other)

    taken = snapshot(identities=[late], role_assignments=[granted(other)], locks=[locked(other)])

    assert identities_to_ask([entry(GROUP)], [late]) == ()
    assert [taken.collections[name] for name in ("identities", "roleAssignments", "locks")] == [(), (), ()]


def test_identity_that_went_away_takes_with_it_what_stood_at_it_and_is_told() -> None:
    gone, kept = identity("id-gone"), identity("id-kept")

    taken = snapshot(
        identities=[gone, kept],
        credentials={gone.key: None, kept.key: ()},
        role_assignments=[
            granted(gone.resource_id),
            granted("", "principal of id-gone"),
            granted("/providers/Microsoft.Management/managementGroups/mg", "Principal of ID-kept"),
        ],
        locks=[locked(gone.resource_id), locked(kept.resource_id)],
    )

    assert ids(taken, "identities") == [kept.resource_id]
    assert ids(taken, "roleAssignments") == [
        f"/providers/Microsoft.Management/managementGroups/mg/{AUTHORIZATION}/roleAssignments/r"
    ]
    assert ids(taken, "locks") == [locked(kept.resource_id).resource_id]
    assert taken.notes == (f"Left out: {gone.resource_id} was deleted while the snapshot was taken.",)


def test_lock_of_a_level_that_no_sandbox_knows_is_left_out_and_told() -> None:
    lock = locked(GROUP, "NotSpecified")

    taken = snapshot(locks=[lock])

    assert taken.collections["locks"] == ()
    assert taken.notes == (f"Left out: {lock.resource_id} has the level NotSpecified, which a sandbox does not know.",)


def test_credential_that_shows_neither_subject_nor_expression_is_kept_and_told() -> None:
    holder = identity("id-one")
    flexible, plain = (
        entry(f"{holder.resource_id}/federatedIdentityCredentials/{name}", properties=properties)
        for name, properties in (("a", {"issuer": "i", "audiences": ["x"]}), ("b", {"issuer": "i", "subject": "s"}))
    )

    taken = snapshot(identities=[holder], credentials={holder.key: (plain, flexible)})

    assert taken.collections["federatedIdentityCredentials"] == (flexible.json, plain.json)
    assert taken.notes == (
        f"Not whole: {flexible.resource_id} is a flexible credential, whose expression this api-version does not "
        "show; take the snapshot with --api-version 2025-05-31-preview.",
    )


def test_resources_are_those_with_an_identity_or_under_a_lock_or_role() -> None:
    plain, under_lock, above_role = (machine(name, identity=None) for name in ("vm", "vm-locked", "vm-granted"))
    nowhere, listed_identity = machine("vm-nowhere", location=None), identity("id-one")

    taken = snapshot(
        role_assignments=[granted(f"{above_role.resource_id}/disks/d")],
        locks=[locked(under_lock.resource_id)],
        resources=[machine("vm-own"), plain, under_lock, above_role, nowhere, listed_identity],
    )

    assert ids(taken, "resources") == [machine(name).resource_id for name in ("vm-granted", "vm-locked", "vm-own")]


def test_resource_loses_what_comes_and_goes_by_itself_and_gets_its_identities_in_order() -> None:
    block = {
        "type": "SystemAssigned, UserAssigned",
        "principalId": "",
        "tenantId": TENANT,
        "userAssignedIdentities": {"/b": None, "/A": {"clientId": "c"}},
    }
    shown = machine(identity=block, sku={"name": "s"}, etag="e", createdTime="t", systemData={}, properties={"a": 1})

    taken = snapshot(resources=[shown])

    assert taken.collections["resources"] == (
        {
            "id": shown.resource_id,
            "location": "westeurope",
            "identity": {
                "type": "SystemAssigned, UserAssigned",
                "tenantId": TENANT,
                "userAssignedIdentities": {"/A": {"clientId": "c"}, "/b": {}},
            },
            "sku": {"name": "s"},
        },
    )
    assert list(_attachments(taken)) == ["/A", "/b"]


def _attachments(taken: Snapshot) -> Mapping[str, object]:
    block = taken.collections["resources"][0]["identity"]
    assert isinstance(block, dict)
    attached = block["userAssignedIdentities"]
    assert isinstance(attached, dict)
    return attached


def test_custom_role_that_two_subscriptions_list_is_there_once() -> None:
    within = (f"/subscriptions/{one}/providers/Microsoft.Authorization/roleDefinitions/guid-1" for one in ("a", "b"))

    taken = snapshot(role_definitions=[entry(resource_id) for resource_id in within])

    assert ids(taken, "roleDefinitions") == [
        "/subscriptions/a/providers/Microsoft.Authorization/roleDefinitions/guid-1"
    ]


def test_deny_assignments_that_reach_the_scopes_are_there_with_the_resources_that_they_stand_at() -> None:
    disk = machine("data", identity=None)
    gone = f"{IN_SUBSCRIPTION}/resourceGroups/rg-new"
    scopes = (disk.resource_id, "/providers/Microsoft.Management/managementGroups/mg", IN_SUBSCRIPTION, GROUP, gone)

    taken = snapshot(deny_assignments=[denied(scope) for scope in scopes], resources=[disk])

    assert ids(taken, "denyAssignments") == [denied(scopes[at]).resource_id for at in (1, 2, 3, 0)]
    assert ids(taken, "resources") == [disk.resource_id]


def test_directory_is_taken_as_it_was_read() -> None:
    group = {"id": "0b2c", "members": []}

    taken = snapshot(directory=DirectoryPart({"directoryGroups": [group]}, ("Left out: x.",)))

    assert (taken.collections["directoryGroups"], taken.notes) == ([group], ("Left out: x.",))
    assert "directoryGroups" not in snapshot().collections
