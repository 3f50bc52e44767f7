"""Rules of credentials and assignments that look at more than one of them, or further than the schema."""

import pytest

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.desired import IgnoredAssignment
from tests.unit.manifest.manifests import (
    assignment_with,
    credential_with,
    diagnostics_of,
    hint_of,
    identity_with,
    load_identity,
    load_text,
    place_of,
    places_of,
)

GITHUB = "https://token.actions.githubusercontent.com"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"


def credentials(*entries: str) -> str:
    """A manifest with these credentials, the first in line 6, each in a line of its own from column 1."""
    return identity_with("federatedCredentials: [\n" + ",\n".join(f"{{{entry}}}" for entry in entries) + "]")


def assignments(*entries: str) -> str:
    """The same with role assignments."""
    return identity_with("roleAssignments: [\n" + ",\n".join(f"{{{entry}}}" for entry in entries) + "]")


def numbered(count: int) -> str:
    return credentials(*(f"name: cred-{number}, issuer: 'https://a', subject: s{number}" for number in range(count)))


def test_twenty_credentials_are_taken() -> None:
    assert diagnostics_of(numbered(20)) == ()


def test_twenty_one_credentials_are_refused_at_their_key() -> None:
    (found,) = diagnostics_of(numbered(21))

    assert (found.code, found.pos) == ("too-many-credentials", SourcePos("<stdin>", 5, 5))
    assert found.message == "these are 21 federated credentials, and an identity has at most 20"


def test_credential_name_that_differs_only_in_case_is_refused() -> None:
    text = credentials(
        "name: cred, issuer: 'https://a', subject: b",
        "name: CRED, issuer: 'https://a', subject: c",
    )

    (found,) = diagnostics_of(text)

    message = "the federated credential `CRED` is already listed at <stdin>:6:1"
    assert (found.code, found.pos, found.message) == ("credential-listed-twice", SourcePos("<stdin>", 7, 1), message)


def test_issuer_and_subject_are_trusted_once() -> None:
    text = credentials(
        "name: cred-a, issuer: 'https://a', subject: b",
        "name: cred-b, issuer: 'https://a', subject: b, audience: other",
    )

    (found,) = diagnostics_of(text)

    assert found == Diagnostic(
        "trust-listed-twice",
        SourcePos("<stdin>", 7, 1),
        "this issuer and the subject `b` are already trusted at <stdin>:6:1",
        "Keep one of the two: an identity trusts an issuer and subject once.",
        "{name: cred-b, issuer: 'https://a', subject: b, audience: other}]}]}",
    )


def test_form_that_comes_to_a_subject_written_out_is_refused() -> None:
    text = credentials(
        f"name: cred-a, issuer: '{GITHUB}', subject: 'repo:a/b:pull_request'",
        "name: cred-b, github: {repository: a/b, legacySubject: true, pullRequest: true}",
    )

    assert places_of(text) == [("trust-listed-twice", 7, 1)]


@pytest.mark.parametrize(("issuer", "subject"), [("https://A", "b"), ("https://a", "B")])
def test_issuer_and_subject_compare_with_case(issuer: str, subject: str) -> None:
    text = credentials(
        "name: cred-a, issuer: 'https://a', subject: b", f"name: cred-b, issuer: '{issuer}', subject: {subject}"
    )

    assert diagnostics_of(text) == ()


def test_entry_written_twice_is_one_mistake() -> None:
    entry = "name: cred, issuer: 'https://a', subject: b"

    assert places_of(credentials(entry, entry)) == [("credential-listed-twice", 7, 1)]


def test_entry_repeated_by_an_alias_is_shown_at_the_alias() -> None:
    text = identity_with("federatedCredentials: [&c {name: cred, issuer: 'https://a', subject: b},\n*c]")

    assert places_of(text) == [("credential-listed-twice", 6, 1)]


def test_identities_may_share_a_list_by_an_alias() -> None:
    shared = "federatedCredentials: &c [{name: cred, issuer: 'https://a', subject: b}]"
    text = identity_with(f"{shared}}}, {{name: id-b, federatedCredentials: *c")

    assert diagnostics_of(text) == ()


@pytest.mark.parametrize(
    ("written", "right"),
    [
        (f"{GITHUB}/", GITHUB),
        ("https://gitlab.com/", "https://gitlab.com"),
        ("https://westeurope.oic.prod-aks.azure.com/t/c", "https://westeurope.oic.prod-aks.azure.com/t/c/"),
    ],
)
def test_issuer_of_a_known_service_is_told_its_slash(written: str, right: str) -> None:
    text = credential_with(f"name: cred, issuer: '{written}', subject: b")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("issuer-slash", place_of(text, "'http"))
    assert found.hint == f"Write `{right}`: Azure compares issuers letter by letter."


def test_issuer_of_the_kubernetes_form_is_looked_at_too() -> None:
    form = "issuer: 'https://westeurope.oic.prod-aks.azure.com/t/c', namespace: n, serviceAccount: s"

    text = credential_with(f"name: cred, kubernetes: {{{form}}}")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("issuer-slash", place_of(text, "'http"))


@pytest.mark.parametrize("issuer", ["https://oidc.contoso.com/", "https://oidc.contoso.com", "https://a.auth0.com/"])
def test_issuer_that_may_be_right_is_taken(issuer: str) -> None:
    assert diagnostics_of(credential_with(f"name: cred, issuer: '{issuer}', subject: b")) == ()


def test_well_known_document_is_not_the_issuer() -> None:
    text = credential_with("name: cred, issuer: 'https://a.b/.well-known/openid-configuration', subject: c")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("issuer-discovery", place_of(text, "'http"))


def test_form_that_comes_to_too_long_a_subject_is_refused() -> None:
    environment = "'" + ":" * 255 + "'"
    form = f"repository: a/b, legacySubject: true, environment: {environment}"

    text = credential_with(f"name: cred, github: {{{form}}}")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("subject-invalid", place_of(text, "github"))


@pytest.mark.parametrize(
    "scope",
    [
        "/",
        SUBSCRIPTION,
        f"{SUBSCRIPTION}/",
        f"{SUBSCRIPTION.upper()}/RESOURCEGROUPS/rg",
        f"{SUBSCRIPTION}/resourceGroups/größe_(1)",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/blobServices/default",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.A/bs/c/providers/Microsoft.D/es/f g",
        f"{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope",
        "/providers/Microsoft.Management/managementGroups/mg-platform",
        "/providers/microsoft.management/managementgroups/00000000-0000-0000-0000-000000000001/",
    ],
)
def test_scope_of_arm_is_taken(scope: str) -> None:
    assert diagnostics_of(assignment_with(f"role: Reader, scope: '{scope}'")) == ()


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "//",
        "rg:data",
        SUBSCRIPTION[1:],
        "/subscriptions",
        "/subscriptions/contoso-production",
        f"{SUBSCRIPTION}//",
        f"{SUBSCRIPTION}/resourceGroups",
        f"{SUBSCRIPTION}/resourceGroups/",
        f"{SUBSCRIPTION}/resourceGroups/rg.",
        f"{SUBSCRIPTION}/resourceGroups/..",
        f"{SUBSCRIPTION}/resourceGroup/rg",
        f"{SUBSCRIPTION}/resourceGroups/rg/Microsoft.Storage/storageAccounts/a",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/..",
        f"{SUBSCRIPTION}/resourceGroups/rg/providers/Storage/storageAccounts/a",
        f"{SUBSCRIPTION}/resourceGroups/rg?x=y",
        f"{SUBSCRIPTION}/resourceGroups/a%2Fb",
        f"{SUBSCRIPTION} ",
        "/providers/Microsoft.Management/managementGroups",
        "/providers/Microsoft.Management/managementGroups/a/b",
        f"https://management.azure.com{SUBSCRIPTION}",
    ],
)
def test_scope_that_is_none_is_refused_once(scope: str) -> None:
    text = assignment_with(f"role: Reader, scope: '{scope}'")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("scope-invalid", place_of(text, "'"))


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("$(touch x)", "$("),
        ("a`touch x`", "`"),
        ('a"b', '"'),
        ("a\\b", "\\"),
        ("a|b", "|"),
        ("{a}", "{"),
        ("a\xa0b", "\xa0"),
    ],
)
def test_scope_whose_names_hold_what_no_id_does_is_refused_with_what_that_is(name: str, foreign: str) -> None:
    scope = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.A/bs/{name}"

    (found,) = diagnostics_of(assignment_with(f"role: Reader, scope: '{scope}'"))

    assert found.message == f"the scope holds `{foreign}`, which no ARM id does"
    assert found.hint == "Write the id as `az resource show --query id` prints it."


@pytest.mark.parametrize("name", ["$Default", "@", "*", "apis;rev=1", "a b", "größe", "it's", "a(1)~!&+,:"])
def test_names_that_arm_gives_are_taken_in_scopes(name: str) -> None:
    scope = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.A/bs/{name}"

    assert diagnostics_of(assignment_with(f'role: Reader, scope: "{scope}"')) == ()


def test_scope_that_is_long_and_wrong_is_refused_without_trying_every_reading_of_it() -> None:
    scope = f"{SUBSCRIPTION}{'/providers/Microsoft.A/bs/c' * 1_000}/d"

    assert [code for code, _, _ in places_of(assignment_with(f"role: Reader, scope: '{scope}'"))] == ["scope-invalid"]


def test_scope_that_is_none_is_told_what_one_is() -> None:
    assert hint_of(assignment_with("role: Reader, scope: /rg-data")) == (
        "Write the id of a management group, a subscription, a resource group or a resource, beginning with"
        " `/providers/Microsoft.Management/managementGroups/` or `/subscriptions/`; or `/` for the whole tenant;"
        " or, in the document's subscription, `GROUP`, `GROUP/IDENTITY` or `subscription`."
    )


@pytest.mark.parametrize("second", [SUBSCRIPTION, f"{SUBSCRIPTION}/", SUBSCRIPTION.upper()])
def test_assignment_of_one_role_on_one_scope_is_listed_once(second: str) -> None:
    text = assignments(f"role: Reader, scope: {SUBSCRIPTION}", f"role: READER, scope: {second}")

    (found,) = diagnostics_of(text)

    message = "the role `READER` on this scope is already listed at <stdin>:6:1"
    assert (found.code, found.pos, found.message) == ("assignment-listed-twice", SourcePos("<stdin>", 7, 1), message)


def test_roles_on_several_scopes_and_of_several_identities_are_taken() -> None:
    text = assignments(
        f"role: Reader, scope: {SUBSCRIPTION}", "role: Reader, scope: /", f"role: Owner, scope: {SUBSCRIPTION}"
    )

    assert len(load_identity(text).role_assignments or ()) == 3


def test_several_mistakes_of_several_credentials_are_all_reported() -> None:
    text = credentials(
        f"name: a, issuer: '{GITHUB}/', subject: 'repo:*'",
        "name: cred, github: {repository: a/b, branch: main}",
        "name: cred, issuer: 'https://a', subject: b, audience: [c]",
    )

    assert [(code, line) for code, line, _ in places_of(text)] == [
        ("credential-name", 6),
        ("issuer-slash", 6),
        ("subject-wildcard", 6),
        ("github-ids", 7),
        ("credential-listed-twice", 8),
        ("wrong-type", 8),
    ]


ROLE = f"role: Reader, scope: {SUBSCRIPTION}"


@pytest.mark.parametrize(
    ("line", "details"),
    [
        ("", {}),
        (", condition: a", {"condition": "a", "condition_version": "2.0"}),
        (', condition: a, conditionVersion: "2.0"', {"condition": "a", "condition_version": "2.0"}),
        (", condition: null", {"condition": None, "condition_version": None}),
        (", description: why", {"description": "why"}),
        (", description: null", {"description": None}),
        (
            f", delegatedManagedIdentityResourceId: {SUBSCRIPTION}",
            {"delegated_managed_identity_resource_id": SUBSCRIPTION},
        ),
    ],
)
def test_details_of_a_role_are_what_its_line_names(line: str, details: dict[str, str | None]) -> None:
    identity = load_identity(assignments(f"{ROLE}{line}"))

    (found,) = identity.role_assignments or ()
    assert dict(found.details) == details


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (', conditionVersion: "2.0"', "condition-version-alone"),
        (', condition: null, conditionVersion: "2.0"', "condition-version-alone"),
        (', condition: a, conditionVersion: "1.0"', "unknown-value"),
        (", condition: ''", "condition-invalid"),
        (", condition: 'a '", "condition-invalid"),
        (", condition: 1", "wrong-type"),
        (', description: "why\\n"', "description-invalid"),
        (", description: 'why [uami-owner team-a]'", "description-reserved"),
        (", delegatedManagedIdentityResourceId: id-api", "delegated-identity"),
    ],
)
def test_details_that_no_assignment_can_have_are_refused(line: str, code: str) -> None:
    assert [one.code for one in diagnostics_of(assignments(f"{ROLE}{line}"))] == [code]


@pytest.mark.parametrize(("pattern", "codes"), [("AZWI-*", ["listed-and-ignored"]), ("other-*", [])])
def test_listed_credential_that_a_pattern_ignores_is_refused(pattern: str, codes: list[str]) -> None:
    text = credentials("name: azwi-one, issuer: 'https://a', subject: b")

    found = diagnostics_of(f"{text}\nignore: {{federatedCredentials: ['{pattern}']}}\n")

    assert [one.code for one in found] == codes


# ignored role assignments

GUID = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def ignoring(entries: str, listed: str = f"role: Reader, scope: {SUBSCRIPTION}") -> str:
    """A manifest that lists one role, and ignores others by a list that begins at line 8, column 27."""
    return f"{assignment_with(listed)}ignore: {{roleAssignments: {entries}}}\n"


def test_ignored_role_assignments_are_read_once_each_and_in_order() -> None:
    twice = f"{{role: Writer, scope: {SUBSCRIPTION}/}}, {{role: writer, scope: {SUBSCRIPTION}}}"
    (group,) = load_text(ignoring(f"[{twice}, {{role: {GUID}, scope: /}}]")).groups

    assert group.ignore.role_assignments == (IgnoredAssignment(GUID, "/"), IgnoredAssignment("Writer", SUBSCRIPTION))


def test_ignored_role_assignments_of_a_group_add_to_those_of_its_document() -> None:
    of_group = "rg: {ignore: {roleAssignments: [{role: Owner, scope: /}]}, "

    (group,) = load_text(ignoring("[{role: Writer, scope: /}]").replace("rg: {", of_group)).groups

    assert [one.role for one in group.ignore.role_assignments] == ["Owner", "Writer"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ("[{role: Writer}]", "missing-key"),
        ("[{scope: /}]", "missing-key"),
        ("[Writer]", "wrong-type"),
        ("{role: Writer, scope: /}", "wrong-type"),
        ("", "empty-value"),
        ("[{role: Writer, scope: /rg-data}]", "scope-invalid"),
        ("[{role: Writer, scope: /subscriptions/x}]", "scope-invalid"),
        ("[{role: /x, scope: /}]", "role-invalid"),
        ("[{role: Writer, scope: /, description: x}]", "unknown-key"),
    ],
)
def test_role_assignment_to_ignore_that_cannot_be_read_is_refused(entries: str, code: str) -> None:
    assert [found.code for found in diagnostics_of(ignoring(entries))] == [code]


@pytest.mark.parametrize(
    "entries",
    [f"[{{role: reader, scope: {SUBSCRIPTION}}}]", f"[{{role: Reader, scope: {SUBSCRIPTION.upper()}/}}]"],
    ids=["role", "scope"],
)
def test_listed_role_that_an_entry_ignores_is_refused_with_both_places(entries: str) -> None:
    (found,) = diagnostics_of(ignoring(entries))

    assert (found.code, found.pos) == ("listed-and-ignored", SourcePos("<stdin>", 6, 1))
    assert found.message == (
        "the role `Reader` is listed on this scope, yet the entry at <stdin>:8:28 ignores it there"
    )
    assert found.hint == "Remove it here, or remove that entry."


@pytest.mark.parametrize("entry", [f"role: Writer, scope: {SUBSCRIPTION}", "role: Reader, scope: /"])
def test_listed_role_beside_an_ignored_one_is_taken(entry: str) -> None:
    assert diagnostics_of(ignoring(f"[{{{entry}}}]")) == ()
