"""A manifest in normal form declares what it was written from, whatever texts there are in it."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.manifest.rules.schema import MANIFEST_SCHEMA
from reconciler.manifest.write import manifest_of, saved_manifests
from reconciler.manifest.yaml.document import json_pointer
from reconciler.saved_plan.read_desired import read_desired
from reconciler.schemas import schema_text
from tests.cli.documents import problems
from tests.unit.manifest.manifests import EXACT, HEAD, SUBSCRIPTION, identity_with, load_group, load_text, places_of
from tests.unit.manifest.test_load_properties import ACCESS, GROUPS, NAMES, Access, Groups, access_manifest, manifest

ROOT = Path(__file__).parents[3]
EXAMPLES = [
    *sorted((ROOT / "examples").rglob("manifests")),
    *sorted(one for one in (ROOT / "examples").glob("*/identities.yaml")),
]

AS_EDITORS_DO = Draft202012Validator(json.loads(schema_text(MANIFEST_SCHEMA)))

Variables = dict[str, str]
Mapping = st.SearchStrategy[dict[str, Any]]
Entries = st.SearchStrategy[list[dict[str, Any]]]

ODD = st.lists(st.sampled_from(["$", "{", "}", "${", "$${", "${A}", "A", "é", "中", "~", "/"]), min_size=1).map("".join)
TAGS = st.lists(
    st.tuples(st.sampled_from(["env", "Env", "ENV", "tier", "é~"]), st.none() | ODD),
    unique_by=lambda tag: tag[0].casefold(),
    max_size=3,
).map(dict)
LOCATIONS = st.sampled_from(["westeurope", "North Europe"])
GUIDS = st.uuids().map(str)
TRUSTS: Entries = st.lists(ODD, unique=True, max_size=3).map(
    lambda subjects: [
        {
            "name": f"c-{number}",
            "issuer": "https://a/${",
            "subject": f"s{subject}",
            "audience": f"a{subject}",
            "accept": [{"code": "grant", "reason": f"r{subject}"}] * (number % 2),
        }
        for number, subject in enumerate(subjects)
    ]
)
ROLES: Entries = st.lists(ODD, unique_by=str.casefold, max_size=3).map(
    lambda roles: [
        {
            "role": f"r{role}",
            "scope": "/subscriptions/" + SUBSCRIPTION,
            "accept": [{"code": "grant", "reason": f"r{role}"}] * (number % 2),
        }
        for number, role in enumerate(roles)
    ]
)
DEFAULTS: Mapping = st.fixed_dictionaries({}, optional={"location": LOCATIONS, "tags": TAGS})
POLICIES: Mapping = st.fixed_dictionaries(
    {},
    optional={
        "identities": st.sampled_from(["exact", "owned", "merge"]),
        "tags": st.sampled_from(["exact", "merge"]),
        "federatedCredentials": st.sampled_from(["exact", "merge"]),
    },
)
IGNORED: Mapping = st.fixed_dictionaries(
    {},
    optional={
        "identities": st.just(["aks-*", "AKS-${"]),
        "tags": st.just(["hidden-*", "$${*"]),
        "roleAssignments": st.lists(ODD, max_size=2).map(
            lambda roles: [{"role": f"i{role}", "scope": "/subscriptions/" + SUBSCRIPTION} for role in roles]
        ),
    },
)
DAYS = st.dates().map(date.isoformat)
CODES = ("in-use", "trusted", "use-unknown", "foreign-owner")
ACCEPTED: Entries = st.lists(ODD, max_size=2).map(
    lambda reasons: [{"code": "value-placeholder", "reason": f"r{reason}"} for reason in reasons]
)
IDENTITY: Mapping = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "location": LOCATIONS,
        "isolationScope": st.sampled_from(["None", "Regional"]),
        "tags": TAGS,
        "protect": st.booleans(),
        "hold": ODD,
        "expect": GUIDS.map(lambda guid: {"principalId": guid}),
        "federatedCredentials": TRUSTS,
        "roleAssignments": ROLES,
        "accept": ACCEPTED,
    },
)
REMOVAL: Mapping = st.fixed_dictionaries(
    {"name": NAMES.map(lambda name: f"old-{name}")},
    optional={
        "principalId": GUIDS,
        "allow": st.lists(st.sampled_from(CODES), unique=True).flatmap(
            lambda codes: st.tuples(
                *(st.just(code) | st.fixed_dictionaries({"code": st.just(code), "expires": DAYS}) for code in codes)
            ).map(list)
        ),
        "after": DAYS,
        "accept": ACCEPTED,
    },
)
GROUP: Mapping = st.fixed_dictionaries(
    {"identities": st.lists(IDENTITY, max_size=3, unique_by=lambda one: one["name"].casefold())},
    optional={
        "defaults": DEFAULTS,
        "policy": POLICIES,
        "ignore": IGNORED,
        "accept": ACCEPTED,
        "remove": st.lists(REMOVAL, max_size=2, unique_by=lambda one: one["name"].casefold()),
    },
)
OWNERS = st.from_regex(r"[A-Za-z0-9._/#@:-]{1,120}", fullmatch=True)
DOCUMENT: Mapping = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "subscription": st.just(SUBSCRIPTION),
        "owner": OWNERS,
        "resourceGroups": st.dictionaries(st.sampled_from(["rg-a", "rg-é"]), GROUP, min_size=1),
    },
    optional={
        "tenant": GUIDS,
        "defaults": DEFAULTS,
        "policy": POLICIES,
        "limits": st.fixed_dictionaries(
            {}, optional={"maxDeletes": st.integers(0, 9), "maxRevokes": st.integers(0, 9)}
        ),
        "ignore": IGNORED,
        "accept": ACCEPTED,
    },
)


def _written_by_hand(value: Any, variables: Variables) -> Any:
    """The value as a manifest says it: its odd texts are escaped, or come from variables, by turns."""
    if isinstance(value, dict):
        return {key: _written_by_hand(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_written_by_hand(inner, variables) for inner in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    if len(variables) % 2:
        variables[f"ESCAPED_{len(variables)}"] = "not used"
        return value.replace("${", "$${")
    variables[name := f"V{len(variables)}"] = value
    return f"${{{name}}}"


def _text(manifests: list[dict[str, Any]]) -> str:
    """Manifests as somebody would save them who takes them out of a plan."""
    return "\n---\n".join(json.dumps(one, ensure_ascii=False) for one in manifests)


def _placeless(desired: Desired) -> str:
    return re.sub(r"SourcePos\(file='[^']*', line=\d+, column=\d+\)", "", repr(desired))


def _defaults_apart(desired: Desired) -> str:
    return re.sub(r"default_location='[^']*'", "default_location=None", _placeless(desired))


def _check(desired: Desired) -> None:
    saved = json.loads(json.dumps(saved_manifests(desired)))

    assert read_desired(saved) == desired
    assert [problem for one in saved for problem in problems(one, "plan:v1#/$defs/manifest")] == []
    for one in saved:
        del one["sources"]
        for identity in (identity for group in one["resourceGroups"].values() for identity in group["identities"]):
            identity.pop("given", None)
    assert [error.message for one in saved for error in AS_EDITORS_DO.iter_errors(one)] == []
    assert _placeless(load_text(_text(saved))) == _defaults_apart(desired)


@settings(max_examples=60)
@given(DOCUMENT)
def test_written_manifest_declares_the_same(document: dict[str, Any]) -> None:
    variables: Variables = {}

    desired = load_text(json.dumps(_written_by_hand(document, variables)), variables)

    _check(desired)


@settings(max_examples=30)
@given(GROUPS, st.integers())
def test_written_groups_declare_the_same(groups: Groups, seed: int) -> None:
    _check(load_text(manifest(groups, seed)))


@settings(max_examples=30)
@given(st.lists(ACCESS, max_size=3), st.integers())
def test_written_credentials_and_roles_declare_the_same(access: list[Access], seed: int) -> None:
    _check(load_text(access_manifest(access, seed)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_comes_back_equal(path: Path) -> None:
    text = "".join(file.read_text() for file in ([path] if path.is_file() else path.rglob("*.yaml")))
    names = set(re.findall(r"\$\{(\w+)\}", text))

    _check(load_manifest([str(path)], dict.fromkeys(names, SUBSCRIPTION), {}, bytes))


def test_manifest_is_written_in_one_order_and_leaves_out_what_it_does_not_say() -> None:
    entries = "[id-b, {tags: {z: null, A: x}, name: id-a}]"
    text = f"{HEAD}owner: a/b#c@d\nresourceGroups: {{rg: {{identities: {entries}}}}}\n{EXACT}"

    written = manifest_of(load_group(text))

    assert json.dumps(written) == json.dumps(
        {
            "version": 1,
            "subscription": SUBSCRIPTION,
            "owner": "a/b#c@d",
            "policy": {
                "identities": "exact",
                "tags": "merge",
                "federatedCredentials": "exact",
                "roleAssignments": "merge",
            },
            "limits": {"maxDeletes": 10, "maxDeletePercent": 30, "maxRevokes": 20},
            "ignore": {"identities": [], "tags": []},
            "resourceGroups": {
                "rg": {"identities": [{"name": "id-a", "tags": {"A": "x", "z": None}}, {"name": "id-b"}]}
            },
        }
    )


def test_default_location_is_given_and_a_written_one_is_not() -> None:
    entries = "[id-a, {name: id-b, location: uksouth}]"
    text = f"{HEAD}defaults: {{location: westeurope}}\nresourceGroups:\n  rg: {{identities: {entries}}}\n{EXACT}"

    (saved,) = saved_manifests(load_text(text))

    assert saved["resourceGroups"] == {
        "rg": {
            "identities": [
                {"name": "id-a", "given": {"location": "westeurope"}},
                {"name": "id-b", "location": "uksouth"},
            ]
        }
    }
    assert saved["sources"] == {
        "<stdin>": {
            "/resourceGroups/rg": [5, 3],
            "/resourceGroups/rg/identities/0": [5, 21],
            "/resourceGroups/rg/identities/1": [5, 27],
        }
    }


def test_json_pointer_escapes_what_has_a_meaning_in_it() -> None:
    assert json_pointer(("a/b", 0, "~1")) == "/a~1b/0/~01"


def test_manifest_cannot_have_what_only_a_plan_has() -> None:
    text = identity_with("given: {location: uksouth}") + "sources: {}\n"

    assert places_of(text) == [("unknown-key", 5, 5), ("unknown-key", 7, 1)]


def test_what_defaults_give_stands_apart_and_makes_no_list_whole() -> None:
    given = "{name: aks, issuer: 'https://i', subject: s}"
    own = "{name: own, issuer: 'https://o', subject: s}"
    desired = load_text(
        f"{HEAD}owner: team\n"
        f"defaults: {{federatedCredentials: [{given}], roleAssignments: [{{role: Reader, scope: /}}]}}\n"
        "resourceGroups: {rg: {identities: [id-a,"
        f" {{name: id-b, federatedCredentials: [{own}], roleAssignments: null}}]}}}}\n"
    )

    (saved,) = saved_manifests(desired)

    aks: Any = {"name": "aks", "issuer": "https://i", "subject": "s", "audience": "api://AzureADTokenExchange"}
    assert saved["resourceGroups"] == {
        "rg": {
            "identities": [
                {
                    "name": "id-a",
                    "given": {"federatedCredentials": [aks], "roleAssignments": [{"role": "Reader", "scope": "/"}]},
                },
                {
                    "name": "id-b",
                    "federatedCredentials": [{**aks, "name": "own", "issuer": "https://o"}],
                    "given": {"federatedCredentials": [aks]},
                },
            ]
        }
    }
    assert read_desired([saved]) == desired


def test_day_on_which_a_line_ends_is_written_and_comes_back() -> None:
    trust = "issuer: https://issuer.example, subject: s"
    desired = load_text(
        f"""\
{HEAD}owner: me
defaults:
  roleAssignments: [{{role: Owner, scope: rg-x, expires: "2027-02-28"}}]
resourceGroups:
  rg:
    identities:
      - name: id-a
        federatedCredentials: [{{name: main, {trust}, expires: 2027-01-31}}]
        roleAssignments: [{{roles: [Reader, Contributor], scope: rg-x, expires: 2027-03-31}}]
"""
    )

    assert read_desired(json.loads(json.dumps(saved_manifests(desired)))) == desired
    (identity,) = desired.groups[0].identities
    days = [one.expires for one in identity.federated_credentials or ()]
    days += [one.expires for one in identity.role_assignments or ()]
    assert sorted(map(str, days)) == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-03-31"]
