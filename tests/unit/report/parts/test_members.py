"""How many are told as one."""

from reconciler.model.ids import AssignmentId, ResourceGroupId
from reconciler.report.parts.members import several
from tests.builders import GROUP, SUBSCRIPTION, resource_id
from tests.orphans import orphan
from tests.unit.live.orphans.judging import READER, SCOPE


def test_many_are_identities_or_principals_that_are_gone() -> None:
    gone = orphan().resource_id(SUBSCRIPTION)

    assert several("", 3) == several("", 3, resource_id("id-a")) == "3 identities"
    assert several("", 3, ResourceGroupId(SUBSCRIPTION, GROUP)) == "3 identities"
    assert several("", 3, gone.identity) == "3 principals that are gone"
    assert several("role Reader on rg-app", 3, gone) == "role Reader on rg-app of 3 principals that are gone"
    alive = AssignmentId(resource_id("id-a"), "Reader", READER, SCOPE)
    assert several("role Reader on rg-app", 3, alive) == "role Reader on rg-app of 3 identities"
