"""What is held, as rows: never under the symbol of a change, always with the line that holds it."""

from datetime import timedelta

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredCredential, DesiredGroup
from reconciler.model import Access, CredentialId, FederatedCredential, Trust
from reconciler.plan import Action, Hold, Plan, make_plan
from reconciler.plan.diff_access import diff_access
from reconciler.report.held_rows import held_rows, not_due
from reconciler.report.rows import ChangeRow, FieldRow
from tests.builders import (
    MANIFEST,
    TODAY,
    compare,
    desired_group,
    label,
    listed,
    live_group,
    live_identity,
    live_of,
    plan_of,
    removed,
    resource_id,
)

WHY = Hold("why", None, SourcePos(MANIFEST, 6, 15))
LATER = TODAY + timedelta(days=1)


def test_change_of_a_held_identity_says_what_would_be_and_where_the_hold_stands() -> None:
    plan = plan_of(desired_group(listed("id-a", tags={"x": "1"}, hold="why")), live_group("id-a"))

    assert held_rows(plan) == (
        ChangeRow(
            "",
            Action.UPDATE,
            resource_id("id-a"),
            "",
            "would be updated in place",
            "identities.yaml:6",
            (FieldRow("tags.x", None, "1"),),
            (),
            WHY,
        ),
    )


def test_removal_before_its_day_says_nothing_of_what_it_would_break() -> None:
    plan = plan_of(desired_group("id-a", remove=[removed("id-old", after=LATER)]), live_group("id-a", "id-old"))

    (row,) = held_rows(plan)

    assert (row.symbol, row.summary, row.impact) == ("", "would be destroyed", ())
    assert row.hold == Hold(None, LATER, SourcePos(MANIFEST, 9, 9))
    assert [label(one) for one in not_due(plan)] == ["id-old"]


def test_hold_under_which_nothing_differs_is_not_forgotten() -> None:
    plan = plan_of(desired_group(listed("id-a", hold="why")), live_group("id-a"))

    (row,) = held_rows(plan)

    assert (row.identity.name, row.summary, row.fields, row.hold) == ("id-a", "is as it should be", (), WHY)
    assert not_due(plan) == ()


def test_location_that_a_held_identity_contradicts_is_told() -> None:
    plan = plan_of(desired_group(listed("id-a", location="uksouth", hold="why")), live_group("id-a"))

    (row,) = held_rows(plan)

    assert (row.symbol, row.summary) == ("", "differs from the manifest")
    assert row.fields == (FieldRow("location", "westeurope", "uksouth"),)


def with_credential(trust: Trust) -> Plan:
    entry = listed(
        "id-a",
        federated_credentials=[DesiredCredential("main", Trust("https://i", "s", "a"), SourcePos(MANIFEST, 8, 9))],
        hold="why",
    )
    desired: DesiredGroup = desired_group(entry)
    live = live_group(live_identity("id-a"))
    credential = FederatedCredential(CredentialId(resource_id("id-a"), "main"), trust)
    changes = diff_access(compare(desired, live), Access({resource_id("id-a"): (credential,)}))
    return make_plan(Desired((desired,)), live_of(live), changes, (), cloud="AzureCloud", targets=())


def test_children_that_differ_stand_for_their_identity() -> None:
    differing, equal = (with_credential(Trust("https://i", subject, "a")) for subject in ("other", "s"))

    assert [(row.label, row.summary) for row in held_rows(differing)] == [
        ("credential main", "would be updated in place")
    ]
    assert [(row.label, row.summary) for row in held_rows(equal)] == [("", "is as it should be")]
