"""The pass that says yes: it and jsonschema must be of one opinion about every document near each of our schemas."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.files.compiled_schema import CompiledSchema, compile_schema
from reconciler.journal.document import header_document
from reconciler.manifest.rules.schema import manifest_schema, schema_of, variables_schema
from reconciler.schemas import schema_text
from tests.unit.journal.calls import HEADER
from tests.unit.reporting import plan_of_everything
from tests.unit.saving import document_of

ROOT = Path(__file__).parents[3]
GUID = "00000000-0000-0000-0000-000000000001"

GITHUB = {"repository": "contoso/orders", "ownerId": 1, "repositoryId": "2", "branch": "main"}
CREDENTIALS = [
    {"name": "aks", "kubernetes": {"issuer": "https://oidc.example/c1/", "namespace": "a", "serviceAccount": "b"}},
    {"name": "github", "github": GITHUB, "accept": [{"code": "trust-pull-request", "reason": "known"}]},
    {"name": "own", "issuer": "https://oidc.example", "subject": "a:b", "audience": "c"},
]
ROLES = [{"role": "Reader", "scope": "rg-a", "condition": None}, {"roles": ["Reader", "Owner"], "scopes": ["rg", "/"]}]
DEFAULTS = {"location": "westeurope", "tags": {"a": "b", "gone": None}, "protect": True, "roleAssignments": ROLES}
IDENTITY = {
    **{"name": "id-a", "isolationScope": "Regional", "hold": "why", "expect": {"principalId": GUID}, **DEFAULTS},
    **{"federatedCredentials": CREDENTIALS, "given": [{"location": "westeurope"}], "accept": []},
}
MANIFEST: dict[str, Any] = {
    **{"version": 1, "subscription": GUID, "tenant": GUID, "owner": "team#a", "vars": {"a": "b"}, "x-own": [1]},
    **{"policy": {"identities": "exact", "tags": "merge"}, "limits": {"maxDeletes": 0, "maxDeletePercent": 100}},
    **{
        "roleScopes": ["rg-data"],
        "ignore": {"identities": ["aks-*"], "roleAssignments": [{"role": "Reader", "scope": "rg-a"}]},
    },
    "defaults": DEFAULTS,
    "resourceGroups": {
        "rg-a": {
            "identities": ["id-b", IDENTITY],
            "remove": [{"name": "id-c", "allow": ["in-use", {"code": "trusted", "expires": "2027-01-31"}]}],
        }
    },
}


def _plan() -> Any:
    return document_of(plan_of_everything())


def _saved_manifest() -> Any:
    return {key: value for key, value in _plan()["desired"][0].items() if key != "sources"}


CASES: dict[str, tuple[CompiledSchema, Any]] = {
    "manifest": (manifest_schema(), MANIFEST),
    "saved manifest": (manifest_schema(saved=True), _saved_manifest()),
    "variables": (variables_schema(), {"cluster": "https://oidc.example"}),
    "guardrails": (
        schema_of("guardrails.v1.schema.json"),
        yaml.safe_load((ROOT / "examples/guardrails/guardrails.yaml").read_text(encoding="utf-8")),
    ),
    "plan": (CompiledSchema(json.loads(schema_text("plan.v1.schema.json"))), _plan()),
    "journal": (CompiledSchema(json.loads(schema_text("journal.v1.schema.json"))), header_document(HEADER)),
}

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 1.0, -1, 0.5, 101, 10**20, float("nan"), float("inf")),
    *("", "a", "id-a", "id-a\n", "west europe", "Regional", "owned", " a", "x" * 700, "${a}", "2027-02-30", "*", GUID),
    *([], ["a"], ["a", "a"], [None], {}, {"name": "id-a"}, {"a": "b"}, {"code": "in-use"}, GITHUB),
)
KEYS = ("name", "github", "issuer", "legacySubject", "tag", "x-a", "unknown", "", "a\n", "accept", "roles", "scopes")


def _places(value: Any) -> Iterator[Any]:
    """Every list and mapping of a document that has something in it."""
    if isinstance(value, dict | list) and value:
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _places(inner)


def _changed(document: Any, random: Random) -> Any:
    """A document with one value replaced, taken away, added, or given twice."""
    changed = copy.deepcopy(document)
    holder = random.choice(list(_places(changed)))
    key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    match random.randrange(4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[random.choice(KEYS)] = copy.deepcopy(random.choice(VALUES))
        case 2 if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        case _:
            holder[key] = copy.deepcopy(random.choice(VALUES))
    return changed


@pytest.mark.parametrize("case", CASES)
def test_whole_document_keeps_its_schema(case: str) -> None:
    schema, document = CASES[case]

    assert schema.is_kept_by(document)
    assert list(schema.errors(document)) == []


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=15)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_pass_accepts_what_jsonschema_accepts_and_nothing_else(case: str, seed: int) -> None:
    schema, document = CASES[case]
    validator, random = Draft202012Validator(schema.schema), Random(seed)

    for _ in range(10):
        changed = _changed(document, random)
        near = [changed, _changed(changed, random)] if changed else [changed]

        assert [schema.is_kept_by(one) for one in near] == [validator.is_valid(one) for one in near]


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("case", CASES)
def test_value_in_place_of_a_whole_document_is_judged_alike(case: str, value: Any) -> None:
    schema = CASES[case][0]

    assert schema.is_kept_by(value) is Draft202012Validator(schema.schema).is_valid(value)


@pytest.mark.parametrize("file", ["plan.v1.schema.json", "journal.v1.schema.json"])
def test_every_definition_has_only_keywords_that_are_compiled(file: str) -> None:
    CompiledSchema(_strict(json.loads(schema_text(file))))


def _strict(schema: Any) -> Any:
    """A schema with each of its definitions, which are compiled only where something refers to them."""
    return {**schema, "allOf": [*schema.get("allOf", []), *schema.get("$defs", {}).values()]}


@pytest.mark.parametrize(
    "schema",
    [
        {"uniqueItems": True},
        {"properties": {"a": {"format": "date"}}},
        {"items": {"prefixItems": []}},
        {"not": {"contains": {}}},
        {"$ref": "https://example.com/schema"},
        {"const": {"a": 1}},
        {"enum": [[1]]},
    ],
    ids=str,
)
def test_keyword_that_is_not_compiled_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not compiled"):
        compile_schema(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"const": 1},
        {"const": True},
        {"enum": [0, "a"]},
        {"enum": ["a", None]},
        {"type": ["integer", "null"]},
        {"type": "number", "minimum": 0.5, "maximum": 1},
        {"minLength": 2},
        {"pattern": "^a$"},
        {"type": "string", "minLength": 1, "maxLength": 4},
        {"minItems": 2},
        {"maxItems": 0},
        {"minProperties": 1, "maxProperties": 1},
        {"properties": {"name": {}}, "additionalProperties": False},
        {"properties": {"name": False}},
        {"properties": {"name": False, "a": True}},
        {"patternProperties": {"^n": {"type": "string"}, "e$": {"maxLength": 2}}, "additionalProperties": False},
        {"additionalProperties": {"type": "string"}},
        {"propertyNames": {"maxLength": 1}},
        {"oneOf": [{"type": "string"}, {"minLength": 2}, {"type": "null"}]},
        {"anyOf": [{"type": "array"}, {"required": ["name", "a"]}]},
        {"if": {"type": "object"}, "then": {"required": ["a"]}, "else": {"type": "string"}},
        {"if": {"type": "object"}, "else": False},
        {"not": {"type": ["string", "boolean"]}},
        {"$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "$ref": "#/$defs/tree"},
        True,
        False,
    ],
    ids=str,
)
def test_each_keyword_means_what_it_means_to_jsonschema(schema: Any) -> None:
    keeps = compile_schema({"allOf": [schema]} if isinstance(schema, bool) else schema)
    validator = Draft202012Validator(schema)

    assert [keeps(value) for value in VALUES] == [validator.is_valid(value) for value in VALUES]
