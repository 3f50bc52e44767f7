"""The id of an orphan: one for each principal, role and scope, whatever the identity was called."""

from reconciler.model.access import RoleAssignment
from reconciler.model.ids import parse_address
from reconciler.model.orphan import GONE, Orphan, gone_identity, is_gone
from tests.builders import SUBSCRIPTION, resource_id

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
FIRST, SECOND = (f"{number}" * 8 + "-0000-0000-0000-000000000000" for number in (1, 2))


def orphan(principal_id: str) -> Orphan:
    given = RoleAssignment("name", f"/subscriptions/{SUBSCRIPTION}", READER, principal_id)
    return Orphan(
        given, "Reader", "ServicePrincipal", resource_id("id-a"), None, True, "the run of a journal deleted it"
    )


def test_two_principals_of_one_identity_leave_two_orphans() -> None:
    ids = {orphan(one).resource_id(SUBSCRIPTION) for one in (FIRST, SECOND)}

    assert len(ids) == 2


def test_address_of_an_orphan_is_read_as_it_is_written() -> None:
    (role,) = {orphan(FIRST).resource_id(SUBSCRIPTION)}

    assert role.address == (f"{SUBSCRIPTION}/(gone)/{FIRST}/roleAssignments/Reader@/subscriptions/{SUBSCRIPTION}")
    assert parse_address(role.address).address == role.address


def test_only_what_stands_for_a_principal_that_is_gone_is_gone() -> None:
    gone = gone_identity(SUBSCRIPTION, FIRST)

    assert gone.resource_group == GONE
    assert (is_gone(gone), is_gone(gone.group_id), is_gone(resource_id("id-a"))) == (True, True, False)
