"""What an undo says beside its plan: each loss with the command that makes up for it."""

from dataclasses import replace

import pytest

from reconciler.journal import RunRecord
from reconciler.journal.record import RunEnd
from reconciler.model import Children, FederatedCredential, IsolationScope, RoleAssignment
from reconciler.undo.notes import compare_with, left_alone, lost_with, new_principal, not_looked_for, title
from tests.builders import SUBSCRIPTION, live_identity
from tests.unit.journal.calls import AT, CREDENTIAL, CREDENTIAL_ID, HEADER, IDENTITY, IDENTITY_ID

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"
ID_TEXT = str(IDENTITY_ID)
PLACE = f"--subscription {SUBSCRIPTION} --resource-group rg-x --name"
PREFIX = f"{SUBSCRIPTION}/rg-app/"
ELSEWHERE = "Role assignments of id-api in other subscriptions were not looked for and do not return."


def lost(children: Children | None) -> list[tuple[str, str, str, str]]:
    """What does not return with the identity: address, part, why, what to do."""
    found = lost_with(IDENTITY, children)
    return [(one.resource_id.address.removeprefix(PREFIX), one.part, one.because, one.advice) for one in found]


def test_title_names_the_run() -> None:
    record = RunRecord(HEADER, (), RunEnd(AT, True, False, ()), torn=False)

    assert title(record) == f"This takes back the apply of {AT}, correlation id {HEADER.run_id}."
    assert title(replace(record, end=None)) == (
        f"This takes back the apply of {AT}, correlation id {HEADER.run_id}, which was cut short."
    )
    assert title(replace(record, header=replace(HEADER, command="undo"))) == (
        f"This takes back the undo of {AT}, correlation id {HEADER.run_id}; what that undo took back is done again."
    )


def test_what_is_left_alone_says_why() -> None:
    assert left_alone("id-api", "it is gone") == "Left alone: id-api: it is gone."


def test_identity_that_nothing_used_loses_its_ids_alone() -> None:
    assert list(new_principal(IDENTITY, "id-api")) == [
        "id-api returns as another principal: principalId principal and clientId client are gone for good, and what"
        " names them has to name the new ones."
    ]
    assert lost(Children((), (), ())) == []


@pytest.mark.parametrize(("children", "told"), [(None, []), (Children(), []), (Children((), (), ()), [ELSEWHERE])])
def test_roles_elsewhere_are_said_not_to_return_where_any_were_looked_for(
    children: Children | None, told: list[str]
) -> None:
    assert list(not_looked_for(children, "id-api")) == told


@pytest.mark.parametrize("children", [None, Children()])
def test_what_was_not_recorded_is_not_undone(children: Children | None) -> None:
    assert lost(children) == [
        (
            "id-api",
            "attachments",
            "what it was attached to was not recorded",
            f"a virtual machine takes it by: az vm identity assign --ids VM --identities {ID_TEXT}",
        ),
        ("id-api", "federated credentials", "they were not recorded", "list them in Git, and apply"),
        (
            "id-api",
            "role assignments",
            "they were not recorded, but for those that the run took away itself",
            "list them in Git, and apply",
        ),
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

    assert lost(Children((), (), (resource,))) == [
        ("id-api", "attachments", f"{resource} had it, and has to be given it again", command)
    ]


@pytest.mark.parametrize("below", ["Microsoft.Sql/servers/x", "Microsoft.Compute/virtualMachines/x/extensions/e"])
def test_resource_of_another_kind_comes_with_the_command_that_shows_it(below: str) -> None:
    resource = f"{GROUP}/providers/{below}"

    ((_, _, _, advice),) = lost(Children((), (), (resource,)))

    assert advice == f"az resource show --ids {resource} shows its `identity`, to which {ID_TEXT} belongs"


def test_name_in_a_command_is_quoted_for_the_shell() -> None:
    resource = f"{GROUP}/providers/Microsoft.Web/sites/a;b"

    ((_, _, _, advice),) = lost(Children((), (), (resource,)))

    assert advice.endswith("--name 'a;b'")


def test_credential_that_cannot_be_expressed_stays_gone() -> None:
    odd = FederatedCredential(replace(CREDENTIAL_ID, name="odd"), None)

    assert lost(Children((CREDENTIAL, odd), (), ())) == [
        (
            "id-api/federatedCredentials/odd",
            "",
            "it was flexible or had several audiences, which this api-version cannot express",
            "create it by hand",
        )
    ]


def test_role_of_the_old_principal_comes_with_the_command_that_deletes_it() -> None:
    role = RoleAssignment(
        "11111111-1111-1111-1111-111111111111", f"{GROUP}/", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "principal"
    )

    assert lost(Children((), (role,), ())) == [
        (
            f"id-api/roleAssignments/Reader@{GROUP}/",
            "",
            "it is the old principal's, and left dangling",
            "az role assignment delete --ids"
            f" {GROUP}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111",
        )
    ]


@pytest.mark.parametrize(
    ("scope", "told"),
    [("Galactic", ["isolationScope"]), (IsolationScope.REGIONAL, []), (IsolationScope.NONE, [])],
)
def test_isolation_scope_that_no_manifest_knows_is_said_not_to_return(
    scope: IsolationScope | str, told: list[str]
) -> None:
    lost_of_it = lost_with(live_identity("id-old", isolation_scope=scope), Children((), (), ()))

    assert [one.part for one in lost_of_it] == told


@pytest.mark.parametrize(
    ("journal", "command"), [("run.jsonl", "run.jsonl"), ("my run.jsonl", "'my run.jsonl'"), ("-x", "./-x")]
)
def test_advice_to_compare_names_the_journal_for_a_shell(journal: str, command: str) -> None:
    assert compare_with(journal) == f"what it was before the run: uami show {command}"


def test_title_of_a_removal_says_what_it_removed() -> None:
    record = RunRecord(replace(HEADER, command="orphans"), (), RunEnd(AT, True, False, ()), torn=False)

    assert title(record) == f"This takes back the removal of orphans of {AT}, correlation id {HEADER.run_id}."
