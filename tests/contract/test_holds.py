"""What a manifest holds, against the emulator: never written while it is held, and done once its day has come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.errors import PlanStale
from reconciler.guards import parse_allowances
from reconciler.model.violation import PlanRefused
from reconciler.plan.changes import SkipReason
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.workflow.declare import Declaration, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TODAY, label
from tests.contract.access import (
    IN_GROUP,
    OWNER,
    READER,
    credentials_of,
    given,
    lives,
    principal_of,
    roles_of,
    with_roles,
)
from tests.contract.arm import Arm, contents, in_process
from tests.contract.saved import MANIFEST, OURS, Applying, changed, declare, live, plan_file, request

DAY = timedelta(days=1)
HELD = MANIFEST.replace("- name: id-api", "- name: id-api\n        hold: incident").replace(
    "- id-new", "- {name: id-new, hold: not yet}"
)
REMOVAL = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
resourceGroups:
  rg-app:
    identities: [id-same]
    remove: [{{name: id-old, principalId: {principal_of("id-old")}, after: {TODAY + DAY}}}]
"""


def names(arm: Arm) -> list[str]:
    return sorted(one.name for one in arm.application.state.contents().of(Identity))


def planned(arm: Arm, manifest: str) -> Plan:
    return run_plan(load_declaration(request(manifest)), arm.azure)


def on(declaration: Declaration, days: int) -> Declaration:
    """The same some days later."""
    return replace(declaration, judged_on=TODAY + days * DAY)


def test_held_identity_and_its_children_stay_as_they_are_while_the_rest_is_applied() -> None:
    with in_process(live()) as arm:
        before = (credentials_of(arm, "id-api"), roles_of(arm, principal_of("id-api")))
        plan = planned(arm, HELD)

        result = Applying(arm).run(load_declaration(request(HELD, allowances=parse_allowances((), ("100%",)))))

        assert result.complete
        assert (credentials_of(arm, "id-api"), roles_of(arm, principal_of("id-api"))) == before
        assert names(arm) == ["aks-pool", "id-api", "id-same"]
        assert not [path for _, path, _ in arm.writes if "/id-api" in path or "/id-new" in path]
    assert {label(one).partition("/")[0] for one in plan.held} == {"id-api", "id-new"}
    assert {label(one).partition("/")[0] for one in plan.changes} == {"id-old", "id-same"}


def test_apply_of_a_saved_plan_keeps_what_it_holds_whatever_became_of_it() -> None:
    saved = plan_file(live(), manifest=HELD)

    with in_process(changed("id-api", tags=(("uami-owner", "team-b"), ("env", "x")))(live())) as arm:
        result = Applying(arm).run(declare(saved))

        assert result.complete
        assert not [path for _, path, _ in arm.writes if "/id-api" in path or "/id-new" in path]


def test_plan_of_what_is_released_is_the_plan_that_was_held() -> None:
    with in_process(live()) as arm:
        held, free = planned(arm, HELD), planned(arm, MANIFEST)

    named = {
        one.resource_id: one.action for one in free.changes if label(one).partition("/")[0] in ("id-api", "id-new")
    }
    assert {one.resource_id: one.action for one in held.held} == named


def removing() -> Contents:
    return contents(lives("id-same", OURS), lives("id-old", OURS))


def test_removal_is_done_on_its_day_and_not_before() -> None:
    with in_process(removing()) as arm:
        early = Applying(arm).run(load_declaration(request(REMOVAL)))
        kept = names(arm)
        due = Applying(arm).run(on(load_declaration(request(REMOVAL)), 1))

        assert (early.results, kept) == ((), ["id-old", "id-same"])
        assert ([label(one.change) for one in due.results], names(arm)) == (["id-old"], ["id-same"])


def test_saved_plan_from_before_the_day_is_stale_on_the_day_and_good_until_then() -> None:
    saved = plan_file(removing(), manifest=REMOVAL.replace(str(TODAY + DAY), str(TODAY + 3 * DAY)))

    with in_process(removing()) as arm:
        assert Applying(arm).run(on(declare(saved), 2)).results == ()
        with pytest.raises(PlanStale) as stale:
            Applying(arm).run(on(declare(saved), 3))

        assert names(arm) == ["id-old", "id-same"]
    assert [(one.label, one.message) for one in stale.value.details] == [
        ("rg-app/id-old", f"was left alone (held back until {TODAY + 3 * DAY}), and would now be deleted")
    ]


def test_extra_that_is_removed_later_is_not_deleted_by_its_policy() -> None:
    manifest = f"{REMOVAL}policy: {{identities: exact}}\n"

    with in_process(removing()) as arm:
        plan = planned(arm, manifest)

    assert ([label(one) for one in plan.applicable], [label(one) for one in plan.held]) == ([], ["id-old"])


ROLE_ON_HELD = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
resourceGroups:
  rg-app:
    identities:
      - {{name: id-new, hold: not yet}}
      - name: id-same
        roleAssignments:
          - {{role: Reader, scope: "{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-new"}}
"""


def test_role_on_an_identity_that_is_held_and_not_there_is_refused() -> None:
    with in_process(contents(lives("id-same", OURS))) as arm:
        with pytest.raises(PlanRefused) as refused:
            Applying(arm).run(load_declaration(request(ROLE_ON_HELD)))
        assert arm.writes == []

    (violation,) = refused.value.violations
    assert violation.code == "scope-missing"
    assert violation.message.endswith("does not exist, and the manifest holds it at <stdin>:7:30")


def test_role_on_an_identity_that_is_held_and_there_is_given() -> None:
    with in_process(contents(lives("id-same", OURS), lives("id-new"))) as arm:
        assert Applying(arm).run(load_declaration(request(ROLE_ON_HELD))).complete
        assert len(roles_of(arm, principal_of("id-same"))) == 1


# ignored role assignments


def ignoring(entry: str) -> str:
    """A manifest under which a role that this tool gave is an extra, unless this entry ignores it."""
    return f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
ignore: {{roleAssignments: [{entry}]}}
resourceGroups: {{rg-app: {{identities: [{{name: id-api, roleAssignments: []}}]}}}}
"""


def with_reader() -> Contents:
    return with_roles(contents(lives("id-api", OURS)), given("id-api", READER, owner=OWNER))


def notes_of_ignored(plan: Plan) -> list[str]:
    """What the plan says of entries that it could not read as a role."""
    return [note for note in plan.notes if note.startswith("Role assignments to ignore")]


@pytest.mark.parametrize(
    ("entry", "stays"),
    [
        (f"{{role: Reader, scope: {IN_GROUP}}}", True),
        (f"{{role: READER, scope: {IN_GROUP.upper()}/}}", True),
        (f"{{role: {READER}, scope: {IN_GROUP}}}", True),
        (f"{{role: Contributor, scope: {IN_GROUP}}}", False),
        (f"{{role: Reader, scope: /subscriptions/{SUBSCRIPTION}}}", False),
    ],
)
def test_role_stays_where_an_entry_ignores_it_by_name_or_guid(entry: str, stays: bool) -> None:
    with in_process(with_reader()) as arm:
        plan = planned(arm, ignoring(entry))
        assert Applying(arm).run(load_declaration(request(ignoring(entry)))).complete

        assert len(roles_of(arm, principal_of("id-api"))) == int(stays)
    assert notes_of_ignored(plan) == []
    assert [one.reason for one in plan.skipped] == ([SkipReason.IGNORED] if stays else [])


def test_role_that_cannot_be_told_from_an_unknown_ignored_one_stays_and_the_plan_says_so() -> None:
    with in_process(with_reader()) as arm:
        plan = planned(arm, ignoring(f"{{role: Raeder, scope: {IN_GROUP}}}"))

    assert (plan.applicable, [one.reason for one in plan.skipped]) == ((), [SkipReason.UNRESOLVED])
    assert notes_of_ignored(plan) == [
        f"Role assignments to ignore (Raeder) were not looked for at {IN_GROUP}: no role of this name can be given"
        " there; none that was given there is taken away."
    ]


def test_scope_to_ignore_that_is_gone_disturbs_nothing() -> None:
    with in_process(with_reader()) as arm:
        plan = planned(arm, ignoring(f"{{role: Reader, scope: {IN_GROUP}-gone}}"))

    assert [label(one).partition("@")[0] for one in plan.applicable] == ["id-api/roleAssignments/Reader"]
    assert notes_of_ignored(plan) == []


@pytest.mark.parametrize("lives_now", [True, False])
def test_role_that_is_listed_by_name_and_ignored_by_guid_refuses_the_plan(lives_now: bool) -> None:
    line = f'roleAssignments: [{{role: Reader, scope: "{IN_GROUP}"}}]'
    manifest = ignoring(f"{{role: {READER}, scope: {IN_GROUP}}}").replace("roleAssignments: []", line)

    with in_process(with_reader() if lives_now else contents()) as arm:
        plan = planned(arm, manifest)

    assert [one.code for one in plan.violations] == ["role-ignored"]
    assert not [one for one in plan.changes if "/roleAssignments/" in one.resource_id.address]
