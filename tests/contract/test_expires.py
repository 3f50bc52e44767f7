"""The whole life of what is given until a day, against the emulator: given, warned about, taken away for good."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import PlanStale
from reconciler.model.violation import PlanRefused
from reconciler.plan.changes import CredentialChange, SkipReason
from reconciler.plan.expiry.counts import expired_items, expiring_items
from reconciler.plan.plan import Plan
from reconciler.report.drift.metrics import Traffic, metrics_of_success
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.workflow.declare import Declaration, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TODAY, label
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    ISSUER,
    OWNER,
    READER,
    credentials_of,
    given,
    lives,
    principal_of,
    roles_of,
    with_roles,
    with_trusts,
)
from tests.contract.arm import Arm, contents, in_process
from tests.contract.saved import OURS, Applying, declare, plan_file, request
from tests.unit.saving import load, save

DAY = timedelta(days=1)
LAST = 30
"""The grant ends so many days after today."""
END = TODAY + LAST * DAY
MINE = principal_of("id-api")

POLICIES: dict[str, dict[str, Any]] = {
    "exact": {
        "policy": "{identities: exact, federatedCredentials: exact, roleAssignments: exact}",
        "also": f"roleScopes: ['{IN_GROUP}']",
    },
    "owned": {
        "policy": "{identities: owned, federatedCredentials: exact, roleAssignments: owned}",
        "also": "x-none: 0",
    },
    "merge": {
        "policy": "{identities: merge, federatedCredentials: merge, roleAssignments: merge}",
        "also": "x-none: 0",
    },
}


def manifest(policy: str = "owned", tags: str = "{env: prod}") -> str:
    """An identity with a credential and a role that end, of its own and by default, and one of each that does not."""
    known = POLICIES[policy]
    return f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
policy: {known["policy"]}
{known["also"]}
defaults:
  roleAssignments: [{{role: Contributor, scope: "{IN_GROUP}", expires: {END}}}]
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        tags: {tags}
        federatedCredentials:
          - {{name: guest, issuer: "{ISSUER}", subject: s-guest, expires: {END}}}
          - {{name: main, issuer: "{ISSUER}", subject: s-main}}
        roleAssignments: [{{role: Reader, scope: "{IN_GROUP}"}}]
"""


def on(text: str, days: int, *, only: bool = False) -> Declaration:
    """What a manifest declares, so many days after today."""
    return load_declaration(replace(request(text), judged_on=TODAY + days * DAY, expired_only=only))


def planned(arm: Arm, text: str, days: int, *, only: bool = False) -> Plan:
    return run_plan(on(text, days, only=only), arm.azure)


def what(plan: Plan) -> set[tuple[str, str, str]]:
    return {(label(one), one.action.value, one.reason.value) for one in plan.applicable}


def warned(plan: Plan) -> list[str]:
    return [one.code for one in plan.findings if one.code == "expires-soon"]


def had(arm: Arm) -> tuple[dict[str, str | None], set[tuple[str, str]]]:
    return credentials_of(arm, "id-api"), roles_of(arm, MINE)


START = contents(lives("id-api", OURS))
WITH_GUEST = ({"guest": "s-guest", "main": "s-main"}, {(IN_GROUP, READER), (IN_GROUP, CONTRIBUTOR)})
WITHOUT = ({"main": "s-main"}, {(IN_GROUP, READER)})


@pytest.mark.parametrize("policy", POLICIES)
def test_grant_is_given_warned_about_taken_away_and_not_given_again_under_every_policy(policy: str) -> None:
    text = manifest(policy)
    with in_process(START) as arm:
        assert Applying(arm).run(on(text, 0)).complete
        assert had(arm) == WITH_GUEST
        assert [len(warned(planned(arm, text, day))) for day in (LAST - 15, LAST - 14, LAST - 1, LAST)] == [0, 2, 2, 0]
        assert not planned(arm, text, LAST - 1).applicable

        due = planned(arm, text, LAST)
        assert {(action, reason) for _, action, reason in what(due)} == {("delete", "expired")}
        assert Applying(arm).run(on(text, LAST)).complete
        assert had(arm) == WITHOUT

        later = planned(arm, text, LAST + 1)
        assert not later.applicable
        assert [one.reason for one in later.skipped] == [SkipReason.EXPIRED] * 2


@pytest.mark.parametrize("policy", POLICIES)
def test_what_has_expired_goes_whatever_it_is_called_and_whoever_gave_it(policy: str) -> None:
    start = with_trusts(contents(lives("id-api", OURS)), "id-api", {"main": "s-main", "by-hand": "s-guest"})
    start = with_roles(start, given("id-api", READER, owner=OWNER), given("id-api", CONTRIBUTOR))
    with in_process(start) as arm:
        assert Applying(arm).run(on(manifest(policy), LAST)).complete

        assert had(arm) == WITHOUT


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("policy", POLICIES)
def test_removal_is_held_until_its_day_and_done_from_then_on_under_every_policy(policy: str, only: bool) -> None:
    text = manifest(policy) + f"    remove: [{{name: id-due, principalId: {principal_of('id-due')}, after: {END}}}]\n"
    start = contents(lives("id-api", OURS), lives("id-due", OURS))
    left = []
    with in_process(start) as arm:
        for day in (LAST - 1, LAST):
            Applying(arm).run(on(text, day, only=only))
            left.append(sorted(one.name for one in arm.application.state.contents().of(Identity)))

    assert left == [["id-api", "id-due"], ["id-api"]]


@pytest.mark.parametrize("policy", POLICIES)
def test_what_has_expired_goes_from_under_the_name_of_another_line_too(policy: str) -> None:
    with in_process(with_trusts(contents(lives("id-api", OURS)), "id-api", {"main": "s-guest"})) as arm:
        expired = len(expired_items(planned(arm, manifest(policy), LAST)))
        assert Applying(arm).run(on(manifest(policy), LAST, only=True)).complete
        night = credentials_of(arm, "id-api")
        assert Applying(arm).run(on(manifest(policy), LAST)).complete

        assert (expired, night, had(arm)) == (1, {}, WITHOUT)


def test_role_with_the_mark_of_another_owner_is_refused_and_not_taken() -> None:
    start = with_roles(contents(lives("id-api", OURS)), given("id-api", CONTRIBUTOR, owner="team-b"))
    with in_process(start) as arm:
        with pytest.raises(PlanRefused) as refused:
            Applying(arm).run(on(manifest(), LAST))
        assert [one.code for one in refused.value.violations] == ["foreign-owner"]
        assert not arm.writes


def test_expired_count_against_the_limit_of_what_a_run_takes_away() -> None:
    with in_process(START) as arm:
        Applying(arm).run(on(manifest(), 0))
        tight = manifest() + "limits: {maxRevokes: 1}\n"

        assert [one.code for one in planned(arm, tight, LAST).violations] == ["revoke-limit"]


def other_work() -> Contents:
    """A group in which something has expired and more is to be done: a tag, an identity to remove, one not listed."""
    start = contents(*(lives(name, OURS) for name in ("id-api", "id-due", "id-early", "id-extra")))
    start = with_trusts(start, "id-api", {"guest": "s-guest"})
    return with_roles(start, given("id-api", CONTRIBUTOR, owner=OWNER), given("id-due", READER, owner=OWNER))


WORK = (
    manifest()
    + f"""\
    remove:
      - {{name: id-due, principalId: {principal_of("id-due")}, after: {END}}}
      - {{name: id-early, principalId: {principal_of("id-early")}, after: {END + DAY}}}
"""
)


def test_nightly_job_does_nothing_but_what_has_expired_and_counts_the_rest() -> None:
    with in_process(other_work()) as arm:
        plan = planned(arm, WORK, LAST, only=True)
        result = Applying(arm).run(on(WORK, LAST, only=True))

        assert result.complete
        assert {method for method, _, _ in arm.writes} == {"DELETE"}
        assert had(arm) == ({}, set())
        assert roles_of(arm, principal_of("id-due")) == set()
        left = sorted(one.name for one in arm.application.state.contents().of(Identity))
        assert left == ["id-api", "id-early", "id-extra"]
    assert {reason for _, _, reason in what(plan)} == {"expired", "removed", "not-listed"}
    # The tag, the credential and the role that are missing, the identity nobody lists, and the one removed tomorrow.
    assert sum(one.reason is SkipReason.NOT_EXPIRED for one in plan.skipped) == 5
    assert f"Only what has expired by {END} is looked at; 5 other changes left for later." in plan.notes


def test_night_on_which_nothing_has_expired_is_no_change() -> None:
    with in_process(other_work()) as arm:
        assert not planned(arm, WORK, LAST - 1, only=True).applicable


def test_saved_plan_of_what_has_expired_is_applied_as_that_alone() -> None:
    with in_process(other_work()) as arm:
        plan = planned(arm, WORK, LAST, only=True)
    saved = save(plan)

    with in_process(other_work()) as arm:
        assert Applying(arm).run(replace(declare(saved), judged_on=END)).complete
        assert {method for method, _, _ in arm.writes} == {"DELETE"}


def test_saved_plan_knows_by_which_line_a_credential_has_ended_whatever_it_is_called() -> None:
    text = manifest().replace("name: guest", "name: visitor")  # behind `main`, in the order of names too
    start = with_trusts(contents(lives("id-api", OURS)), "id-api", {"main": "s-main", "by-hand": "s-guest"})
    with in_process(start) as arm:
        back = load(save(planned(arm, text, LAST))).plan

    (gone,) = (one for one in back.applicable if isinstance(one, CredentialChange))
    assert gone.desired is not None
    assert (gone.resource_id.name, gone.desired.name) == ("by-hand", "visitor")


def test_saved_plan_is_stale_on_the_day_on_which_a_line_ends_and_on_none_before() -> None:
    start = with_trusts(contents(lives("id-api", OURS)), "id-api", {"guest": "s-guest"})
    saved = plan_file(start, manifest=manifest())
    with in_process(start) as arm:
        with pytest.raises(PlanStale) as stale:
            Applying(arm).run(replace(declare(saved), judged_on=END))
        said = [one.message for one in stale.value.details]
        assert f"has expired on {END}, and would now be deleted" in said
        assert not arm.writes
        assert Applying(arm).run(replace(declare(saved), judged_on=END - DAY)).complete


def test_metric_tells_that_the_nightly_job_is_dead() -> None:
    traffic = Traffic(0.0, 0.0, 0, 0)
    with in_process(START) as arm:
        Applying(arm).run(on(manifest(), 0))
        counts = []
        for day in (LAST - 15, LAST - 14, LAST, LAST + 7):
            plan = planned(arm, manifest(), day)
            counts.append((len(expiring_items(plan)), len(expired_items(plan))))
        numbers = metrics_of_success(planned(arm, manifest(), LAST + 7), traffic).decode()
        Applying(arm).run(on(manifest(), LAST + 8, only=True))
        after = metrics_of_success(planned(arm, manifest(), LAST + 8), traffic).decode()

    assert counts == [(0, 0), (2, 0), (0, 2), (0, 2)]
    assert 'uami_drift_expired_items{resource_group="rg-app"' in numbers
    assert [line.rpartition(" ")[2] for line in numbers.splitlines() if line.startswith("uami_drift_expired")] == [
        "2.0"
    ]
    assert [line.rpartition(" ")[2] for line in after.splitlines() if line.startswith("uami_drift_expired")] == ["0.0"]
