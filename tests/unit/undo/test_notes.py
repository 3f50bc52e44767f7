"""What an undo says beside its plan: each loss with the command that makes up for it."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.journal import NetEffect, RunRecord
from reconciler.journal.record import RunEnd
from reconciler.model import Children, FederatedCredential, IsolationScope, RoleAssignment
from reconciler.undo.notes import gone_for_good, in_git, left_alone, title
from tests.builders import SUBSCRIPTION, live_identity
from tests.unit.journal.calls import AT, CREDENTIAL, CREDENTIAL_ID, HEADER, IDENTITY, IDENTITY_ID

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"
ID_TEXT = str(IDENTITY_ID)
PLACE = f"--subscription {SUBSCRIPTION} --resource-group rg-x --name"
RETURNS = (
    "id-api returns as another principal: principalId principal and clientId client are gone for good, and what"
    " names them has to name the new ones."
)
ELSEWHERE = "Role assignments of id-api in other subscriptions were not looked for and do not return."


def lost(children: Children | None) -> list[str]:
    return list(gone_for_good(IDENTITY, children, "id-api"))


def test_title_names_the_run() -> None:
    record = RunRecord(HEADER, (), RunEnd(AT, True, False, ()), torn=False)

    assert title(record) == f"This takes back the apply of {AT}, correlation id {HEADER.run_id}."
    assert title(replace(record, end=None)) == (
        f"This takes back the apply of {AT}, correlation id {HEADER.run_id}, which was cut short."
    )


def test_what_is_left_alone_says_why() -> None:
    assert left_alone("id-api", "it is gone") == "Left alone: id-api: it is gone."


def test_what_git_must_say_names_its_place() -> None:
    effect = NetEffect(IDENTITY_ID, SourcePos("a.yaml", 7, 3), None, None, None, None)

    assert in_git(effect, "list it again") == "In Git, at a.yaml:7: list it again."


def test_identity_that_nothing_used_loses_its_ids_alone() -> None:
    assert lost(Children((), (), ())) == [RETURNS, ELSEWHERE]


@pytest.mark.parametrize("children", [None, Children()])
def test_what_was_not_recorded_is_said(children: Children | None) -> None:
    assert lost(children) == [
        RETURNS,
        "What id-api was attached to was not recorded; each such resource needs it assigned again, a virtual machine"
        f" with: az vm identity assign --ids VM --identities {ID_TEXT}",
        "The federated credentials of id-api were not recorded and do not return.",
        "The role assignments of id-api were not recorded; only those that the run took away itself return.",
    ]


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("Microsoft.Compute/virtualMachines", f"az vm identity assign --identities {ID_TEXT} {PLACE} x"),
        (
            "microsoft.compute/VIRTUALMACHINESCALESETS",
            f"az vmss identity assign --identities {ID_TEXT} {PLACE} x",
        ),
        ("Microsoft.Web/sites", f"az webapp identity assign --identities {ID_TEXT} {PLACE} x"),
        (
            "Microsoft.ContainerService/managedClusters",
            f"az aks update --enable-managed-identity --assign-identity {ID_TEXT} {PLACE} x",
        ),
        ("Microsoft.App/containerApps", f"az containerapp identity assign --user-assigned {ID_TEXT} {PLACE} x"),
    ],
)
def test_resource_that_was_attached_comes_with_its_own_command(kind: str, command: str) -> None:
    resource = f"{GROUP}/providers/{kind}/x"

    assert lost(Children((), (), (resource,)))[1] == f"{resource} has to be given id-api again: {command}"


@pytest.mark.parametrize("below", ["Microsoft.Sql/servers/x", "Microsoft.Compute/virtualMachines/x/extensions/e"])
def test_resource_of_another_kind_comes_with_the_command_that_shows_it(below: str) -> None:
    resource = f"{GROUP}/providers/{below}"

    assert lost(Children((), (), (resource,)))[1] == (
        f"{resource} has to be given id-api again: az resource show --ids {resource} shows its `identity`, to which"
        f" {ID_TEXT} belongs"
    )


def test_name_in_a_command_is_quoted_for_the_shell() -> None:
    resource = f"{GROUP}/providers/Microsoft.Web/sites/a;b"

    assert lost(Children((), (), (resource,)))[1].endswith("--name 'a;b'")


def test_credential_that_cannot_be_expressed_stays_gone() -> None:
    odd = FederatedCredential(replace(CREDENTIAL_ID, name="odd"), None)

    assert lost(Children((CREDENTIAL, odd), (), ())) == [
        RETURNS,
        "id-api/federatedCredentials/odd was flexible or had several audiences; it stays gone.",
        ELSEWHERE,
    ]


def test_role_of_the_old_principal_comes_with_the_command_that_deletes_it() -> None:
    role = RoleAssignment(
        "11111111-1111-1111-1111-111111111111", f"{GROUP}/", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "principal"
    )

    assert lost(Children((), (role,), ()))[-1] == (
        "The old principal's role Reader is left dangling: az role assignment delete --ids"
        f" {GROUP}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111"
    )


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("Galactic", ["The isolation scope 'Galactic' of rg-app/id-old is none that a manifest knows; it is not set."]),
        (IsolationScope.REGIONAL, []),
        (IsolationScope.NONE, []),
    ],
)
def test_isolation_scope_that_no_manifest_knows_is_said_not_to_return(
    scope: IsolationScope | str, told: list[str]
) -> None:
    notes = gone_for_good(live_identity("id-old", isolation_scope=scope), None, "rg-app/id-old")

    assert [note for note in notes if note.startswith("The isolation scope")] == told
