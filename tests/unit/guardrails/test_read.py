"""The bytes of a guardrails file to what it says, or every problem of it with its place."""

import hashlib
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.errors import SourcePos
from reconciler.guardrails.model import (
    DeleteRules,
    Guardrails,
    LimitRule,
    ListRule,
    RoleRule,
    RoleRules,
    TrustRule,
    TrustRules,
)
from reconciler.guardrails.read import GUARDRAILS_SCHEMA, parse_guardrails
from reconciler.guardrails.words import VOCABULARY
from reconciler.manifest.desired import RemovalAllowance
from reconciler.schemas import schema_text
from tests.unit.guardrails.rails import FILE, diagnostics_of, places_of, rails
from tests.unit.manifest.rules.test_schema import subschemas

SCHEMA: dict[str, Any] = json.loads(schema_text(GUARDRAILS_SCHEMA))
GUID = "00000000-0000-0000-0000-000000000001"
WHOLE = f"""\
version: 1
tenant: {GUID}
subscriptions: ["{GUID}"]
resourceGroups: ["rg-payments-*"]
identities: {{deny: ["id-uami-*"]}}
owners: ["contoso/payments#prod"]
locations: [westeurope]
trust:
  - identities: ["id-deploy-*"]
    issuer: https://token.actions.githubusercontent.com
    subjects: ["repo:contoso@1234/payments@5678:environment:prod-*"]
roles:
  - {{identities: ["id-web-*"], role: Reader, scopes: ["/subscriptions/{GUID}/**"], condition: required}}
  - {{identities: ["*"], role: Owner, scopes: []}}
deletes: {{onlyNamed: true, pinned: true, maxPerRun: 5, allow: []}}
revokes: {{maxPerRun: 20}}
protect: {{lift: false}}
"""


def at(line: int, column: int = 1) -> SourcePos:
    return SourcePos(FILE, line, column)


def test_every_key_is_read_with_its_place() -> None:
    assert parse_guardrails(FILE, WHOLE.encode()) == Guardrails(
        FILE,
        hashlib.sha256(WHOLE.encode()).hexdigest(),
        at(1),
        RoleRules(
            (
                RoleRule(("id-web-*",), "Reader", (f"/subscriptions/{GUID}/**",), True, at(13, 5)),
                RoleRule(("*",), "Owner", (), False, at(14, 5)),
            ),
            at(12),
        ),
        ListRule((GUID,), at(2)),
        ListRule((GUID,), at(3)),
        ListRule(("rg-payments-*",), at(4)),
        ListRule(("id-uami-*",), at(5, 14)),
        ListRule(("contoso/payments#prod",), at(6)),
        ListRule(("westeurope",), at(7)),
        TrustRules(
            (
                TrustRule(
                    ("id-deploy-*",),
                    "https://token.actions.githubusercontent.com",
                    ("repo:contoso@1234/payments@5678:environment:prod-*",),
                    at(9, 5),
                ),
            ),
            at(8),
        ),
        DeleteRules(at(15, 11), at(15, 28), LimitRule(5, at(15, 42)), ListRule((), at(15, 56))),
        LimitRule(20, at(16, 11)),
        at(17, 11),
    )


def test_key_that_is_absent_does_not_limit() -> None:
    assert rails() == Guardrails(FILE, rails().sha256, at(1), RoleRules((), at(1)))


def test_switch_that_is_off_does_not_limit() -> None:
    read = rails("deletes: {onlyNamed: false, pinned: false}", "protect: {lift: true}")

    assert (read.deletes, read.keeps_protection) == (DeleteRules(), None)


def test_list_that_is_empty_is_not_one_that_is_absent() -> None:
    assert rails("owners: []", "trust: []").owners == ListRule((), at(2))
    assert rails("owners: []", "trust: []").trust == TrustRules((), at(3))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [("empty-guardrails", 1, 1)]),
        ("# only a comment\n", [("empty-guardrails", 1, 1)]),
        ("~\n", [("empty-guardrails", 1, 1)]),
        ("- a\n", [("wrong-type", 1, 1)]),
        ("owners: []\n", [("missing-key", 1, 1)]),
        ("version: 2\n", [("unknown-version", 1, 10)]),
        ("version: 1\nowner: a\n", [("unknown-key", 2, 1)]),
        ("version: 1\nx-a: 1\n", [("unknown-key", 2, 1)]),
        ("version: 1\ntrust: [{identities: [], subjects: []}]\n", [("missing-key", 2, 9)]),
        ("version: 1\nroles: [{identities: [], role: R, scope: /}]\n", [("unknown-key", 2, 35)]),
        ("version: 1\nroles: [{identities: [], role: R, scopes: [/]}]\n", [("scope-pattern", 2, 44)]),
        (
            "version: 1\nroles: [{identities: [], role: R, scopes: [/subscriptions/a/**/b]}]\n",
            [("scope-pattern", 2, 44)],
        ),
        (
            "version: 1\nroles: [{identities: [], role: R, scopes: [/subscriptions/a/../b]}]\n",
            [("scope-pattern", 2, 44)],
        ),
        (
            "version: 1\nroles: [{identities: [], role: R, scopes: [], condition: never}]\n",
            [("unknown-value", 2, 58)],
        ),
        (
            "version: 1\ntrust: [{identities: [], issuer: http://a, subjects: [\u043e]}]\n",
            [("issuer-invalid", 2, 34), ("subject-pattern", 2, 55)],
        ),
        (
            "version: 1\ntrust: [{identities: [], issuer: https://t\u043eken.example, subjects: []}]\n",
            [("issuer-invalid", 2, 34)],
        ),
        ("version: 1\ndeletes: {allow: [protected]}\n", [("unknown-value", 2, 19)]),
        ("version: 1\ndeletes: {maxPerRun: -1}\n", [("limit-out-of-range", 2, 22)]),
        ("version: 1\ndeletes: {onlyNamed: yes}\n", [("wrong-type", 2, 22)]),
        ("version: 1\ndeletes:\n", [("empty-value", 2, 1)]),
        ("version: 1\ntenant: contoso.com\n", [("tenant-id", 2, 9)]),
        ("version: 1\nowners: ['']\n", [("owner-invalid", 2, 10)]),
        ("version: 1\nresourceGroups: ['']\n", [("name-pattern", 2, 18)]),
        ('version: 1\nresourceGroups: ["${GROUP}"]\n', [("variable-in-guardrails", 2, 18)]),
        ("version: 1\nversion: 1\n", [("duplicate-key", 2, 1)]),
        ("version: 1\nowners: [a\n", [("yaml-syntax", 2, 9)]),
        ("version: 1\n---\nversion: 1\n", [("several-documents", 3, 1)]),
        (b"\xff\xfev\x00", [("not-utf-8", 1, 1)]),
    ],
)
def test_problem_is_reported_with_its_place(text: str | bytes, places: list[tuple[str, int, int]]) -> None:
    assert places_of(text) == places


def test_every_problem_is_reported_in_order_with_its_line() -> None:
    found = diagnostics_of("version: 1\nlocations: ['!']\nowner: a\ndeletes: {maxPerRun: x}\n")

    assert [(one.code, one.source_line) for one in found] == [
        ("location-invalid", "locations: ['!']"),
        ("unknown-key", "owner: a"),
        ("wrong-type", "deletes: {maxPerRun: x}"),
    ]
    assert found[1].message == "`owner` is not a key of the guardrails file"
    assert found[1].hint == "Did you mean `owners`?"


def test_document_marker_at_the_end_opens_no_second_document() -> None:
    assert places_of("version: 1\n---\n") == []


def test_schema_is_one_and_every_part_of_it_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    parts = [(path, one) for path, one in subschemas(SCHEMA) if path.split("/")[-2:-1] in (["properties"], ["$defs"])]
    assert [path for path, one in parts if "description" not in one] == []


def test_examples_of_the_schema_are_valid() -> None:
    validator = Draft202012Validator(SCHEMA)
    wrong = [
        path
        for path, one in subschemas(SCHEMA)
        for example in one.get("examples", [])
        if not validator.evolve(schema={**one, "$defs": SCHEMA["$defs"]}).is_valid(example)
    ]
    assert wrong == []


def test_every_limited_text_of_the_schema_has_its_words() -> None:
    limits = {"pattern", "minLength", "maxLength"}
    titles = {one["title"] for _, one in subschemas(SCHEMA) if limits & one.keys()}

    assert titles <= VOCABULARY.rules.keys()


def test_every_required_key_of_the_schema_has_its_words() -> None:
    required = {key for _, one in subschemas(SCHEMA) for key in one.get("required", [])}

    assert required == set(VOCABULARY.missing)


def test_codes_that_can_be_allowed_are_those_of_manifests() -> None:
    assert SCHEMA["$defs"]["allowance"]["enum"] == [one.value for one in RemovalAllowance]
