"""Credentials and role assignments against the emulator: whatever the manifest asks, one apply brings it about, and ARM
refuses none of the calls."""

import threading
from collections.abc import Mapping

import pytest

from reconciler.journal.call import Outcome
from reconciler.manifest.desired import CredentialsPolicy, Policy
from reconciler.model.identity import OWNER_TAG
from reconciler.plan.changes import Action
from reconciler.sandbox.state.state import Identity, Subscription
from tests.builders import OTHER_SUBSCRIPTION, desired_group, label, listed
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    credentials_of,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    roles_of,
    statuses,
    subjects,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.applying import apply_now, outcomes
from tests.contract.arm import Arm, OpenArm, contents, subscription
from tests.contract.faults import Fault, answer, meddle

OURS = {OWNER_TAG: OWNER}
TWENTY = [f"fic-{number:02}" for number in range(20)]


def test_new_identity_comes_with_its_credentials_and_roles(arm: OpenArm) -> None:
    opened = arm(contents())
    wanted = desired_group(
        listed("id-new", federated_credentials=trusts(main="s-main", dev="s-dev"), role_assignments=[role("Reader")])
    )

    result = apply_now(opened, full_plan(opened, wanted))

    (created,) = opened.application.state.contents().of(Identity)
    assert result.complete
    assert credentials_of(opened, "id-new") == {"main": "s-main", "dev": "s-dev"}
    assert roles_of(opened, created.principal_id) == {(IN_GROUP, READER)}
    assert full_plan(opened, wanted).applicable == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"old-name": "s"}, {"new-name": "s"}),
        ({"fic-a": "a", "fic-b": "b"}, {"fic-a": "b", "fic-b": "a"}),
        ({"fic-a": "a", "fic-b": "b", "fic-c": "c"}, {"fic-a": "b", "fic-b": "c", "fic-c": "a"}),
        ({"fic-a": "a", "fic-b": "b"}, {"fic-a": "b", "fic-b": "c"}),
        ({"fic-a": "a"}, {"fic-a": "other"}),
        ({"fic-a": "a"}, {}),
        (subjects(TWENTY), subjects(TWENTY, "other")),
        (subjects(TWENTY), subjects(f"new-{number:02}" for number in range(20))),
        (subjects(TWENTY), dict(zip(TWENTY, subjects(TWENTY[1:] + TWENTY[:1]).values(), strict=True))),
    ],
    ids=["rename", "swap", "circle", "chain", "change", "delete", "rotate-20", "20-to-20-others", "circle-of-20"],
)
def test_credentials_converge_in_one_apply_and_no_write_is_refused(
    arm: OpenArm, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", before))
    wanted = desired_group(listed("id-api", federated_credentials=trusts(**after)))

    result = apply_now(opened, full_plan(opened, wanted))

    assert result.complete
    assert credentials_of(opened, "id-api") == after
    assert statuses(opened) <= {200, 201}
    assert full_plan(opened, wanted).applicable == ()


def test_credentials_that_exchange_their_trust_are_one_update_each(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "a", "fic-b": "b"}))

    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="b", fic_b="a"))))

    assert [(label(one), one.action) for one in plan.applicable] == [
        ("id-api/federatedCredentials/fic-a", Action.UPDATE),
        ("id-api/federatedCredentials/fic-b", Action.UPDATE),
    ]


def test_rotation_writes_new_trust_before_the_old_one_goes(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-old": "old"}))
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_new="new")))

    apply_now(opened, full_plan(opened, wanted))

    assert opened.writes == [("PUT", "fic-new", 201), ("DELETE", "fic-old", 200)]


def test_credentials_under_merge_stay(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-theirs": "theirs"}))
    merge = Policy(federated_credentials=CredentialsPolicy.MERGE)
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_ours="ours")), policy=merge)

    apply_now(opened, full_plan(opened, wanted))

    assert credentials_of(opened, "id-api") == {"fic-theirs": "theirs", "fic-ours": "ours"}


def test_identities_are_written_side_by_side_and_credentials_of_one_in_turn(arm: OpenArm) -> None:
    # Each of these two waits for the other: in turn, they would wait in vain.
    side_by_side = threading.Barrier(2, timeout=60)
    meeting = [Fault("PUT", name, meddle(side_by_side.wait)) for name in ("id-000", "id-001")]
    opened = arm(contents(lives("id-first")), *meeting)
    wanted = desired_group(
        "id-first",
        *(
            listed(f"id-{number:03}", federated_credentials=trusts(**subjects(f"fic_{n}" for n in range(5))))
            for number in range(100)
        ),
    )

    result = apply_now(opened, full_plan(opened, wanted), parallelism=8)

    written = [path for method, path in opened.asked if method == "PUT"]
    assert result.complete
    # The emulator refuses a write that meets another one to the same identity.
    assert statuses(opened) == {201}
    assert len(written) == 100 + 500
    assert not side_by_side.broken


def test_line_that_is_gone_takes_its_role_along_and_leaves_those_that_others_gave(arm: OpenArm) -> None:
    ours, theirs = given("id-api", READER, owner=OWNER), given("id-api", CONTRIBUTOR)
    opened = arm(with_roles(contents(lives("id-api", OURS)), ours, theirs))
    wanted = desired_group(listed("id-api", role_assignments=[]), owner=OWNER)

    plan = full_plan(opened, wanted)
    result = apply_now(opened, plan)

    assert outcomes(result) == [(f"id-api/roleAssignments/Reader@{IN_GROUP}", Outcome.DONE)]
    assert [one.reason.value for one in plan.skipped] == ["not-ours"]
    assert roles_of(opened, principal_of("id-api")) == {(IN_GROUP, CONTRIBUTOR)}


def test_without_an_owner_no_role_is_taken_away(arm: OpenArm) -> None:
    opened = arm(with_roles(contents(lives("id-api")), given("id-api", READER, owner=OWNER)))

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[])))

    assert plan.applicable == ()
    assert [one.reason.value for one in plan.skipped] == ["not-owned"]


def test_roles_that_we_gave_go_before_their_identity(arm: OpenArm) -> None:
    ours, theirs = given("id-old", READER, owner=OWNER), given("id-old", CONTRIBUTOR)
    opened = arm(with_roles(contents(lives("id-old", OURS), lives("id-api", OURS)), ours, theirs))

    result = apply_now(opened, full_plan(opened, desired_group("id-api", owner=OWNER)))

    assert outcomes(result) == [
        (f"id-old/roleAssignments/Reader@{IN_GROUP}", Outcome.DONE),
        ("id-old", Outcome.DONE),
    ]
    assert [name for method, name, _ in opened.writes] == [ours.name, "id-old"]
    assert roles_of(opened, principal_of("id-old")) == {(IN_GROUP, CONTRIBUTOR)}


def test_role_that_is_given_under_another_name_is_as_it_should_be(arm: OpenArm) -> None:
    opened = arm(with_roles(contents(lives("id-api")), given("id-api", READER)))

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[role("reader", IN_GROUP.upper() + "/")])))

    assert plan.applicable == ()


def test_role_that_somebody_gives_meanwhile_under_another_name_is_not_counted_as_given(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")])))
    state = opened.application.state
    state.put(given("id-api", READER))

    result = apply_now(opened, plan)

    assert [(one.outcome, one.because) for one in result.results] == [
        (Outcome.STALE, "it appeared meanwhile, under another name")
    ]
    assert (statuses(opened), result.count(Action.CREATE)) == ({409}, 0)


def test_role_at_a_subscription_is_given_and_found_again(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    wanted = desired_group(listed("id-api", role_assignments=[role(READER, IN_SUBSCRIPTION)]))

    apply_now(opened, full_plan(opened, wanted))

    assert roles_of(opened, principal_of("id-api")) == {(IN_SUBSCRIPTION, READER)}
    assert full_plan(opened, wanted).applicable == ()


def test_unknown_role_is_refused_with_the_names_that_could_be_meant(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Readr"), role("Contributor")])))

    (violation,) = plan.violations
    assert (violation.code, violation.hint) == ("role-unknown", "Did you mean: Reader?")
    assert [label(one) for one in plan.applicable] == [f"id-api/roleAssignments/Contributor@{IN_GROUP}"]


def test_kind_that_is_not_managed_costs_no_request(arm: OpenArm) -> None:
    start = with_roles(
        with_trusts(contents(lives("id-api", OURS)), "id-api", {"fic-a": "a"}), given("id-api", READER, owner=OWNER)
    )
    opened = arm(start)

    plan = full_plan(opened, desired_group("id-api", owner=OWNER))

    assert plan.applicable == ()
    assert [path for _, path in opened.asked if "federated" in path or "roleAssign" in path or "roleDef" in path] == []


def test_role_in_a_subscription_that_no_line_names_any_more_is_found_and_taken_away(arm: OpenArm) -> None:
    elsewhere = f"/subscriptions/{OTHER_SUBSCRIPTION}"
    start = with_roles(contents(lives("id-api", OURS)), given("id-api", READER, elsewhere, owner=OWNER))
    opened = arm(start.having(Subscription, (*start.of(Subscription), subscription(OTHER_SUBSCRIPTION))))

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[]), owner=OWNER))
    apply_now(opened, plan)

    assert [label(one) for one in plan.applicable] == [f"id-api/roleAssignments/Reader@{elsewhere}"]
    assert roles_of(opened, principal_of("id-api")) == set()


def test_resource_graph_that_does_not_answer_is_said_and_stops_nothing(arm: OpenArm) -> None:
    refusing = Fault("POST", "resources", answer(403, "AuthorizationFailed", "No."))
    opened = arm(contents(lives("id-api", OURS)), refusing)

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")]), owner=OWNER))

    (note,) = plan.notes
    assert note.startswith("Role assignments in subscriptions that the manifest does not name were not looked for: ")
    assert [label(one) for one in plan.applicable] == [f"id-api/roleAssignments/Reader@{IN_GROUP}"]


def test_identity_is_read_once_for_all_its_children(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    wanted = desired_group(
        listed("id-api", federated_credentials=trusts(fic_a="a", fic_b="b"), role_assignments=[role("Reader")])
    )
    plan = full_plan(opened, wanted)
    before = len(opened.asked)

    result = apply_now(opened, plan)

    assert result.complete
    assert reads_of_identity(opened, before) == 1


def test_identity_that_this_run_created_is_not_read_again_for_its_children(arm: OpenArm) -> None:
    opened = arm(contents())
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_a="a", fic_b="b")))
    plan = full_plan(opened, wanted)
    before = len(opened.asked)

    result = apply_now(opened, plan)

    assert result.complete
    # The read before the create.
    assert reads_of_identity(opened, before) == 1


def reads_of_identity(arm: Arm, since: int) -> int:
    """How often `id-api` itself was read, of the calls from a number on."""
    return sum(1 for method, path in arm.asked[since:] if method == "GET" and path.endswith("/id-api"))
