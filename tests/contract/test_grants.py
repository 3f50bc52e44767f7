"""Attacks by a pull request on what can grow, and on the pipeline's own identity: each ends refused, and nothing is
written."""

import json
from dataclasses import replace

import pytest

from reconciler.errors import PlanStale
from reconciler.guards import NO_ALLOWANCES, Allowances, Runner, parse_allowances
from reconciler.live.azure import Azure
from reconciler.model.roles.permissions import GIVE_ROLES
from reconciler.model.violation import PlanRefused
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.kinds import Permission, RoleDefinition
from reconciler.sandbox.state.state import Contents
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Declaration, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    given,
    lives,
    principal_of,
    with_roles,
)
from tests.contract.applying import Run
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.saved import OURS, declare, request
from tests.unit.guardrails.rails import rails
from tests.unit.saving import save

OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CUSTOM = "11111111-2222-3333-4444-555555555555"
ATTACKER = "{name: evil, issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:evil@6/evil@6:ref:x'"
ACCEPT = "accept: [{code: grant, reason: meant}]"


def manifest(*, credentials: str = "", roles: str = "", name: str = "id-api") -> str:
    """A manifest of one identity with these entries."""
    keys = {"federatedCredentials": credentials, "roleAssignments": roles}
    entries = "".join(f", {key}: [{value}]" for key, value in keys.items() if value)
    return f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
resourceGroups: {{rg-app: {{identities: [{{name: {name}{entries}}}]}}}}
"""


def azure_as(arm: Arm, identity: str | None) -> Azure:
    """The live side for a run that is signed in as an identity, or as somebody else."""
    runner = Runner() if identity is None else Runner(principal_of(identity))
    return replace(arm.azure, runner=lambda: runner)


def plan(arm: Arm, text: str, *, as_identity: str | None = None, allowances: Allowances = NO_ALLOWANCES) -> Plan:
    return run_plan(load_declaration(request(text, allowances=allowances)), azure_as(arm, as_identity))


def apply(arm: Arm, declaration: Declaration, *, as_identity: str | None = None) -> None:
    """Carry it out, without verifying."""
    tools = Run(arm).tools()
    options = ApplyOptions(verify=False)
    azure = azure_as(arm, as_identity)
    run_apply(planned(declaration, azure), azure, tools, options, show=lambda _: None, confirm=lambda _: None)


def refusals(found: Plan) -> list[tuple[str, str]]:
    """Code and what is below the identity of each refusal."""
    return [(one.code, one.about.below_identity if one.about else "") for one in found.violations]  # type: ignore[union-attr]


def start(*roles: tuple[str, str, str]) -> Contents:
    """Identities of ours, and roles of them: identity, role and scope."""
    custom = RoleDefinition(
        CUSTOM,
        "Harmless",
        "",
        (Permission(("Microsoft.Storage/*", "*/write"), ("Microsoft.Compute/*",)),),
        (IN_SUBSCRIPTION,),
    )
    lived = contents(lives("id-api", OURS), lives("id-deploy", OURS), lives("id-other"))
    lived = lived.having(RoleDefinition, (*lived.of(RoleDefinition), custom))
    return with_roles(lived, *(given(*one) for one in roles))


def keeps(**entries: str) -> str:
    """The same, with the pipeline's identity on the list."""
    return manifest(**entries).replace("identities: [", "identities: [id-deploy, ")


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("Owner", IN_SUBSCRIPTION),
        ("User Access Administrator", IN_GROUP),
        (OWNER_ROLE, IN_GROUP),
        ("Harmless", IN_GROUP),
    ],
)
def test_owner_for_an_identity_that_an_attacker_can_become_is_refused(arm: OpenArm, role: str, scope: str) -> None:
    opened = arm(start())
    text = keeps(credentials=f"{ATTACKER}}}", roles=f"{{role: {role}, scope: '{scope}'}}")

    found = plan(opened, text)

    assert [code for code, _ in refusals(found)] == ["grant", "grant"]
    assert found.applicable == ()
    with pytest.raises(PlanRefused):
        apply(opened, load_declaration(request(text)))
    assert opened.writes == []


def test_trust_in_an_identity_that_is_owner_already_is_refused(arm: OpenArm) -> None:
    opened = arm(start(("id-api", OWNER_ROLE, IN_SUBSCRIPTION)))

    found = plan(opened, keeps(credentials=f"{ATTACKER}}}"))

    assert refusals(found) == [("grant", "federatedCredentials/evil")]
    assert found.violations[0].message == (
        f"would let somebody new sign in as an identity that has the role Owner on subscription {SUBSCRIPTION}: it lets"
        f" its holder give itself every right ({GIVE_ROLES[0]})"
    )


@pytest.mark.parametrize("role", ["Contributor", "Managed Identity Operator", "Managed Identity Contributor"])
@pytest.mark.parametrize("giver", [True, False])
def test_way_to_become_an_owner_is_refused_where_there_is_one(arm: OpenArm, role: str, *, giver: bool) -> None:
    opened = arm(start(*([("id-other", OWNER_ROLE, IN_SUBSCRIPTION)] if giver else [])))

    found = plan(opened, keeps(roles=f"{{role: {role}, scope: '{IN_GROUP}'}}"))

    assert [code for code, _ in refusals(found)] == (["grant"] if giver else [])


def test_role_above_all_subscriptions_is_refused(arm: OpenArm) -> None:
    found = plan(arm(start()), keeps(roles="{role: Reader, scope: /}"))

    assert refusals(found) == [("grant", "roleAssignments/Reader@/")]


def test_what_a_line_accepts_is_carried_out_and_said(arm: OpenArm) -> None:
    opened = arm(start())
    text = keeps(credentials=f"{ATTACKER}, {ACCEPT}}}", roles=f"{{role: Owner, scope: '{IN_GROUP}', {ACCEPT}}}")

    found = plan(opened, text)
    saved = save(found)
    apply(opened, declare(saved))

    assert found.violations == ()
    assert [one.rpartition(" Reason: ")[2] for one in found.notes if "accepts grant" in one] == ["meant", "meant"]
    assert {name for method, name, _ in opened.writes if method == "PUT"} >= {"evil"}


def test_no_line_accepts_anything_under_guardrails(arm: OpenArm) -> None:
    text = keeps(credentials=f"{ATTACKER}, {ACCEPT}}}", roles=f"{{role: Owner, scope: '{IN_GROUP}', {ACCEPT}}}")
    declaration = replace(load_declaration(request(text)), guardrails=(rails(),))

    found = run_plan(declaration, azure_as(arm(start()), None))

    assert [code for code, _ in refusals(found)].count("grant") == 2
    assert not any("accepts grant" in note for note in found.notes)


@pytest.mark.parametrize("entry", ["credentials", "roles"])
def test_pipeline_gives_its_own_identity_nothing_until_that_is_allowed(arm: OpenArm, entry: str) -> None:
    opened = arm(start())
    entries = {"credentials": f"{ATTACKER}}}", "roles": f"{{role: Reader, scope: '{IN_GROUP}'}}"}
    text = manifest(name="id-deploy", **{entry: entries[entry]}).replace("identities: [", "identities: [id-api, ")
    child = {"credentials": "federatedCredentials/evil", "roles": f"roleAssignments/Reader@{IN_GROUP}"}[entry]

    found = plan(opened, text, as_identity="id-deploy")
    allowed = plan(
        opened,
        text,
        as_identity="id-deploy",
        allowances=parse_allowances((f"self=rg-app/id-deploy/{child}",), ()),
    )

    assert refusals(found) == [("self", child)]
    assert (allowed.violations, plan(opened, text, as_identity="id-api").violations) == ((), ())


def test_pipeline_does_not_make_itself_owner(arm: OpenArm) -> None:
    text = manifest(name="id-deploy", credentials=f"{ATTACKER}}}", roles=f"{{role: Owner, scope: '{IN_SUBSCRIPTION}'}}")

    found = plan(arm(start()), text.replace("identities: [", "identities: [id-api, "), as_identity="id-deploy")

    assert sorted(refusals(found)) == [
        ("grant", "federatedCredentials/evil"),
        ("grant", f"roleAssignments/Owner@{IN_SUBSCRIPTION}"),
        ("self", "federatedCredentials/evil"),
        ("self", f"roleAssignments/Owner@{IN_SUBSCRIPTION}"),
    ]


OWN_ROLE = manifest(name="id-deploy", roles=f"{{role: Reader, scope: '{IN_GROUP}'}}").replace(
    "identities: [", "identities: [id-api, "
)


def test_plan_of_somebody_else_is_stale_for_the_identity_that_it_gives_more(arm: OpenArm) -> None:
    opened = arm(start())
    saved = save(plan(opened, OWN_ROLE))

    with pytest.raises(PlanStale) as stale:
        apply(opened, declare(saved), as_identity="id-deploy")

    assert [one.message.partition(":")[0] for one in stale.value.details] == ["self refuses"]
    assert opened.writes == []


def test_plan_for_who_applies_it_is_refused_as_it_was_shown(arm: OpenArm) -> None:
    opened = arm(start())
    saved = save(plan(opened, OWN_ROLE, as_identity="id-deploy"))

    with pytest.raises(PlanRefused):
        apply(opened, declare(saved), as_identity="id-deploy")
    with pytest.raises(PlanStale):
        apply(opened, declare(saved))

    assert opened.writes == []


TRUST = keeps(credentials="{name: main, issuer: 'https://i', subject: s}")


@pytest.mark.parametrize(
    ("role", "scope", "stale"),
    [(READER, IN_GROUP, False), (CONTRIBUTOR, IN_GROUP, False), (OWNER_ROLE, IN_GROUP, True), (READER, "/", True)],
)
def test_role_that_is_gained_meanwhile_makes_a_plan_stale_where_it_changes_the_verdict(
    arm: OpenArm, role: str, scope: str, stale: bool
) -> None:
    opened = arm(start())
    saved = save(plan(opened, TRUST))
    opened.application.state.put(given("id-api", role, scope))

    if stale:
        with pytest.raises(PlanStale) as found:
            apply(opened, declare(saved))
        assert [one.message.partition(":")[0] for one in found.value.details] == ["grant refuses"]
    else:
        apply(opened, declare(saved))

    assert bool(opened.writes) is not stale


@pytest.mark.parametrize(
    ("line", "others"),
    [
        (f"role: READER, scope: '{IN_SUBSCRIPTION}'", []),
        ("role: READER, scope: subscription", []),
        (f"roles: [READER], scopes: ['{IN_GROUP}', subscription]", [f"roleAssignments/Reader@{IN_GROUP}"]),
    ],
)
def test_strict_run_holds_back_the_role_that_a_warning_is_about(arm: OpenArm, line: str, others: list[str]) -> None:
    declaration = load_declaration(replace(request(keeps(roles=f"{{{line}}}")), strict=True))
    opened = arm(start())

    found = run_plan(declaration, azure_as(opened, None))

    assert refusals(found) == [("role-at-subscription", f"roleAssignments/Reader@{IN_SUBSCRIPTION}")]
    assert [one.resource_id.below_identity for one in found.applicable] == others


def test_warning_that_a_line_accepts_is_counted_and_refuses_nothing(arm: OpenArm) -> None:
    accepted = f"{{role: Reader, scope: '{IN_SUBSCRIPTION}', accept: [{{code: role-at-subscription, reason: meant}}]}}"
    opened = arm(start())

    found = run_plan(load_declaration(replace(request(keeps(roles=accepted)), strict=True)), azure_as(opened, None))
    apply(opened, replace(declare(save(found)), strict=True))

    assert (found.violations, found.findings) == ((), ())
    assert "The manifest accepts 1 warning: role-at-subscription (1)." in found.notes
    assert len(opened.writes) == 1


@pytest.mark.parametrize("place", ["document", "group", "identity"])
def test_what_is_accepted_above_a_line_comes_back_with_the_saved_plan(arm: OpenArm, place: str) -> None:
    accept = "accept: [{code: role-at-subscription, reason: meant}]"
    text = keeps(roles=f"{{role: Reader, scope: '{IN_SUBSCRIPTION}'}}")
    text = {
        "document": f"{text.rstrip()}\n{accept}\n",
        "group": text.replace("identities: [", f"{accept}, identities: [", 1),
        "identity": text.replace("name: id-api", f"name: id-api, {accept}", 1),
    }[place]
    opened = arm(start())

    found = run_plan(load_declaration(replace(request(text), strict=True)), azure_as(opened, None))
    apply(opened, replace(declare(save(found)), strict=True))

    assert (found.violations, found.findings) == ((), ())
    assert "The manifest accepts 1 warning: role-at-subscription (1)." in found.notes
    assert len(opened.writes) == 1


def test_warning_of_a_default_is_saved_once_and_holds_back_each_identity_that_takes_it(arm: OpenArm) -> None:
    text = (
        f"version: 1\nsubscription: {SUBSCRIPTION}\nowner: {OWNER}\n"
        f"defaults: {{roleAssignments: [{{role: Reader, scope: subscription}}]}}\n"
        "resourceGroups: {rg-app: {identities: [id-api, id-deploy]}}\n"
    )
    opened = arm(start())

    found = run_plan(load_declaration(request(text)), azure_as(opened, None))
    saved = save(found)
    again = run_plan(replace(declare(saved), strict=True), azure_as(opened, None))

    (warning,) = json.loads(saved)["warnings"]
    assert (warning["code"], warning["identities"], len(found.findings)) == ("role-at-subscription", 2, 2)
    assert [code for code, _ in refusals(again)] == ["role-at-subscription", "role-at-subscription"]
    assert (len(found.applicable), again.applicable) == (2, ())


def test_strict_run_holds_back_all_that_a_warning_of_the_document_is_about(arm: OpenArm) -> None:
    text = keeps(roles=f"{{role: Reader, scope: '{IN_GROUP}'}}")
    odd = f'{text.rstrip()}\ndefaults: {{tags: {{env: "prod "}}}}\n'
    opened = arm(start())

    found = run_plan(load_declaration(replace(request(odd), strict=True)), azure_as(opened, None))

    assert [(one.code, one.address) for one in found.violations] == [("value-blanks", "")]
    assert (len(found.refused), found.applicable) == (3, ())


def test_run_that_revokes_says_how_long_tokens_stay_valid(arm: OpenArm) -> None:
    opened = arm(with_roles(start(), given("id-api", READER, owner=OWNER)))

    found = plan(opened, keeps().replace("name: id-api", "name: id-api, roleAssignments: []"))

    assert found.notes[-1].endswith("stay valid for up to 24 hours.")
    assert plan(opened, keeps()).notes == ()
