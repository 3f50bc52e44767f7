"""Properties of loading: order does not matter, places are true, and nothing but ManifestError comes out."""

import json
import random
from typing import TypeAlias

import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ManifestError, SourcePos
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.manifest.yaml.text import split_lines
from tests.unit.manifest.manifests import SUBSCRIPTION, load_text

Groups: TypeAlias = dict[str, list[tuple[str, dict[str, str | None] | None]]]
"""Names of groups, their identities and the tags of those that have any."""

NAMES = st.from_regex(r"\A[a-z0-9][A-Za-z0-9_-]{2,9}\Z")
TAGS = st.dictionaries(
    st.from_regex(r"\At[a-z]{0,5}\Z"),
    st.one_of(st.none(), st.text(st.characters(categories=["L", "N", "Zs"]), max_size=8)),
)
IDENTITIES = st.lists(st.tuples(NAMES, st.none() | TAGS), max_size=5, unique_by=lambda identity: identity[0].casefold())
GROUPS = st.dictionaries(st.from_regex(r"\Arg-[a-z]{1,4}\Z"), IDENTITIES, min_size=1, max_size=4)

Access: TypeAlias = tuple[list[dict[str, object]], list[dict[str, object]]]
"""Federated credentials and role assignments of one identity, as a manifest writes them."""

GITHUB_IDS = st.just({"legacySubject": True}) | st.just({"ownerId": 1, "repositoryId": "2"})
FORMS = st.one_of(
    st.builds(lambda n: {"issuer": "https://a", "subject": f"s{n}"}, st.integers(0, 99)),
    st.builds(
        lambda ids, n: {"github": {"repository": "a/b", "branch": f"b{n}", **ids}}, GITHUB_IDS, st.integers(0, 99)
    ),
    st.builds(
        lambda n: {"kubernetes": {"issuer": "https://a/", "namespace": "n", "serviceAccount": f"s{n}"}},
        st.integers(0, 99),
    ),
)
CREDENTIALS = st.lists(
    st.tuples(NAMES, FORMS, st.sampled_from([{}, {"audience": "api://other"}])),
    max_size=8,
    unique_by=(lambda entry: entry[0].casefold(), lambda entry: json.dumps(entry[1])),
).map(lambda entries: [{"name": name, **form, **audience} for name, form, audience in entries])
ROLES = st.sampled_from(["Reader", "Owner", "Storage Blob Data Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"])
SCOPES = st.sampled_from(["/", f"/subscriptions/{SUBSCRIPTION}", f"/Subscriptions/{SUBSCRIPTION}/resourceGroups/RG"])
ASSIGNMENTS = st.lists(st.tuples(ROLES, SCOPES), max_size=8, unique=True).map(
    lambda entries: [{"role": role, "scope": scope} for role, scope in entries]
)
ACCESS = st.tuples(CREDENTIALS, ASSIGNMENTS)

# Pieces that, thrown together, are nearly a manifest; one a line.
PIECES = st.sampled_from(
    [
        *("\n", "  ", "\t", "\u2028", "\x00", "\ufeff", "é", "---\n", "...\n", "%YAML 1.1\n", "#", "{", "}", "[", "]"),
        *("- ", ": ", ",", "? ", "'", '"', "|\n", ">-\n", "&a ", "*a", "<<: ", "!!str ", "${A}", "${", "$${"),
        *("version: 1\n", f"subscription: {SUBSCRIPTION}\n", "resourceGroups:\n", "  rg: ", "identities: "),
        *("name: ", "tags: ", "id-a", "4711", "true", "~"),
        *("federatedCredentials: ", "github: ", "kubernetes: ", "issuer: ", "roleAssignments: ", "scope: ", "/"),
    ]
)


def manifest(groups: Groups, seed: int) -> str:
    """The groups as JSON, in an order that the seed gives."""
    shuffled = random.Random(seed)
    items = list(groups.items())
    shuffled.shuffle(items)
    written: dict[str, object] = {}
    for name, identities in items:
        entries = [identity if tags is None else {"name": identity, "tags": tags} for identity, tags in identities]
        shuffled.shuffle(entries)
        written[name] = {"identities": entries}
    document = {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "policy": {"identities": "exact", "roleAssignments": "merge"},
        "resourceGroups": written,
    }
    # JSON is YAML; PyYAML would leave texts unquoted that are numbers in YAML 1.2.
    return json.dumps(document, ensure_ascii=False)


def access_manifest(access: list[Access], seed: int) -> str:
    """An identity for each, with entries and keys in an order that the seed gives."""
    shuffled = random.Random(seed)
    identities = []
    for number, (credentials, assignments) in enumerate(access):
        keys = [
            ("name", f"id-{number}"),
            ("federatedCredentials", shuffled.sample(credentials, len(credentials))),
            ("roleAssignments", shuffled.sample(assignments, len(assignments))),
        ]
        shuffled.shuffle(keys)
        identities.append(dict(keys))
    document = {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "policy": {"identities": "exact", "roleAssignments": "merge"},
        "resourceGroups": {"rg": {"identities": identities}},
    }
    return json.dumps(document)


def access_without_places(desired: Desired) -> list[tuple[list[object], list[object]]]:
    return [
        (
            [(one.name, one.trust) for one in identity.federated_credentials or ()],
            [(one.role, one.scope) for one in identity.role_assignments or ()],
        )
        for identity in desired.groups[0].identities
    ]


def text_at(lines: tuple[str, ...], pos: SourcePos) -> str:
    """What stands at a place and behind it on its line."""
    return lines[pos.line - 1][pos.column - 1 :]


def without_places(desired: Desired) -> list[object]:
    return [
        (group.group_id.address, [(identity.resource_id.address, identity.tags) for identity in group.identities])
        for group in desired.groups
    ]


@given(GROUPS, st.integers(), st.integers())
def test_order_of_a_manifest_does_not_matter(groups: Groups, one: int, other: int) -> None:
    assert without_places(load_text(manifest(groups, one))) == without_places(load_text(manifest(groups, other)))


@given(st.lists(ACCESS, max_size=3), st.integers(), st.integers())
def test_order_of_credentials_and_assignments_does_not_matter(access: list[Access], one: int, other: int) -> None:
    first, second = (load_text(access_manifest(access, seed)) for seed in (one, other))

    assert access_without_places(first) == access_without_places(second)
    # Nothing is lost on the way either.
    counts = [(len(credentials), len(assignments)) for credentials, assignments in access_without_places(first)]
    assert counts == [(len(credentials), len(assignments)) for credentials, assignments in access]


@given(GROUPS, st.integers())
def test_every_source_points_at_text_that_is_there(groups: Groups, seed: int) -> None:
    text = manifest(groups, seed)

    desired = load_text(text)

    lines = split_lines(text)
    for group in desired.groups:
        assert text_at(lines, group.source).startswith(f'"{group.group_id.resource_group}"')
        for identity in group.identities:
            name = f'"{identity.resource_id.name}"'
            assert text_at(lines, identity.source).startswith((name, f'{{"name": {name}'))


@given(st.binary())
def test_any_bytes_give_desired_or_manifest_error(content: bytes) -> None:
    load_or_check(content)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_near_manifest_gives_desired_or_manifest_error(text: str) -> None:
    load_or_check(text.encode())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_yaml_below_the_known_keys_gives_desired_or_manifest_error(data: object) -> None:
    forms = [{"name": data, "issuer": data, "subject": data}, {"github": data}, {"kubernetes": data, "audience": data}]
    identities = [
        {"name": "id-a", "federatedCredentials": data, "roleAssignments": data},
        {"name": "id-b", "federatedCredentials": forms, "roleAssignments": [{"role": data, "scope": data}]},
    ]
    groups = {"rg": data, "rg-b": {"identities": identities}}
    document = {"version": 1, "subscription": SUBSCRIPTION, "defaults": data, "resourceGroups": groups}

    load_or_check(yaml.safe_dump(document, allow_unicode=True).encode())


def load_or_check(content: bytes) -> None:
    """Load; on an error every diagnostic must be whole, in order, once, and quote the line that it names."""
    try:
        load_manifest(["-"], {"A": "x"}, {}, lambda: content)
    except ManifestError as error:
        found = error.diagnostics
        assert found
        assert len(set(found)) == len(found)
        assert [one.pos for one in found] == sorted(one.pos for one in found)
        assert all(one.message and one.hint and one.code for one in found)
        for one in found:
            assert one.pos.line >= 1
            assert one.source_line is None or 1 <= one.pos.column <= len(one.source_line) + 1
