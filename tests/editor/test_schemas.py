"""What the schemas hold for editors: it says what the tool says, and hides nothing of what a key is for."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.manifest.rules.choices import CHOICES
from reconciler.schemas import EDITOR_KEYWORDS, plain_schema_text, schema_text
from tests.editor.refresh import OFFERED, WORDS, message_of, refreshed

SCHEMAS: dict[str, Any] = {
    name: json.loads(schema_text(f"{name}.v1.schema.json")) for name in ("manifest", "guardrails")
}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping within a schema, texts and examples left out."""
    if isinstance(schema, list):
        for part in schema:
            yield from parts(part)
    elif isinstance(schema, dict):
        yield schema
        for key, part in schema.items():
            if key not in ("examples", "default", "enum", "defaultSnippets"):
                yield from parts(part)


def holds_mapping(value: object) -> bool:
    """Whether a value is a mapping, or a list with one."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(holds_mapping, value)))


@pytest.mark.parametrize("name", SCHEMAS)
def test_form_of_a_value_does_not_cover_what_its_key_is_for(name: str) -> None:
    definitions = SCHEMAS[name]["$defs"]
    forms = [
        one["$ref"].rpartition("/")[2]
        for part in parts(SCHEMAS[name])
        if "description" in part
        for one in part.get("anyOf", [])
        if "$ref" in one
    ]

    assert [form for form in forms if "description" in definitions[form]] == []
    assert name == "guardrails" or {"owner", "scope", "location", "subscriptionId", "tenantId"} <= set(forms)


def is_list(part: dict[str, Any]) -> bool:
    """Whether a value is a list, or null in place of one."""
    return part.get("type") in ("array", ["array", "null"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_says_and_lists_what_the_code_does(name: str) -> None:
    text = schema_text(f"{name}.v1.schema.json")

    assert text == refreshed(text, WORDS[name]), "run `python -m tests.editor`"


@pytest.mark.parametrize("name", SCHEMAS)
def test_pattern_that_is_not_met_is_explained_in_the_words_of_the_tool(name: str) -> None:
    shown = {one["title"]: one["patternErrorMessage"] for one in parts(SCHEMAS[name]) if "patternErrorMessage" in one}
    patterns = {one["title"] for one in parts(SCHEMAS[name]) if "pattern" in one and "title" in one}

    assert shown == {title: message_of(WORDS[name][title]) for title in patterns - {"Variable"}}


def test_choice_that_is_not_made_is_explained_in_the_words_of_the_tool() -> None:
    shown = {
        part["title"]: {one.get("errorMessage") for one in part["oneOf"]}
        for part in parts(SCHEMAS["manifest"])
        if "oneOf" in part
    }

    assert shown == {title: {choice.hint} for title, choice in CHOICES.items()}


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_mapping_is_offered_without_a_label(name: str) -> None:
    assert [part["examples"] for part in parts(SCHEMAS[name]) if holds_mapping(part.get("examples", []))] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_snippets_are_valid_where_they_are_offered(name: str) -> None:
    validator = Draft202012Validator(SCHEMAS[name])
    wrong = []
    for part in parts(SCHEMAS[name]):
        for snippet in part.get("defaultSnippets", []):
            body = snippet.get("bodyText", snippet.get("body"))
            offered = [body] if is_list(part) else body
            # The language server writes a null, and digits in quotes, as what they are not.
            texts = json.dumps(body)
            if not validator.evolve(schema={**part, "$defs": SCHEMAS[name]["$defs"]}).is_valid(offered):
                wrong.append(body)
            assert "null" not in texts
            assert not any(text.isdigit() for text in texts.split('"')[1::2])

    assert wrong == []


def test_list_offers_what_its_entries_offer() -> None:
    definitions = SCHEMAS["manifest"]["$defs"]
    lists = [
        (part["defaultSnippets"], part["items"]["$ref"].rpartition("/")[2])
        for part in parts(SCHEMAS["manifest"])
        if is_list(part) and "defaultSnippets" in part
    ]

    assert {entry for _, entry in lists} >= {"identity", "federatedCredential", "roleAssignment", "removal"}
    for offered, entry in lists:
        assert offered == definitions["identityMapping" if entry == "identity" else entry]["defaultSnippets"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_built_in_role_and_region_is_offered(name: str) -> None:
    offered = {
        part["title"]: [snippet["bodyText"] for snippet in part["defaultSnippets"]]
        for part in parts(SCHEMAS[name])
        if "bodyText" in part.get("defaultSnippets", [{}])[0]
    }

    assert offered == OFFERED
    assert {"Reader", "Key Vault Secrets User"} <= set(offered["Role"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_plain_schema_has_every_keyword_but_those_of_editors(name: str) -> None:
    whole, plain = SCHEMAS[name], json.loads(plain_schema_text(f"{name}.v1.schema.json"))

    assert any(word in part for part in parts(whole) for word in EDITOR_KEYWORDS)
    assert not any(word in part for part in parts(plain) for word in EDITOR_KEYWORDS)
    assert plain["required"] == whole["required"]
    assert plain["$defs"].keys() == whole["$defs"].keys()
    assert plain["$defs"]["location"]["pattern"] == whole["$defs"]["location"]["pattern"]
