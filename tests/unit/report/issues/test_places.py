"""Refusals belong to lines of the manifest."""

from reconciler.errors import NO_PLACE, SourcePos
from reconciler.manifest.desired import Desired
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.report.issues.places import places_of
from tests.builders import MANIFEST, desired_group, group_id, listed, removed, resource_id
from tests.unit.reporting import plan_of_everything

DESIRED = Desired(
    (desired_group(listed("id-api", line=8), remove=[removed("id-old", line=20)]), desired_group(name="rg-z"))
)
PLACES = places_of(DESIRED)


def line(number: int, column: int = 9) -> SourcePos:
    """A place in the manifest of the tests."""
    return SourcePos(MANIFEST, number, column)


def test_place_is_the_line_of_what_it_is_about() -> None:
    assert PLACES.of(resource_id("id-api")) == line(8)
    assert PLACES.of(resource_id("id-old")) == line(20)
    assert PLACES.of(group_id("rg-z")) == line(3, 3)


def test_place_of_what_is_not_listed_is_that_of_what_holds_it() -> None:
    role = AssignmentId(resource_id("id-api"), "Reader", "guid", "/subscriptions/x")

    assert PLACES.of(CredentialId(resource_id("id-api"), "gone")) == line(8)
    assert PLACES.of(role) == line(8)
    assert PLACES.of(resource_id("id-other")) == line(3, 3)


def test_place_of_the_whole_run_is_that_of_its_first_group() -> None:
    assert PLACES.of(None) == line(3, 3)
    assert PLACES.of(resource_id("id-api", "rg-elsewhere")) == line(3, 3)
    assert places_of(Desired(())).of(None) == NO_PLACE


def test_place_of_a_change_is_the_one_that_the_plan_gives() -> None:
    plan = plan_of_everything()
    delete = plan.applicable[-1]

    assert places_of(plan.desired, plan.changes).of(delete.resource_id) == delete.source
