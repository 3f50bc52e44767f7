"""Every key that the schemas describe can be explained, and is found by what people call it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.errors import UsageError
from reconciler.manifest.rules.keys import Key, all_keys, find_key
from reconciler.schemas import schema_text


def names_of_keys(schema: Any) -> Iterator[str]:
    """Every name under `properties`, wherever it stands, but for those that only forbid a key."""
    if isinstance(schema, list):
        for part in schema:
            yield from names_of_keys(part)
    elif isinstance(schema, dict):
        yield from (name for name, part in schema.get("properties", {}).items() if part is not False)
        for key, part in schema.items():
            if key not in ("examples", "default", "defaultSnippets"):
                yield from names_of_keys(part)


@pytest.mark.parametrize("name", ["manifest", "guardrails"])
def test_every_key_of_a_schema_can_be_explained(name: str) -> None:
    described = set(names_of_keys(json.loads(schema_text(f"{name}.v1.schema.json"))))

    explained = {
        key.name for path, key in all_keys().items() if path.startswith("guardrails") == (name == "guardrails")
    }

    assert described
    assert described <= explained


def test_every_key_says_what_it_is_for_and_what_it_takes() -> None:
    assert [path for path, key in all_keys().items() if not key.description or not key.kind] == []


def test_key_is_described_by_its_schema() -> None:
    key = find_key("resourceGroups.identities.federatedCredentials.audience")

    assert key == Key(
        path="resourceGroups.identities.federatedCredentials.audience",
        description="The `aud` of the tokens; one, since Azure takes no more. Without the key, the one that Azure's own"
        " logins ask for in the cloud at hand.",
        kind="text; may have variables",
        required=False,
        default="api://AzureADTokenExchange",
        values=(),
        rules=("Write 1 to 600 characters that can be seen, without blanks at their ends; or remove the key.",),
        example="api://AzureADTokenExchange",
        children=(),
    )


def test_key_has_the_keys_below_it() -> None:
    key = find_key("limits")

    assert [(one.path, one.required) for one in key.children] == [
        ("limits.maxDeletes", False),
        ("limits.maxDeletePercent", False),
        ("limits.maxRevokes", False),
    ]


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("", "a mapping"),
        ("version", "`1`"),
        ("resourceGroups", "a mapping"),
        ("resourceGroups.identities", "a list; each entry is text, or a mapping"),
        ("limits.maxDeletes", "a whole number"),
        ("protect", "`true` or `false`"),
        ("policy.tags", "one of the values below; may have variables"),
        ("ownerId", "a whole number or text; may have variables"),
        ("condition", "text or `null`; may have variables"),
        ("ignore.tags", "a list; each entry is text"),
    ],
)
def test_kind_of_a_value_is_said_in_plain_words(asked: str, kind: str) -> None:
    assert find_key(asked).kind == kind


def test_key_of_few_values_says_what_each_means() -> None:
    assert find_key("policy.tags").values == (
        ("exact", "Tags that are not listed are removed."),
        ("merge", "Tags that are not listed stay."),
    )


def test_forms_that_exclude_each_other_are_a_rule() -> None:
    assert find_key("resourceGroups.identities.federatedCredentials").rules == (
        "Write `issuer` and `subject`, or one of the forms `github` and `kubernetes`.",
    )


def test_range_is_a_rule() -> None:
    assert find_key("maxDeletePercent").rules == ("From 0 to 100.",)
    assert find_key("maxDeletes").rules == ("0 or more.",)


def test_example_of_a_list_is_a_list() -> None:
    assert find_key("resourceGroups.identities.roleAssignments").example == [
        {
            "role": "Storage Blob Data Reader",
            "scope": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data",
        }
    ]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("subject", "resourceGroups.identities.federatedCredentials.subject"),
        ("SUBJECT", "resourceGroups.identities.federatedCredentials.subject"),
        ("remove.principalId", "resourceGroups.remove.principalId"),
        (".policy.identities", "policy.identities"),
        ("policy", "policy"),
        ("protect", "resourceGroups.identities.protect"),
        ("guardrails", "guardrails"),
        ("guardrails.protect", "guardrails.protect"),
        ("onlyNamed", "guardrails.deletes.onlyNamed"),
        ("", ""),
    ],
)
def test_key_is_found_by_the_end_of_its_path(asked: str, path: str) -> None:
    assert find_key(asked).path == path


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        (
            "principalId",
            "2 keys are called 'principalId'.",
            "Write one of `resourceGroups.identities.expect.principalId`, `resourceGroups.remove.principalId`.",
        ),
        (
            "subjct",
            "No key is called 'subjct'.",
            "Did you mean `resourceGroups.identities.federatedCredentials.subject`?",
        ),
        ("limits.maxDelete", "No key is called 'limits.maxDelete'.", "Did you mean `limits.maxDeletes`"),
        ("qqqqq", "No key is called 'qqqqq'.", "`uami explain` lists the first keys of a manifest"),
    ],
)
def test_word_that_is_no_key_is_wrong_usage_with_what_may_be_meant(asked: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_key(asked)

    assert str(raised.value) == message
    assert str(raised.value.hint).startswith(hint)
