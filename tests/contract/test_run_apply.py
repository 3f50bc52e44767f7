"""The whole story against the emulator: from the text of a manifest to what lives, and everywhere that it may stop."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
import pytest

from reconciler.apply.result import ApplyResult
from reconciler.errors import UsageError
from reconciler.guards import NO_ALLOWANCES, Allowances, parse_allowances
from reconciler.journal.call import Outcome
from reconciler.model.identity import OWNER_TAG
from reconciler.model.violation import PlanRefused
from reconciler.plan.changes import IdentityChange
from reconciler.plan.plan import Plan
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Declaration, Request, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, TODAY, label
from tests.contract.applying import Run, outcomes
from tests.contract.arm import Arm, OpenArm, contents, there
from tests.contract.faults import Fault, Forward, answer, meddle_after

MANIFEST = f"""\
version: 1
subscription: {SUBSCRIPTION}
policy: {{identities: exact}}
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        tags: {{env: prod}}
      - id-new
"""


class Declined(Exception):
    """The answer was no."""


def declare(
    manifest: str = MANIFEST,
    *,
    subscriptions: tuple[str, ...] = (),
    targets: tuple[str, ...] = (),
    allowances: Allowances = NO_ALLOWANCES,
) -> Declaration:
    """What a manifest on standard input declares."""
    return load_declaration(
        Request(("-",), {}, {}, manifest.encode, subscriptions, targets, allowances, judged_on=TODAY)
    )


@dataclass
class Story:
    """A run of the workflow: what it showed and what it asked."""

    arm: Arm
    shown: list[Plan] = field(default_factory=list)
    asked: list[Plan] = field(default_factory=list)
    refuse: Callable[[Plan], None] = lambda _: None

    def run(self, declaration: Declaration, *, skip_refused: bool = False, verify: bool = True) -> ApplyResult:
        """Tell the story to its end."""

        def confirm(plan: Plan) -> None:
            self.asked.append(plan)
            self.refuse(plan)

        _, result = run_apply(
            planned(declaration, self.arm.azure),
            self.arm.azure,
            Run(self.arm).tools(),
            ApplyOptions(skip_refused, verify),
            show=self.shown.append,
            confirm=confirm,
        )
        return result


def decline(_: Plan) -> None:
    """Answer no."""
    raise Declined


def test_manifest_is_applied_verified_and_then_nothing_is_left_to_do(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-old"))
    story = Story(opened)

    result = story.run(declare())

    assert outcomes(result) == [("id-api", Outcome.DONE), ("id-new", Outcome.DONE), ("id-old", Outcome.DONE)]
    assert (result.complete, result.verified, result.interrupted) == (True, True, False)
    assert opened.live == {"rg-app/id-api": {"env": "prod"}, "rg-app/id-new": {}}
    assert run_plan(declare(), opened.azure).applicable == ()


def test_plan_is_shown_and_then_asked_about(arm: OpenArm) -> None:
    story = Story(arm(contents()))

    story.run(declare())

    assert story.shown == story.asked
    assert [label(change) for change in story.shown[0].applicable] == ["id-api", "id-new"]


def test_nothing_is_written_when_the_answer_is_no(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    story = Story(opened, refuse=decline)

    with pytest.raises(Declined):
        story.run(declare())

    assert opened.writes == []


def test_nothing_is_asked_when_there_is_nothing_to_do(arm: OpenArm) -> None:
    story = Story(arm(contents(there("id-api", tags={"env": "prod"}), "id-new")))

    result = story.run(declare())

    assert (story.asked, result.results, result.complete) == ([], (), True)


def test_refused_plan_is_shown_and_nothing_is_asked_or_written(arm: OpenArm) -> None:
    opened = arm(contents(there("id-theirs", tags={OWNER_TAG: "team-b"}), "id-api"))
    story = Story(opened)

    with pytest.raises(PlanRefused) as refusal:
        story.run(declare())

    assert refusal.value.violations == story.shown[0].violations
    assert [one.code for one in refusal.value.violations] == ["foreign-owner"]
    assert (story.asked, opened.writes) == ([], [])


def test_what_is_not_refused_is_applied_on_request(arm: OpenArm) -> None:
    opened = arm(contents(there("id-theirs", tags={OWNER_TAG: "team-b"}), "id-api"))
    story = Story(opened)

    result = story.run(declare(), skip_refused=True)

    assert outcomes(result) == [("id-api", Outcome.DONE), ("id-new", Outcome.DONE)]
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-new", "rg-app/id-theirs"]


def test_allowance_lifts_the_guard(arm: OpenArm) -> None:
    opened = arm(contents(there("id-theirs", tags={OWNER_TAG: "team-b"}), "id-api"))
    allowed = parse_allowances(("foreign-owner=rg-app/id-theirs",), ())

    result = Story(opened).run(declare(allowances=allowed))

    assert result.complete
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-new"]


def test_manifest_emptied_by_mistake_deletes_nothing(arm: OpenArm) -> None:
    opened = arm(contents("id-a", "id-b"))
    emptied = (
        f"version: 1\nsubscription: {SUBSCRIPTION}\npolicy: {{identities: exact}}\n"
        f"resourceGroups:\n  rg-app:\n    identities: []\n"
    )

    with pytest.raises(PlanRefused):
        Story(opened).run(declare(emptied))

    assert sorted(opened.live) == ["rg-app/id-a", "rg-app/id-b"]


def test_missing_group_is_shown_and_nothing_is_created(arm: OpenArm) -> None:
    opened = arm(contents(groups=()))

    with pytest.raises(PlanRefused) as refusal:
        Story(opened).run(declare())

    assert [one.code for one in refusal.value.violations] == ["group-missing"]
    assert opened.writes == []


def test_target_limits_what_is_applied(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-old"))

    result = Story(opened).run(declare(targets=("rg-app/id-old",)))

    assert outcomes(result) == [("id-old", Outcome.DONE)]
    assert opened.live == {"rg-app/id-api": {"env": "test"}}


def test_target_that_names_nothing_is_wrong_usage(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))

    with pytest.raises(UsageError) as refusal:
        Story(opened).run(declare(targets=("rg-app/id-oldd",)))

    assert refusal.value.message == (
        "--target rg-app/id-oldd: neither the manifest nor the resource group has an identity 'id-oldd'"
    )


def test_subscription_limits_what_is_read(arm: OpenArm) -> None:
    two = (
        MANIFEST + f"---\nversion: 1\nsubscription: {OTHER_SUBSCRIPTION}\npolicy: {{identities: exact}}\n"
        f"resourceGroups: {{rg-x: {{identities: []}}}}\n"
    )
    opened = arm(contents())

    Story(opened).run(declare(two, subscriptions=(SUBSCRIPTION,)))

    assert [path for _, path in opened.asked if OTHER_SUBSCRIPTION in path] == []


def test_subscription_that_the_manifest_does_not_have_is_wrong_usage(arm: OpenArm) -> None:
    with pytest.raises(UsageError) as refusal:
        Story(arm(contents())).run(declare(subscriptions=(OTHER_SUBSCRIPTION,)))

    assert refusal.value.message == (
        f"--subscription {OTHER_SUBSCRIPTION}: the manifest has no resource group in that subscription"
    )
    assert refusal.value.hint == f"It has: {SUBSCRIPTION}."


def test_what_did_not_hold_is_told(arm: OpenArm) -> None:
    late: list[Arm] = []
    undo = meddle_after(lambda: late[0].patch("id-api", {"env": "test"}))
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-new"), Fault("PATCH", "id-api", undo))
    late.append(opened)

    result = Story(opened).run(declare())

    assert [one.not_held for one in result.results] == [("tags.env came back as 'test', not 'prod'",)]


def test_nothing_is_looked_at_again_where_that_is_not_wanted(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "prod"})))

    result = Story(opened).run(declare(), verify=False)

    assert (result.complete, result.verified) == (True, False)
    assert opened.asked[-1][0] == "PUT"


def test_interrupted_run_is_not_looked_at_again(arm: OpenArm) -> None:
    late: list[Arm] = []
    opened = arm(contents(), Fault("PUT", "id-api", meddle_after(lambda: late[0].stop.request())))
    late.append(opened)

    result = Story(opened).run(declare())

    assert outcomes(result) == [("id-api", Outcome.DONE), ("id-new", Outcome.NOT_TRIED)]
    assert (result.interrupted, result.verified) == (True, False)


def test_run_that_is_stopped_while_it_verifies_tells_what_was_done(arm: OpenArm) -> None:
    late: list[Arm] = []
    not_yet = answer(404, "ResourceNotFound", "Not found.")

    def stop_and_lag(request: httpx.Request, forward: Forward) -> httpx.Response:
        late[0].stop.request()
        return not_yet(request, forward)

    opened = arm(contents(there("id-api", tags={"env": "prod"})), Fault("GET", "id-new", stop_and_lag, passes=1))
    late.append(opened)

    result = Story(opened).run(declare())

    assert outcomes(result) == [("id-new", Outcome.DONE)]
    assert (result.interrupted, result.verified) == (True, False)


ISOLATED = MANIFEST + "      - name: id-bound\n        isolationScope: Regional\n"


@pytest.mark.parametrize("api_version", ["2018-11-30", "2023-01-31", "2023-07-31-preview"])
def test_isolation_scope_under_an_older_api_version_is_wrong_usage(arm: OpenArm, api_version: str) -> None:
    opened = arm(contents())
    azure = replace(opened.azure, resources=replace(opened.resources, api_version=api_version))

    with pytest.raises(UsageError) as refusal:
        run_plan(declare(ISOLATED), azure)

    assert refusal.value.message == f"--api-version {api_version} knows no isolationScope, but <stdin>:10:9 sets one"
    assert refusal.value.hint == "Use 2024-11-30 or newer, or take isolationScope off the manifest."
    assert opened.asked == []


@pytest.mark.parametrize("api_version", ["2024-11-30", "2025-01-31-preview"])
def test_isolation_scope_under_a_newer_api_version_is_applied(arm: OpenArm, api_version: str) -> None:
    opened = arm(contents())
    azure = replace(opened.azure, resources=replace(opened.resources, api_version=api_version))

    plan = run_plan(declare(ISOLATED), azure)

    assert [
        str(change.after.isolation_scope)
        for change in plan.applicable
        if isinstance(change, IdentityChange) and change.after
    ] == ["None", "Regional", "None"]


def test_older_api_version_is_fine_without_an_isolation_scope(arm: OpenArm) -> None:
    opened = arm(contents())
    azure = replace(opened.azure, resources=replace(opened.resources, api_version="2023-01-31"))

    plan = run_plan(declare(), azure)

    assert [label(change) for change in plan.applicable] == ["id-api", "id-new"]
