"""`${NAME}`: where it is replaced, by what, and what is said where it cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.desired import DesiredTenant
from reconciler.model.ids import ResourceGroupId
from tests.unit.manifest.manifests import (
    EXACT,
    GROUP,
    HEAD,
    SUBSCRIPTION,
    diagnostics_of,
    load_group,
    load_text,
    places_of,
)


def value_of(text: str, variables: dict[str, str] | None = None, environment: dict[str, str] | None = None) -> str:
    manifest = f"{HEAD}ignore: {{tags: ['{text}']}}\n{GROUP}"
    (group,) = load_text(manifest, variables, environment).groups
    (value,) = group.ignore.tags
    return value


def test_variable_comes_from_the_command_line() -> None:
    assert value_of("team/${ENV}", {"ENV": "prod"}) == "team/prod"


def test_variable_comes_from_the_environment_where_the_command_line_is_silent() -> None:
    assert value_of("team/${ENV}", {}, {"UAMI_VAR_ENV": "prod", "ENV": "other"}) == "team/prod"


def test_command_line_goes_before_the_environment() -> None:
    assert value_of("${ENV}", {"ENV": "test"}, {"UAMI_VAR_ENV": "prod"}) == "test"


def test_several_variables_of_one_text_are_replaced() -> None:
    assert value_of("${A}-${_b2}", {"A": "x", "_b2": "y"}) == "x-y"


def test_variable_is_replaced_once() -> None:
    assert value_of("${A}", {"A": "${B}", "B": "x"}) == "${B}"


@pytest.mark.parametrize(("text", "value"), [("$${A}", "${A}"), ("$$${A}", "$${A}"), ("$A $$ {A} a$", "$A $$ {A} a$")])
def test_escape_and_single_characters_are_kept(text: str, value: str) -> None:
    assert value_of(text, {"A": "x"}) == value


def test_subscription_may_be_a_variable() -> None:
    (group,) = load_text("version: 1\nsubscription: ${SUB}\n" + GROUP, {"SUB": SUBSCRIPTION}).groups

    assert group.group_id == ResourceGroupId(SUBSCRIPTION, "rg")


def test_name_of_a_group_may_hold_a_variable() -> None:
    text = HEAD + "resourceGroups:\n  rg-${ENV}:\n    identities: [id-a]\n" + EXACT

    (group,) = load_text(text, {"ENV": "prod"}).groups

    assert group.group_id.resource_group == "rg-prod"
    assert group.source == SourcePos("<stdin>", 4, 3)
    assert group.identities[0].source == SourcePos("<stdin>", 5, 18)


def test_variable_always_gives_text() -> None:
    found = diagnostics_of(HEAD + "limits: {maxDeletes: '${N}'}\n" + GROUP, {"N": "5"})

    message = "`maxDeletes` must be a whole number, not the text `5`"
    hint = "Write digits without quotes; a variable always gives text, so none can stand here."
    line = "limits: {maxDeletes: '${N}'}"
    assert found == (Diagnostic("wrong-type", SourcePos("<stdin>", 3, 22), message, hint, line),)


def test_variable_that_is_not_set_names_every_way_to_set_it() -> None:
    found = diagnostics_of(f"{HEAD}owner: ${{TEAM}}\n{GROUP}")

    hint = (
        "Pass `--var TEAM=VALUE`, set UAMI_VAR_TEAM in the environment, or write it in a `--var-file` or under `vars`."
    )
    pos = SourcePos("<stdin>", 3, 8)
    assert found == (Diagnostic("variable-unset", pos, "the variable `TEAM` is not set", hint, "owner: ${TEAM}"),)


@pytest.mark.parametrize(
    ("variables", "environment"), [({"A": ""}, {}), ({}, {"UAMI_VAR_A": ""}), ({"A": ""}, {"UAMI_VAR_A": "x"})]
)
def test_variable_that_is_empty_is_refused(variables: dict[str, str], environment: dict[str, str]) -> None:
    found = diagnostics_of(f"{HEAD}owner: ${{A}}\n{GROUP}", variables, environment)

    assert [(one.code, one.message) for one in found] == [("variable-empty", "the variable `A` is empty")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${", "variable-unterminated"),
        ("x${A", "variable-unterminated"),
        ("${}", "variable-name"),
        ("${1}", "variable-name"),
        ("${a-b}", "variable-name"),
        ("${ A }", "variable-name"),
        ("${É}", "variable-name"),
    ],
)
def test_reference_that_is_not_well_formed_is_refused(text: str, code: str) -> None:
    assert places_of(f"{HEAD}owner: '{text}'\n{GROUP}", {"A": "x"}) == [(code, 3, 8)]


def test_variable_that_is_missing_causes_no_second_diagnostic() -> None:
    text = f"version: 1\nsubscription: ${{S}}\npolicy: {{identities: owned}}\nowner: ${{O}}\n{GROUP}"

    assert places_of(text) == [("variable-unset", 2, 15), ("variable-unset", 4, 8)]


def test_tenant_may_be_a_variable() -> None:
    group = load_text(f"{HEAD}tenant: ${{T}}\n{GROUP}", {"T": "00000000-0000-0000-0000-00000000000a"}).groups[0]

    assert group.tenant == DesiredTenant("00000000-0000-0000-0000-00000000000a", SourcePos("<stdin>", 3, 9))


def test_what_a_variable_brings_is_held_to_the_rules() -> None:
    assert places_of(f"version: 1\nsubscription: ${{S}}\n{GROUP}", {"S": "${S}"}) == [("subscription-id", 2, 15)]


def test_literal_dollar_brace_is_held_to_the_rules() -> None:
    assert places_of(f"version: 1\nsubscription: $${{S}}\n{GROUP}") == [("subscription-id", 2, 15)]


def test_group_name_that_a_variable_makes_wrong_is_located() -> None:
    assert places_of(HEAD + "resourceGroups:\n  ${G}: {identities: []}\n" + EXACT, {"G": "a/b"}) == [
        ("resource-group-name", 4, 3)
    ]


def test_group_name_whose_variable_is_missing_is_reported_once() -> None:
    text = HEAD + "resourceGroups:\n  ${G}: {identities: [x]}\n" + EXACT

    assert places_of(text) == [("variable-unset", 4, 3), ("identity-name", 4, 23)]


@pytest.mark.parametrize("value", ["rg-a", "RG-A"])
def test_group_names_that_become_the_same_are_claimed_twice(value: str) -> None:
    text = HEAD + "resourceGroups:\n  rg-a: {identities: []}\n  ${G}: {identities: [x]}\n" + EXACT

    found = diagnostics_of(text, {"G": value})

    assert [(one.code, one.pos.line, one.pos.column) for one in found] == [
        ("group-claimed-twice", 5, 3),
        ("identity-name", 5, 23),
    ]
    assert found[0].message == f"the resource group `{value}` is already listed at <stdin>:4:3"


def test_variable_in_another_key_is_refused() -> None:
    text = HEAD + "defaults:\n  tags:\n    ${A}: b\n" + GROUP

    assert places_of(text, {"A": "x"}) == [("variable-in-key", 5, 5)]


def test_variable_in_an_ignore_pattern_is_replaced() -> None:
    group = load_text(f"{HEAD}ignore: {{identities: ['${{A}}-*']}}\n{GROUP}", {"A": "aks"}).groups[0]

    assert group.ignore.identities == ("aks-*",)


def test_manifest_without_variables_needs_none() -> None:
    assert load_group(HEAD + GROUP).owner is None


@given(st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="${} "), min_size=1))
def test_value_of_a_variable_is_taken_as_it_is(value: str) -> None:
    tags = load_text(
        f"{HEAD}defaults: {{tags: {{a: '${{V}}'}}}}\nresourceGroups: {{rg: {{identities: [id-a]}}}}\n{EXACT}",
        {"V": value},
    )

    assert tags.groups[0].identities[0].tags == (("a", value),)


@pytest.mark.parametrize(
    ("given", "environment", "value"),
    [
        ({}, {}, "vars"),
        ({}, {"UAMI_VAR_A": "environment"}, "environment"),
        ({"A": "line"}, {"UAMI_VAR_A": "environment"}, "line"),
        ({"A": "line"}, {}, "line"),
    ],
)
def test_values_of_the_document_are_the_last_that_count(
    given: dict[str, str], environment: dict[str, str], value: str
) -> None:
    (group,) = load_text(f"{HEAD}vars: {{A: vars}}\nowner: ${{A}}\n{GROUP}", given, environment).groups

    assert group.owner == value


def test_value_of_the_document_is_literal() -> None:
    text = f"{HEAD}vars: {{A: '$${{B}}', B: 'b'}}\nignore: {{tags: ['${{A}}-${{B}}']}}\n{GROUP}"

    assert load_group(text).ignore.tags == ("${B}-b",)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("A: '${B}'", "variable-in-vars"),
        ("A: '${'", "variable-in-vars"),
        ("A: 5", "wrong-type"),
        ("A: null", "empty-value"),
        ("a-b: x", "variable-name"),
        ("subscription: x", "variable-name"),
    ],
)
def test_vars_are_names_with_texts(entry: str, code: str) -> None:
    assert [(found, line) for found, line, _ in places_of(f"{HEAD}vars: {{{entry}}}\n{GROUP}")] == [(code, 3)]


def test_value_of_the_document_that_is_empty_is_refused_where_it_is_used() -> None:
    assert places_of(f"{HEAD}vars: {{A: ''}}\nowner: ${{A}}\n{GROUP}") == [("variable-empty", 4, 8)]


@pytest.mark.parametrize("name", ["identity.name", "resourceGroup.name", "subscription"])
@pytest.mark.parametrize(
    "line",
    [
        "owner: '%s'",
        "ignore: {identities: ['%s']}",
        "tenant: '%s'",
        "limits: {maxDeletes: '%s'}",
    ],
)
def test_name_of_an_identity_is_known_inside_of_one_alone(name: str, line: str) -> None:
    found = diagnostics_of(f"{HEAD}{line % f'${{{name}}}'}\n{GROUP}", {name: "x"})

    assert [one.code for one in found] == ["variable-misplaced"]
    assert found[0].message == f"`${{{name}}}` cannot stand here"
    assert "inside an entry of `identities`" in found[0].hint


@pytest.mark.parametrize(
    "entry", ["'id-${identity.name}'", "{name: 'id-${identity.name}', tags: {a: '${identity.name}'}}"]
)
def test_name_of_an_identity_cannot_stand_in_itself(entry: str) -> None:
    found = diagnostics_of(f"{HEAD}resourceGroups: {{rg: {{identities: [{entry}]}}}}\n{EXACT}")

    assert [(one.code, one.message) for one in found] == [
        ("variable-misplaced", "`${identity.name}` cannot stand in the name of its own identity")
    ]


def test_name_of_an_identity_may_hold_that_of_its_group() -> None:
    text = f"{HEAD}resourceGroups: {{rg: {{identities: ['id-${{resourceGroup.name}}']}}}}\n{EXACT}"

    assert load_group(text).identities[0].resource_id.name == "id-rg"


def test_name_of_a_group_cannot_hold_its_own_names() -> None:
    text = HEAD + "resourceGroups: {'rg-${resourceGroup.name}': {identities: []}}\n" + EXACT

    assert [code for code, _, _ in places_of(text)] == ["variable-misplaced"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("identity.nam", "Did you mean `${identity.name}`?"),
        ("Identity.Name", "Did you mean `${identity.name}`?"),
        ("resourcegroup.name", "Did you mean `${resourceGroup.name}`?"),
        ("x.y", "Inside an identity: `${identity.name}`, `${resourceGroup.name}`, `${subscription}`."),
    ],
)
def test_name_with_a_dot_that_nobody_knows_is_refused(name: str, hint: str) -> None:
    text = f"{HEAD}resourceGroups: {{rg: {{identities: [{{name: id-a, tags: {{a: '${{{name}}}'}}}}]}}}}\n{EXACT}"

    (found,) = diagnostics_of(text)

    assert (found.code, found.hint) == ("variable-unknown", hint)


def test_default_that_cannot_be_filled_in_causes_no_second_diagnostic() -> None:
    text = "version: 1\nsubscription: ${S}\ndefaults: {tags: {a: '${subscription}', b: '${identity.name}${N}'}}\n"
    text += f"resourceGroups: {{rg: {{identities: [id-a, {{name: '${{N}}'}}]}}}}\n{EXACT}"

    assert [code for code, _, _ in places_of(text)] == ["variable-unset"] * 3


def test_keys_of_the_author_are_read_for_aliases_alone() -> None:
    text = f"{HEAD}x-tags: &shared {{tier: backend, '${{K}}': '${{unset}}', other: 5}}\nx-one: &one {{a: '${{A}}'}}\n"
    text += f"resourceGroups: {{rg: {{identities: [{{name: id-a, tags: *one}}]}}}}\n{EXACT}"

    assert load_group_with(text, {"A": "b"}) == (("a", "b"),)


def load_group_with(text: str, variables: dict[str, str]) -> tuple[tuple[str, str | None], ...]:
    (group,) = load_text(text, variables).groups
    return group.identities[0].tags


def test_keys_of_the_author_stand_at_the_top_alone() -> None:
    text = f"{HEAD}resourceGroups: {{rg: {{x-note: 1, identities: []}}}}\n{EXACT}"

    assert [code for code, _, _ in places_of(text)] == ["unknown-key"]
