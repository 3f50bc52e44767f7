"""A plan and a drift as text: whole pages, and every reason for which something is left alone."""

from dataclasses import replace
from datetime import date

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.findings import Finding
from reconciler.model import CredentialId, Violation
from reconciler.plan import Abandoned, Plan, Skipped, SkipReason
from reconciler.report.drift_text import render_drift
from reconciler.report.plan_text import render_plan
from reconciler.report.rows import Header
from tests.builders import (
    MANIFEST,
    SUBSCRIPTION,
    TENANT,
    address,
    desired_group,
    group_id,
    listed,
    live_group,
    plan_of,
    removed,
    resource_id,
)
from tests.orphans import IN_SUBSCRIPTION, OTHER_PRINCIPAL, PRINCIPAL, orphan, removal_of

NOBODY = Header("", "")
EMPTY = plan_of(desired_group("id-a"), live_group("id-a"))
HEAD = f"Tenant        {TENANT}\nSubscription  Payments ({SUBSCRIPTION})\n"
NO_CHANGES = "No changes. Live identities match the manifest.\n"
CHILD = CredentialId(resource_id("id-a"), "main")


def page(plan: Plan, header: Header = NOBODY) -> str:
    return render_plan(plan, header, color=False)


def body(plan: Plan) -> str:
    """The page without its header and its count line."""
    return page(plan).removeprefix(f"{HEAD}\n").removesuffix(NO_CHANGES)


def test_header_names_place_cloud_and_principal_where_there_is_something_to_name() -> None:
    assert page(EMPTY) == f"{HEAD}\n{NO_CHANGES}"
    assert page(replace(EMPTY, cloud="AzureChinaCloud"), Header("s.json", "me")) == (
        f"SANDBOX       s.json\nCloud         AzureChinaCloud\n{HEAD}Principal     me\n\n{NO_CHANGES}"
    )


def test_tenants_that_differ_are_several() -> None:
    (one,) = EMPTY.subscriptions
    two = replace(EMPTY, subscriptions=(one, replace(one, tenant_id="t")))

    assert page(two).startswith("Tenant        several\n")


def test_tenant_is_left_out_where_no_subscription_was_looked_at() -> None:
    assert page(replace(EMPTY, subscriptions=())) == f"\n{NO_CHANGES}"


def test_plan_of_an_undo_speaks_of_the_run_and_of_no_manifest() -> None:
    undo = Header("", "", is_undo=True)
    plan = plan_of(desired_group(), live_group("id-made"))
    skipped = (Skipped(resource_id("id-other"), SkipReason.NOT_TARGETED),)

    text = page(replace(plan, violations=(), skipped=skipped), undo)

    assert " - rg-app/id-made  will be destroyed: the run that is undone has made it\n" in text
    assert "Left alone: 1 not changed by the run that is undone.\n" in text
    assert page(EMPTY, undo) == f"{HEAD}\nNo changes. Nothing of the run is left that could be taken back.\n"


def test_changes_are_told_with_their_fields_and_counts() -> None:
    plan = plan_of(
        desired_group(listed("id-new", location="uksouth", tags={"env": "a b"}), listed("id-a", tags={"x": "1"})),
        live_group("id-a"),
    )

    assert page(plan) == (
        f"{HEAD}\n"
        " ~ rg-app/id-a  will be updated in place  identities.yaml:5\n"
        '     tags.x  (absent) -> "1"\n'
        "\n"
        " + rg-app/id-new  will be created  identities.yaml:5\n"
        "     location     uksouth\n"
        '     tags.env     "a b"\n'
        "     principalId  (known after apply)\n"
        "     clientId     (known after apply)\n"
        "\n"
        "Plan: 1 to add, 1 to change, 0 to destroy.\n"
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (SkipReason.IGNORED, "ignored"),
        (SkipReason.NOT_OWNED, "of another owner"),
        (SkipReason.NOT_LISTED, "not listed, kept by policy"),
        (SkipReason.NOT_TARGETED, "outside --target"),
    ],
)
def test_identities_that_are_left_alone_are_counted(reason: SkipReason, words: str) -> None:
    skipped = tuple(Skipped(resource_id(name), reason) for name in ("id-x", "id-y"))

    assert body(replace(EMPTY, skipped=skipped)) == f"Left alone: 2 {words}.\n\n"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (SkipReason.NOT_LISTED, "not listed, kept by policy"),
        (SkipReason.NOT_TARGETED, "not changed by the run that is undone"),
        (SkipReason.NOT_OURS, "made by others"),
        (SkipReason.UNRESOLVED, "stays while a role that the manifest lists or ignores is not known"),
        (SkipReason.INEXPRESSIBLE, "kept, since this api-version cannot express it"),
        (SkipReason.HELD, "of a held identity, and no such role is known there"),
    ],
)
def test_child_that_is_left_alone_is_named(reason: SkipReason, words: str) -> None:
    assert " ".join(body(replace(EMPTY, skipped=(Skipped(CHILD, reason),))).split()) == (
        f"Left alone: credential main of rg-app/id-a, {words}."
    )


def test_what_is_beside_the_changes_is_told_in_its_own_lines() -> None:
    finding = Finding("code", CHILD, SourcePos(MANIFEST, 7, 3), "is doubtful", "Look.")
    plan = replace(
        plan_of(desired_group("id-a", remove=[removed("id-bye", line=9)]), live_group("id-a")),
        findings=(finding,),
        abandoned=(Abandoned(resource_id("id-x", "rg-lost"), "team-a", "p"),),
        notes=("one", "two"),
    )

    assert body(plan) == (
        "Removed already: rg-app/id-bye  identities.yaml:9\n"
        "\n"
        "Abandoned: they have this manifest's owner, in groups that it does not name; not\n"
        "    touched.\n"
        f"     {address('id-x', 'rg-lost')}  owner team-a\n"
        "\n"
        "Note: one\n"
        "Note: two\n"
        "\n"
        "identities.yaml:7:3: warning: rg-app/id-a/federatedCredentials/main is doubtful [code]\n"
        "    hint: Look.\n"
        "\n"
    )


def test_refusals_are_told_before_what_they_hold_back() -> None:
    plan = plan_of(desired_group("id-a", "id-new"), live_group("id-a"))
    violations = (
        Violation("whole", None, "message", "hint"),
        Violation("group", group_id(), "message", "hint"),
        Violation("one", resource_id("id-new"), "message", "hint", (resource_id("id-new"), resource_id("id-a"))),
    )

    assert page(replace(plan, violations=violations)) == (
        f"{HEAD}\n"
        "Refused by guards, and not part of the plan:\n"
        "\n"
        " ! whole  this run: message\n     hint\n\n"
        " ! group  rg-app: message\n     hint\n\n"
        " ! one  rg-app/id-new: message\n     hint\n\n"
        "Held back:\n"
        "     create rg-app/id-new  identities.yaml:5\n"
        "\n"
        "Refused: 1 change by 3 guards.\n"
        "Plan: 0 to add, 0 to change, 0 to destroy.\n"
    )


def test_refusal_of_what_is_no_change_counts_none() -> None:
    plan = plan_of(desired_group("id-a"), live_group("id-a"))

    text = page(replace(plan, violations=(Violation("role-unknown", resource_id("id-a"), "message", "hint"),)))

    assert text.endswith("\nRefused by 1 guard.\nPlan: 0 to add, 0 to change, 0 to destroy.\n")


def test_warnings_that_refuse_are_not_counted_as_guards() -> None:
    plan = plan_of(desired_group("id-a", "id-new"), live_group("id-a"))
    new = resource_id("id-new")
    guard, *warnings = (
        Violation("in-use", new, "message", "hint", (new,)),
        Violation("trust-by-name", new, "first", "hint", (new,), is_warning=True),
        Violation("trust-by-name", new, "second", "hint", (new,), is_warning=True),
    )

    mixed, strict = (page(replace(plan, violations=tuple(many))) for many in ((guard, *warnings), warnings[:1]))

    assert "\nRefused by guards and warnings, and not part of the plan:\n" in mixed
    assert "\nRefused: 1 change by 1 guard and 2 warnings.\n" in mixed
    assert "\nRefused by warnings, and not part of the plan:\n" in strict
    assert "\nRefused: 1 change by 1 warning.\n" in strict


def test_drift_is_told_in_three_lists() -> None:
    plan = plan_of(desired_group("id-new", listed("id-a", tags={"x": "1"})), live_group("id-a", "id-old"))

    lines = render_drift(plan, NOBODY, color=False).removeprefix(f"{HEAD}\n").splitlines()

    assert [line for line in lines if line and not line.startswith("     ")] == [
        "Missing: listed, but not live",
        " + rg-app/id-new  is not live  identities.yaml:5",
        "Unexpected: live, but not listed",
        " - rg-app/id-old  is not listed  identities.yaml:3",
        "Changed: live, but not as listed",
        " ~ rg-app/id-a  differs from the manifest  identities.yaml:5",
        "Drift: 1 missing, 1 unexpected, 1 changed.",
    ]
    assert render_drift(EMPTY, NOBODY, color=False) == f"{HEAD}\n{NO_CHANGES}"


# held


def held(*, tags: dict[str, str | None] | None = None, reason: str = "incident 4711") -> Plan:
    """A plan with an identity that is held, and a removal before its day."""
    desired = desired_group(
        listed("id-a", tags=tags, hold=reason, line=14), remove=[removed("id-old", after=date(2027, 1, 31), line=20)]
    )
    return plan_of(desired, live_group("id-a", "id-old"))


def test_what_is_held_stands_in_a_place_of_its_own() -> None:
    assert page(held(tags={"x": "1"})) == (
        f"{HEAD}\n"
        "Held by the manifest, and not part of the plan:\n"
        "\n"
        '   rg-app/id-a  would be updated in place; held: "incident 4711"\n'
        "     identities.yaml:15\n"
        '     tags.x  (absent) -> "1"\n'
        "\n"
        "   rg-app/id-old  would be destroyed; held back until 2027-01-31\n"
        "     identities.yaml:20\n"
        "     location     westeurope\n"
        "     principalId  principal-of-id-old\n"
        "     clientId     client-of-id-old\n"
        "\n"
        "Plan: 0 to add, 0 to change, 0 to destroy.\n"
    )


def test_plan_in_which_nothing_that_is_held_differs_has_no_changes() -> None:
    shown = page(held())

    assert '   rg-app/id-a  is as it should be; held: "incident 4711"  identities.yaml:15\n' in shown
    assert shown.endswith(f"\n{NO_CHANGES}")


def test_words_of_a_hold_are_shown_and_not_obeyed() -> None:
    # No manifest can say this; a plan from elsewhere is checked by the same rules.
    assert r'held: "a\"\x1b[2J"' in page(held(reason='a"\x1b[2J'))


def test_drift_counts_what_is_held_and_not_what_is_not_due() -> None:
    assert render_drift(held(tags={"x": "1"}), NOBODY, color=False) == (
        f"{HEAD}\n"
        "Changed: live, but not as listed\n"
        "\n"
        ' ~ rg-app/id-a  differs from the manifest; held: "incident 4711"\n'
        "     identities.yaml:14\n"
        '     tags.x  (absent) -> "1"\n'
        "\n"
        "Not due: rg-app/id-old, listed under remove and held back until 2027-01-31\n"
        "     identities.yaml:20\n"
        "\n"
        "Drift: 0 missing, 0 unexpected, 1 changed.\n"
    )
    assert render_drift(held(), NOBODY, color=False).endswith(f"\n{NO_CHANGES}")


def test_held_identity_that_does_not_live_is_missing() -> None:
    desired = desired_group(listed("id-a", hold="why"))

    shown = render_drift(plan_of(desired, live_group()), NOBODY, color=False)

    assert ' + rg-app/id-a  is not live; held: "why"  identities.yaml:5\n' in shown


def test_plan_of_what_has_expired_does_not_say_that_all_is_as_the_manifest_says() -> None:
    assert page(replace(EMPTY, expired_only=True)) == f"{HEAD}\nNo changes. Nothing is live that has expired.\n"


def test_removal_names_principals_and_no_line_of_a_manifest() -> None:
    text = render_plan(removal_of(orphan(), orphan(IN_SUBSCRIPTION, OTHER_PRINCIPAL)), Header("", ""), color=False)

    assert text.splitlines()[-12:] == [
        "Deletes:",
        "",
        f"   principal {PRINCIPAL} (gone)",
        "    - role Reader on rg-app  will be destroyed: its principal is gone",
        '        owner  "team-a"',
        "",
        f"   principal {OTHER_PRINCIPAL} (gone)",
        "    - role Reader on subscription Payments",
        "        will be destroyed: its principal is gone",
        '        owner  "team-a"',
        "",
        "Plan: 0 to add, 0 to change, 2 to destroy.",
    ]


def test_same_role_of_several_that_are_gone_is_told_once() -> None:
    principals = [f"0b2c0000-0000-0000-0000-00000000000{number}" for number in range(3)]

    text = render_plan(removal_of(*(orphan(principal_id=one) for one in principals)), Header("", ""), color=False)

    assert f"     principals that are gone: {principals[0]}," in text
    assert "(gone)" not in text.partition("Deletes:")[2]


def test_removal_of_nothing_says_so() -> None:
    text = render_plan(removal_of(orphan(is_ours=False)), Header("", ""), color=False)

    assert text.endswith("\nNo changes. There is no orphaned role assignment of ours to remove.\n")
