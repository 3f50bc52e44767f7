"""What is usually a mistake is found, and what the manifest accepts of it is counted instead."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import reconciler.manifest
from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential
from reconciler.manifest.finding import Acceptance, Finding
from reconciler.manifest.findings import PRIVILEGED, UNUSED, accepted_note, find_accepted, find_doubts
from reconciler.manifest.rules.schema import MANIFEST_SCHEMA
from reconciler.model.access import Trust
from reconciler.model.ids import AssignmentId
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.schemas import schema_text
from tests.builders import MANIFEST, SUBSCRIPTION, desired_group, listed, removed, resource_id
from tests.unit.manifest.manifests import HEAD, load_text

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"


def accepts(code: str, line: int = 8) -> Acceptance:
    return Acceptance(code, "why not", SourcePos(MANIFEST, line, 20))


def credential(subject: str) -> DesiredCredential:
    return DesiredCredential("cred", Trust(GITHUB, subject, AUDIENCE), SourcePos(MANIFEST, 7, 13))


IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/all"


def role(name: str, scope: str = f"{IN_SUBSCRIPTION}/resourceGroups/rg", *accept: str) -> DesiredAssignment:
    accepted = tuple(accepts(code) for code in accept)
    return DesiredAssignment(name, scope, SourcePos(MANIFEST, 8, 13), (), accepted)


def doubts(
    *, credentials: list[DesiredCredential] | None = None, roles: list[DesiredAssignment] | None = None
) -> Desired:
    """One identity with these entries."""
    return Desired((desired_group(listed("id-a", federated_credentials=credentials, role_assignments=roles)),))


@pytest.mark.parametrize(
    ("listed_role", "codes"),
    [
        (role("Reader"), []),
        (role("Reader", IN_SUBSCRIPTION), ["role-at-subscription"]),
        (role("Reader", IN_SUBSCRIPTION.upper()), ["role-at-subscription"]),
        (role("Reader", "/"), ["role-above-subscriptions"]),
        (role("Reader", MANAGEMENT_GROUP), ["role-above-subscriptions"]),
        (role("owner"), ["role-privileged"]),
        (role("8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"), ["role-privileged"]),
        (role("User Access Administrator", IN_SUBSCRIPTION), ["role-privileged"]),
        (role("Role Based Access Control Administrator", "/"), ["role-privileged", "role-above-subscriptions"]),
        (role("Storage Blob Data Owner"), []),
    ],
)
def test_broad_roles_are_told_from_others(listed_role: DesiredAssignment, codes: list[str]) -> None:
    found = find_doubts(doubts(roles=[listed_role]), AUDIENCE)

    assert [(one.resource_id, one.code) for one in found] == [
        (AssignmentId(resource_id("id-a"), listed_role.role, "", listed_role.scope), code) for code in codes
    ]


def test_privileged_roles_are_known_by_the_guids_that_azure_gives_them() -> None:
    guids = {one.guid for one in BUILT_IN_ROLES if one.role_name.casefold() in PRIVILEGED}

    assert guids == set(PRIVILEGED.values())


def test_line_that_accepts_a_warning_has_it_no_more_and_is_counted() -> None:
    risky = replace(credential("repo:contoso/pay:pull_request"), accept=(accepts("trust-by-name"),))
    desired = doubts(credentials=[risky], roles=[role("Reader", IN_SUBSCRIPTION, "role-at-subscription", "grant")])

    accepted = find_accepted(desired, AUDIENCE)

    assert [one.code for one in find_doubts(desired, AUDIENCE)] == ["trust-pull-request"]
    assert [one.code for one in accepted] == ["trust-by-name", "role-at-subscription"]
    assert accepted_note(accepted) == ("The manifest accepts 2 warnings: role-at-subscription (1), trust-by-name (1).",)
    assert (accepted_note(()), len(accepted_note(accepted[:1]))) == ((), 1)


def test_line_that_accepts_what_nobody_says_is_warned_about() -> None:
    (found,) = find_doubts(
        doubts(roles=[role("Reader", f"{IN_SUBSCRIPTION}/resourceGroups/rg", "role-privileged")]), AUDIENCE
    )

    assert (found.code, found.message, found.pos) == (
        UNUSED,
        "accepts the warning role-privileged, which there is no reason for",
        SourcePos(MANIFEST, 8, 20),
    )


def test_line_accepts_for_itself_alone() -> None:
    other = replace(role("Tag Contributor", IN_SUBSCRIPTION), source=SourcePos(MANIFEST, 9, 13))
    roles = [role("Reader", IN_SUBSCRIPTION, "role-at-subscription"), other]

    assert [one.code for one in find_doubts(doubts(roles=roles), AUDIENCE)] == ["role-at-subscription"]


ACCEPT = "accept: [{code: CODE, reason: known}]"
EVERYWHERE = """\
owner: me
DOCUMENT
resourceGroups:
  rg-a:
    GROUP
    identities:
      - name: id-a
        IDENTITY
        tags: {env: "prod "}
        federatedCredentials:
          - name: cred
            CREDENTIAL
            issuer: https://token.actions.githubusercontent.com
            subject: repo:contoso@1/pay@2:pull_request
        roleAssignments:
          - role: Owner
            ROLE
            scope: /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data
    remove:
      - name: id-old
        REMOVAL
  rg-b:
    identities:
      - name: id-b
        tags: {env: "prod "}
"""
EVERY_CODE = {
    "trust-pull-request": ("DOCUMENT", "GROUP", "IDENTITY", "CREDENTIAL"),
    "role-privileged": ("DOCUMENT", "GROUP", "IDENTITY", "ROLE"),
    "remove-unpinned": ("DOCUMENT", "GROUP", "REMOVAL"),
    "value-blanks": ("DOCUMENT", "GROUP", "IDENTITY"),
}
"""Warnings of the manifest above, by where they can be accepted; there are two of the last one."""
PLACES = ("DOCUMENT", "GROUP", "IDENTITY", "CREDENTIAL", "ROLE", "REMOVAL")


@pytest.mark.parametrize("code", EVERY_CODE)
@pytest.mark.parametrize("place", PLACES)
def test_warning_is_accepted_where_it_is_and_at_all_that_holds_it(code: str, place: str) -> None:
    text = EVERYWHERE.replace(place, ACCEPT.replace("CODE", code))
    desired = load_text(HEAD + re.sub(f"{'|'.join(PLACES)}", "", text))

    left = [one.code for one in find_doubts(desired, AUDIENCE)]
    accepted = [one.code for one in find_accepted(desired, AUDIENCE)]

    every = ["remove-unpinned", "role-privileged", "trust-pull-request", "value-blanks", "value-blanks"]
    if place in EVERY_CODE[code]:
        number = 2 if (code, place) == ("value-blanks", "DOCUMENT") else 1
        assert accepted == [code] * number
        assert sorted([*left, *accepted]) == every
    else:
        assert (sorted(left), accepted) == ([UNUSED, *every], [])


def test_entry_that_an_alias_repeats_is_needed_where_one_of_its_places_needs_it() -> None:
    known = "accept: &known [{code: value-blanks, reason: known}]"
    text = EVERYWHERE.replace("IDENTITY", known).replace("- name: id-b", "- name: id-b\n        accept: *known")
    text = text.replace('env: "prod "', "env: prod", 1)

    desired = load_text(HEAD + re.sub(f"{'|'.join(PLACES)}", "", text))

    assert UNUSED not in [one.code for one in find_doubts(desired, AUDIENCE)]


def test_warning_of_a_document_is_accepted_by_that_document_alone() -> None:
    def document(group: str, accept: str) -> str:
        groups = f"{{{group}: {{identities: [id-a], policy: {{identities: exact}}}}}}"
        return f'{HEAD}defaults: {{tags: {{t: "x "}}}}\n{accept}\nresourceGroups: {groups}\n'

    desired = load_text(f"{document('rg-a', ACCEPT.replace('CODE', 'value-blanks'))}---\n{document('rg-b', '')}")

    (left,), (accepted,) = find_doubts(desired, AUDIENCE), find_accepted(desired, AUDIENCE)

    assert [(one.code, one.resource_id, one.pos.line) for one in (left, accepted)] == [
        ("value-blanks", None, 9),
        ("value-blanks", None, 3),
    ]


def test_entry_of_a_document_of_several_groups_is_warned_about_once() -> None:
    text = f"{HEAD}owner: me\n{ACCEPT.replace('CODE', 'value-quotes')}\nresourceGroups:\n"
    desired = load_text(f"{text}  rg-a: {{identities: []}}\n  rg-b: {{identities: []}}\n")

    found = find_doubts(desired, AUDIENCE)

    assert found == (
        Finding(
            UNUSED,
            None,
            SourcePos("<stdin>", 4, 10),
            "accepts the warning value-quotes, which there is no reason for",
            "Remove that entry of `accept`.",
        ),
    )


def test_form_that_says_that_a_subject_has_no_ids_is_an_answer() -> None:
    form = "github: {repository: a/b, legacySubject: true, branch: main}"
    groups = f"{{rg: {{identities: [{{name: id-a, federatedCredentials: [{{name: cred, {form}}}]}}]}}}}"
    desired = load_text(f"{HEAD}owner: me\nresourceGroups: {groups}\n")

    assert find_doubts(desired, AUDIENCE) == ()
    assert [one.code for one in find_accepted(desired, AUDIENCE)] == ["trust-by-name"]


def test_removal_without_a_principal_is_found_at_its_entry() -> None:
    (found,) = find_doubts(Desired((desired_group(remove=[removed("id-old")]),)), AUDIENCE)

    assert (found.code, found.resource_id) == ("remove-unpinned", resource_id("id-old"))


def test_every_warning_can_be_accepted() -> None:
    schema = json.loads(schema_text(MANIFEST_SCHEMA))
    sources = Path(reconciler.manifest.__file__).parent.rglob("*.py")
    kinds = "trust-(?!listed)|role-|remove-|value-|expires-"
    codes = {code for one in sources for code in re.findall(rf'"((?:{kinds})[a-z-]+)"', one.read_text())}

    assert set(schema["$defs"]["acceptance"]["properties"]["code"]["enum"]) == {"grant", *codes - NO_WARNINGS}


NO_WARNINGS = {"role-invalid", "role-scopes-missing"}
"""Codes of errors that begin like warnings."""
