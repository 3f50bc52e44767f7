"""The text report, read as its reader reads it: whole pages, and nothing in them that moves a cursor."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.errors import Diagnostic, ManifestError, SourcePos, UsageError
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import Desired, DesiredGroup, IdentitiesPolicy, Policy
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import CredentialId
from reconciler.model.violation import Violation
from reconciler.plan.changes import Skipped, SkipReason
from reconciler.plan.plan import Plan
from reconciler.report.formats.text import TextFormat
from reconciler.report.rows import Header
from tests.builders import desired_group, listed, live_group, live_identity, plan_of, resource_id
from tests.unit.reporting import (
    CORRELATION_ID,
    complete_result,
    plan_of_everything,
    refused_plan,
    result_of_everything,
)

TEXT = TextFormat(color=False)
HEADER = Header("state.json", "pipeline (object id 1)")
BARE = Header("", "")
HEAD = """\
Tenant        22222222-2222-2222-2222-222222222222
Subscription  Payments (00000000-0000-0000-0000-000000000001)
"""


def plan_text(plan: Plan) -> str:
    """The plan without its header."""
    return TEXT.plan(plan, BARE).removeprefix(f"{HEAD}\n")


def diagnostics_text(diagnostic: Diagnostic) -> str:
    """What stands above the error."""
    return TEXT.error(ManifestError((diagnostic,))).partition("Error: ")[0]


def test_plan_is_told_whole() -> None:
    assert (
        TEXT.plan(plan_of_everything(), HEADER)
        == f"""\
SANDBOX       state.json
{HEAD}\
Principal     pipeline (object id 1)

<= rg-app/id-adopt  will be adopted: already there, without an owner
     identities.yaml:5
     tags.uami-owner  (absent) -> "team-a"

 ~ rg-app/id-api  will be updated in place  identities.yaml:8
     tags.env        (absent) -> "prod"
     tags.old        "x" -> (absent)
     isolationScope  None -> Regional

 + rg-app/id-new  will be created  identities.yaml:12
     location         northeurope
     tags.env         "prod"
     tags.uami-owner  "team-a"
     principalId      (known after apply)
     clientId         (known after apply)

Left alone: 1 ignored.

Deletes:

 - rg-app/id-old  will be destroyed: the manifest does not list it
     identities.yaml:3
     location         westeurope
     tags.env         "test"
     tags.uami-owner  "team-a"
     principalId      principal-of-id-old
     clientId         client-of-id-old
     impact           none found: no attached resource, no federated credential,
                      no orphaned role, no lock
     not looked at: Entra groups, app roles, data-plane grants, identityProfile

Plan: 1 to add, 2 to change, 1 to destroy.
"""
    )


def test_refused_plan_tells_what_is_held_back_and_what_lifts_it() -> None:
    subscription = "00000000-0000-0000-0000-000000000001"
    assert (
        plan_text(refused_plan())
        == f"""\
 + rg-app/id-new  will be created  identities.yaml:5
     location     westeurope
     principalId  (known after apply)
     clientId     (known after apply)

Refused by guards, and not part of the plan:

 ! group-missing  rg-none: resource group rg-none does not exist, and 1 identity
       would be created in it
     Create it first:
     az group create --subscription {subscription} --name rg-none --location LOCATION

 ! location  rg-app/id-api: the manifest says uksouth, but the identity is in
       westeurope; an identity cannot move, and a new one is a new principal
     Write location: westeurope (or leave it out). To move for real: list a new
     name, move what uses the old identity to it, then take the old name off the
     list.

 ! foreign-owner  rg-app/id-theirs: would delete an identity that belongs to
       'team-b'; this manifest has no owner
     If it is meant: --allow foreign-owner=rg-app/id-theirs. To leave it alone,
     list it under ignore.identities or use policy.identities: owned.

Held back:
     create rg-none/id-far  identities.yaml:5
     delete rg-app/id-theirs  identities.yaml:3

Refused: 2 changes by 3 guards.
Plan: 1 to add, 0 to change, 0 to destroy.
"""
    )


def test_violation_of_the_whole_run_is_told_of_this_run() -> None:
    plan = plan_of(desired_group("id-keep"), live_group("id-keep", *(f"id-{number}" for number in range(12))))

    said = " ".join(plan_text(plan).split())
    assert " this run: 12 identities would be deleted in this run, over the limit of 10 " in said


def test_refused_delete_is_not_under_a_delete_heading() -> None:
    assert "will be destroyed" not in plan_text(refused_plan())


def test_states_that_match_say_so() -> None:
    assert plan_text(plan_of(desired_group("id-a"), live_group("id-a"))) == (
        "No changes. Live identities match the manifest.\n"
    )


def test_plan_that_is_refused_whole_does_not_say_that_all_is_well() -> None:
    plan = plan_of(desired_group(), live_group("id-a"))

    assert plan_text(plan).splitlines()[-1] == "Plan: 0 to add, 0 to change, 0 to destroy."


def test_identities_that_are_left_alone_are_counted_by_reason() -> None:
    theirs = live_identity("id-theirs", tags={OWNER_TAG: "team-b"})
    groups = [
        desired_group(owner="team-a", policy=Policy(IdentitiesPolicy.OWNED)),
        desired_group(name="rg-data", policy=Policy(IdentitiesPolicy.MERGE)),
    ]

    plan = plan_of(groups, [live_group(theirs), live_group("id-a", "id-b", name="rg-data")])

    assert plan_text(plan).splitlines()[0] == "Left alone: 1 of another owner, 2 not listed, kept by policy."


def test_drift_is_told_in_three_lists() -> None:
    plan = plan_of(
        desired_group(listed("id-api", tags={"env": "prod"}), "id-new"),
        live_group(live_identity("id-api", tags={"env": "test"}), "id-old"),
    )

    assert (
        TEXT.drift(plan, BARE)
        == f"""\
{HEAD}
Missing: listed, but not live

 + rg-app/id-new  is not live  identities.yaml:5
     location     westeurope
     principalId  (known after apply)
     clientId     (known after apply)

Unexpected: live, but not listed

 - rg-app/id-old  is not listed  identities.yaml:3
     location     westeurope
     principalId  principal-of-id-old
     clientId     client-of-id-old
     impact       none found: no attached resource, no federated credential, no
                  orphaned role, no lock
     not looked at: Entra groups, app roles, data-plane grants, identityProfile

Changed: live, but not as listed

 ~ rg-app/id-api  differs from the manifest  identities.yaml:5
     tags.env  "test" -> "prod"

Drift: 1 missing, 1 unexpected, 1 changed.
"""
    )


def test_drift_of_states_that_match_says_so() -> None:
    text = TEXT.drift(plan_of(desired_group("id-a"), live_group("id-a")), BARE)

    assert text == f"{HEAD}\nNo changes. Live identities match the manifest.\n"


@pytest.mark.parametrize("reason", SkipReason)
def test_credential_that_is_left_alone_is_named_whatever_the_reason(reason: SkipReason) -> None:
    plan = plan_of(desired_group("id-a"), live_group("id-a"))
    credential = CredentialId(plan.desired.groups[0].group_id.identity("id-a"), "main")

    text = plan_text(replace(plan, skipped=(Skipped(credential, reason),)))

    assert text.startswith("Left alone: credential main of rg-app/id-a, ")


def test_complete_result_is_one_line() -> None:
    plan = plan_of_everything()

    text = TEXT.result(plan, complete_result(plan), journal=None, continue_with="uami apply x.yaml")

    assert text == "\nApply complete! Resources: 1 added, 2 changed, 1 destroyed.\n"


def test_incomplete_result_tells_each_reason_and_how_to_continue() -> None:
    plan = plan_of_everything()

    text = TEXT.result(plan, result_of_everything(plan), journal=None, continue_with="uami apply x.yaml")

    assert (
        text
        == f"""
Done:
  update rg-app/id-adopt
  create rg-app/id-new
Skipped:
  delete rg-app/id-old: nothing is deleted in a group where a change failed
      (id-api)
Failed:
  update rg-app/id-api: updating id-api: 409 Conflict (Busy.)
      correlation id corr-of-the-call
      hint: Wait.
Did not hold: rg-app/id-new
    tags.env came back as 'x', not 'prod'
Correlation id of this run, for the Activity Log: {CORRELATION_ID}
To continue: uami apply x.yaml
Apply incomplete: 1 added, 1 changed, 0 destroyed, 1 failed, 1 skipped, 0 not tried, 1 did not hold.
"""
    )


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.DONE])
def test_result_that_is_not_done_is_listed_with_its_reason(outcome: Outcome) -> None:
    plan = plan_of_everything()
    result = ApplyResult((ChangeResult(plan.applicable[0], outcome, "the reason"),), CORRELATION_ID)

    text = TEXT.result(plan, result, journal=None, continue_with="uami apply")

    assert "\n  update rg-app/id-adopt: the reason\n" in text
    assert "\nApply incomplete: 0 added, 0 changed, 0 destroyed, " in text


def test_result_beside_refusals_does_not_claim_to_be_complete() -> None:
    plan = refused_plan()

    text = TEXT.result(plan, complete_result(plan), journal=None, continue_with="uami apply")

    assert text == "\nApplied what no guard refuses. Resources: 1 added, 0 changed, 0 destroyed.\n"


def test_result_that_was_interrupted_before_it_was_verified_does_not_claim_to_be_complete() -> None:
    plan = plan_of_everything()
    result = replace(complete_result(plan), interrupted=True, verified=False)

    text = TEXT.result(plan, result, journal=None, continue_with="uami apply")

    assert text == "\nApply interrupted before it was verified. Resources: 1 added, 2 changed, 1 destroyed.\n"


def test_diagnostic_quotes_its_line_with_a_caret_below_the_place() -> None:
    pos = SourcePos("identities.yaml", 4, 9)
    diagnostic = Diagnostic("unknown-key", pos, "unknown key 'nmae'", "Did you mean 'name'?", "      - nmae: id-api")

    assert diagnostics_text(diagnostic) == (
        "identities.yaml:4:9: error: unknown key 'nmae'\n"
        "          - nmae: id-api\n"
        "            ^\n"
        "    hint: Did you mean 'name'?\n"
    )


def test_caret_stands_below_its_place_after_wide_and_escaped_characters() -> None:
    line = "日本\x1b: x"
    diagnostic = Diagnostic("code", SourcePos("a.yaml", 1, 4), "no", "", line)

    _, quoted, caret = diagnostics_text(diagnostic).splitlines()

    # Two characters of two cells each, and an escape that is written with four.
    assert (quoted, caret) == ("    日本\\x1b: x", "    " + " " * 8 + "^")


def test_diagnostic_without_a_line_has_no_caret() -> None:
    diagnostic = Diagnostic("not-utf-8", SourcePos("a.yaml", 1, 1), "not text", "Save it as UTF-8.")

    assert diagnostics_text(diagnostic) == ("a.yaml:1:1: error: not text\n    hint: Save it as UTF-8.\n")


def test_error_is_told_with_its_hint() -> None:
    assert TEXT.error(UsageError("no such thing", "Try another.")) == ("Error: no such thing\nHint: Try another.\n")


def test_error_without_a_hint_is_one_line() -> None:
    assert TEXT.error(UsageError("no such thing")) == "Error: no such thing\n"


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ((), "The manifest is valid: 0 identities in 0 resource groups.\n"),
        ((desired_group("id-a"),), "The manifest is valid: 1 identity in 1 resource group.\n"),
        (
            (desired_group("id-a"), desired_group("id-b", name="rg-b")),
            "The manifest is valid: 2 identities in 2 resource groups.\n",
        ),
    ],
)
def test_valid_manifest_is_told_in_numbers(groups: tuple[DesiredGroup, ...], text: str) -> None:
    assert TEXT.validated(Desired(groups), (), (), DeclaredVerdict(), strict=False) == text


def test_what_guardrails_refuse_of_a_manifest_is_told_by_short_address() -> None:
    group = desired_group("id-a")
    refused = Violation("guardrail", resource_id("id-a"), "g.yaml:2: trust: no", "Change it.")

    text = TEXT.validated(Desired((group,)), (), (), DeclaredVerdict((refused,), ("Names.",)), strict=False)

    assert text == (
        "Refused (exit 3): guardrails do not let the manifest through. Looked at: 1 identity in 1 resource group.\n\n"
        "Refused by guardrails:\n\n"
        " ! guardrail  rg-app/id-a: g.yaml:2: trust: no\n     Change it.\n\nNote: Names.\n"
    )


@pytest.mark.parametrize("render", [TEXT.plan, TEXT.drift])
def test_cloud_that_is_not_the_usual_one_is_named(render: Callable[..., str]) -> None:
    plan = replace(plan_of(desired_group("id-api"), live_group("id-api")), cloud="AzureChinaCloud")

    text = render(plan, HEADER)

    assert text.startswith(f"SANDBOX       state.json\nCloud         AzureChinaCloud\n{HEAD}Principal ")


@pytest.mark.parametrize("render", [TEXT.plan, TEXT.drift])
def test_each_guardrails_file_is_named_by_its_digest(render: Callable[..., str]) -> None:
    plan = replace(plan_of(desired_group("id-api"), live_group("id-api")), guardrails="aa+bb")

    lines = render(plan, HEADER).split("\n")

    assert lines[lines.index("Principal     pipeline (object id 1)") + 1 :][:3] == [
        "Guardrails    sha256 aa",
        "Guardrails    sha256 bb",
        "",
    ]


def test_drift_tells_what_guardrails_refuse_and_no_other_guard() -> None:
    plan = plan_of(desired_group(listed("id-api", location="uksouth")), live_group("id-api"))
    refused = Violation("guardrail", resource_id("id-api"), "g.yaml:2: owners: no", "Change it.")

    text = TEXT.drift(replace(plan, violations=(*plan.violations, refused)), HEADER)

    assert [one.code for one in plan.violations] == ["location"]
    assert text.endswith(
        "Refused by guardrails:\n\n ! guardrail  rg-app/id-api: g.yaml:2: owners: no\n     Change it.\n\n"
        "Drift: 0 missing, 0 unexpected, 1 changed.\n"
    )


def hostile_plan() -> Plan:
    """A plan in which every text of others tries to write to the terminal."""
    evil = "\x1b[2J\r\nForged\u202e[bold]"
    return plan_of(
        desired_group(listed("id-api", tags={f"tag{evil}": evil})),
        live_group(live_identity("id-api", tags={f"live{evil}": evil}), live_identity("id-old", location=evil)),
    )


@pytest.mark.parametrize("render", [TEXT.plan, TEXT.drift])
def test_no_text_of_others_moves_the_cursor_or_forges_a_line(render: Callable[..., str]) -> None:
    plan = hostile_plan()

    text = render(plan, Header("place\x1b[2J", "principal\r"))

    assert re.findall(r"[^\n\x20-\x7e]", text) == []
    assert [line for line in text.splitlines() if line.startswith("Forged")] == []
    assert "[bold]" in text


def test_no_text_of_others_moves_the_cursor_in_a_result() -> None:
    plan = plan_of_everything()
    evil = "\x1b[2J\nApply complete!"
    results = (
        ChangeResult(plan.applicable[0], Outcome.FAILED, evil),
        ChangeResult(plan.applicable[1], Outcome.DONE, not_held=(evil,)),
    )

    text = TEXT.result(plan, ApplyResult(results, evil), journal=None, continue_with=evil)

    assert re.findall(r"[^\n\x20-\x7e]", text) == []
    assert [line for line in text.splitlines() if line.startswith("Apply complete!")] == []


def test_color_changes_nothing_but_colors() -> None:
    plan = refused_plan()

    colored = TextFormat(color=True).plan(plan, HEADER)

    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == TEXT.plan(plan, HEADER)


@pytest.mark.parametrize("reason", sorted(set(SkipReason) - {SkipReason.IGNORED, SkipReason.NOT_OWNED}))
def test_child_that_is_left_alone_is_told_with_its_reason(reason: SkipReason) -> None:
    child = Skipped(CredentialId(resource_id("id-api"), "main"), reason)
    plan = replace(plan_of(desired_group("id-api"), live_group("id-api")), skipped=(child,))

    assert re.search(
        r"^Left alone: credential main of rg-app/id-api, \w[^.]+\.$", TEXT.plan(plan, HEADER), re.MULTILINE
    )
