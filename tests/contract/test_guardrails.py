"""Guardrails against the emulator: manifest, saved plan and undo meet the same wall, and no flag lifts a rule of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import PlanStale
from reconciler.guardrails.model import Guardrails
from reconciler.guards import Allowance, Allowances, Runner
from reconciler.guards.allowances import ADDRESS_ONLY, LIFTED_BY_ALLOW
from reconciler.live.azure import Azure
from reconciler.model import OWNER_TAG, PROTECT_TAG, PlanRefused, Violation
from reconciler.plan import Plan
from reconciler.sandbox.state.kinds import RoleAssignment
from reconciler.sandbox.state.state import Contents
from reconciler.saved_plan.content import parse_plan
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Declaration, declare_saved, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TENANT, address
from tests.contract.access import (
    AUDIENCE,
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    ISSUER,
    OWNER,
    READER,
    given,
    lives,
    principal_of,
    with_roles,
    with_trusts,
)
from tests.contract.applying import Run
from tests.contract.arm import Arm, OpenArm, contents, in_process
from tests.contract.faults import ALWAYS, Fault, answer
from tests.contract.impact import GRAPH
from tests.contract.journaling import apply_with_journal, undo_of
from tests.contract.saved import request
from tests.unit.guardrails.rails import rails
from tests.unit.saving import NAME, save

OURS = {OWNER_TAG: OWNER}
MANIFEST = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
policy: {{identities: exact}}
resourceGroups:
  rg-app:
    identities:
      - {{name: id-new, location: westeurope}}
      - {{name: id-open, protect: false}}
      - {{name: id-kept, protect: true}}
      - name: id-api
        federatedCredentials: [{{name: main, issuer: "{ISSUER}", subject: s-new, audience: "{AUDIENCE}"}}]
        roleAssignments: [{{role: Reader, scope: "{IN_GROUP}"}}]
      - {{name: id-less, federatedCredentials: [], roleAssignments: []}}
    remove:
      - {{name: id-gone, allow: [in-use]}}
"""
"""One change of each kind, and, since a run of it can be undone, of each kind the other way round."""

NAMES = ("id-new", "id-open", "id-kept", "id-api", "id-less", "id-gone", "id-old")
CHILDREN = (
    "federatedCredentials/main",
    *(f"roleAssignments/{role}@{IN_GROUP}" for role in ("Reader", "Owner", READER)),
)
EVERY_FLAG = Allowances(
    (
        *(Allowance(code, "rg-app") for code in LIFTED_BY_ALLOW if code not in ADDRESS_ONLY),
        *(Allowance(code, f"{address(name)}/{one}") for code in ADDRESS_ONLY for name in NAMES for one in CHILDREN),
    ),
    max_deletes=1000,
    max_delete_percent=100,
    max_revokes=1000,
)
"""All that a caller can lift."""

ALL_OPEN = (
    f"tenant: {TENANT}",
    f"subscriptions: [{SUBSCRIPTION}]",
    "resourceGroups: [rg-*]",
    "identities: {deny: []}",
    f"owners: [{OWNER}]",
    "locations: [westeurope]",
    f"trust: [{{identities: ['*'], issuer: '{ISSUER}', subjects: ['s-*']}}]",
    f"roles: [{{identities: ['*'], role: Reader, scopes: ['{IN_SUBSCRIPTION}/**']}}]",
    "deletes: {onlyNamed: false, pinned: false, maxPerRun: 9, allow: [in-use]}",
    "revokes: {maxPerRun: 9}",
    "protect: {lift: true}",
)


def live() -> Contents:
    """What lives before a run of the manifest."""
    start = contents(
        lives("id-open", {**OURS, PROTECT_TAG: "true"}),
        lives("id-kept", OURS),
        lives("id-api", OURS),
        lives("id-less", OURS),
        lives("id-gone", OURS),
        lives("id-old", OURS),
    )
    start = with_trusts(start, "id-less", {"main": "s-less"})
    return with_roles(start, given("id-less", READER, owner=OWNER))


def limited(line: str) -> Guardrails:
    """Guardrails that let everything through, but for this key of theirs."""
    key = line.partition(":")[0]
    return rails(*(line if one.startswith(f"{key}:") else one for one in ALL_OPEN))


def declared(manifest: str = MANIFEST, *guardrails: Guardrails) -> Declaration:
    """A manifest with every flag that lifts something."""
    return replace(load_declaration(request(manifest, allowances=EVERY_FLAG)), guardrails=guardrails)


def rules(violations: tuple[Violation, ...]) -> set[str]:
    """The rules of guardrails that refuse."""
    return {one.message.split(": ")[1] for one in violations if one.code == "guardrail"}


def apply(arm: Arm, declaration: Declaration, azure: Azure | None = None, *, skip_refused: bool = False) -> Plan:
    """Carry a declaration out; raises as the command does."""
    plan, _ = run_apply(
        planned(declaration, azure or arm.azure),
        azure or arm.azure,
        Run(arm).tools(),
        ApplyOptions(skip_refused, verify=False),
        show=lambda _: None,
        confirm=lambda _: None,
    )
    return plan


def refusal(arm: Arm, declaration: Declaration) -> set[str]:
    """The rules by which a run is refused that writes nothing."""
    before = len(arm.writes)
    with pytest.raises(PlanRefused) as caught:
        apply(arm, declaration)
    assert arm.writes[before:] == []
    return rules(caught.value.violations)


RULES = {
    "tenant": "tenant: 00000000-0000-0000-0000-00000000000b",
    "subscriptions": "subscriptions: []",
    "resourceGroups": "resourceGroups: [rg-b*]",
    "identities.deny": "identities: {deny: ['id-*']}",
    "owners": "owners: [team-b]",
    "locations": "locations: [northeurope]",
    "trust": f"trust: [{{identities: ['*'], issuer: '{ISSUER}', subjects: []}}]",
    "roles": "roles: []",
    "deletes.onlyNamed": "deletes: {onlyNamed: true}",
    "deletes.maxPerRun": "deletes: {maxPerRun: 0}",
    "revokes.maxPerRun": "revokes: {maxPerRun: 1}",
    "protect.lift": "protect: {lift: false}",
}
"""Each rule, and a line by which it refuses the run and its undo."""

OF_REMOVE = {
    "deletes.pinned": "deletes: {pinned: true}",
    "deletes.allow": "deletes: {allow: []}",
}
"""Rules of `remove`, which an undo has not."""


def test_run_within_the_guardrails_is_carried_out_and_can_be_undone(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(live())
    inside = rails(*ALL_OPEN)
    plan = run_plan(declared(MANIFEST, inside), opened.azure)
    apply_with_journal(opened, plan, tmp_path / "run.jsonl")

    back = replace(undo_of(opened, tmp_path / "run.jsonl", EVERY_FLAG), guardrails=(inside,))

    assert plan.violations == ()
    assert apply(opened, back).violations == ()
    assert run_plan(declared(MANIFEST, inside), opened.azure).guardrails == inside.sha256


@pytest.mark.parametrize("rule", [*RULES, *OF_REMOVE])
def test_manifest_meets_each_rule_whatever_the_flags(rule: str) -> None:
    with in_process(live()) as opened:
        found = refusal(opened, declared(MANIFEST, limited({**RULES, **OF_REMOVE}[rule])))

    assert found == {rule}


@pytest.mark.parametrize("rule", [*RULES, *OF_REMOVE])
def test_saved_plan_meets_each_rule_whatever_the_flags(rule: str) -> None:
    guardrails = limited({**RULES, **OF_REMOVE}[rule])
    with in_process(live()) as opened:
        content = save(run_plan(declared(MANIFEST, guardrails), opened.azure))

        saved = declare_saved(
            parse_plan(NAME, content).plan, request(allowances=EVERY_FLAG), cloud="AzureCloud", tenant=None
        )

        assert refusal(opened, replace(saved, guardrails=(guardrails,))) == {rule}


@pytest.mark.parametrize("rule", RULES)
def test_undo_meets_each_rule_whatever_the_flags(rule: str, tmp_path: Path) -> None:
    with in_process(live()) as opened:
        apply_with_journal(opened, run_plan(declared(), opened.azure), tmp_path / "run.jsonl")
        back = undo_of(opened, tmp_path / "run.jsonl", EVERY_FLAG)

        assert refusal(opened, replace(back, guardrails=(limited(RULES[rule]),))) == {rule}


@pytest.mark.parametrize("rule", RULES)
def test_rest_that_is_applied_holds_nothing_of_what_is_refused(rule: str) -> None:
    guardrails = limited(RULES[rule])
    with in_process(live()) as opened:
        plan = apply(opened, declared(MANIFEST, guardrails), skip_refused=True)

        again = run_plan(declared(MANIFEST, guardrails), opened.azure)

    assert {one.resource_id for one in again.applicable} == set()
    assert plan.refused
    assert again.refused >= {one.resource_id for one in plan.changes if one.resource_id in plan.refused and one.before}


@pytest.mark.parametrize(
    ("made_under", "applied_under"),
    [((), ("owners: [team-a]",)), (("owners: [team-a]",), ()), (("owners: [team-a]",), ("owners: [team-a, b]",))],
)
def test_saved_plan_is_stale_under_other_guardrails(
    made_under: tuple[str, ...], applied_under: tuple[str, ...]
) -> None:
    made, applied = (tuple(rails(one, *ALL_OPEN[6:8]) for one in lines) for lines in (made_under, applied_under))
    with in_process(live()) as opened:
        content = save(run_plan(declared(MANIFEST, *made), opened.azure))
        plan = parse_plan(NAME, content).plan
        saved = declare_saved(plan, request(allowances=EVERY_FLAG), cloud="AzureCloud", tenant=None)

        with pytest.raises(PlanStale) as caught:
            apply(opened, replace(saved, guardrails=applied))

        assert opened.writes == []
    before, after = (repr(one[0].sha256) if one else "absent" for one in (made, applied))
    assert [one.message for one in caught.value.details] == [f"the guardrails' sha256 was {before}, is now {after}"]


def test_both_files_must_let_a_run_through() -> None:
    with in_process(live()) as opened:
        both = (rails(*ALL_OPEN), limited("owners: [team-b]"))

        assert refusal(opened, declared(MANIFEST, *both)) == {"owners"}


GITHUB = "https://token.actions.githubusercontent.com"
GRANT = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        federatedCredentials:
          - {{name: main, issuer: "{GITHUB}", subject: "repo:evil/r:environment:x"}}
        roleAssignments: [{{role: Owner, scope: "{IN_SUBSCRIPTION}"}}]
"""
"""Attack 16."""


def test_grant_of_everything_to_an_attackers_repository_is_refused() -> None:
    line = f"trust: [{{identities: ['*'], issuer: '{GITHUB}', subjects: ['repo:us/*:*:*']}}]"
    with in_process(live()) as opened:
        found = refusal(opened, declared(GRANT, rails(line)))

        assert found == {"trust", "roles"}


def test_run_does_not_widen_the_identity_that_it_is_signed_in_as() -> None:
    manifest = GRANT.replace("Owner", "Reader")
    open_ = rails(
        f"trust: [{{identities: ['*'], issuer: '{GITHUB}', subjects: ['repo:*/*:*:*']}}]",
        *ALL_OPEN[7:8],
    )
    with in_process(live()) as opened:
        azure = replace(opened.azure, runner=lambda: Runner(principal_of("id-api")))

        with pytest.raises(PlanRefused) as caught:
            apply(opened, declared(manifest, open_), azure)

        assert opened.writes == []
    assert rules(caught.value.violations) == {"always"}


def test_names_of_roles_are_asked_for_only_where_the_manifest_has_not_asked() -> None:
    by_guid = MANIFEST.replace("role: Reader", f"role: {READER}")
    with in_process(live()) as opened:
        run_plan(declared(MANIFEST), opened.azure)
        without = len(opened.asked)
        assert run_plan(declared(MANIFEST, rails(*ALL_OPEN)), opened.azure).violations == ()
        with_names = len(opened.asked) - without
        assert run_plan(declared(by_guid, rails(*ALL_OPEN)), opened.azure).violations == ()
        with_guid = len(opened.asked) - without - with_names

    assert (with_names, with_guid) == (without, without + 1)


def test_role_whose_name_means_nothing_where_it_would_be_given_lets_nothing_through() -> None:
    unknown = limited(f"roles: [{{identities: ['*'], role: Raeder, scopes: ['{IN_SUBSCRIPTION}/**']}}]")
    with in_process(live()) as opened:
        assert refusal(opened, declared(MANIFEST, unknown)) == {"roles"}
        assert opened.application.state.contents().of(RoleAssignment) == live().of(RoleAssignment)


TRUSTING = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        federatedCredentials: [{{name: main, issuer: "{ISSUER}", subject: s-new, audience: "{AUDIENCE}"}}]
"""


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ((), set()),
        ((given("id-api", READER),), set()),
        ((given("id-api", CONTRIBUTOR),), {"roles"}),
        ((given("id-api", READER, "/"),), {"roles"}),
    ],
)
def test_new_trust_hands_out_no_role_beyond_the_guardrails(
    arm: OpenArm, held: tuple[RoleAssignment, ...], found: set[str]
) -> None:
    opened = arm(with_roles(live(), *held))

    assert rules(run_plan(declared(TRUSTING, rails(*ALL_OPEN)), opened.azure).violations) == found


def test_new_trust_is_refused_where_the_roles_that_it_hands_out_could_not_be_read() -> None:
    with in_process(live(), Fault("POST", GRAPH, answer(403, "AuthorizationFailed"), times=ALWAYS)) as opened:
        found = run_plan(declared(TRUSTING, rails(*ALL_OPEN)), opened.azure).violations

    assert rules(found) == {"always"}
    assert ": always: new trust would hand out the roles of id-api, which could not be read: " in found[-1].message


def test_line_of_a_manifest_lifts_no_guard_under_guardrails() -> None:
    role = f'{{role: Owner, scope: "{IN_GROUP}", accept: [{{code: grant, reason: meant}}]}}'
    accepting = f"{TRUSTING.partition('        federated')[0]}        roleAssignments: [{role}]\n"
    allowing = limited(f"roles: [{{identities: ['*'], role: Owner, scopes: ['{IN_SUBSCRIPTION}/**']}}]")
    without_flags = replace(declared(accepting), allowances=replace(EVERY_FLAG, allowed=()))
    with in_process(contents(lives("id-api", OURS))) as opened:
        codes = [
            {one.code for one in run_plan(replace(without_flags, guardrails=found), opened.azure).violations}
            for found in ((), (allowing,))
        ]

    assert codes == [set(), {"grant"}]
