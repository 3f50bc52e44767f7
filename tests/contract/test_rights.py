"""Rights come first: a run that would end half-way is refused before it writes anything."""

from dataclasses import replace

import pytest

from reconciler.errors import ArmError, AuthError, ExitCode, SourcePos
from reconciler.journal.call import Outcome
from reconciler.live.may_read import MayRead
from reconciler.live.rights import read_rights, unchecked_notes
from reconciler.manifest.finding import Acceptance
from reconciler.plan.needs import Need, Rights, needs_of_plan
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.kinds import Resource
from reconciler.sandbox.state.state import Contents, Grant, ResourceGroup, Subscription
from reconciler.workflow.declare import Declaration
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, desired_group, listed
from tests.contract.access import (
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    full_plan,
    given,
    lives,
    role,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.applying import outcomes
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents, subscription, there
from tests.contract.faults import ALWAYS, Fault, answer
from tests.contract.test_run_apply import Story, declare

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
CREDENTIALS = f"{IDENTITIES}/federatedIdentityCredentials"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
PERMISSIONS = "/providers/Microsoft.Authorization/permissions"
OTHER_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
ELSEWHERE = f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/rg-data"

TWO_GROUPS = f"""\
version: 1
subscription: {SUBSCRIPTION}
policy: {{identities: merge}}
resourceGroups:
  rg-app: {{identities: [id-a, {{name: id-b, tags: {{env: prod}}}}]}}
  rg-other: {{identities: [id-c]}}
"""


ONE_UPDATE = f"""\
version: 1
subscription: {SUBSCRIPTION}
policy: {{identities: merge}}
resourceGroups:
  rg-app: {{identities: [{{name: id-b, tags: {{env: prod}}}}]}}
"""


def writable_by_one_right() -> Contents:
    """An identity that the caller may change by a right at the identity alone, of which no other scope tells."""
    identity = f"{IN_GROUP}/providers/{IDENTITIES}/id-b"
    return contents("id-b", permissions=(Grant(PIPELINE, "/", ("*/read",)), Grant(PIPELINE, identity, ("*",))))


def all_but(*actions: str, at: str = "/") -> Grant:
    """Every right but these."""
    return Grant(PIPELINE, at, ("*",), actions)


def rights_asked(arm: Arm) -> list[str]:
    """At which scopes the caller's permissions were read."""
    return [path.removesuffix(PERMISSIONS) for _, path in arm.asked if path.endswith(PERMISSIONS)]


def check(arm: Arm, plan: Plan) -> tuple[list[tuple[str, str]], list[str]]:
    """What a plan lacks, by action and scope, and where that was asked."""
    before = len(rights_asked(arm))
    rights = read_rights(needs_of_plan(plan), MayRead(arm.client), arm.resources)
    return [(one.action, one.scope) for one in rights.missing], sorted(rights_asked(arm)[before:])


def refusal_of(arm: Arm, declaration: Declaration) -> AuthError:
    """With what a run is refused, which has asked and written nothing."""
    story = Story(arm)
    with pytest.raises(AuthError) as refusal:
        story.run(declaration)
    assert len(story.shown) == 1
    assert (story.asked, arm.writes) == ([], [])
    return refusal.value


def test_right_that_is_missing_in_the_second_group_is_found_before_the_first_write(arm: OpenArm) -> None:
    start = contents(
        there("id-b"),
        groups=("rg-app", "rg-other"),
        permissions=[Grant(PIPELINE, "/", ("*/read",)), Grant(PIPELINE, IN_GROUP, ("*",))],
    )

    refusal = refusal_of(arm(start), declare(TWO_GROUPS))

    assert refusal.exit_code is ExitCode.NOT_ALLOWED
    assert refusal.message == (
        "The run would fail half-way, so it was not started: 1 right is missing.\n"
        f"  {IDENTITIES}/write at {OTHER_GROUP} (the role Managed Identity Contributor has it)"
    )
    assert refusal.hint == (
        "Ask an administrator to run:\n"
        f"  az role assignment create --role 'Managed Identity Contributor' --scope {OTHER_GROUP}"
        " --assignee PRINCIPAL\n"
        "A new grant takes some minutes to be seen. Deny assignments, Azure Policy and conditions of role assignments"
        " are not checked."
    )


def test_everything_that_is_missing_is_told_at_once(arm: OpenArm) -> None:
    start = contents(there("id-b"), groups=("rg-app", "rg-other"), permissions=[Grant(PIPELINE, "/", ("*/read",))])

    refusal = refusal_of(arm(start), declare(TWO_GROUPS))

    assert refusal.message.splitlines() == [
        "The run would fail half-way, so it was not started: 2 rights are missing.",
        f"  {IDENTITIES}/write at {IN_GROUP} (the role Managed Identity Contributor has it)",
        f"  {IDENTITIES}/write at {OTHER_GROUP} (the role Managed Identity Contributor has it)",
    ]


@pytest.mark.parametrize(
    ("withheld", "places"),
    [
        (f"{IDENTITIES}/write", [IN_GROUP]),
        (f"{IDENTITIES}/delete", [IN_GROUP]),
        (f"{CREDENTIALS}/write", [IN_GROUP]),
        (f"{CREDENTIALS}/delete", [IN_GROUP]),
        (f"{ASSIGNMENTS}/write", [OTHER_GROUP]),
        (f"{ASSIGNMENTS}/delete", [IN_GROUP]),
    ],
)
def test_each_action_that_apply_takes_is_asked_for_where_it_takes_it(
    arm: OpenArm, withheld: str, places: list[str]
) -> None:
    start = with_trusts(contents(lives("id-api"), lives("id-old"), groups=("rg-app", "rg-other")), "id-api", {"f": "x"})
    start = with_roles(start, given("id-api", READER, owner=OWNER))
    opened = arm(start)
    listing = listed("id-api", federated_credentials=trusts(g="y"), role_assignments=[role("Reader", OTHER_GROUP)])
    plan = full_plan(opened, desired_group(listing, "id-new", owner=OWNER))
    plan = replace(plan, violations=())
    opened.application.state.set_permissions((all_but(withheld),))

    missing, _ = check(opened, plan)

    assert missing == [(withheld, place) for place in places]


@pytest.mark.parametrize(
    "scope",
    [
        "/",
        "/providers/Microsoft.Management/managementGroups/mg-a",
        f"/subscriptions/{OTHER_SUBSCRIPTION}",
        ELSEWHERE,
        f"{ELSEWHERE}/providers/Microsoft.Storage/storageAccounts/data",
    ],
)
@pytest.mark.parametrize("granted", [True, False])
def test_right_to_give_a_role_is_asked_for_at_each_kind_of_scope(arm: OpenArm, scope: str, granted: bool) -> None:
    start = contents(lives("id-api"))
    group = replace(start.of(ResourceGroup)[0], subscription_id=OTHER_SUBSCRIPTION, name="rg-data")
    start = start.having(Subscription, (subscription(), subscription(OTHER_SUBSCRIPTION))).having(
        ResourceGroup, (*start.of(ResourceGroup), group)
    )
    account = f"{ELSEWHERE}/providers/Microsoft.Storage/storageAccounts/data"
    resource = Resource(account, "Microsoft.Storage/storageAccounts", "data", "westeurope")
    opened = arm(start.having(Resource, (resource,)))
    accepted = replace(role("Reader", scope), accept=(Acceptance("grant", "meant", SourcePos("m.yaml", 1, 1)),))
    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[accepted])))
    grants = [Grant(PIPELINE, "/", ("*/read",)), *([Grant(PIPELINE, scope, ("*",))] if granted else [])]
    opened.application.state.set_permissions(tuple(grants))

    missing, _ = check(opened, plan)

    assert missing == ([] if granted else [(f"{ASSIGNMENTS}/write", scope)])


def test_one_question_for_each_subscription_is_enough_where_it_gives_everything(arm: OpenArm) -> None:
    opened = arm(contents("id-a", groups=("rg-app", "rg-other")))
    groups = [desired_group("id-a", "id-b"), desired_group("id-c", "id-d", name="rg-other")]

    missing, asked = check(opened, full_plan(opened, *groups))

    assert (missing, asked) == ([], [IN_SUBSCRIPTION])


def test_run_without_changes_asks_for_no_rights(arm: OpenArm) -> None:
    opened = arm(contents("id-a"))
    plan = full_plan(opened, desired_group("id-a"))

    assert check(opened, plan) == ([], [])


def test_right_at_the_identity_alone_is_enough_to_change_it(arm: OpenArm) -> None:
    names = ["id-a", "id-b", "id-c"]
    opened = arm(contents(*names))
    plan = full_plan(opened, desired_group(*(listed(name, tags={"x": "y"}) for name in names)))
    ids = [f"{IN_GROUP}/providers/{IDENTITIES}/{name}" for name in names]
    reader = Grant(PIPELINE, "/", ("*/read",))
    opened.application.state.set_permissions((reader, *(Grant(PIPELINE, one, ("*",)) for one in ids)))

    assert check(opened, plan) == ([], [IN_SUBSCRIPTION, IN_GROUP, *ids])


def test_closed_group_of_many_identities_is_not_as_many_questions(arm: OpenArm) -> None:
    names = [f"id-{number:03}" for number in range(30)]
    opened = arm(contents(*names))
    plan = full_plan(opened, desired_group(*(listed(name, tags={"x": "y"}) for name in names)))
    opened.application.state.set_permissions((Grant(PIPELINE, "/", ("*/read",)),))

    missing, asked = check(opened, plan)

    assert missing == [(f"{IDENTITIES}/write", IN_GROUP)]
    assert asked == [IN_SUBSCRIPTION, IN_GROUP, f"{IN_GROUP}/providers/{IDENTITIES}/id-000"]


def test_caller_who_may_write_but_not_ask_is_told_and_let_through(arm: OpenArm) -> None:
    opened = arm(
        writable_by_one_right(), Fault("GET", f"/id-b{PERMISSIONS}", answer(403, "AuthorizationFailed", "No."))
    )
    story = Story(opened)

    result = story.run(declare(ONE_UPDATE))

    assert outcomes(result) == [("id-b", Outcome.DONE)]
    assert story.shown[0].notes == (
        f"Your rights at {IN_GROUP} were not checked ({IDENTITIES}/write): it does not exist, or you may not read your"
        " permissions there.",
    )


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (500, ArmError)])
def test_rights_that_cannot_be_read_for_another_reason_end_the_run_before_it_writes(
    arm: OpenArm, status: int, error: type[Exception]
) -> None:
    broken = Fault("GET", f"/id-b{PERMISSIONS}", answer(status, "Broken", "No."), times=ALWAYS)
    opened = arm(writable_by_one_right(), broken)

    with pytest.raises(error):
        Story(opened).run(declare(ONE_UPDATE))

    assert opened.writes == []


def test_right_that_is_lost_after_the_check_stops_that_group_alone(arm: OpenArm) -> None:
    opened = arm(contents(there("id-b"), groups=("rg-app", "rg-other")))
    story = Story(opened)
    story.refuse = lambda _: opened.application.state.set_permissions(
        (Grant(PIPELINE, "/", ("*/read",)), Grant(PIPELINE, OTHER_GROUP, ("*",)))
    )

    result = story.run(declare(TWO_GROUPS))

    assert {name: outcome for name, outcome in outcomes(result) if name == "id-c"} == {"id-c": Outcome.DONE}
    assert {one.outcome for one in result.results} == {Outcome.DONE, Outcome.FAILED, Outcome.SKIPPED}


def test_what_a_guard_holds_back_needs_no_right(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, "/", ("*",), (f"{IDENTITIES}/delete",))]
    opened = arm(contents(there("id-theirs", tags={"uami-owner": "team-b"}), "id-api", permissions=grants))

    result = Story(opened).run(declare(), skip_refused=True)

    assert result.complete


def test_scopes_that_say_nothing_are_each_told_once() -> None:
    unchecked = (Need("a/write", "/x"), Need("b/write", "/x"), Need("a/write", "/y"))

    assert unchecked_notes(Rights(unchecked=unchecked)) == (
        "Your rights at /x were not checked (a/write, b/write): it does not exist, or you may not read your permissions"
        " there.",
        "Your rights at /y were not checked (a/write): it does not exist, or you may not read your permissions there.",
    )


def test_right_for_a_role_on_an_identity_that_the_run_makes_is_asked_for_too(arm: OpenArm) -> None:
    scope = str(there("id-z").resource_id)
    grants = [Grant(PIPELINE, "/", ("*",), ("Microsoft.Authorization/*/write",))]
    opened = arm(contents(permissions=grants))
    plan = full_plan(opened, desired_group(listed("id-a", role_assignments=[role("Reader", scope)]), "id-z"))

    missing, _ = check(opened, plan)

    assert missing == [("Microsoft.Authorization/roleAssignments/write", scope)]
