"""What defaults give each identity: filled in, put together with its own, told where it is written."""

from collections import defaultdict

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredIdentity
from reconciler.manifest.yaml.defaults import spread_defaults
from reconciler.manifest.yaml.document import Document, Mark, Path, Plain
from tests.unit.manifest.manifests import (
    HEAD,
    SUBSCRIPTION,
    diagnostics_of,
    load_group,
    load_text,
    places_of,
)

AKS = "{name: aks, kubernetes: {issuer: 'https://oidc.contoso.com', namespace: ns, serviceAccount: '${identity.name}'}}"
SHARED = "{role: Reader, scope: rg-shared}"


def document(identities: str, *, outer: str = "{}", inner: str = "{}") -> str:
    """A manifest with these defaults of the document (line 4) and of its group (line 7)."""
    return (
        f"{HEAD}owner: team\ndefaults: {outer}\nresourceGroups:\n  rg:\n    defaults: {inner}\n"
        f"    identities: {identities}\n"
    )


def only(text: str) -> DesiredIdentity:
    (identity,) = load_group(text).identities
    return identity


def credentials(identity: DesiredIdentity) -> dict[str, str] | None:
    """Subjects by name; None where credentials are not managed."""
    listed = identity.federated_credentials
    return None if listed is None else {one.name: one.trust.subject for one in listed}


def roles(identity: DesiredIdentity) -> list[tuple[str, str]] | None:
    """Roles and the last part of their scopes; None where roles are not managed."""
    listed = identity.role_assignments
    return None if listed is None else [(one.role, one.scope.rpartition("/")[2]) for one in listed]


def test_bare_name_and_mapping_take_what_defaults_give_with_both_lines() -> None:
    outer = f"{{federatedCredentials: [{AKS}], roleAssignments: [{SHARED}]}}"

    for identity in load_group(document("[id-b, {name: id-a}]", outer=outer)).identities:
        (credential,), (role,) = identity.given_credentials, identity.given_assignments
        assert credential.trust.subject == f"system:serviceaccount:ns:{identity.resource_id.name}"
        assert (credential.source, role.source) == (identity.source, identity.source)
        assert credential.given_by == credential.line == SourcePos("<stdin>", 4, 35)
        assert role.line.line == 4
        assert (identity.lists_all_credentials, identity.lists_all_assignments) == (False, False)
        assert (identity.own_credentials, identity.own_assignments) == (None, None)


@pytest.mark.parametrize(
    ("keys", "subjects", "is_whole"),
    [
        ("", {"aks": "given", "doc": "given", "grp": "given"}, False),
        ("federatedCredentials: null", None, True),
        ("federatedCredentials: ~", None, True),
        ("federatedCredentials: []", {}, True),
        (
            "federatedCredentials: [{name: own, issuer: 'https://i', subject: own}]",
            {"aks": "given", "doc": "given", "grp": "given", "own": "own"},
            True,
        ),
        (
            "federatedCredentials: [{name: AKS, issuer: 'https://i', subject: own}]",
            {"AKS": "own", "doc": "given", "grp": "given"},
            True,
        ),
    ],
)
def test_credentials_are_put_together_by_name(keys: str, subjects: dict[str, str] | None, is_whole: bool) -> None:
    def entries(*names: str) -> str:
        listed = (f"{{name: {name}, issuer: 'https://{name}', subject: given}}" for name in names)
        return f"{{federatedCredentials: [{', '.join(listed)}]}}"

    identity = only(document(f"[{{name: id-a, {keys}}}]", outer=entries("doc", "aks"), inner=entries("grp")))

    assert (credentials(identity), identity.lists_all_credentials) == (subjects, is_whole)


def test_credential_of_a_group_wins_over_that_of_its_document() -> None:
    outer = "{federatedCredentials: [{name: aks, issuer: 'https://i', subject: outer}]}"
    inner = "{federatedCredentials: [{name: Aks, issuer: 'https://i', subject: inner}]}"

    identity = only(document("[id-a]", outer=outer, inner=inner))

    assert credentials(identity) == {"Aks": "inner"}
    assert [one.line.line for one in identity.given_credentials] == [7]


@pytest.mark.parametrize(
    ("keys", "listed", "details", "is_whole"),
    [
        ("", [("Reader", "rg-a"), ("Reader", "rg-b")], ["group", "document"], False),
        ("roleAssignments: null", None, [], True),
        ("roleAssignments: []", [], [], True),
        (
            "roleAssignments: [{roles: [reader, Owner], scope: rg-b, description: own}]",
            [("Reader", "rg-a"), ("Owner", "rg-b"), ("reader", "rg-b")],
            ["group", "own", "own"],
            True,
        ),
    ],
)
def test_roles_are_put_together_by_role_and_scope(
    keys: str, listed: list[tuple[str, str]] | None, details: list[str], is_whole: bool
) -> None:
    outer = "{roleAssignments: [{role: Reader, scopes: [rg-a, rg-b], description: document}]}"
    whole = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"
    inner = f"{{roleAssignments: [{{role: Reader, scope: {whole}, description: group}}]}}"

    identity = only(document(f"[{{name: id-a, {keys}}}]", outer=outer, inner=inner))

    assert (roles(identity), identity.lists_all_assignments) == (listed, is_whole)
    assert [dict(one.details)["description"] for one in identity.role_assignments or ()] == details


@pytest.mark.parametrize(
    ("outer", "inner", "keys", "protect"),
    [
        ("{}", "{}", "", None),
        ("{protect: true}", "{}", "", True),
        ("{protect: true}", "{protect: false}", "", False),
        ("{protect: true}", "{protect: false}", "protect: true", True),
        ("{protect: true}", "{}", "protect: false", False),
    ],
)
def test_protection_is_that_of_the_innermost(outer: str, inner: str, keys: str, protect: bool | None) -> None:
    assert only(document(f"[{{name: id-a, {keys}}}]", outer=outer, inner=inner)).protect is protect


def test_tags_and_names_of_its_own_are_filled_in_at_each_identity() -> None:
    outer = "{tags: {at: '${resourceGroup.name}/${identity.name}/${ENV}', sub: '${subscription}', raw: '$${x}'}}"
    text = document("[{name: 'id-${ENV}', tags: {own: '${identity.name}'}}]", outer=outer)

    (group,) = load_text(text.replace("  rg:", "  rg-${ENV}:"), {"ENV": "prod"}).groups

    assert dict(group.identities[0].tags) == {
        "at": "rg-prod/id-prod/prod",
        "own": "id-prod",
        "raw": "${x}",
        "sub": SUBSCRIPTION,
    }


def test_default_that_an_identity_overrides_is_not_checked_there() -> None:
    own = "{name: aks, issuer: 'https://i', subject: s}"
    identities = f"[{{name: id_a, federatedCredentials: [{own}]}}, {{name: id_b, federatedCredentials: []}}, id_c]"

    found = diagnostics_of(document(identities, outer=f"{{federatedCredentials: [{AKS}]}}"))

    assert [(one.code, one.pos.line) for one in found] == [("kubernetes-service-account", 4)]
    assert "`id_c`" in found[0].message


def test_mistake_in_a_default_is_told_once_where_it_is_written() -> None:
    outer = "{federatedCredentials: [{name: x, issuer: 'http://i', subject: s, typo: 1}], tags: {a: 5}, location: '-'}"

    found = diagnostics_of(document("[id-a, id-b, {name: id-c}]", outer=outer))

    assert sorted(one.code for one in found) == [
        "credential-name",
        "issuer-invalid",
        "location-invalid",
        "unknown-key",
        "wrong-type",
    ]
    assert {one.pos.line for one in found} == {4}


def test_limits_are_counted_after_putting_together_with_both_lines() -> None:
    def listed(first: int, count: int) -> str:
        entries = (f"{{name: c{number:03}, issuer: 'https://i', subject: s{number}}}" for number in range(first, count))
        return f"federatedCredentials: [{', '.join(entries)}]"

    text = document(f"[{{name: id-a, {listed(15, 21)}}}, id-b]", outer=f"{{{listed(0, 15)}}}")

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos.line) == ("too-many-credentials", 8)
    assert found.message == (
        "these are 21 federated credentials with what is given at <stdin>:4:12, and an identity has at most 20"
    )


def test_trust_that_a_default_gives_already_names_both_lines() -> None:
    own = "{name: own, issuer: 'https://i', subject: s}"
    text = document(f"[{{name: id-a, federatedCredentials: [{own}]}}]", outer=f"{{federatedCredentials: [{own}]}}")

    (found,) = diagnostics_of(text.replace("name: own", "name: given", 1))

    assert (found.code, found.pos.line) == ("trust-listed-twice", 8)
    assert found.message.endswith("already trusted at <stdin>:4:35")


@pytest.mark.parametrize(
    ("outer", "code"),
    [
        (f"{{federatedCredentials: [{AKS}, {AKS}]}}", "credential-listed-twice"),
        (f"{{roleAssignments: [{SHARED}, {SHARED}]}}", "assignment-listed-twice"),
        ("{roleAssignments: [{role: Reader, scope: /x}]}", "scope-invalid"),
        ("{federatedCredentials: null}", "empty-value"),
        ("{roleAssignments: null}", "empty-value"),
        ("{protect: 'yes'}", "wrong-type"),
        ("{other: 1}", "unknown-key"),
    ],
)
def test_defaults_keep_the_rules_of_what_they_give(outer: str, code: str) -> None:
    assert [(found, line) for found, line, _ in places_of(document("[id-a, id-b]", outer=outer))] == [(code, 4)]


def test_default_that_is_ignored_is_refused_at_its_line() -> None:
    ignore = "ignore: {federatedCredentials: ['aks*'], roleAssignments: [{role: reader, scope: rg-shared}]}\n"
    text = document("[id-a, id-b]", outer=f"{{federatedCredentials: [{AKS}], roleAssignments: [{SHARED}]}}") + ignore

    assert [(code, line) for code, line, _ in places_of(text)] == [("listed-and-ignored", 4)] * 2


def test_roles_that_defaults_give_need_an_owner_too() -> None:
    text = document("[id-a]", outer=f"{{roleAssignments: [{SHARED}]}}").replace(
        "owner: team", "policy: {identities: exact}"
    )

    assert [(code, line) for code, line, _ in places_of(text)] == [("assignments-without-owner", 4)]


@pytest.mark.parametrize("key", ["federatedCredentials", "roleAssignments"])
def test_list_whose_lines_are_gone_is_no_null(key: str) -> None:
    assert places_of(document(f"\n      - name: id-a\n        {key}:\n")) == [("empty-value", 10, 9)]


def test_given_is_no_key_of_a_manifest() -> None:
    found = diagnostics_of(document("[{name: id-a, given: {location: westeurope}}, {name: id-b, given: []}]"))

    assert [one.code for one in found] == ["unknown-key"] * 2


def test_more_than_a_file_may_hold_is_refused() -> None:
    tags: dict[str, Plain] = dict.fromkeys(map(str, range(200_000)), "x")
    groups: Plain = {"rg": {"identities": [f"id-{number}" for number in range(6)]}}
    anywhere: dict[Path, Mark] = defaultdict(lambda: (1, 1))

    _, found = spread_defaults(
        Document("a.yaml", {"defaults": {"tags": tags}, "resourceGroups": groups}, {}, anywhere, {})
    )

    assert [one.code for one in found] == ["too-many-values"]
