"""Rights are asked for from above, each place once and only as far down as is needed; what is missing is worded."""

from collections.abc import Mapping

import pytest

from reconciler.arm.permissions import Permissions
from reconciler.arm.resources import Resources
from reconciler.errors import ArmAuthError, ArmLoginError, LoginError, NotFound
from reconciler.live.may_read import MayRead
from reconciler.live.rights import grant_commands, missing_rights, read_rights, unchecked_notes
from reconciler.model import PermissionEntry
from reconciler.plan import Need, Rights
from tests.unit.arm.fakes import arm_client

SUBSCRIPTION = "/subscriptions/1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
ONE, TWO, THREE = (f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{one}" for one in "abc")
WRITE = "Microsoft.ManagedIdentity/userAssignedIdentities/write"
CLOSED = ArmAuthError("No.", status=403)


class Known(MayRead):
    """What the caller may do at each place by the actions that it has there; nothing at all others."""

    def __init__(self, places: Mapping[str, tuple[str, ...] | ArmAuthError | NotFound]) -> None:
        with arm_client() as (client, _):
            super().__init__(client)
        self.places = places
        self.asked: list[str] = []

    def permissions_at(self, scope: str) -> Permissions:
        """What is known of a place; keeps that it was asked."""
        self.asked.append(scope)
        found = self.places.get(scope, ())
        if isinstance(found, ArmAuthError | NotFound):
            raise found
        return Permissions((PermissionEntry(found, ()),))


def read(places: Mapping[str, tuple[str, ...] | ArmAuthError | NotFound], *needs: Need) -> tuple[Rights, list[str]]:
    """What is found, and where it was asked for."""
    known = Known(places)
    with arm_client() as (client, _):
        return read_rights(needs, known, Resources(client)), known.asked


@pytest.mark.parametrize(
    ("scope", "places"),
    [
        (SUBSCRIPTION, [SUBSCRIPTION]),
        (GROUP, [SUBSCRIPTION, GROUP]),
        (VAULT, [SUBSCRIPTION, GROUP, VAULT]),
        (f"{SUBSCRIPTION}/providers/Microsoft.X/y", [SUBSCRIPTION, f"{SUBSCRIPTION}/providers/Microsoft.X/y"]),
        (f"{SUBSCRIPTION}/providers/Microsoft.X/y/z", [SUBSCRIPTION, f"{SUBSCRIPTION}/providers/Microsoft.X/y/z"]),
        (
            "/providers/Microsoft.Management/managementGroups/mg",
            ["/providers/Microsoft.Management/managementGroups/mg"],
        ),
        ("/", ["/"]),
    ],
)
def test_right_that_nobody_gives_is_asked_for_at_each_place_from_above(scope: str, places: list[str]) -> None:
    need = Need(WRITE, scope)

    assert read({}, need) == (Rights(missing=(need,)), places)


@pytest.mark.parametrize("giving", [1, 2, 3])
def test_place_below_is_not_asked_where_one_above_gives_it(giving: int) -> None:
    places, need = [SUBSCRIPTION, GROUP, VAULT], Need(WRITE, VAULT)

    assert read({places[giving - 1]: (WRITE,)}, need) == (Rights(present=(need,)), places[:giving])


def test_place_is_asked_once_for_all_needs_however_it_is_spelled() -> None:
    needs = [Need(WRITE, GROUP), Need("a/b", GROUP.upper()), Need(WRITE, VAULT), Need(WRITE, GROUP)]

    found, asked = read({SUBSCRIPTION: ("a/b",), GROUP: (WRITE,)}, *needs)

    assert (len(found.present), found.missing, found.unchecked) == (3, (), ())
    assert asked == [SUBSCRIPTION, GROUP]


def test_first_resource_answers_for_all_where_it_is_closed() -> None:
    needs = [Need(WRITE, GROUP, one) for one in (ONE, TWO, THREE)]

    found, asked = read({}, *needs)

    assert asked == [SUBSCRIPTION, GROUP, ONE]
    assert found == Rights(missing=(needs[0],))


def test_every_resource_is_asked_where_the_first_one_gives_the_right() -> None:
    needs = [*(Need(WRITE, GROUP, one) for one in (ONE, TWO, THREE)), Need("a/b", GROUP), Need("c/d", GROUP, THREE)]

    found, asked = read({ONE: (WRITE,), TWO: (WRITE,), VAULT: (WRITE,)}, *needs)

    assert sorted(asked) == sorted([SUBSCRIPTION, GROUP, ONE, TWO, THREE])
    assert found.missing == (needs[2], needs[3], needs[4])
    assert found.present == ()


@pytest.mark.parametrize("silent", [CLOSED, NotFound("Gone.", status=404)])
def test_right_is_unchecked_where_the_narrowest_place_does_not_say(silent: ArmAuthError | NotFound) -> None:
    need = Need(WRITE, GROUP)

    assert read({SUBSCRIPTION: silent, GROUP: silent}, need)[0] == Rights(unchecked=(need,))
    assert read({SUBSCRIPTION: silent}, need)[0] == Rights(missing=(need,))
    assert read({SUBSCRIPTION: silent, GROUP: (WRITE,)}, need)[0] == Rights(present=(need,))


def test_token_that_is_refused_ends_the_check() -> None:
    with pytest.raises(LoginError):
        read({SUBSCRIPTION: ArmLoginError("No.", status=401)}, Need(WRITE, GROUP))


def test_what_is_missing_is_said_with_the_role_that_has_it_and_the_command() -> None:
    one = missing_rights(Rights(missing=(Need(WRITE, GROUP),)))
    two = missing_rights(Rights(missing=(Need(WRITE, GROUP), Need("no/such", VAULT))))
    unknown = missing_rights(Rights(missing=(Need("no/such", VAULT),)))

    role = "Managed Identity Contributor"
    assert one.message.splitlines() == [
        "The run would fail half-way, so it was not started: 1 right is missing.",
        f"  {WRITE} at {GROUP} (the role {role} has it)",
    ]
    assert two.message.splitlines()[0].endswith("2 rights are missing.")
    assert two.message.splitlines()[2] == f"  no/such at {VAULT} (no built-in role known here has it)"
    command = f"az role assignment create --role '{role}' --scope {GROUP} --assignee PRINCIPAL"
    assert one.hint.splitlines()[:2] == ["Ask an administrator to run:", f"  {command}"]
    assert unknown.hint.splitlines()[0].startswith("A new grant takes some minutes to be seen.")
    assert grant_commands([Need(WRITE, GROUP)], "me") == (command.replace("PRINCIPAL", "me"),)


def test_scope_at_which_nothing_could_be_checked_is_said_once() -> None:
    notes = unchecked_notes(Rights(unchecked=(Need(WRITE, GROUP), Need("a/b", GROUP.upper()), Need("a/b", VAULT))))

    assert [note.partition(" were")[0] for note in notes] == [f"Your rights at {GROUP}", f"Your rights at {VAULT}"]
    assert f"({WRITE}, a/b)" in notes[0]
