"""The note on more role assignments than a subscription can have."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredAssignment
from reconciler.model import Access, RoleDefinition, RoleLookup, role_key
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from reconciler.plan.role_limit import role_limit_notes
from tests.builders import MANIFEST, compare, desired_group, given_role, listed, live_group, resource_id

ONE, TWO = "/subscriptions/1", "/subscriptions/2"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def changes_at(*new: str, gone: tuple[str, ...] = ()) -> Changes:
    """A comparison that gives a role at some scopes and takes it away at others."""
    roles = [DesiredAssignment("Reader", scope, SourcePos(MANIFEST, 7, 7)) for scope in new]
    lookups = {
        role_key("Reader", scope): RoleLookup("Reader", scope, (RoleDefinition(READER, "Reader"),)) for scope in new
    }
    live = tuple(given_role("team-a", scope, "principal-of-id-a", READER) for scope in gone)
    group = desired_group(listed("id-a", role_assignments=roles), owner="team-a")
    return diff_access(compare(group, live_group("id-a")), Access({}, {resource_id("id-a"): live}, lookups))


@pytest.mark.parametrize(
    ("changes", "counts", "cloud", "over"),
    [
        (changes_at(ONE), {ONE: 3_999}, "AzureCloud", []),
        (changes_at(ONE), {ONE: 4_000}, "AzureCloud", [(ONE, 4_001, 4_000)]),
        (changes_at(f"{ONE}/resourceGroups/rg", f"{ONE}0"), {ONE: 4_000}, "AzureCloud", [(ONE, 4_001, 4_000)]),
        (changes_at(f"{ONE}0"), {ONE: 5_000}, "AzureCloud", []),
        (changes_at(ONE, gone=(f"{ONE}/resourceGroups/rg",)), {ONE: 4_000}, "AzureCloud", []),
        (changes_at(gone=(ONE,)), {ONE: 5_000}, "AzureCloud", []),
        (changes_at(ONE), {ONE: 2_000}, "AzureUSGovernment", [(ONE, 2_001, 2_000)]),
        (changes_at(ONE), {ONE: 2_000}, "AzureChinaCloud", [(ONE, 2_001, 2_000)]),
        (changes_at(ONE), {}, "AzureCloud", []),
        (changes_at(TWO, ONE), {TWO: 9_000, ONE: 4_000}, "AzureCloud", [(ONE, 4_001, 4_000), (TWO, 9_001, 4_000)]),
    ],
)
def test_subscription_that_new_roles_bring_over_the_limit_is_named(
    changes: Changes, counts: dict[str, int], cloud: str, over: list[tuple[str, int, int]]
) -> None:
    assert list(role_limit_notes(changes, counts, cloud)) == [
        f"role-limit: {scope} would have {number} role assignments, and Azure lets a subscription have {limit}: it will"
        " refuse those that come last."
        for scope, number, limit in over
    ]
