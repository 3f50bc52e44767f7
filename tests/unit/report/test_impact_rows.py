"""What a delete would break, line by line: what is unknown is never shown as nothing."""

from dataclasses import replace

import pytest

from reconciler.model import (
    AddressBook,
    AppRole,
    AttachedResource,
    CredentialId,
    Directory,
    FederatedCredential,
    HeldRole,
    Impact,
    Lock,
    Membership,
    Orphan,
    Part,
    directory_not_read,
)
from reconciler.plan import Action, AssignmentChange, IdentityChange
from reconciler.report.impact_rows import impact_rows, membership_text, role_of_nobody, unlooked
from reconciler.report.names import Names
from tests.builders import compare, desired_group, live_group, resource_id
from tests.orphans import orphan, removal_of

SUBSCRIPTION = "/subscriptions/1"
VM = AttachedResource(f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm")
CREDENTIAL = FederatedCredential(CredentialId(resource_id("id-old"), "main"), None)
LEFT = HeldRole("Reader", "g", SUBSCRIPTION, removed=False)
TAKEN = HeldRole("Owner", "h", SUBSCRIPTION, removed=True)
LOCK = Lock("ReadOnly", "keep", SUBSCRIPTION)
NAMES = Names(AddressBook(()), {}, {"g-1": "Reader"})
NOTHING = ("impact", "none found: no attached resource, no federated credential, no orphaned role, no lock")


def delete(impact: Impact | None) -> IdentityChange:
    (change,) = compare(desired_group(), live_group("id-old")).identities()
    return replace(change, impact=impact)


@pytest.mark.parametrize(
    ("impact", "rows"),
    [
        (Impact(), (NOTHING,)),
        (Impact(assignments=Part((TAKEN,))), (NOTHING,)),
        (Impact(Part((VM,))), (("attached to", "virtualMachines vm (rg)"),)),
        (Impact(credentials=Part((CREDENTIAL,))), (("also deleted", "federated credential main"),)),
        (Impact(assignments=Part((TAKEN, LEFT))), (("orphaned", "role Reader on subscription 1"),)),
        (Impact(locks=Part((LOCK,))), (("locked by", "ReadOnly lock 'keep' on subscription 1"),)),
        (Impact(Part((), "no right")), (("not checked", "attached resources: no right"),)),
        (
            Impact(Part((VM,), "a"), Part((LEFT,), "b"), Part((CREDENTIAL,), "c"), Part((LOCK,), "d")),
            (
                ("attached to", "virtualMachines vm (rg)"),
                ("also deleted", "federated credential main"),
                ("orphaned", "role Reader on subscription 1"),
                ("locked by", "ReadOnly lock 'keep' on subscription 1"),
                ("not checked", "further attached resources: a"),
                ("not checked", "further federated credentials: c"),
                ("not checked", "further roles: b"),
                ("not checked", "further locks: d"),
            ),
        ),
        (
            None,
            tuple(
                ("not checked", f"{name}: nothing was looked at")
                for name in ("attached resources", "federated credentials", "roles", "locks")
            ),
        ),
    ],
)
def test_impact_of_a_delete_is_told_part_by_part(impact: Impact | None, rows: tuple[tuple[str, str], ...]) -> None:
    assert impact_rows(delete(impact), NAMES) == rows


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.NO_OP])
def test_only_a_delete_has_an_impact(action: Action) -> None:
    assert impact_rows(replace(delete(Impact(Part((VM,)))), action=action), NAMES) == ()


def test_what_is_never_looked_at_is_named() -> None:
    unread = "not looked at: Entra groups, app roles, data-plane grants, identityProfile"

    assert unlooked(delete(Impact())) == unlooked(delete(None)) == unread
    assert unlooked(replace(delete(Impact()), action=Action.UPDATE)) == ""
    assert unlooked(delete(Impact(directory=Directory(Part(), Part())))) == (
        "not looked at: data-plane grants, identityProfile"
    )


def test_groups_and_app_roles_are_named_where_they_were_read() -> None:
    member = Membership("directoryRole", "0b2c", "Directory Readers")
    directory = Directory(Part((member,)), Part((AppRole("User.Read.All", "Microsoft Graph"),)))

    assert impact_rows(delete(Impact(directory=directory)), NAMES) == (
        ("member of", "directory role Directory Readers"),
        ("app role", "User.Read.All of Microsoft Graph"),
    )
    assert membership_text(Membership("group", "0b2c", "")) == "group 0b2c"


def test_why_groups_and_app_roles_were_not_read_is_said() -> None:
    denied = directory_not_read("missing Application.Read.All in Microsoft Graph")

    assert impact_rows(delete(Impact(directory=denied)), NAMES) == (
        ("not checked", "Entra groups, app roles: missing Application.Read.All in Microsoft Graph"),
    )


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (orphan(), "its principal is gone"),
        (orphan(identity=resource_id("id-api")), "its principal is gone, that of rg-app/id-api"),
        (
            replace(orphan(identity=resource_id("id-api")), created_again="0b2d"),
            "its principal is gone, that of rg-app/id-api, which has been created again as another one",
        ),
    ],
)
def test_role_of_nobody_says_whose_it_was(known: Orphan, said: str) -> None:
    (change,) = removal_of(known).changes

    assert isinstance(change, AssignmentChange)
    assert role_of_nobody(change) == f"will be destroyed: {said}"
