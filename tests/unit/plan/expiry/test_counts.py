"""How much has expired and is still there, and how much expires soon."""

from reconciler.plan.expiry.counts import expired_items, expiring_items
from tests.builders import label
from tests.unit.plan.expiry.expiring import changes, plan


def test_expired_is_what_lives_though_its_day_has_come_held_or_not() -> None:
    assert sorted(label(one) for one in expired_items(plan(changes()))) == [
        "id-a/federatedCredentials/other-name",
        "id-due",
        "id-held/federatedCredentials/ended",
    ]


def test_expiring_is_what_has_its_day_within_two_weeks() -> None:
    assert [label(one) for one in expiring_items(plan(changes()))] == ["id-a/federatedCredentials/soon", "id-early"]
