"""Whose a role assignment is: the mark in its description, how a run sets it, and how another run takes it back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.apply.verify import verify_result
from reconciler.guards import NO_ALLOWANCES, Allowance, Allowances, Runner, unused_allowances
from reconciler.guards.self import check_self
from reconciler.live.access import read_access
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import AssignmentsPolicy, Desired, DesiredGroup, Ignore, IgnoredAssignment, Policy
from reconciler.manifest.load import load_manifest
from reconciler.model.owner_mark import MAX_DESCRIPTION, MarkedDescription
from reconciler.plan.changes import Action, Reason
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.document import change_document
from reconciler.plan.fields import field_text
from reconciler.plan.plan import Plan
from reconciler.report.plan_text import render_plan
from reconciler.report.rows import Header
from reconciler.sandbox.state.kinds import RoleAssignment
from reconciler.sandbox.state.state import Contents, Grant
from tests.builders import SUBSCRIPTION, TODAY, desired_group, label, listed
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    compare_now,
    full_plan,
    given,
    lives,
    role,
    with_roles,
)
from tests.contract.applying import MANY_DELETES, apply_now
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents
from tests.contract.journaling import apply_with_journal, lines_of, undo_now
from tests.contract.test_assignment_details import CONDITION, assignments, bounded, meddle

OTHER = "team-b"
THEIRS = bounded(given("id-api", READER))
"""A role that others gave, under a name of theirs, with all that one can have."""
ADOPTED = replace(THEIRS, description=MarkedDescription("for the nightly job", OWNER).written)
AT = f"id-api/roleAssignments/Reader@{IN_GROUP}"


def start(*roles: RoleAssignment, owner: str | None = OWNER) -> Contents:
    """An identity of this owner with these roles."""
    return with_roles(contents(lives("id-api", tags={} if owner is None else {"uami-owner": owner})), *roles)


def naming(
    *names: str, owner: str | None = OWNER, policy: AssignmentsPolicy = AssignmentsPolicy.OWNED, hold: str | None = None
) -> DesiredGroup:
    """A manifest whose identity lists these roles."""
    entry = listed("id-api", role_assignments=[role(name) for name in names], hold=hold)
    return desired_group(entry, owner=owner, policy=Policy(role_assignments=policy))


def planned(plan: Plan) -> list[tuple[str, Action, Reason]]:
    """What would be done, and why."""
    return [(label(one), one.action, one.reason) for one in plan.applicable]


def skipped(plan: Plan) -> list[str]:
    """Why roles are left alone."""
    return [one.reason.value for one in plan.skipped]


def allowing(value: str) -> Allowances:
    """What lifts the guard over others' things."""
    return replace(MANY_DELETES, allowed=(Allowance("foreign-owner", value),))


def owned(assignment: RoleAssignment, owner: str) -> RoleAssignment:
    """The assignment with the mark of an owner."""
    return replace(assignment, description=replace(MarkedDescription.read(assignment.description), owner=owner).written)


def test_new_role_has_the_mark_and_goes_with_its_line(arm: OpenArm) -> None:
    opened = arm(start())

    apply_now(opened, full_plan(opened, naming("Reader")))

    (made,) = assignments(opened)
    assert (made.name, made.description) == (given("id-api", READER, owner=OWNER).name, f" [uami-owner {OWNER}]")
    assert full_plan(opened, naming("Reader")).applicable == ()
    assert apply_now(opened, full_plan(opened, naming())).complete
    assert assignments(opened) == []


@pytest.mark.parametrize("policy", list(AssignmentsPolicy))
def test_listed_role_of_others_is_adopted_as_it_lives(arm: OpenArm, policy: AssignmentsPolicy) -> None:
    opened, manifest = arm(start(THEIRS)), naming("Reader", policy=policy)

    plan = full_plan(opened, manifest)
    result = apply_now(opened, plan)

    assert planned(plan) == [(AT, Action.UPDATE, Reason.ADOPT)]
    assert [(field_text(one), one.before, one.after) for one in plan.applicable[0].differences] == [
        ("owner", None, OWNER)
    ]
    assert "<= role Reader on rg-app" in render_plan(plan, Header("", ""), color=False)
    assert result.complete
    assert opened.writes == [("PUT", THEIRS.name, 201)]
    assert assignments(opened) == [ADOPTED]
    assert full_plan(opened, manifest).applicable == ()


@pytest.mark.parametrize("policy", [AssignmentsPolicy.MERGE])
def test_without_an_owner_nothing_is_marked(arm: OpenArm, policy: AssignmentsPolicy) -> None:
    opened = arm(start(THEIRS, owner=None))

    assert full_plan(opened, naming("Reader", owner=None, policy=policy)).applicable == ()
    assert apply_now(opened, full_plan(opened, naming("Reader", "Contributor", owner=None, policy=policy))).complete
    assert [one.description for one in assignments(opened) if one.name != THEIRS.name] == [None]


def test_owner_that_is_added_later_adopts_what_was_given_before(arm: OpenArm) -> None:
    opened = arm(start(owner=None))
    apply_now(opened, full_plan(opened, naming("Reader", owner=None, policy=AssignmentsPolicy.MERGE)))

    plan = full_plan(opened, naming("Reader"))

    assert [(label(one), one.reason) for one in plan.applicable] == [("id-api", Reason.ADOPT), (AT, Reason.ADOPT)]
    assert apply_now(opened, plan).complete
    assert apply_now(opened, full_plan(opened, naming())).complete
    assert assignments(opened) == []


def test_adopted_role_goes_with_its_line(arm: OpenArm) -> None:
    opened = arm(start(THEIRS))
    apply_now(opened, full_plan(opened, naming("Reader")))

    plan = full_plan(opened, naming())

    assert planned(plan) == [(AT, Action.DELETE, Reason.NOT_LISTED)]
    assert apply_now(opened, plan).complete
    assert assignments(opened) == []


@pytest.mark.parametrize("detail", ["description", "condition"])
def test_adopt_of_what_changed_meanwhile_is_stale(arm: OpenArm, detail: str) -> None:
    opened = arm(start(THEIRS))
    plan = full_plan(opened, naming("Reader"))
    changed = replace(THEIRS, **{detail: "other"})
    meddle(opened, changed)

    (result,) = apply_now(opened, plan).results

    assert (result.outcome, assignments(opened)) == ("stale", [changed])
    assert result.because.startswith(f"changed since the plan was made: {detail} is now 'other'")


def test_mark_that_does_not_hold_is_said(arm: OpenArm) -> None:
    opened = arm(start(THEIRS))
    result = apply_now(opened, full_plan(opened, naming("Reader")))
    meddle(opened, THEIRS)

    (again,) = verify_result(result, opened.resources, sleep=lambda _: None).results

    assert again.not_held == (f"owner came back as absent, not {OWNER!r}",)


def test_adopt_is_journalled_and_taken_back(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(start(THEIRS))
    plan = full_plan(opened, naming("Reader"))
    apply_with_journal(opened, plan, tmp_path / "run.jsonl")

    (intent,) = [one for one in lines_of(tmp_path / "run.jsonl") if one["kind"] == "intent"]
    undo_now(opened, tmp_path / "run.jsonl")

    shown = change_document(plan.applicable[0])
    for states in (intent, shown):
        before, after = json.loads(json.dumps([states["before"], states["after"]]))
        assert (before["owner"], before["description"]) == (None, "for the nightly job")
        assert (after["owner"], after["description"]) == (OWNER, "for the nightly job")
    assert assignments(opened) == [THEIRS]


def test_adopt_is_neither_a_grant_nor_a_revoke(arm: OpenArm) -> None:
    access_admin = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
    opened = arm(start(given("id-api", access_admin)))

    plan = full_plan(opened, naming("User Access Administrator"), allowances=replace(MANY_DELETES, max_revokes=0))

    assert (plan.violations, [one.reason for one in plan.applicable]) == ((), [Reason.ADOPT])


def test_adopt_that_widens_a_role_is_a_grant(arm: OpenArm) -> None:
    access_admin = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
    opened = arm(start(bounded(given("id-api", access_admin))))
    line = role("User Access Administrator", details={"condition": None, "condition_version": None})

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[line]), owner=OWNER))

    assert [one.code for one in plan.violations] == ["grant"]


def test_adopt_is_locked_by_a_lock_that_refuses_writes_and_not_by_one_that_refuses_deletes(arm: OpenArm) -> None:
    opened = arm(start(THEIRS))
    opened.lock(IN_GROUP)
    kept = full_plan(opened, naming("Reader"))
    opened.lock(IN_GROUP, "ReadOnly")

    stopped = full_plan(opened, naming("Reader"))

    assert (kept.violations, [one.code for one in stopped.violations]) == ((), ["locked"])


def test_adopt_of_a_held_identity_is_shown_and_not_made(arm: OpenArm) -> None:
    opened = arm(start(THEIRS))

    plan = full_plan(opened, naming("Reader", hold="not yet"))

    assert plan.applicable == ()
    assert [one.reason for one in plan.held if label(one) == AT] == [Reason.ADOPT]


@pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE])
@pytest.mark.parametrize(
    ("allowed", "is_lifted"),
    [(None, False), (OTHER, True), (f"rg-app/{AT}", True), ("rg-app", True), ("team-c", False)],
)
def test_role_of_another_owner_is_taken_over_only_where_that_is_allowed(
    arm: OpenArm, action: Action, allowed: str | None, is_lifted: bool
) -> None:
    opened = arm(start(owned(THEIRS, OTHER)))
    allowances = MANY_DELETES if allowed is None else allowing(allowed)
    exact = replace(naming(policy=AssignmentsPolicy.EXACT), role_scopes=(IN_GROUP,))

    plan = full_plan(opened, naming("Reader") if action is Action.UPDATE else exact, allowances=allowances)

    assert [one.code for one in plan.violations] == ([] if is_lifted else ["foreign-owner"])
    assert [one.action for one in plan.applicable] == ([action] if is_lifted else [])
    if is_lifted:
        assert apply_now(opened, plan).complete
        assert assignments(opened) == ([ADOPTED] if action is Action.UPDATE else [])


def test_manifest_without_an_owner_leaves_the_mark_of_another_one(arm: OpenArm) -> None:
    opened = arm(start(owned(THEIRS, OTHER), owner=None))
    line = role("Reader", details={"description": "new"})
    policy = Policy(role_assignments=AssignmentsPolicy.MERGE)
    manifest = desired_group(listed("id-api", role_assignments=[line]), policy=policy)
    assert [one.code for one in full_plan(opened, manifest).violations] == ["foreign-owner"]

    assert apply_now(opened, full_plan(opened, manifest, allowances=allowing(OTHER))).complete

    (left,) = assignments(opened)
    assert left.description == MarkedDescription("new", OTHER).written


def test_renamed_owner_takes_identities_and_roles_over_and_then_revokes(arm: OpenArm) -> None:
    opened = arm(start())
    apply_now(opened, full_plan(opened, naming("Reader", "Contributor")))
    renamed = naming("Reader", "Contributor", owner=OTHER)
    assert {one.code for one in full_plan(opened, renamed).violations} == {"foreign-owner"}

    plan = full_plan(opened, renamed, allowances=allowing(OWNER))

    assert {one.reason for one in plan.applicable} == {Reason.ADOPT}
    assert len(plan.applicable) == 3
    assert apply_now(opened, plan).complete
    assert apply_now(opened, full_plan(opened, naming("Contributor", owner=OTHER))).complete
    (left,) = assignments(opened)
    assert (left.role_definition_id.rpartition("/")[2], left.description) == (CONTRIBUTOR, f" [uami-owner {OTHER}]")


def test_role_whose_mark_was_edited_away_is_adopted_again_while_it_is_listed(arm: OpenArm) -> None:
    opened = arm(start())
    apply_now(opened, full_plan(opened, naming("Reader")))
    (made,) = assignments(opened)
    meddle(opened, replace(made, description="edited"))

    assert skipped(full_plan(opened, naming())) == ["unmarked"]
    assert apply_now(opened, full_plan(opened, naming("Reader"))).complete
    assert [one.description for one in assignments(opened)] == [f"edited [uami-owner {OWNER}]"]


def test_role_that_an_earlier_version_gave_is_adopted_while_it_is_listed_and_said_otherwise(arm: OpenArm) -> None:
    # uuid5 of owner, scope, principal and role, as versions before the mark named it.
    older = replace(given("id-api", READER), name="33270b68-9caa-59f6-b49c-8e9c71a4f748")
    opened = arm(start(older))

    assert skipped(full_plan(opened, naming())) == ["unmarked"]
    assert planned(full_plan(opened, naming("Reader"))) == [(AT, Action.UPDATE, Reason.ADOPT)]


def test_role_of_others_that_is_not_listed_stays_and_is_said(arm: OpenArm) -> None:
    opened = arm(start(THEIRS, owned(given("id-api", CONTRIBUTOR), OTHER)))

    plan = full_plan(opened, naming())

    assert (plan.applicable, sorted(skipped(plan))) == ((), ["not-ours", "not-owned"])


def test_description_without_room_for_the_mark_is_refused(arm: OpenArm) -> None:
    opened = arm(start(replace(THEIRS, description="x" * MAX_DESCRIPTION)))

    plan = full_plan(opened, naming("Reader"))

    assert ([one.code for one in plan.violations], plan.applicable) == (["description-limit"], ())


def test_undo_of_what_a_run_gave_takes_it_away_whatever_its_owner(arm: OpenArm, tmp_path: Path) -> None:
    for owner, policy in ((OWNER, AssignmentsPolicy.OWNED), (None, AssignmentsPolicy.MERGE)):
        opened: Arm = arm(start(owner=owner))
        journal = tmp_path / f"{policy}.jsonl"
        apply_with_journal(opened, full_plan(opened, naming("Reader", owner=owner, policy=policy)), journal)
        assert len(assignments(opened)) == 1

        undo_now(opened, journal)

        assert assignments(opened) == []


def test_condition_of_an_adopted_role_stays(arm: OpenArm) -> None:
    opened = arm(start(THEIRS))

    apply_now(opened, full_plan(opened, naming("Reader")))

    assert [one.condition for one in assignments(opened)] == [CONDITION]


VAULT = f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv"


def exactly(*scopes: str, owner: str | None = OWNER) -> DesiredGroup:
    """A manifest that lists Reader, and takes every other role away at and below some scopes."""
    return replace(naming("Reader", owner=owner, policy=AssignmentsPolicy.EXACT), role_scopes=scopes)


@pytest.mark.parametrize("owner", [OWNER, None])
def test_exact_revokes_what_others_gave_at_and_below_its_scopes_and_says_the_rest(
    arm: OpenArm, owner: str | None
) -> None:
    roles = (
        given("id-api", READER, owner=owner),
        given("id-api", CONTRIBUTOR),
        given("id-api", READER, VAULT),
        given("id-api", CONTRIBUTOR, IN_SUBSCRIPTION),
        given("id-api", READER, f"{IN_SUBSCRIPTION}/resourceGroups/rg-b"),
    )
    opened = arm(start(*roles, owner=owner))

    plan = full_plan(opened, exactly(IN_GROUP, owner=owner))
    result = apply_now(opened, plan)

    assert {one.action for one in plan.applicable} == {Action.DELETE}
    assert sorted(skipped(plan)) == ["inherited", "out-of-scope"]
    assert result.complete
    assert {one.name for one in assignments(opened)} == {roles[0].name, roles[3].name, roles[4].name}


def test_exact_says_which_of_its_scopes_could_not_be_read(arm: OpenArm) -> None:
    seen = ("Microsoft.Authorization/*/read", "Microsoft.ManagedIdentity/*", "Microsoft.Resources/*")
    there = contents(lives("id-api", tags={"uami-owner": OWNER}), groups=("rg-app", "rg-b"))
    reader = replace(
        with_roles(there, given("id-api", READER, owner=OWNER)),
        permissions=(Grant(PIPELINE, IN_GROUP, seen), Grant(PIPELINE, IN_SUBSCRIPTION, seen[2:])),
    )
    closed, gone = f"{IN_SUBSCRIPTION}/resourceGroups/rg-b", "/subscriptions/00000000-0000-0000-0000-00000000dead"
    opened = arm(reader)

    plan = full_plan(opened, exactly(IN_GROUP, closed, gone))

    assert plan.applicable == ()
    assert [note for note in plan.notes if closed in note and "none that was given there is taken away" in note] != []
    assert [note for note in plan.notes if gone in note and "it does not exist" in note] != []


def test_two_runs_that_give_the_same_role_leave_one_that_counts_once(arm: OpenArm) -> None:
    opened = arm(start())
    first, second = (full_plan(opened, naming("Reader")) for _ in range(2))

    results = [apply_now(opened, one) for one in (first, second)]

    assert [[one.outcome.value for one in result.results] for result in results] == [["done"], ["stale"]]
    assert [one.count(Action.CREATE) for one in results] == [1, 0]
    assert len(assignments(opened)) == 1


def test_role_on_an_identity_that_the_run_makes_may_be_written_in_short(arm: OpenArm) -> None:
    text = f"""
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
resourceGroups:
  rg-app:
    identities:
      - {{name: id-api, roleAssignments: [{{role: Managed Identity Operator, scope: rg-app/id-new}}]}}
      - id-new
"""
    desired = load_manifest(["-"], {}, {}, text.encode)
    opened = arm(start())

    plan = full_plan(opened, *desired.groups)

    assert [label(one).partition("@")[0] for one in plan.applicable] == [
        "id-new",
        "id-api/roleAssignments/Managed Identity Operator",
    ]
    assert apply_now(opened, plan).complete
    assert full_plan(opened, *desired.groups).applicable == ()


def test_adopt_of_the_run_s_own_role_is_lifted_at_its_address(arm: OpenArm) -> None:
    changes, runner = compare_now(arm(start(THEIRS)), naming("Reader")), Runner(THEIRS.principal_id)
    lifted = Allowances((Allowance("self", f"rg-app/{AT}"),))

    (refused,) = check_self(changes, NO_ALLOWANCES, runner)

    assert (refused.code, "It changes no right" in refused.hint) == ("self", True)
    assert list(check_self(changes, lifted, runner)) == []


def test_allowance_that_lets_only_a_role_be_taken_over_is_used(arm: OpenArm) -> None:
    changes = compare_now(arm(start(owned(THEIRS, OTHER))), naming("Reader"))

    assert unused_allowances(changes, allowing(OTHER)) == ()
    assert unused_allowances(changes, allowing("team-c")) == ("foreign-owner=team-c",)


def test_role_that_is_ignored_is_not_taken_away_though_it_is_ours(arm: OpenArm) -> None:
    opened = arm(start(ADOPTED))
    ignore = Ignore(role_assignments=(IgnoredAssignment("Reader", IN_GROUP),))

    for group in (naming(), exactly(IN_GROUP)):
        group = replace(group, ignore=ignore, identities=naming().identities)
        assert skipped(full_plan(opened, group)) == ["ignored"]


def test_several_identities_show_how_many_roles_their_subscription_has(arm: OpenArm) -> None:
    names = [f"id-{number}" for number in range(6)]
    there = with_roles(
        contents(*(lives(name, tags={"uami-owner": OWNER}) for name in names)),
        given("id-0", READER),
        given("id-1", READER, IN_SUBSCRIPTION),
        given("id-1", READER, "/"),
    )
    opened = arm(there)
    desired = Desired((desired_group(*(listed(name, role_assignments=[]) for name in names), owner=OWNER),))
    identities = diff_states(desired, opened.read(desired), judged_on=TODAY)

    access = read_access(identities, opened.resources, MayRead(opened.client))

    assert access.counts == {IN_SUBSCRIPTION: 2}
