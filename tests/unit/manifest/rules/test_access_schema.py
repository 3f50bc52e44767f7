"""What the schema refuses of federated credentials and role assignments, in words of ours, where it has to change."""

import pytest

from reconciler.errors import Diagnostic, SourcePos
from tests.unit.manifest.manifests import (
    assignment_with,
    credential_with,
    diagnostics_of,
    hint_of,
    identity_with,
    place_of,
    places_of,
)

LITERAL = "issuer: 'https://a', subject: b"
GITHUB = "github: {repository: a/b, ownerId: 1, repositoryId: 2, branch: main}"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"


def github(keys: str) -> str:
    """A manifest with the form `github` of these keys."""
    return credential_with(f"name: cred, github: {{{keys}}}")


@pytest.mark.parametrize("keys", ["federatedCredentials: []", "roleAssignments: []"])
def test_empty_list_is_taken(keys: str) -> None:
    assert diagnostics_of(identity_with(keys)) == ()


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        (
            "federatedCredentials: ",
            "To say that nobody may become the identity, write `federatedCredentials: []`; to manage none, `null`.",
        ),
        (
            "roleAssignments: ",
            "To say that the identity has no role from here, write `roleAssignments: []`; to manage none, `null`.",
        ),
    ],
)
def test_key_without_a_value_is_told_how_to_say_none(keys: str, hint: str) -> None:
    (found,) = diagnostics_of(identity_with(keys))

    assert (found.code, found.pos.line, found.hint) == ("empty-value", 5, hint)


@pytest.mark.parametrize(
    ("entry", "code", "mark"),
    [
        (f"name: ab, {LITERAL}", "credential-name", "ab"),
        (f"name: -abc, {LITERAL}", "credential-name", "-abc"),
        (f"name: a.bc, {LITERAL}", "credential-name", "a.bc"),
        (f"name: {'a' * 121}, {LITERAL}", "credential-name", "aaaa"),
        (f"name: 123, {LITERAL}", "wrong-type", "123"),
        ("name: cred, issuer: http://a.b, subject: c", "issuer-invalid", "http://a.b"),
        ("name: cred, issuer: 'HTTPS://a.b', subject: c", "issuer-invalid", "'HTTPS://a.b'"),
        ("name: cred, issuer: 'https://', subject: c", "issuer-invalid", "'https://'"),
        ("name: cred, issuer: 'https:///x', subject: c", "issuer-invalid", "'https:///x'"),
        ("name: cred, issuer: a.b, subject: c", "issuer-invalid", "a.b"),
        ("name: cred, issuer: ' https://a', subject: c", "issuer-invalid", "' https://a'"),
        ("name: cred, issuer: 'https://a ', subject: c", "issuer-invalid", "'https://a '"),
        ('name: cred, issuer: "https://a\\n", subject: c', "issuer-invalid", '"https://a\\n"'),
        ("name: cred, issuer: 'https://a b', subject: c", "issuer-invalid", "'https://a b'"),
        ("name: cred, issuer: 'https://a/b?c', subject: c", "issuer-invalid", "'https://a/b?c'"),
        ("name: cred, issuer: 'https://a#b', subject: c", "issuer-invalid", "'https://a#b'"),
        ("name: cred, issuer: 'https://me@a', subject: c", "issuer-invalid", "'https://me@a'"),
        (f"name: cred, issuer: 'https://{'a' * 593}', subject: c", "issuer-invalid", "'htt"),
        ("name: cred, issuer: 'https://t\u043eken.example', subject: c", "issuer-not-ascii", "'https"),
        ("name: cred, issuer: 'https://a/\u00e9', subject: c", "issuer-not-ascii", "'https"),
        ('name: cred, issuer: "https://a\\u202e", subject: c', "issuer-not-ascii", '"https'),
        (f"name: cred, {LITERAL}, accept: grant", "wrong-type", "grant"),
        (f"name: cred, {LITERAL}, accept: [grant]", "wrong-type", "grant"),
        (f"name: cred, {LITERAL}, accept: [{{code: in-use, reason: x}}]", "unknown-value", "in-use"),
        (f"name: cred, {LITERAL}, accept: [{{code: grant, reason: ''}}]", "accept-reason", "''"),
        (f"name: cred, {LITERAL}, accept: [{{code: grant, reason: ' x'}}]", "accept-reason", "' x'"),
        (f"name: cred, {LITERAL}, accept: [{{code: grant, reason: x, until: y}}]", "unknown-key", "until"),
        ("name: cred, issuer: '', subject: c", "issuer-invalid", "''"),
        ("name: cred, issuer: 'https://a', subject: ''", "subject-invalid", "''"),
        ("name: cred, issuer: 'https://a', subject: ' b'", "subject-invalid", "' b'"),
        ("name: cred, issuer: 'https://a', subject: 'b '", "subject-invalid", "'b '"),
        ('name: cred, issuer: "https://a", subject: "b\\n"', "subject-invalid", '"b\\n"'),
        ('name: cred, issuer: "https://a", subject: "b\\u202e"', "subject-invalid", '"b\\u202e"'),
        (f"name: cred, issuer: 'https://a', subject: {'b' * 601}", "subject-invalid", "bbbb"),
        ("name: cred, issuer: 'https://a', subject: 'repo:a/*'", "subject-wildcard", "'repo:a/*'"),
        ("name: cred, issuer: 'https://a', subject: 'repo:a/?'", "subject-wildcard", "'repo:a/?'"),
        ("name: cred, issuer: 'https://a', subject: 7", "wrong-type", "7"),
        (f"name: cred, {LITERAL}, audience: ''", "audience-invalid", "''"),
        (f"name: cred, {LITERAL}, audience: ' x'", "audience-invalid", "' x'"),
        (f"name: cred, {LITERAL}, audience: {'x' * 601}", "audience-invalid", "xxxx"),
        (f"name: cred, {LITERAL}, audiences: x", "unknown-key", "audiences"),
        (f"name: cred, {LITERAL}, description: x", "unknown-key", "description"),
        ("name: cred, github: x", "wrong-type", "x"),
        (LITERAL, "missing-key", "{"),
    ],
)
def test_wrong_part_of_a_credential_is_named_and_located(entry: str, code: str, mark: str) -> None:
    text = credential_with(entry)

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == (code, place_of(text, mark))


@pytest.mark.parametrize(
    "entry",
    [
        f"name: {'a' * 120}, {LITERAL}",
        "name: 1-_, issuer: 'https://a/', subject: b",
        f"name: cred, issuer: 'https://{'a' * 592}', subject: {'b' * 600}, audience: {'c' * 600}",
        "name: cred, issuer: 'https://a.b:8443/c', subject: 'project:a b:run_phase:plan'",
        "name: cred, issuer: 'https://a', subject: '{uuid}:größe'",
    ],
)
def test_credential_that_azure_takes_is_taken(entry: str) -> None:
    assert diagnostics_of(credential_with(entry)) == ()


@pytest.mark.parametrize(
    ("issuer", "character"),
    [
        ("https://t\u043eken.actions.githubusercontent.com", "`\u043e` (U+043E CYRILLIC SMALL LETTER O)"),
        ("https://gitl\uff41b.com", "`\uff41` (U+FF41 FULLWIDTH LATIN SMALL LETTER A)"),
    ],
)
def test_letter_of_another_script_in_an_issuer_is_named(issuer: str, character: str) -> None:
    (found,) = diagnostics_of(credential_with(f"name: cred, issuer: '{issuer}', subject: b"))

    assert found.message == f"`{issuer}` has the character {character}"


@pytest.mark.parametrize(
    ("acceptance", "message"),
    [
        ("{code: grant}", "entry 1 of `accept` has no `reason`"),
        ("{reason: x}", "entry 1 of `accept` has no `code`"),
    ],
)
def test_acceptance_says_what_and_why(acceptance: str, message: str) -> None:
    (found,) = diagnostics_of(credential_with(f"name: cred, {LITERAL}, accept: [{acceptance}]"))

    assert (found.code, found.message) == ("missing-key", message)


@pytest.mark.parametrize("entry", ["cred", "[cred]", "4711"])
def test_entry_that_is_no_mapping_is_one_mistake(entry: str) -> None:
    (found,) = diagnostics_of(identity_with(f"federatedCredentials: [{entry}]"))

    assert found.code == "wrong-type"


def test_list_of_audiences_is_told_that_there_is_one() -> None:
    (found,) = diagnostics_of(credential_with(f"name: cred, {LITERAL}, audience: [a, b]"))

    assert found.message == "`audience` must be text, not a list"
    assert found.hint == "Write one text: a federated credential has exactly one audience."


def test_credential_that_trusts_nobody_is_told_the_three_ways() -> None:
    (found,) = diagnostics_of(credential_with("name: cred"))

    assert found == Diagnostic(
        "credential-form",
        SourcePos("<stdin>", 6, 1),
        "entry 1 of `federatedCredentials` does not say who is trusted",
        "Write `issuer` and `subject`, or one of the forms `github` and `kubernetes`.",
        "{name: cred}]}]}",
    )


@pytest.mark.parametrize(
    ("entry", "keys"),
    [
        (f"{LITERAL}, {GITHUB}", "`issuer`, `subject` and `github`"),
        (f"issuer: 'https://a', {GITHUB}", "`issuer` and `github`"),
        (f"subject: b, {GITHUB}", "`subject` and `github`"),
        (
            f"kubernetes: {{issuer: 'https://a', namespace: b, serviceAccount: c}}, {GITHUB}",
            "`github` and `kubernetes`",
        ),
    ],
)
def test_credential_of_two_forms_names_both(entry: str, keys: str) -> None:
    (found,) = diagnostics_of(credential_with(f"name: cred, {entry}"))

    assert (found.code, found.pos) == ("credential-form", SourcePos("<stdin>", 6, 1))
    assert found.message == f"entry 1 of `federatedCredentials` has {keys}, which exclude each other"


@pytest.mark.parametrize(
    ("entry", "missing"),
    [("issuer: 'https://a'", "subject"), ("subject: a", "issuer"), ("kubernetes: {}", "serviceAccount")],
)
def test_credential_with_half_of_a_trust_is_told_the_other(entry: str, missing: str) -> None:
    found = diagnostics_of(credential_with(f"name: cred, {entry}"))

    assert {one.code for one in found} == {"missing-key"}
    assert found[-1].message.endswith(f"has no `{missing}`")


def test_misspelled_form_is_one_mistake() -> None:
    (found,) = diagnostics_of(credential_with("name: cred, githb: {}"))

    assert (found.code, found.hint) == ("unknown-key", "Did you mean `github`?")


@pytest.mark.parametrize(
    ("keys", "code", "mark"),
    [
        ("repository: a/b, branch: main", "github-ids", "github"),
        ("repository: a/b, ownerId: 1, branch: main", "missing-key", "github"),
        ("repository: a/b, repositoryId: 1, branch: main", "missing-key", "github"),
        ("repository: a/b, ownerId: 1, repositoryId: 2, legacySubject: true, branch: main", "github-ids", "github"),
        ("repository: a/b, ownerId: 1, legacySubject: true, branch: main", "github-ids", "github"),
        ("repository: a/b, legacySubject: true", "github-context", "github"),
        ("repository: a/b, legacySubject: true, branch: main, tag: v1", "github-context", "github"),
        ("repository: a/b, legacySubject: true, environment: e, pullRequest: true", "github-context", "github"),
        ("legacySubject: true, branch: main", "missing-key", "github"),
        ("repository: a/b, legacySubject: false, branch: main", "unknown-value", "false"),
        ("repository: a/b, legacySubject: 'true', branch: main", "unknown-value", "'true'"),
        ("repository: a/b, legacySubject: true, pullRequest: false", "unknown-value", "false"),
        ("repository: a/b, legacySubject: true, pullRequest: ", "unknown-value", "pullRequest"),
        ("repository: a, legacySubject: true, branch: main", "github-repository", "a,"),
        ("repository: a/b/c, legacySubject: true, branch: main", "github-repository", "a/b/c"),
        (
            "repository: 'https://github.com/a/b', legacySubject: true, branch: main",
            "github-repository",
            "'https://github.com/a/b'",
        ),
        ("repository: a@1/b@2, legacySubject: true, branch: main", "github-repository", "a@1/b@2"),
        ("repository: a/b, ownerId: 0, repositoryId: 2, branch: main", "github-id", "0"),
        ("repository: a/b, ownerId: -1, repositoryId: 2, branch: main", "github-id", "-1"),
        ("repository: a/b, ownerId: 1000000000000000, repositoryId: 2, branch: main", "github-id", "1000000000000000"),
        ("repository: a/b, ownerId: '012', repositoryId: 2, branch: main", "github-id", "'012'"),
        ("repository: a/b, ownerId: contoso, repositoryId: 2, branch: main", "github-id", "contoso"),
        ("repository: a/b, ownerId: 1.5, repositoryId: 2, branch: main", "wrong-type", "1.5"),
        ("repository: a/b, ownerId: , repositoryId: 2, branch: main", "empty-value", "ownerId"),
        ("repository: a/b, legacySubject: true, branch: refs/heads/main", "github-branch", "refs/heads/main"),
        ("repository: a/b, legacySubject: true, branch: release/*", "github-branch", "release/*"),
        ("repository: a/b, legacySubject: true, branch: 'a b'", "github-branch", "'a b'"),
        ("repository: a/b, legacySubject: true, branch: ''", "github-branch", "''"),
        ("repository: a/b, legacySubject: true, tag: refs/tags/v1", "github-tag", "refs/tags/v1"),
        ("repository: a/b, legacySubject: true, tag: v?", "github-tag", "v?"),
        ("repository: a/b, legacySubject: true, tag: 1.0", "wrong-type", "1.0"),
        ("repository: a/b, legacySubject: true, environment: ''", "github-environment", "''"),
        ("repository: a/b, legacySubject: true, environment: 'prod-*'", "github-environment", "'prod-*'"),
        ("repository: a/b, legacySubject: true, environment: ' prod'", "github-environment", "' prod'"),
        (f"repository: a/b, legacySubject: true, environment: {'e' * 256}", "github-environment", "eeee"),
        ("repository: a/b, legacySubject: true, branch: main, workflow: x", "unknown-key", "workflow"),
    ],
)
def test_wrong_part_of_the_github_form_is_named_and_located(keys: str, code: str, mark: str) -> None:
    text = github(keys)

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == (code, place_of(text, mark))


def test_github_form_without_ids_is_told_where_to_find_them() -> None:
    assert hint_of(github("repository: a/b, branch: main")) == (
        "Write `ownerId` and `repositoryId`, as `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` prints them; or"
        " `legacySubject: true` for a repository from before 15 July 2026 that has not been renamed or transferred"
        " since and has not opted in."
    )


@pytest.mark.parametrize(
    ("keys", "code", "mark"),
    [
        ("issuer: 'http://a', namespace: n, serviceAccount: s", "issuer-invalid", "'http://a'"),
        ("issuer: 'https://a', namespace: N, serviceAccount: s", "kubernetes-namespace", "N"),
        ("issuer: 'https://a', namespace: n.m, serviceAccount: s", "kubernetes-namespace", "n.m"),
        ("issuer: 'https://a', namespace: -n, serviceAccount: s", "kubernetes-namespace", "-n"),
        (f"issuer: 'https://a', namespace: {'n' * 64}, serviceAccount: s", "kubernetes-namespace", "nnnn"),
        ("issuer: 'https://a', namespace: n, serviceAccount: S", "kubernetes-service-account", "S"),
        ("issuer: 'https://a', namespace: n, serviceAccount: a..b", "kubernetes-service-account", "a..b"),
        ("issuer: 'https://a', namespace: n, serviceAccount: '*'", "kubernetes-service-account", "'*'"),
        (f"issuer: 'https://a', namespace: n, serviceAccount: {'s' * 254}", "kubernetes-service-account", "ssss"),
        ("issuer: 'https://a', namespace: n", "missing-key", "kubernetes"),
    ],
)
def test_wrong_part_of_the_kubernetes_form_is_named_and_located(keys: str, code: str, mark: str) -> None:
    text = credential_with(f"name: cred, kubernetes: {{{keys}}}")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == (code, place_of(text, mark))


def test_longest_kubernetes_names_are_taken() -> None:
    keys = f"issuer: 'https://a', namespace: {'n' * 63}, serviceAccount: {'s' * 124}.a-b.{'s' * 124}"

    assert diagnostics_of(credential_with(f"name: cred, kubernetes: {{{keys}}}")) == ()


@pytest.mark.parametrize(
    ("entry", "code", "mark"),
    [
        ("role: Reader", "assignment-scopes", "{"),
        ("scope: /", "assignment-roles", "{"),
        ("role: '', scope: /", "role-invalid", "''"),
        ("role: ' Reader', scope: /", "role-invalid", "' Reader'"),
        (f"role: {'r' * 513}, scope: /", "role-invalid", "rrrr"),
        (
            f"role: '{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/x', scope: /",
            "role-invalid",
            "'/su",
        ),
        ("role: [Reader], scope: /", "wrong-type", "role"),
        ("role: Reader, roles: [Writer], scope: /", "assignment-roles", "{"),
        ("role: Reader, scope: /, scopes: [/]", "assignment-scopes", "{"),
        ("roles: [], scope: /", "empty-list", "roles"),
        ("role: Reader, scopes: []", "empty-list", "scopes"),
        ("roles: [Reader, ''], scope: /", "role-invalid", "''"),
        ("role: Reader, scopes: [/, 'a:b']", "scope-invalid", "'a:b'"),
        ("role: Reader, scope: /, colour: x", "unknown-key", "colour"),
        ("role: Reader, scope: ", "empty-value", "scope"),
    ],
)
def test_wrong_part_of_an_assignment_is_named_and_located(entry: str, code: str, mark: str) -> None:
    text = assignment_with(entry)

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == (code, place_of(text, mark))


def test_assignment_that_is_no_mapping_is_refused() -> None:
    assert [code for code, _, _ in places_of(identity_with("roleAssignments: [Reader]"))] == ["wrong-type"]
