"""The schema file itself: sound, described in full, and telling editors what the loader tells users."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.manifest.rules.choices import CHOICES
from reconciler.manifest.rules.schema import MANIFEST_SCHEMA, manifest_schema
from reconciler.manifest.rules.words import RULES
from reconciler.schemas import schema_text

SCHEMA: dict[str, Any] = json.loads(schema_text(MANIFEST_SCHEMA))


def subschemas(schema: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, with a path that says where."""
    yield path, schema
    for key in ("properties", "$defs"):
        for name, child in schema.get(key, {}).items():
            yield from subschemas(child, f"{path}/{key}/{name}")
    for key in ("additionalProperties", "propertyNames", "items", "if", "then", "else"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key], f"{path}/{key}")
    for number, child in enumerate(schema.get("anyOf", [])):
        yield from subschemas(child, f"{path}/anyOf/{number}")


ALTERNATIVES = {one["$ref"] for _, schema in subschemas(SCHEMA) for one in schema.get("anyOf", []) if "$ref" in one}
"""Forms that a value may have; what the key is for stands at the key, where editors look last."""

PROPERTIES = [
    (path, schema)
    for path, schema in subschemas(SCHEMA)
    if path.split("/")[-2:-1] in (["properties"], ["$defs"]) and path not in ALTERNATIVES
]


def editor_errors(document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_schema_names_itself() -> None:
    assert (SCHEMA["$schema"], SCHEMA["$id"]) == (
        "https://json-schema.org/draft/2020-12/schema",
        "urn:uami-reconciler:manifest:v1",
    )


@pytest.mark.parametrize(("path", "schema"), PROPERTIES, ids=[path for path, _ in PROPERTIES])
def test_every_key_and_definition_is_described(path: str, schema: dict[str, Any]) -> None:
    described = schema if "description" in schema else SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]

    assert re.fullmatch(r"[A-Z0-9].+[.]", described["description"], re.DOTALL)


def test_examples_and_defaults_are_valid_where_they_stand() -> None:
    validator = Draft202012Validator(SCHEMA)
    wrong = [
        (path, example)
        for path, schema in subschemas(SCHEMA)
        for example in [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]
        if not validator.evolve(schema={**schema, "$defs": SCHEMA["$defs"]}).is_valid(example)
    ]

    assert wrong == []


def test_every_enumeration_describes_each_of_its_values() -> None:
    counts = {
        path: (len(schema["enum"]), len(schema["markdownEnumDescriptions"]))
        for path, schema in subschemas(SCHEMA)
        if "enum" in schema
    }

    assert len(counts) == 8
    assert all(values == descriptions for values, descriptions in counts.values())


def test_every_mapping_of_known_keys_is_closed() -> None:
    with_properties = [schema for _, schema in subschemas(SCHEMA) if "properties" in schema]

    assert [schema["additionalProperties"] for schema in with_properties] == [False] * len(with_properties)


def test_every_rule_for_text_has_words() -> None:
    limited = {"pattern", "minLength", "maxLength"}
    titles = {schema["title"] for _, schema in subschemas(SCHEMA) if limited & schema.keys()} - {"Variable"}

    assert titles == RULES.keys()


def test_every_choice_has_words() -> None:
    choices = [
        part for _, schema in subschemas(SCHEMA) for part in (schema, *schema.get("allOf", [])) if "oneOf" in part
    ]

    assert {part["title"] for part in choices} == CHOICES.keys()


def test_patterns_use_what_python_and_javascript_read_alike() -> None:
    patterns = [schema["pattern"] for _, schema in subschemas(SCHEMA) if "pattern" in schema]

    assert patterns
    # Python's `$` also matches before a last line break; classes and anchors of one language only are kept out.
    assert all(pattern.endswith("$(?!\\n)") or pattern == "\\$\\{" for pattern in patterns)
    assert not any(re.search(r"\\[AZzpd]|\(\?P|\(\?i", pattern) for pattern in patterns)


@pytest.mark.parametrize(
    "changes",
    [
        {"subscription": "${SUBSCRIPTION_ID}"},
        {"owner": "${OWNER}"},
        {"defaults": {"location": "${LOCATION}", "tags": {"a": "${A}"}}},
        {"policy": {"identities": "${POLICY}", "tags": "${POLICY}", "federatedCredentials": "${POLICY}"}},
        {
            "resourceGroups": {
                "rg-${ENV}": {"identities": ["${NAME}", {"name": "id-${ENV}!", "isolationScope": "${SCOPE}"}]}
            }
        },
    ],
)
def test_editors_admit_variables_where_a_rule_would_refuse_them(changes: dict[str, object]) -> None:
    document = {
        "version": 1,
        "subscription": "00000000-0000-0000-0000-000000000001",
        "resourceGroups": {"rg": {"identities": []}},
    }

    assert editor_errors(document | changes) == []


CREDENTIALS: list[tuple[dict[str, object], bool]] = [
    ({"issuer": "https://${HOST}", "subject": "${SUBJECT}", "audience": "${AUDIENCE}"}, True),
    ({"issuer": "${ISSUER}", "subject": "repo:${OWNER}/*"}, True),
    ({"kubernetes": {"issuer": "${I}", "namespace": "${N}", "serviceAccount": "${S}"}}, True),
    ({"github": {"repository": "${R}", "ownerId": "${O}", "repositoryId": "${P}", "branch": "${B}"}}, True),
    ({"github": {"repository": "a/b", "legacySubject": True, "environment": "${E}"}}, True),
    ({"github": {"repository": "a/b", "ownerId": 1, "repositoryId": "2", "pullRequest": True}}, True),
    ({}, False),
    ({"issuer": "https://a"}, False),
    ({"issuer": "https://a", "subject": "repo:*"}, False),
    ({"issuer": "https://a", "subject": "b", "audience": ["c"]}, False),
    ({"subject": "b", "github": {"repository": "a/b", "legacySubject": True, "branch": "c"}}, False),
    ({"github": {"repository": "a/b", "branch": "c"}}, False),
    ({"github": {"repository": "a/b", "ownerId": 1, "repositoryId": 2, "legacySubject": True, "tag": "c"}}, False),
    ({"github": {"repository": "a/b", "legacySubject": True, "branch": "c", "tag": "d"}}, False),
    ({"github": {"repository": "a/b", "legacySubject": False, "branch": "c"}}, False),
]


@pytest.mark.parametrize(("credential", "valid"), CREDENTIALS)
def test_editors_tell_a_whole_credential_from_another(credential: dict[str, object], valid: bool) -> None:
    identity = {"name": "id-a", "federatedCredentials": [{"name": "gh-a", **credential}]}
    document = {
        "version": 1,
        "subscription": "00000000-0000-0000-0000-000000000001",
        "resourceGroups": {"rg": {"identities": [identity]}},
    }

    assert (editor_errors(document) == []) is valid


def test_loader_leaves_no_reference_and_no_alternative_in_the_schema() -> None:
    strict = json.dumps(manifest_schema().schema)

    assert not any(word in strict for word in ('"$ref"', '"anyOf"', '"$defs"'))


def test_loader_reads_the_schema_once() -> None:
    assert manifest_schema() is manifest_schema()
