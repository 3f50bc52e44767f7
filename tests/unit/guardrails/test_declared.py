"""What guardrails say of manifests alone, in `uami validate`: all that is declared, live or not."""

import pytest

from reconciler.guardrails import judge_declared
from tests.unit.guardrails.rails import rails
from tests.unit.manifest.manifests import SUBSCRIPTION, load_text

TENANT = "00000000-0000-0000-0000-00000000000a"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
TEXT = f"""\
version: 1
subscription: {SUBSCRIPTION}
tenant: {TENANT}
owner: us
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        location: westeurope
        protect: false
        federatedCredentials: [{{name: main, issuer: "https://issuer.example", subject: s}}]
        roleAssignments: [{{role: Reader, scope: "{SCOPE}"}}]
    remove: [{{name: id-old, allow: [in-use]}}]
"""
DESIRED = load_text(TEXT)

OPEN = (
    f"tenant: {TENANT}",
    f"subscriptions: [{SUBSCRIPTION}]",
    "resourceGroups: [rg-*]",
    "identities: {deny: [aks-*]}",
    "owners: [us]",
    "locations: [westeurope]",
    "trust: [{identities: ['*'], issuer: 'https://issuer.example', subjects: [s]}]",
    f"roles: [{{identities: ['*'], role: Reader, scopes: ['{SCOPE}']}}]",
    "deletes: {onlyNamed: true, maxPerRun: 0, allow: [in-use]}",
    "revokes: {maxPerRun: 0}",
    "protect: {lift: true}",
)
"""Lets everything of the manifest through; which identities would be deleted, and how many, only a plan knows."""


def with_line(line: str) -> tuple[str, ...]:
    """The open guardrails, one key of which is another."""
    key = line.partition(":")[0]
    return tuple(line if one.startswith(f"{key}:") else one for one in OPEN)


def test_manifest_within_all_rules_passes() -> None:
    assert judge_declared((rails(*OPEN),), DESIRED).violations == ()


@pytest.mark.parametrize(
    ("line", "about", "message"),
    [
        (
            f"tenant: {SUBSCRIPTION}",
            "rg-app",
            f"g.yaml:2: tenant: the tenant is {TENANT}, and only {SUBSCRIPTION} is let through (<stdin>:3:9)",
        ),
        (
            f"subscriptions: [{TENANT}]",
            "rg-app",
            f"g.yaml:3: subscriptions: the subscription {SUBSCRIPTION} is not listed (<stdin>:6:3)",
        ),
        (
            "resourceGroups: [rg-b*]",
            "rg-app",
            "g.yaml:4: resourceGroups: no pattern matches the resource group rg-app (<stdin>:6:3)",
        ),
        (
            "identities: {deny: ['ID-A*']}",
            "rg-app/id-api",
            "g.yaml:5: identities.deny: id-api is never touched (<stdin>:8:9)",
        ),
        (
            "identities: {deny: ['id-old']}",
            "rg-app/id-old",
            "g.yaml:5: identities.deny: id-old is never touched (<stdin>:13:14)",
        ),
        (
            "owners: [them]",
            "rg-app",
            "g.yaml:6: owners: the manifest has the owner 'us', which is not listed (<stdin>:6:3)",
        ),
        (
            "locations: [northeurope]",
            "rg-app/id-api",
            "g.yaml:7: locations: the region westeurope is not listed (<stdin>:8:9)",
        ),
        (
            "trust: [{identities: [id-web], issuer: 'https://issuer.example', subjects: [s]}]",
            "rg-app/id-api/federatedCredentials/main",
            "g.yaml:8: trust: no entry lets id-api trust the subject 's' of 'https://issuer.example' (<stdin>:11:32)",
        ),
        (
            f"roles: [{{identities: ['*'], role: Owner, scopes: ['{SCOPE}']}}]",
            f"rg-app/id-api/roleAssignments/Reader@{SCOPE}",
            f"g.yaml:9: roles: no entry lets id-api have Reader on {SCOPE} (<stdin>:12:27)",
        ),
        (
            f"roles: [{{identities: ['*'], role: Reader, scopes: ['{SCOPE}'], condition: required}}]",
            f"rg-app/id-api/roleAssignments/Reader@{SCOPE}",
            f"g.yaml:9: roles: id-api may have Reader on {SCOPE} only with a condition (<stdin>:12:27)",
        ),
        (
            "deletes: {pinned: true}",
            "rg-app/id-old",
            "g.yaml:10: deletes.pinned: its entry of `remove` names no principalId (<stdin>:13:14)",
        ),
        (
            "deletes: {allow: []}",
            "rg-app/id-old",
            "g.yaml:10: deletes.allow: its entry of `remove` may not lift in-use (<stdin>:13:14)",
        ),
        (
            "protect: {lift: false}",
            "rg-app/id-api",
            "g.yaml:12: protect.lift: `protect: false` takes the protection away (<stdin>:8:9)",
        ),
    ],
)
def test_each_rule_refuses_and_names_its_line_and_the_manifests(line: str, about: str, message: str) -> None:
    (violation,) = judge_declared((rails(*with_line(line)),), DESIRED).violations

    assert (violation.code, violation.message) == ("guardrail", message)
    assert violation.address == f"{SUBSCRIPTION}/{about}"


def test_two_files_refuse_each_for_itself() -> None:
    verdict = judge_declared((rails("owners: []"), rails("owners: [us]"), rails("resourceGroups: []")), DESIRED)

    rules = [one.message.split(": ")[1] for one in verdict.violations]
    # Without the key `roles`, none of them lets a role through.
    assert rules == ["owners", "roles", "roles", "resourceGroups", "roles"]


@pytest.mark.parametrize(
    ("listed", "ruled", "refused"),
    [
        ("reader", "Reader", False),
        ("Reader", READER, False),
        (READER, "Owner", False),
        (READER.upper(), READER, False),
        (READER, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", True),
        ("Reader", "Owner", True),
    ],
)
def test_roles_that_may_be_the_same_are_left_to_the_plan(listed: str, ruled: str, refused: bool) -> None:
    desired = load_text(TEXT.replace("role: Reader", f"role: {listed}"))
    entry = f"roles: [{{identities: ['*'], role: {ruled}, scopes: ['{SCOPE}']}}]"

    verdict = judge_declared((rails(*with_line(entry)),), desired)

    assert bool(verdict.violations) is refused
    both_are_guids = listed != ruled and READER in listed.lower() and "-" in ruled
    assert bool(verdict.notes) is not both_are_guids


def test_nothing_is_said_of_names_where_no_role_is_listed() -> None:
    desired = load_text(TEXT.replace(f'[{{role: Reader, scope: "{SCOPE}"}}]', "[]"))

    assert judge_declared((rails(*OPEN),), desired).notes == ()
