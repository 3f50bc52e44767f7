"""Which actions the caller has."""

import pytest

from reconciler.arm import permissions
from reconciler.arm.permissions import Permissions
from reconciler.errors import ArmError
from reconciler.model.ids import ResourceGroupId
from reconciler.model.roles.permissions import PermissionEntry
from tests.unit.arm.fakes import ENDPOINT, SUBSCRIPTION, answer, arm_client, refusal

READ = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
DELETE = "Microsoft.ManagedIdentity/userAssignedIdentities/delete"


def test_not_actions_take_away_from_their_own_entry() -> None:
    granted = Permissions((PermissionEntry(("*",), ("*/delete",)),))

    assert (granted.allows(READ), granted.allows(DELETE)) == (True, False)


def test_another_entry_gives_what_one_takes_away() -> None:
    granted = Permissions((PermissionEntry(("*",), ("*/delete",)), PermissionEntry((DELETE,), ())))

    assert granted.allows(DELETE)


@pytest.mark.parametrize(
    ("actions", "not_actions", "every"),
    [
        (("*/read",), (), True),
        (("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Compute/galleries/share/action"), True),
        (("*/read",), ("Microsoft.Compute/virtualMachines/read",), False),
        (("*",), ("Microsoft.Compute/*",), False),
        (("*",), ("Microsoft.Compute/*d",), False),
        (("*/write",), (), False),
        (("Microsoft.Compute/*/read",), (), False),
    ],
)
def test_role_gives_every_read_only_where_it_withholds_none(
    actions: tuple[str, ...], not_actions: tuple[str, ...], every: bool
) -> None:
    granted = Permissions((PermissionEntry((READ,), ()), PermissionEntry(actions, not_actions)))

    assert granted.allows_every_read() is every


def test_no_entries_allow_nothing() -> None:
    assert not Permissions(()).allows(READ)


def test_permissions_of_a_subscription_are_read_over_all_pages() -> None:
    pages = [
        {"value": [{"actions": ["*/read"], "notActions": [], "dataActions": ["*"]}], "nextLink": f"{ENDPOINT}/next"},
        {"value": [{"actions": ["*"], "notActions": ["*/delete"]}]},
    ]

    with arm_client(*(answer(200, page) for page in pages)) as (client, arm):
        granted = permissions.read_at(client, f"/subscriptions/{SUBSCRIPTION}")

    assert granted == Permissions((PermissionEntry(("*/read",), ()), PermissionEntry(("*",), ("*/delete",))))
    assert arm.urls[0] == (
        f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    )


def test_permissions_of_a_group_are_asked_at_the_group() -> None:
    with arm_client(answer(200, {"value": [{}]})) as (client, arm):
        granted = permissions.read_at(client, str(ResourceGroupId(SUBSCRIPTION, "rg")))

    assert granted == Permissions((PermissionEntry((), ()),))
    assert arm.requests[0].url.path == (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Authorization/permissions"
    )


@pytest.mark.parametrize("item", [{"actions": "*"}, {"actions": [1]}, {"actions": ["*"], "notActions": {}}])
def test_permissions_of_another_kind_are_malformed(item: object) -> None:
    with arm_client(answer(200, {"value": [item]})) as (client, _), pytest.raises(ArmError, match="malformed answer"):
        permissions.read_at(client, f"/subscriptions/{SUBSCRIPTION}")


def test_permissions_that_cannot_be_read_are_an_error() -> None:
    with arm_client(refusal(403, "AuthorizationFailed")) as (client, _), pytest.raises(ArmError):
        permissions.read_at(client, f"/subscriptions/{SUBSCRIPTION}")
