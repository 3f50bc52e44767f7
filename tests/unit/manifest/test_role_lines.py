"""How a manifest writes roles: several in one entry, scopes in short, the policy over those that no line lists."""

import json

import pytest

from reconciler.manifest.desired import AssignmentsPolicy
from reconciler.manifest.write import manifest_of
from tests.unit.manifest.manifests import (
    HEAD,
    assignment_with,
    diagnostics_of,
    load_group,
    load_identity,
    place_of,
    places_of,
)

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
IN = f"{SUBSCRIPTION}/resourceGroups"
IDENTITIES = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        ("subscription", SUBSCRIPTION),
        ("rg-data", f"{IN}/rg-data"),
        ("RG_(1).x", f"{IN}/RG_(1).x"),
        ("rg-data/id-web", f"{IN}/rg-data/{IDENTITIES}/id-web"),
        ("Subscription", f"{IN}/Subscription"),
        (f"{IN}/rg-data", f"{IN}/rg-data"),
        ("/", "/"),
    ],
)
def test_short_scope_is_of_the_subscription_of_the_document(written: str, scope: str) -> None:
    (line,) = load_identity(assignment_with(f"role: Reader, scope: '{written}'")).role_assignments or ()

    assert line.scope == scope


@pytest.mark.parametrize("written", ["rg-data/x/y", "rg-data/", "rg-data.", "rg data", "providers/x", SUBSCRIPTION[1:]])
def test_short_scope_that_names_nothing_is_refused_once(written: str) -> None:
    assert [code for code, _, _ in places_of(assignment_with(f"role: Reader, scope: '{written}'"))] == ["scope-invalid"]


def test_entry_with_several_roles_and_scopes_is_one_line_for_each() -> None:
    text = assignment_with("roles: [Reader, Owner], scopes: [rg-a, rg-b], description: why")

    lines = load_identity(text).role_assignments or ()

    places = {name: place_of(text, name) for name in ("Reader", "Owner")}
    assert [(one.role, one.scope, one.source, one.details) for one in lines] == [
        (role, f"{IN}/{group}", places[role], (("description", "why"),))
        for group in ("rg-a", "rg-b")
        for role in ("Owner", "Reader")
    ]


def test_entry_with_several_scopes_has_the_place_of_each() -> None:
    text = assignment_with("role: Reader, scopes: [rg-a, rg-b]")

    lines = load_identity(text).role_assignments or ()

    assert [one.source for one in lines] == [place_of(text, "rg-a"), place_of(text, "rg-b")]


@pytest.mark.parametrize(
    "entry",
    [
        "roles: [Reader, reader], scope: rg-a",
        "role: Reader, scopes: [rg-a, RG-A]",
        f"role: Reader, scopes: [rg-a, '{IN}/rg-a']",
        "role: Reader, scope: rg-a}, {roles: [Owner, Reader], scope: rg-a",
    ],
)
def test_role_that_is_listed_twice_at_a_scope_is_refused_however_it_is_written(entry: str) -> None:
    assert [found.code for found in diagnostics_of(assignment_with(entry))] == ["assignment-listed-twice"]


def group_with(policy: str, group: str = "", owner: str = "owner: team-a\n") -> str:
    """A manifest with a policy of its document, and of its group."""
    entry = "identities: [{name: id-a, roleAssignments: []}]"
    return f"{HEAD}{owner}{policy}\nresourceGroups:\n  rg:\n    {group}\n    {entry}\n"


@pytest.mark.parametrize(
    ("policy", "group", "expected", "scopes"),
    [
        ("", "", AssignmentsPolicy.OWNED, ()),
        ("policy: {roleAssignments: merge}", "", AssignmentsPolicy.MERGE, ()),
        (
            "policy: {roleAssignments: exact}\nroleScopes: [rg-b, rg-a, RG-A]",
            "",
            AssignmentsPolicy.EXACT,
            (f"{IN}/rg-a", f"{IN}/rg-b"),
        ),
        ("roleScopes: [rg-b]", "policy: {roleAssignments: exact}", AssignmentsPolicy.EXACT, (f"{IN}/rg-b",)),
        (
            "policy: {roleAssignments: exact}\nroleScopes: [rg-b]",
            "roleScopes: [rg-a]",
            AssignmentsPolicy.EXACT,
            (f"{IN}/rg-a",),
        ),
        (
            "policy: {roleAssignments: exact}\nroleScopes: [rg-b]",
            "policy: {roleAssignments: owned}",
            AssignmentsPolicy.OWNED,
            (f"{IN}/rg-b",),
        ),
    ],
)
def test_policy_and_scopes_of_a_group_go_over_those_of_its_document(
    policy: str, group: str, expected: AssignmentsPolicy, scopes: tuple[str, ...]
) -> None:
    found = load_group(group_with(policy, group))

    assert (found.policy.role_assignments, found.role_scopes) == (expected, scopes)


@pytest.mark.parametrize(
    ("policy", "group", "owner", "codes"),
    [
        ("policy: {roleAssignments: exact}", "", "owner: a\n", ["role-scopes-missing"]),
        ("policy: {roleAssignments: exact}\nroleScopes: []", "", "owner: a\n", ["role-scopes-missing"]),
        ("", "policy: {roleAssignments: exact}", "owner: a\n", ["role-scopes-missing"]),
        ("policy: {roleAssignments: exact}", "policy: {roleAssignments: owned}", "owner: a\n", []),
        ("policy: {roleAssignments: exact}\nroleScopes: [/nothing]", "", "owner: a\n", ["scope-invalid"]),
        ("policy: {identities: merge, roleAssignments: owned}", "", "", ["owned-without-owner"]),
        ("policy: {identities: merge}", "", "", ["assignments-without-owner"]),
        ("policy: {identities: merge, roleAssignments: exact}\nroleScopes: [rg-a]", "", "", []),
    ],
)
def test_policy_that_cannot_be_followed_is_refused(policy: str, group: str, owner: str, codes: list[str]) -> None:
    assert [found.code for found in diagnostics_of(group_with(policy, group, owner))] == codes


@pytest.mark.parametrize(
    ("length", "owner", "codes"),
    [
        (1024, "", []),
        (1025, "", ["description-too-long"]),
        (1004, "owner: team-a\n", []),
        (1005, "owner: team-a\n", ["description-too-long"]),
    ],
)
def test_description_has_room_for_the_mark(length: int, owner: str, codes: list[str]) -> None:
    text = assignment_with(f"role: Reader, scope: rg-a, description: {'x' * length}") + owner

    assert [found.code for found in diagnostics_of(text)] == codes


def test_line_that_is_written_in_short_is_saved_in_full() -> None:
    policy = "policy: {roleAssignments: exact}\nroleScopes: [rg-a]"
    text = group_with(policy).replace("roleAssignments: []", "roleAssignments: [{roles: [Reader, Owner], scope: rg-b}]")
    group = load_group(text)

    again = load_group(json.dumps(manifest_of(group)))

    assert (again.policy, again.role_scopes) == (group.policy, group.role_scopes)
    assert [(one.role, one.scope) for one in again.identities[0].role_assignments or ()] == [
        ("Owner", f"{IN}/rg-b"),
        ("Reader", f"{IN}/rg-b"),
    ]
