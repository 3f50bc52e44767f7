"""Under which id an orphan is planned and journalled, and what stands for its identity."""

import pytest

from reconciler.model import ResourceId, is_gone, parse_address
from reconciler.model.orphan import gone_identity
from tests.builders import SUBSCRIPTION, resource_id
from tests.orphans import IN_GROUP, OTHER_PRINCIPAL, PRINCIPAL, orphan


def test_an_orphan_is_named_by_what_is_left_of_its_principal_by_role_and_by_scope() -> None:
    found = orphan().resource_id(SUBSCRIPTION)

    assert found.address == f"{SUBSCRIPTION}/(gone)/{PRINCIPAL}/roleAssignments/Reader@{IN_GROUP}"
    assert parse_address(found.address).address == found.address


def test_two_principals_of_one_name_leave_two_orphans() -> None:
    one, other = (orphan(principal_id=each).resource_id(SUBSCRIPTION) for each in (PRINCIPAL, OTHER_PRINCIPAL))

    assert one != other


@pytest.mark.parametrize(
    ("identity", "gone"),
    [
        (gone_identity(SUBSCRIPTION, PRINCIPAL), True),
        (resource_id("id-api"), False),
        (ResourceId(SUBSCRIPTION, "(gone)", "id-api"), False),
        (ResourceId(SUBSCRIPTION, "rg-app", PRINCIPAL), False),
    ],
)
def test_an_id_stands_for_a_principal_that_is_gone_by_the_name_of_its_group_and_a_guid(
    identity: ResourceId, gone: bool
) -> None:
    assert is_gone(identity) is gone
