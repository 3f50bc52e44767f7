"""Apply where somebody else was faster: a change that is no longer the reviewed one is not made."""

from reconciler.errors import ExitCode
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import Policy, TagsPolicy
from reconciler.model.identity import OWNER_TAG, IsolationScope
from tests.builders import desired_group, listed
from tests.contract.applying import Run, apply_now, endings, outcomes, plan_now
from tests.contract.arm import OpenArm, contents, there

ANOTHER_PRINCIPAL = (
    "the identity has been deleted and created again since the plan was made: it is another principal now"
)


def test_identity_that_appears_before_its_create_is_left_as_it_is(arm: OpenArm) -> None:
    opened = arm(contents())
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.put("ID-Api", tags={"whose": "theirs"})

    result = apply_now(opened, plan)

    because = "an identity of this name has appeared since the plan was made"
    assert endings(result) == [("id-api", Outcome.STALE, because)]
    assert opened.live == {"rg-app/ID-Api": {"whose": "theirs"}}
    assert opened.writes == []
    assert result.exit_code is ExitCode.PARTIAL


def test_managed_tag_that_changes_before_its_update_makes_it_stale(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.patch("id-api", {"env": "staging"})

    result = apply_now(opened, plan)

    because = "changed since the plan was made: tags.env is now 'staging'"
    assert endings(result) == [("id-api", Outcome.STALE, because)]
    assert opened.live == {"rg-app/id-api": {"env": "staging"}}


def test_managed_tag_that_disappears_before_its_update_makes_it_stale(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.patch("id-api", {})

    result = apply_now(opened, plan)

    assert endings(result) == [
        ("id-api", Outcome.STALE, "changed since the plan was made: tags.env is now absent"),
    ]


def test_update_that_somebody_else_has_made_says_so(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test", "old": "x"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod", "old": None})))
    opened.patch("id-api", {"env": "prod"})

    result = apply_now(opened, plan)

    because = "changed since the plan was made: tags.env is 'prod' already, tags.old is absent already"
    assert endings(result) == [("id-api", Outcome.STALE, because)]
    assert opened.writes == []


def test_managed_isolation_scope_that_changes_before_an_update_of_tags_makes_it_stale(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    entry = listed("id-api", isolation_scope=IsolationScope.NONE, tags={"env": "prod"})
    plan = plan_now(opened, desired_group(entry))
    opened.put("id-api", tags={"env": "test"}, isolationScope="Regional")

    result = apply_now(opened, plan)

    because = "changed since the plan was made: isolation_scope is now 'Regional'"
    assert endings(result) == [("id-api", Outcome.STALE, because)]


def test_unmanaged_tag_that_appears_before_an_update_is_kept(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.patch("id-api", {"env": "test", "CreatedBy": "policy"})

    result = apply_now(opened, plan)

    assert outcomes(result) == [("id-api", Outcome.DONE)]
    assert opened.live == {"rg-app/id-api": {"CreatedBy": "policy", "env": "prod"}}


def test_tag_that_appears_before_an_update_under_exact_makes_it_stale(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    group = desired_group(listed("id-api", tags={"env": "prod"}), policy=Policy(tags=TagsPolicy.EXACT))
    plan = plan_now(opened, group)
    opened.patch("id-api", {"env": "test", "new": "x"})

    result = apply_now(opened, plan)

    assert endings(result) == [("id-api", Outcome.STALE, "changed since the plan was made: tags.new is now 'x'")]


def test_live_spelling_of_a_tag_is_the_one_at_the_time_of_the_update(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test", "Team": "x"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.patch("id-api", {"env": "test", "TEAM": "x"})

    apply_now(opened, plan)

    assert opened.live == {"rg-app/id-api": {"TEAM": "x", "env": "prod"}}


def test_identity_that_is_deleted_before_its_update_is_not_created_again(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-keep"))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"}), "id-keep"))
    opened.delete("id-api")

    result = apply_now(opened, plan)

    assert endings(result) == [("id-api", Outcome.STALE, "the identity has been deleted since the plan was made")]
    assert opened.writes == []


def test_identity_that_is_created_again_before_its_update_is_left_as_it_is(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.recreate("id-api", tags={"env": "test"})

    result = apply_now(opened, plan)

    assert endings(result) == [("id-api", Outcome.STALE, ANOTHER_PRINCIPAL)]
    assert opened.live == {"rg-app/id-api": {"env": "test"}}


def test_identity_that_is_created_again_before_its_delete_is_kept(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    plan = plan_now(opened, desired_group("id-api"))
    opened.recreate("id-old")

    result = apply_now(opened, plan)

    assert endings(result) == [("id-old", Outcome.STALE, ANOTHER_PRINCIPAL)]
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-old"]
    assert opened.writes == []


def test_identity_that_is_gone_before_its_delete_is_told(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    plan = plan_now(opened, desired_group("id-api"))
    opened.delete("id-old")

    result = apply_now(opened, plan)

    assert endings(result) == [("id-old", Outcome.STALE, "the identity is already deleted")]
    assert opened.writes == []


def test_identity_that_changes_its_owner_before_its_delete_is_kept(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"))
    plan = plan_now(opened, desired_group("id-api"))
    opened.patch("id-old", {OWNER_TAG: "team-b"})

    result = apply_now(opened, plan)

    because = "its owner has changed since the plan was made, from absent to 'team-b'"
    assert endings(result) == [("id-old", Outcome.STALE, because)]
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-old"]


def test_identity_that_loses_its_owner_before_its_delete_is_kept(arm: OpenArm) -> None:
    ours = {OWNER_TAG: "team-a"}
    opened = arm(contents(there("id-api", tags=ours), there("id-old", tags=ours)))
    plan = plan_now(opened, desired_group("id-api", owner="team-a"))
    opened.patch("id-old", {})

    result = apply_now(opened, plan)

    because = "its owner has changed since the plan was made, from 'team-a' to absent"
    assert endings(result) == [("id-old", Outcome.STALE, because)]
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-old"]


def test_identity_that_another_owner_takes_before_its_update_is_left_as_it_is(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    plan = plan_now(opened, desired_group(listed("id-api", tags={"env": "prod"})))
    opened.patch("id-api", {"env": "test", OWNER_TAG: "team-b"})

    result = apply_now(opened, plan)

    because = "its owner has changed since the plan was made, from absent to 'team-b'"
    assert endings(result) == [("id-api", Outcome.STALE, because)]
    assert opened.live == {"rg-app/id-api": {"env": "test", OWNER_TAG: "team-b"}}


def test_stale_change_keeps_the_deletes_of_its_group_back(arm: OpenArm) -> None:
    opened = arm(contents("id-old"))
    plan = plan_now(opened, desired_group("id-api"))
    opened.put("id-api")

    result = apply_now(opened, plan)

    assert endings(result)[1] == (
        "id-old",
        Outcome.SKIPPED,
        "nothing is deleted in a group where a change failed (id-api)",
    )
    assert sorted(opened.live) == ["rg-app/id-api", "rg-app/id-old"]


def test_stale_change_has_no_entry_in_the_journal(arm: OpenArm) -> None:
    opened = arm(contents())
    plan = plan_now(opened, desired_group("id-api"))
    opened.put("id-api")
    run = Run(opened)

    run.apply(plan)

    assert run.journal.lines == []
