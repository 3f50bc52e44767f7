"""What was read of the roles of live identities, and that nothing else passes for read."""

from reconciler.model.access import RoleAssignment, RoleDefinition
from reconciler.model.not_read import NotRead
from reconciler.model.roles.held import NOTHING_HELD, GivenRole, HeldRoles
from tests.builders import resource_id

READER = GivenRole(RoleAssignment("n", "/subscriptions/1", "guid", "p"), RoleDefinition("guid", "Reader"))


def test_roles_are_found_by_identity_and_scope() -> None:
    read = HeldRoles({resource_id("id-a"): (READER,)}, {"/subscriptions/1": (resource_id("id-b"),)})

    assert read.of(resource_id("ID-A")) == (READER,)
    assert read.givers_within("/SUBSCRIPTIONS/1/") == (resource_id("id-b"),)


def test_what_was_not_looked_at_is_not_taken_for_nothing() -> None:
    assert NOTHING_HELD.of(resource_id("id-a")) == NotRead("Roles", str(resource_id("id-a")), "nothing was looked at")
    assert NOTHING_HELD.givers_within("/subscriptions/1") == NotRead(
        "Identities that may give roles", "/subscriptions/1", "nothing was looked at"
    )


def test_role_whose_definition_was_not_read_is_named_by_its_guid() -> None:
    unknown = GivenRole(READER.assignment, None)

    assert ((READER.name, READER.role_guid, READER.scope), unknown.name) == (
        ("Reader", "guid", "/subscriptions/1"),
        "guid",
    )
