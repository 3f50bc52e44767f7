"""What the schema refuses, in words of ours, each at the key or text that has to change."""

import pytest

from reconciler.errors import Diagnostic, SourcePos
from tests.unit.manifest.manifests import EXACT, GROUP, HEAD, diagnostics_of, group_with, hint_of, load_group, places_of

TAGS = "{name: id-a, tags: {%s}}"


def test_misspelled_key_is_reported_once_with_the_key_that_was_meant() -> None:
    found = diagnostics_of(HEAD + "resourceGroup: {}\n")

    message = "`resourceGroup` is not a key of the manifest"
    pos = SourcePos("<stdin>", 3, 1)
    expected = Diagnostic("unknown-key", pos, message, "Did you mean `resourceGroups`?", "resourceGroup: {}")
    assert found == (expected,)


@pytest.mark.parametrize("key", ["tenant", "remove", "owner", "resourceGroups"])
def test_key_that_this_version_does_not_know_is_refused(key: str) -> None:
    assert places_of(group_with(f"[{{name: id-a, {key}: x}}]")) == [("unknown-key", 4, 34)]


def test_unknown_key_without_a_likeness_lists_the_known_ones() -> None:
    assert hint_of(f"{HEAD}limits: {{zzz: 1}}\n{GROUP}") == "Known: `maxDeletes`, `maxDeletePercent`, `maxRevokes`."


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"{HEAD}policy: {{roles: exact}}\n{GROUP}", 3, 10),
        (f"{HEAD}defaults: {{isolationScope: None}}\n{GROUP}", 3, 12),
        (f"{HEAD}ignore: {{groups: []}}\n{GROUP}", 3, 10),
        (f"{HEAD}resourceGroups: {{rg: {{limits: {{}}, identities: []}}}}\n{EXACT}", 3, 23),
    ],
)
def test_unknown_key_is_refused_on_every_level(text: str, line: int, column: int) -> None:
    assert places_of(text) == [("unknown-key", line, column)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"subscription: 00000000-0000-0000-0000-000000000001\n{GROUP}", ("missing-key", 1, 1)),
        (f"version: 1\n{GROUP}", ("missing-key", 1, 1)),
        (HEAD, ("missing-key", 1, 1)),
        (f"{HEAD}resourceGroups:\n  rg: {{}}\n{EXACT}", ("missing-key", 4, 3)),
        (group_with("[{location: westeurope}]"), ("missing-key", 4, 21)),
    ],
)
def test_missing_key_is_reported_at_what_lacks_it(text: str, place: tuple[str, int, int]) -> None:
    assert places_of(text) == [place]


def test_every_missing_key_is_named() -> None:
    found = diagnostics_of("owner: x\n")

    assert [one.message for one in found] == [
        "the manifest has no `resourceGroups`",
        "the manifest has no `subscription`",
        "the manifest has no `version`",
    ]


def test_group_without_identities_is_told_how_to_say_none() -> None:
    expected = "List its identities; `identities: []` says that the group has none, and empties it."

    assert hint_of(f"{HEAD}resourceGroups:\n  rg: {{}}\n{EXACT}") == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("resourceGroups:\n", "List the resource groups below it."),
        ("resourceGroups: {rg: }\n", "Write `identities:` below it; `identities: []` empties the group."),
        ("resourceGroups: {rg: {identities: }}\n", "To say that the group has no identities, write `identities: []`."),
        ("owner: ~\n" + GROUP, "Write a value after the colon, or remove the key."),
        ("defaults:\n" + GROUP, "Write a value after the colon, or remove the key."),
        ("limits: {maxDeletes: }\n" + GROUP, "Write a value after the colon, or remove the key."),
        ("resourceGroups: {rg: {identities: [null]}}\n", "Write a value behind the `- `, or remove the entry."),
    ],
)
def test_value_that_is_empty_is_refused(text: str, hint: str) -> None:
    (found,) = diagnostics_of(HEAD + text + EXACT)

    assert (found.code, found.hint) == ("empty-value", hint)


def test_resource_groups_without_a_group_are_refused() -> None:
    assert places_of(HEAD + "resourceGroups: {}\n") == [("empty-manifest", 3, 1)]


@pytest.mark.parametrize(
    ("value", "found", "hint"),
    [
        ("4711", "the number 4711", 'Quote it: "4711".'),
        ("007", "the number 007", 'Quote it: "007".'),
        ("1.10", "the number 1.10", 'Quote it: "1.10".'),
        ("True", "the boolean True", 'Quote it: "True".'),
        ("[x]", "a list", "Write text."),
        ("{x: y}", "a mapping", "Write text."),
    ],
)
def test_tag_value_that_is_not_text_is_told_how_it_becomes_text(value: str, found: str, hint: str) -> None:
    text = f"{HEAD}defaults:\n  tags:\n    costCenter: {value}\n{GROUP}"

    (problem,) = diagnostics_of(text)

    assert (problem.code, problem.message) == ("wrong-type", f"`costCenter` must be text, not {found}")
    assert problem.hint == hint


@pytest.mark.parametrize("value", ["on", "no", "12:30", "'4711'", '""', "null"])
def test_tag_value_that_is_text_or_null_is_taken(value: str) -> None:
    assert diagnostics_of(group_with(f"[{TAGS % f'a: {value}'}]")) == ()


def test_mapping_in_place_of_a_list_is_shown_at_its_key() -> None:
    (found,) = diagnostics_of(f"{HEAD}resourceGroups:\n  rg:\n    identities:\n      id-a: {{}}\n{EXACT}")

    assert (found.code, found.pos, found.hint) == (
        "wrong-type",
        SourcePos("<stdin>", 5, 5),
        "Begin each entry with `- `.",
    )


def test_list_in_place_of_an_identity_is_told_what_an_entry_is() -> None:
    assert hint_of(group_with("[[id-a]]")) == "Write its name, or a mapping that begins with `name:`."


def test_list_in_place_of_a_mapping_is_shown_at_its_key() -> None:
    (found,) = diagnostics_of(f"{HEAD}resourceGroups:\n  - rg: {{}}\n")

    hint = "Write `key: value` lines below the key, without `- ` or `[...]`: this is no list."
    assert (found.code, found.pos, found.hint) == ("wrong-type", SourcePos("<stdin>", 3, 1), hint)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (f"{HEAD}limits: 5\n{GROUP}", "wrong-type", 3, 9),
        (f"{HEAD}ignore: {{tags: hidden-*}}\n{GROUP}", "wrong-type", 3, 16),
        (f"{HEAD}owner: [x]\n{GROUP}", "wrong-type", 3, 1),
        (f"{HEAD}limits: {{maxDeletes: '5'}}\n{GROUP}", "wrong-type", 3, 22),
        (f"{HEAD}limits: {{maxDeletes: 1.5}}\n{GROUP}", "wrong-type", 3, 22),
        (f"{HEAD}limits: {{maxDeletes: true}}\n{GROUP}", "wrong-type", 3, 22),
        (f"{HEAD}limits: {{maxDeletes: .inf}}\n{GROUP}", "wrong-type", 3, 22),
        (f"{HEAD}limits: {{maxDeletes: .nan}}\n{GROUP}", "wrong-type", 3, 22),
        (f"{HEAD}limits: {{maxDeletes: -1}}\n{GROUP}", "limit-out-of-range", 3, 22),
        (f"{HEAD}limits: {{maxDeletePercent: 101}}\n{GROUP}", "limit-out-of-range", 3, 28),
        (f"{HEAD}limits: {{maxDeletePercent: -1}}\n{GROUP}", "limit-out-of-range", 3, 28),
        (f"{HEAD}limits: {{maxRevokes: -1}}\n{GROUP}", "limit-out-of-range", 3, 22),
        (f"{HEAD}policy: {{identities: all}}\n{GROUP}", "unknown-value", 3, 22),
        (f"{HEAD}policy: {{tags: owned}}\n{GROUP}", "unknown-value", 3, 16),
        (f"{HEAD}policy: {{tags: }}\n{GROUP}", "unknown-value", 3, 10),
        (f"{HEAD}policy: {{federatedCredentials: owned}}\n{GROUP}", "unknown-value", 3, 32),
        (f"{HEAD}policy: {{federatedCredentials: }}\n{GROUP}", "unknown-value", 3, 10),
        (f"{HEAD}policy: {{roleAssignments: extra}}\n{GROUP}", "unknown-value", 3, 27),
        (group_with("[{name: id-a, isolationScope: regional}]"), "unknown-value", 4, 50),
        (group_with("[4711]"), "wrong-type", 4, 21),
        (group_with("[[id-a]]"), "wrong-type", 4, 21),
        (group_with("[{name: 4711}]"), "wrong-type", 4, 28),
        (group_with("[ab]"), "identity-name", 4, 21),
        (group_with("[-ab]"), "identity-name", 4, 21),
        (group_with("[a.b]"), "identity-name", 4, 21),
        (group_with("['id-a\n\n  ']"), "identity-name", 4, 21),
        (group_with('["id-a\\n"]'), "identity-name", 4, 21),
        (group_with(f"[{'a' * 129}]"), "identity-name", 4, 21),
        (group_with("[{name: id-ä}]"), "identity-name", 4, 28),
        (group_with("[{name: id-a, location: west-europe}]"), "location-invalid", 4, 44),
        (group_with("[{name: id-a, location: ''}]"), "location-invalid", 4, 44),
        (group_with("[{name: id-a, location: '  '}]"), "location-invalid", 4, 44),
        (f"{HEAD}defaults: {{location: 'a\tb'}}\n{GROUP}", "location-invalid", 3, 22),
        (f"{HEAD}owner: ''\n{GROUP}", "owner-invalid", 3, 8),
        (f"{HEAD}owner: '  '\n{GROUP}", "owner-invalid", 3, 8),
        (f'{HEAD}owner: "a\\tb"\n{GROUP}', "owner-invalid", 3, 8),
        (f'{HEAD}owner: "a\\n"\n{GROUP}', "owner-invalid", 3, 8),
        (f'{HEAD}owner: "a\\u202eb"\n{GROUP}', "owner-invalid", 3, 8),
        (f"{HEAD}owner: '{'x' * 257}'\n{GROUP}", "owner-invalid", 3, 8),
        (f"version: 1\nsubscription: prod\n{GROUP}", "subscription-id", 2, 15),
        (f"version: 1\nsubscription: 1\n{GROUP}", "wrong-type", 2, 15),
        (f"{HEAD}tenant: contoso.onmicrosoft.com\n{GROUP}", "tenant-id", 3, 9),
        (f"{HEAD}tenant: ''\n{GROUP}", "tenant-id", 3, 9),
        (f"{HEAD}tenant:\n{GROUP}", "empty-value", 3, 1),
        (f"{HEAD}ignore: {{tags: ['']}}\n{GROUP}", "ignore-pattern", 3, 17),
        (f"version: 2\nsubscription: 00000000-0000-0000-0000-000000000001\n{GROUP}", "unknown-version", 1, 10),
        (f"version: '1'\nsubscription: 00000000-0000-0000-0000-000000000001\n{GROUP}", "unknown-version", 1, 10),
        (f"version: true\nsubscription: 00000000-0000-0000-0000-000000000001\n{GROUP}", "unknown-version", 1, 10),
    ],
)
def test_wrong_value_is_named_and_located(text: str, code: str, line: int, column: int) -> None:
    assert places_of(text) == [(code, line, column)]


@pytest.mark.parametrize("name", ["a/b", "rg.", ".", "..", "...", "a b", "x" * 91, "rg\u202e", "a\\nb", "a–b"])
def test_group_name_that_arm_refuses_is_refused_at_its_key(name: str) -> None:
    assert places_of(f'{HEAD}resourceGroups:\n  "{name}": {{identities: []}}\n{EXACT}') == [
        ("resource-group-name", 4, 3)
    ]


@pytest.mark.parametrize("name", ["a", "RG_1-(x).y", "größe", "資源", "x" * 90, "1"])
def test_group_name_that_arm_takes_is_taken(name: str) -> None:
    assert load_group(f'{HEAD}resourceGroups:\n  "{name}": {{identities: []}}\n{EXACT}').group_id.resource_group == name


@pytest.mark.parametrize("name", ["", "a<b", "a>b", "a%b", "a&b", "a\\\\b", "a?b", "a/b", "a\\u0007b", "x" * 513])
def test_tag_name_that_azure_refuses_is_refused_at_its_key(name: str) -> None:
    assert places_of(group_with(f'[{{name: id-a, tags: {{"{name}": b}}}}]')) == [("tag-name", 4, 41)]


@pytest.mark.parametrize("name", ["a b", "größe", "x" * 512, "a.b:c", "Microsof"])
def test_tag_name_that_azure_takes_is_taken(name: str) -> None:
    assert diagnostics_of(group_with(f'[{{name: id-a, tags: {{"{name}": b}}}}]')) == ()


def test_tag_value_of_256_characters_is_taken() -> None:
    assert diagnostics_of(group_with(f"[{TAGS % ('a: ' + 'x' * 256)}]")) == ()


def test_tag_value_of_257_characters_is_refused_and_cut_in_the_message() -> None:
    (found,) = diagnostics_of(group_with(f"[{TAGS % ('a: ' + 'x' * 257)}]"))

    assert (found.code, found.message) == ("tag-value", f"`{'x' * 57}...` is not the value of a tag")


def test_unknown_value_suggests_the_one_that_was_meant() -> None:
    assert hint_of(group_with("[{name: id-a, isolationScope: none}]")) == "Did you mean `None`?"


def test_whole_number_may_be_written_as_a_fraction() -> None:
    assert load_group(f"{HEAD}limits: {{maxDeletes: 5.0}}\n{GROUP}").limits.max_deletes == 5
