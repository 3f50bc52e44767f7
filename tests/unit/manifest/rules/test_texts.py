"""Values that were hardly meant as they are: each kind with what was meant, and what is let pass."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.desired import Desired
from reconciler.manifest.finding import Finding
from reconciler.model.ids import AnyId, AssignmentId, CredentialId, ResourceGroupId, ResourceId
from tests.unit.manifest.manifests import HEAD, SUBSCRIPTION, diagnostics_of, load_text


def manifest(**keys: Any) -> str:
    """A manifest as JSON, of one group and one identity with a tag; `keys` go over it."""
    whole = {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "owner": "me",
        "resourceGroups": {"rg": {"identities": ["id-a"]}},
    }
    text = json.dumps({**whole, **keys}, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match.group()):04x}", text)


def with_tag(value: str, name: str = "env") -> str:
    return manifest(resourceGroups={"rg": {"identities": [{"name": "id-a", "tags": {name: value}}]}})


def texts_of(text: str, variables: dict[str, str] | None = None) -> tuple[Finding, ...]:
    """What is found, without what the rest of a manifest is warned about."""
    loaded: Desired = load_text(text, variables)
    return loaded.texts


@pytest.mark.parametrize(
    ("value", "code", "corrected"),
    [
        ("prod ", "value-blanks", "prod"),
        (" prod", "value-blanks", "prod"),
        ("prod\r\n", "value-blanks", "prod"),
        ("prod\n", "value-blanks", "prod"),
        ("prod\t", "value-blanks", "prod"),
        ("prod\u00a0", "value-blanks", "prod"),
        ("\u3000prod", "value-blanks", "prod"),
        ("pr\x07od", "value-control-character", "prod"),
        ("pr\nod", "value-control-character", "prod"),
        ("pr\u200bod", "value-control-character", "prod"),
        ("\ufeffprod", "value-control-character", "prod"),
        ("pr\u202eod", "value-control-character", "prod"),
        ("\u201cprod\u201d", "value-quotes", "prod"),
        ("\u2018prod\u2019", "value-quotes", "prod"),
        ("\u201eprod\u201c", "value-quotes", "prod"),
        ("\u00abprod\u00bb", "value-quotes", "prod"),
        ("$(ENV)", "value-placeholder", "${ENV}"),
        ("a-$(Build.BuildId)", "value-placeholder", "a-${BuildId}"),
        ("{{ .Values.env }}", "value-placeholder", "${env}"),
        ("{{env}}", "value-placeholder", "${env}"),
        ("x-{{- env -}}", "value-placeholder", "x-${env}"),
        ("%ENV%", "value-placeholder", "${ENV}"),
        ("%DATABASE%", "value-placeholder", "${DATABASE}"),
    ],
)
def test_value_that_was_hardly_meant_is_found_with_what_was(value: str, code: str, corrected: str) -> None:
    (found,) = texts_of(with_tag(value))

    assert (found.code, found.resource_id) == (code, ResourceId(SUBSCRIPTION, "rg", "id-a"))
    assert found.hint.startswith(f"Write `{corrected}`")
    assert "the tag `env`" in found.message


@pytest.mark.parametrize(
    "value",
    [
        "",
        "prod",
        "it\u2019s ours",
        "\u2019tis",
        "the \u201cold\u201d one",
        "100 % of 50 %",
        "5%_of_50%",
        "environment:a%3Ab%3Ac",
        "%E4%BD%A0",
        "%E4abc%20d",
        "$VAR",
        "$100 (USD)",
        "$$(",
        "{a: {b: c}}",
        "{{}",
        "\U0001f469\u200d\U0001f4bb",
        "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    ],
)
def test_value_that_may_be_meant_is_let_pass(value: str) -> None:
    assert texts_of(with_tag(value)) == ()


@given(st.text(st.characters(categories=("L", "N")), max_size=20))
def test_letters_and_digits_are_let_pass(value: str) -> None:
    assert texts_of(with_tag(value)) == ()


def test_value_with_several_things_is_corrected_at_once() -> None:
    found = texts_of(with_tag(" \u201cpr\x07od\u201d\r\n"))

    assert [one.code for one in found] == ["value-blanks", "value-control-character", "value-quotes"]
    assert all(one.hint.startswith("Write `prod`") for one in found)


def test_value_that_a_variable_brings_is_looked_at_where_it_is_used() -> None:
    (found,) = texts_of(with_tag("${ENV}"), {"ENV": "prod\r\n"})

    assert (found.code, found.message) == (
        "value-blanks",
        r'has blanks or line breaks at the ends of the tag `env`: "prod\r\n"',
    )


def test_name_of_a_tag_is_looked_at_at_the_name() -> None:
    groups = "  rg: {identities: [], defaults: {tags: {'a ': b}}}\n"

    (found,) = texts_of(f"{HEAD}owner: me\nresourceGroups:\n{groups}")

    assert (found.pos.line, found.pos.column, found.resource_id) == (5, 42, ResourceGroupId(SUBSCRIPTION, "rg"))
    assert found.message == 'has blanks or line breaks at the ends of the name of the tag `a `: "a "'


CREDENTIAL = {"name": "cred", "issuer": "https://a.example", "subject": "$(S)"}
ROLE = {"role": "$(R)", "scope": "/"}
IDENTITY = ResourceId(SUBSCRIPTION, "rg", "id-a")


@pytest.mark.parametrize(
    ("keys", "about", "label"),
    [
        ({"defaults": {"tags": {"a": "$(X)"}}}, None, "the tag `a`"),
        ({"ignore": {"tags": ["b", "$(X)"]}}, None, "entry 2 of `tags`"),
        ({"group": {"defaults": {"tags": {"a": "$(X)"}}}}, ResourceGroupId(SUBSCRIPTION, "rg"), "the tag `a`"),
        ({"identity": {"hold": "$(X)"}}, IDENTITY, "`hold`"),
        ({"identity": {"federatedCredentials": [CREDENTIAL]}}, CredentialId(IDENTITY, "cred"), "`subject`"),
        ({"identity": {"roleAssignments": [ROLE]}}, AssignmentId(IDENTITY, "$(R)", "", "/"), "`role`"),
    ],
)
def test_value_is_about_what_has_it(keys: dict[str, Any], about: AnyId | ResourceGroupId | None, label: str) -> None:
    identity = {"name": "id-a", **keys.pop("identity", {})}
    group = {"identities": [identity], **keys.pop("group", {})}

    (found,) = texts_of(manifest(**keys, resourceGroups={"rg": group}))

    assert (found.code, found.resource_id) == ("value-placeholder", about)
    assert f" in {label}: " in found.message


def test_text_of_several_lines_may_have_them_inside() -> None:
    line = {"role": "Reader", "scope": "/", "description": "one\ntwo", "condition": "@a\r\n\t@b"}
    identity = {"name": "id-a", "roleAssignments": [line]}

    assert texts_of(manifest(resourceGroups={"rg": {"identities": [identity]}})) == ()


def test_reason_may_quote_what_it_accepts() -> None:
    accept = [{"code": "value-placeholder", "reason": "`$(X)` is meant"}]

    assert texts_of(manifest(accept=accept)) == ()


def test_what_the_schema_refuses_stays_an_error() -> None:
    assert [one.code for one in diagnostics_of(manifest(owner="a\x07b"))] == ["owner-invalid"]
    assert [one.code for one in diagnostics_of(manifest(subscription="$(S)"))] == ["subscription-id"]


def test_long_value_is_not_repeated() -> None:
    condition = "@a " + "x" * 700 + " $(X)"
    identity = {"name": "id-a", "roleAssignments": [{"role": "Reader", "scope": "/", "condition": condition}]}

    (found,) = texts_of(manifest(resourceGroups={"rg": {"identities": [identity]}}))

    assert len(found.hint) < 200
