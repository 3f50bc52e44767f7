"""Apply where nothing gets in its way: what is sent, in which order, and what the journal says of it."""

import json
from dataclasses import dataclass, field

import httpx
import pytest

from reconciler.apply.result import ApplyResult, Moment
from reconciler.journal.call import Call, Outcome
from reconciler.manifest.desired import Ignore, Policy, TagsPolicy
from reconciler.model.call_error import CallError
from reconciler.model.identity import OWNER_TAG, Identity, IsolationScope
from reconciler.plan.changes import Action
from tests.builders import desired_group, label, listed
from tests.contract.applying import MemoryJournal, Run, apply_now, outcomes, plan_now
from tests.contract.arm import CORRELATION_ID, Arm, OpenArm, contents, there

EXACT_TAGS = Policy(tags=TagsPolicy.EXACT)


@dataclass
class WatchfulJournal(MemoryJournal):
    """A journal that also keeps how many writes had arrived when each line was recorded."""

    arm: Arm
    writes_before: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def begin(self, call: Call) -> int:
        """Keep a call before it goes out."""
        self.writes_before.append(("begin", len(self.arm.writes)))
        return super().begin(call)

    def end(self, number: int, outcome: Outcome, error: CallError | None, made: Identity | None) -> None:
        """Keep how a call ended."""
        self.writes_before.append(("end", len(self.arm.writes)))
        super().end(number, outcome, error, made)


def bodies_of_writes(arm: Arm) -> list[tuple[str, object]]:
    """Method and body of every write from now on, filled in as they are sent."""
    bodies: list[tuple[str, object]] = []

    def keep(request: httpx.Request) -> None:
        if request.method in ("PUT", "PATCH"):
            bodies.append((request.method, json.loads(request.content)))

    arm.client.http.event_hooks["request"].append(keep)
    return bodies


def test_plan_is_carried_out_and_the_next_one_is_empty(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-old"))
    group = desired_group(listed("id-api", tags={"env": "prod"}), "id-new")
    plan = plan_now(opened, group)

    result = apply_now(opened, plan)

    assert outcomes(result) == [("id-api", Outcome.DONE), ("id-new", Outcome.DONE), ("id-old", Outcome.DONE)]
    assert opened.live == {"rg-app/id-api": {"env": "prod"}, "rg-app/id-new": {}}
    assert plan_now(opened, group).applicable == ()


def test_result_counts_what_was_done_and_names_the_run(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-old"))

    result = apply_now(opened, plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"}), "id-a", "id-b")))

    assert [result.count(action) for action in Action] == [2, 1, 1, 0]
    assert result == ApplyResult(result.results, CORRELATION_ID, interrupted=False, verified=False)


def test_deletes_begin_when_everything_else_has_ended(arm: OpenArm) -> None:
    opened = arm(contents("a-old", "b-old"))

    apply_now(opened, plan_now(opened, desired_group("y-new", "z-new")), parallelism=4)

    assert [method for method, _, _ in opened.writes] == ["PUT", "PUT", "DELETE", "DELETE"]


def test_each_change_is_read_once_and_written_once_and_the_use_of_what_goes_before_it(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-old"))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"}), "id-new"))
    asked_before = len(opened.asked)

    apply_now(opened, plan)

    calls = [(method, path.rpartition("/")[2]) for method, path in opened.asked[asked_before:]]
    assert calls == [
        ("GET", "id-api"),
        ("PATCH", "id-api"),
        ("GET", "id-new"),
        ("PUT", "id-new"),
        ("GET", "locks"),
        ("POST", "listAssociatedResources"),
        ("GET", "federatedIdentityCredentials"),
        ("GET", "id-old"),
        ("DELETE", "id-old"),
    ]


def test_create_sends_what_the_plan_shows(arm: OpenArm) -> None:
    opened = arm(contents())
    entry = listed("id-api", location="North Europe", isolation_scope=IsolationScope.REGIONAL, tags={"env": "prod"})
    plan = plan_now(opened, desired_group(entry, owner="team-a"))
    bodies = bodies_of_writes(opened)

    apply_now(opened, plan)

    body = {
        "location": "North Europe",
        "tags": {"env": "prod", OWNER_TAG: "team-a"},
        "properties": {"isolationScope": "Regional"},
    }
    assert bodies == [("PUT", body)]


def test_create_leaves_an_unlisted_isolation_scope_to_arm(arm: OpenArm) -> None:
    opened = arm(contents())
    plan = plan_now(opened, desired_group("id-api"))
    bodies = bodies_of_writes(opened)

    apply_now(opened, plan)

    assert bodies == [("PUT", {"location": "westeurope", "tags": {}})]


def test_update_of_tags_sends_the_whole_map_and_nothing_else(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"Env": "test", "team": "x"}, isolation_scope="Regional")))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod", "new": "1"})))
    bodies = bodies_of_writes(opened)

    apply_now(opened, plan)

    assert bodies == [("PATCH", {"tags": {"Env": "prod", "new": "1", "team": "x"}})]


def test_update_of_the_isolation_scope_sends_no_tags(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"team": "x"})))
    plan = plan_now(opened, desired_group(listed("id-api", isolation_scope=IsolationScope.REGIONAL)))
    bodies = bodies_of_writes(opened)

    apply_now(opened, plan)

    assert bodies == [("PATCH", {"properties": {"isolationScope": "Regional"}})]
    assert opened.live == {"rg-app/id-api": {"team": "x"}}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), {"env": "prod", "team": "x", "hidden-link": "y"}),
        (EXACT_TAGS, {"env": "prod", "hidden-link": "y"}),
    ],
    ids=["merge", "exact"],
)
def test_tags_that_are_not_listed_stay_or_go_by_policy_and_ignored_ones_stay(
    arm: OpenArm, policy: Policy, expected: dict[str, str]
) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test", "team": "x", "hidden-link": "y"})))
    entry = listed("id-api", tags={"env": "prod"})

    apply_now(opened, plan_now(opened, desired_group(entry, policy=policy, ignore=Ignore(tags=("hidden-*",)))))

    assert opened.live == {"rg-app/id-api": expected}


@pytest.mark.parametrize("isolation_scope", [None, "None"])
def test_spelling_and_absence_cause_no_change(arm: OpenArm, isolation_scope: str | None) -> None:
    opened = arm(contents(there("id-Api", tags={"Env": "prod"}, isolation_scope=isolation_scope)))
    entry = listed("ID-api", location="West Europe", isolation_scope=IsolationScope.NONE, tags={"ENV": "prod"})
    plan = plan_now(opened, desired_group(entry, name="RG-App"))

    result = apply_now(opened, plan)

    assert (plan.applicable, plan.violations, result.results, opened.writes) == ((), (), (), [])


def test_unlisted_isolation_scope_is_left_alone(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", isolation_scope="Regional")))

    assert plan_now(opened, desired_group("id-api")).applicable == ()


def test_what_a_guard_refuses_is_not_applied(arm: OpenArm) -> None:
    opened = arm(contents("id-api", there("id-theirs", tags={OWNER_TAG: "team-b"})))
    plan = plan_now(opened, desired_group("id-api", "id-new"))

    result = apply_now(opened, plan)

    assert [one.code for one in plan.violations] == ["foreign-owner"]
    assert outcomes(result) == [("id-new", Outcome.DONE)]
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-new", "rg-app/id-theirs"]


def test_ignored_identity_is_not_touched(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "aks-pool"))

    apply_now(opened, plan_now(opened, desired_group(ignore=Ignore(identities=("AKS-*",)))))

    assert list(opened.live) == ["rg-app/aks-pool"]


def test_group_that_is_not_listed_is_not_touched(arm: OpenArm) -> None:
    opened = arm(contents("id-api", there("id-api", group="rg-other"), groups=("rg-app", "rg-other")))

    apply_now(opened, plan_now(opened, desired_group("id-new")))

    assert sorted(opened.live) == ["rg-app/id-new", "rg-other/id-api"]
    assert [path for _, path in opened.asked if "/rg-other" in path] == []


def test_journal_has_an_intent_and_an_outcome_for_each_call(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))
    run = Run(opened)

    run.apply(plan_now(opened, desired_group("id-new")))

    assert run.journal.lines == [
        ("begin", "id-new", 1, None),
        ("end", "id-new", 1, Outcome.DONE),
        ("begin", "id-old", 1, None),
        ("end", "id-old", 1, Outcome.DONE),
    ]


def test_intent_is_recorded_before_its_call_and_the_outcome_after_it(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))
    journal = WatchfulJournal(opened)

    Run(opened, journal).apply(plan_now(opened, desired_group("id-new")))

    assert journal.writes_before == [
        ("begin", 0),
        ("end", 1),
        ("begin", 1),
        ("end", 2),
    ]


def test_journal_keeps_what_was_there_before_the_call(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.patch("id-api", {"env": "test", "later": "x"})
    run = Run(opened)

    run.apply(plan)

    (call,) = run.journal.calls.values()
    assert isinstance(call.before, Identity)
    assert dict(call.before.tags) == {"env": "test", "later": "x"}


def test_every_change_is_told_when_it_starts_and_when_it_ends(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))
    run = Run(opened)

    run.apply(plan_now(opened, desired_group("id-new")))

    assert [(label(one.change), one.moment, one.outcome) for one in run.events] == [
        ("id-new", Moment.STARTED, None),
        ("id-new", Moment.ENDED, Outcome.DONE),
        ("id-old", Moment.STARTED, None),
        ("id-old", Moment.ENDED, Outcome.DONE),
    ]
