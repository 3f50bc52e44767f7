"""Who gains or loses what by a plan, each kind of change with what it means for those who are trusted."""

from dataclasses import replace

import pytest

from reconciler.manifest.desired import Desired, DesiredIdentity
from reconciler.model import (
    OWNER_TAG,
    AttachedResource,
    CredentialId,
    FederatedCredential,
    HeldRole,
    Impact,
    Impacts,
    LiveTrust,
    Part,
)
from reconciler.plan import Action, CredentialChange, Plan, make_plan
from reconciler.plan.trust.rows import TrustRow, Verb, trust_rows
from tests.builders import compare, desired_group, listed, live_group, live_identity, live_of, resource_id
from tests.unit.trusting import CONTRIBUTOR, DATA, OWNER, READER, github, lives, ours, plan_for, role, trusted

VM = AttachedResource(f"{DATA}/providers/Microsoft.Compute/virtualMachines/vm-a")
IDENTITY = resource_id("id-a")
HELD = HeldRole("Reader", READER, DATA, removed=False)
NOTHING = LiveTrust(Part(), Part(), Part())


def seen(plan: Plan) -> list[tuple[object, ...]]:
    """Who, verb, roles and line of each row."""
    return [(row.who, row.verb, [one.role for one in row.rights], row.place.line) for row in trust_rows(plan)]


def test_plan_without_changes_of_trust_or_rights_has_no_rows() -> None:
    assert trust_rows(plan_for(listed("id-a"), live=["id-a"])) == ()


def test_trust_of_an_identity_that_is_made_has_the_roles_that_it_gets() -> None:
    plan = plan_for(listed("id-a", federated_credentials=trusted(gh="prod"), role_assignments=[role(CONTRIBUTOR)]))

    assert seen(plan) == [(github("prod"), Verb.GAINS_TRUST, ["Contributor"], 7)]


def test_new_trust_has_the_roles_that_live_and_those_that_the_plan_gives() -> None:
    plan = plan_for(
        listed("id-a", federated_credentials=trusted(gh="prod"), role_assignments=[role(CONTRIBUTOR)]),
        live=["id-a"],
        trust={"id-a": LiveTrust(Part(), Part((HELD,), "and more"), Part())},
    )

    (row,) = trust_rows(plan)

    assert [one.role for one in row.rights] == ["Reader", "Contributor"]
    assert row.not_read == "and more"


def test_changed_subject_is_trust_lost_and_gained() -> None:
    plan = plan_for(
        listed("id-a", federated_credentials=trusted(gh="prod")),
        live=["id-a"],
        credentials=lives("id-a", gh="test"),
        trust={"id-a": LiveTrust(Part(lives("id-a", gh="test")), Part((HELD,)))},
    )

    assert seen(plan) == [
        (github("prod"), Verb.GAINS_TRUST, ["Reader"], 7),
        (github("test"), Verb.LOSES_TRUST, ["Reader"], 7),
    ]


def test_trust_that_only_changes_its_name_is_no_row() -> None:
    plan = plan_for(
        listed("id-a", federated_credentials=trusted(new="prod")),
        live=["id-a"],
        credentials=lives("id-a", old="prod"),
        trust={"id-a": NOTHING},
    )

    assert [one.action for one in plan.applicable if isinstance(one, CredentialChange)] == [
        Action.DELETE,
        Action.CREATE,
    ]
    assert trust_rows(plan) == ()


def test_trust_that_goes_had_the_roles_from_before() -> None:
    plan = plan_for(
        listed("id-a", federated_credentials=[], role_assignments=[role(CONTRIBUTOR)], line=5),
        live=["id-a"],
        credentials=lives("id-a", gh="prod"),
        assignments={"id-a": (ours("id-a", READER),)},
        trust={"id-a": LiveTrust(Part(lives("id-a", gh="prod")), Part((HELD,)), Part())},
    )

    assert seen(plan) == [(github("prod"), Verb.LOSES_TRUST, ["Reader"], 5)]


def _roles(*roles: str, condition: str | None = None) -> DesiredIdentity:
    return listed("id-a", role_assignments=[role(one, condition=condition) for one in roles])


def test_role_that_is_given_goes_to_all_who_are_trusted_and_to_what_is_attached() -> None:
    plan = plan_for(
        _roles(CONTRIBUTOR),
        live=["id-a"],
        trust={"id-a": LiveTrust(Part(lives("id-a", a="prod", b="test")), None, Part((VM,)))},
    )

    assert seen(plan) == [
        (github("prod"), Verb.GAINS_RIGHTS, ["Contributor"], 20),
        (github("test"), Verb.GAINS_RIGHTS, ["Contributor"], 20),
        (VM, Verb.GAINS_RIGHTS, ["Contributor"], 20),
    ]


def test_role_of_an_identity_that_nobody_can_become_is_no_row() -> None:
    assert trust_rows(plan_for(_roles(CONTRIBUTOR), live=["id-a"], trust={"id-a": NOTHING})) == ()


def test_role_that_goes_is_lost() -> None:
    plan = plan_for(
        _roles(),
        live=["id-a"],
        assignments={"id-a": (ours("id-a", READER),)},
        trust={"id-a": LiveTrust(Part(lives("id-a", a="prod")), None, Part())},
    )

    assert seen(plan) == [(github("prod"), Verb.LOSES_RIGHTS, ["Reader"], 5)]


@pytest.mark.parametrize(("before", "after"), [("x", "y"), (None, "y")])
def test_condition_that_changes_is_said(before: str | None, after: str) -> None:
    plan = plan_for(
        _roles(READER, condition=after),
        live=["id-a"],
        assignments={"id-a": (ours("id-a", READER, condition=before),)},
        trust={"id-a": LiveTrust(Part(lives("id-a", a="prod")), None, Part())},
    )

    (row,) = trust_rows(plan)

    assert (row.verb, [one.condition for one in row.rights]) == (Verb.CHANGES_RIGHTS, [after])


def test_who_could_not_be_read_has_a_row_of_its_own() -> None:
    plan = plan_for(
        _roles(CONTRIBUTOR), live=["id-a"], trust={"id-a": LiveTrust(Part((), "no right"), None, Part((), "no Graph"))}
    )

    (row,) = trust_rows(plan)

    assert (row.who, row.verb, row.not_read) == (None, Verb.GAINS_RIGHTS, "no right; no Graph")


def test_what_a_guard_holds_back_counts_for_nothing() -> None:
    entry = listed("id-a", federated_credentials=trusted(gh="prod"), role_assignments=[role(CONTRIBUTOR)])
    everything = plan_for(entry)
    held_role = next(one.resource_id for one in everything.changes if one.resource_id.below_identity.startswith("role"))
    held_trust = CredentialId(IDENTITY, "gh")

    assert seen(plan_for(entry, refused=(held_role,))) == [(github("prod"), Verb.GAINS_TRUST, [], 7)]
    assert trust_rows(plan_for(entry, refused=(held_trust,))) == ()


def test_credential_that_cannot_be_expressed_gains_too() -> None:
    flexible = FederatedCredential(CredentialId(IDENTITY, "flex"), None)
    plan = plan_for(_roles(CONTRIBUTOR), live=["id-a"], trust={"id-a": LiveTrust(Part((flexible,)), None, Part())})

    assert seen(plan) == [(flexible.credential_id, Verb.GAINS_RIGHTS, ["Contributor"], 20)]


def test_all_who_could_become_an_identity_that_is_deleted_lose_it() -> None:
    group = desired_group("id-b", owner=OWNER)
    live = live_group(
        live_identity("id-a", tags={OWNER_TAG: OWNER}), "id-b", live_identity("id-c", tags={OWNER_TAG: OWNER})
    )
    impact = Impact(Part((VM,)), Part((HELD,), "more"), Part(lives("id-a", gh="prod")))
    changes = compare(group, live).with_impacts(Impacts({IDENTITY: impact}))
    plan = make_plan(Desired((group,)), live_of(live), changes, (), cloud="AzureCloud", targets=())

    rows = trust_rows(plan)

    assert [(row.who, row.verb, row.is_deleted, row.not_read) for row in rows] == [
        (github("prod"), Verb.LOSES_TRUST, True, "more"),
        (VM, Verb.LOSES_TRUST, True, "more"),
    ]
    assert trust_rows(replace(plan, changes=())) == ()


def test_gains_are_told_from_losses() -> None:
    assert [one for one in Verb if not one.is_gain] == [Verb.LOSES_TRUST, Verb.LOSES_RIGHTS]
    assert TrustRow(None, IDENTITY, Verb.CHANGES_RIGHTS, (), listed("id-a").source).verb.is_gain
