"""The keys that keep an identity or let it go: `protect`, `hold`, `expect` and `remove`, as loading takes them."""

import json
from datetime import date

import pytest

from reconciler.errors import Diagnostic, SourcePos
from reconciler.guards.allowances import LIFTED_BY_ALLOW
from reconciler.manifest.desired import DesiredHold, DesiredRemoval, RemovalAllowance
from reconciler.manifest.rules.schema import MANIFEST_SCHEMA
from reconciler.model.ids import ResourceId
from reconciler.schemas import schema_text
from tests.unit.manifest.manifests import (
    EXACT,
    GROUP,
    HEAD,
    SUBSCRIPTION,
    diagnostics_of,
    hint_of,
    identity_with,
    load_group,
    load_identity,
    load_text,
    places_of,
)

PRINCIPAL = "0b2c0000-0000-4000-8000-00000000000a"


def removing(entries: str, identities: str = "[id-a]", rest: str = "") -> str:
    """A manifest of one group; the list of what it removes begins at line 5, column 13."""
    return f"{HEAD}resourceGroups:\n  rg: {{identities: {identities}, {rest}\n    remove: {entries}}}\n{EXACT}"


@pytest.mark.parametrize(("keys", "protect"), [("protect: true", True), ("protect: false", False), ("tags: {}", None)])
def test_protection_is_asked_for_taken_away_or_left(keys: str, protect: bool | None) -> None:
    assert load_identity(identity_with(keys)).protect is protect


@pytest.mark.parametrize(
    ("value", "found", "hint"),
    [
        ("yes", "the text `yes`", "Write `true` or `false` without quotes; a variable always gives text, so none can"),
        ("'true'", "the text `true`", "Write `true` or `false` without quotes; a variable always gives text, so none"),
        ("1", "the number 1", "Write `true` or `false`."),
        ("[]", "a list", "Write `true` or `false`."),
    ],
)
def test_protection_is_true_or_false_and_nothing_else(value: str, found: str, hint: str) -> None:
    (diagnostic,) = diagnostics_of(identity_with(f"protect: {value}"))

    assert (diagnostic.code, diagnostic.message) == ("wrong-type", f"`protect` must be `true` or `false`, not {found}")
    assert diagnostic.hint.startswith(hint)


def test_protection_counts_as_a_tag() -> None:
    tags = ", ".join(f"t{number}: x" for number in range(50))

    assert diagnostics_of(identity_with(f"protect: false, tags: {{{tags}}}")) == ()
    assert places_of(identity_with(f"protect: true, tags: {{{tags}}}")) == [("too-many-tags", 5, 20)]


def test_tag_of_protection_is_written_by_its_key_alone() -> None:
    (found,) = diagnostics_of(identity_with("tags: {uami-protect: 'true'}"))

    assert (found.code, found.message) == ("tag-reserved", "the tag `uami-protect` belongs to uami itself")
    assert found.hint == "Remove it; `owner` is what writes `uami-owner`, and `protect` what writes `uami-protect`."


def test_expected_principal_is_read() -> None:
    assert load_identity(identity_with(f"expect: {{principalId: {PRINCIPAL}}}")).expected_principal_id == PRINCIPAL
    assert load_identity(identity_with("tags: {}")).expected_principal_id is None


def test_expected_principal_may_be_a_variable() -> None:
    text = identity_with('expect: {principalId: "${P}"}')

    assert load_text(text, {"P": PRINCIPAL}).groups[0].identities[0].expected_principal_id == PRINCIPAL
    assert places_of(text, {"P": "id-a"}) == [("principal-id", 5, 27)]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("{}", ("missing-key", 5, 5)),
        ("", ("empty-value", 5, 5)),
        ("x", ("wrong-type", 5, 13)),
        ("{principalId: x}", ("principal-id", 5, 27)),
        ("{principalId: 7}", ("wrong-type", 5, 27)),
        (f"{{principalId: {PRINCIPAL}, clientId: x}}", ("unknown-key", 5, 65)),
    ],
)
def test_expectation_that_expects_nothing_readable_is_refused(value: str, place: tuple[str, int, int]) -> None:
    assert places_of(identity_with(f"expect: {value}")) == [place]


def test_removals_are_read_in_order_of_their_names_with_their_places() -> None:
    group = load_group(
        removing(f"[{{name: id-z}}, {{name: ID-old, principalId: {PRINCIPAL}, allow: [use-unknown, in-use, in-use]}}]")
    )

    assert group.remove == (
        DesiredRemoval(
            ResourceId(SUBSCRIPTION, "rg", "ID-old"),
            PRINCIPAL,
            (RemovalAllowance.IN_USE, RemovalAllowance.USE_UNKNOWN),
            SourcePos("<stdin>", 5, 28),
        ),
        DesiredRemoval(ResourceId(SUBSCRIPTION, "rg", "id-z"), None, (), SourcePos("<stdin>", 5, 14)),
    )


def test_group_that_removes_may_list_nothing() -> None:
    assert [one.resource_id.name for one in load_group(removing("[{name: id-z}]", "[]")).remove] == ["id-z"]


@pytest.mark.parametrize(
    ("entries", "place"),
    [
        ("[id-z]", ("wrong-type", 5, 14)),
        ("{name: id-z}", ("wrong-type", 5, 5)),
        ("[{principalId: x}]", ("principal-id", 5, 28)),
        ("[{name: id z}]", ("identity-name", 5, 21)),
        ("[{name: id-z, allow: in-use}]", ("wrong-type", 5, 34)),
        ("[{name: id-z, because: x}]", ("unknown-key", 5, 27)),
        ("", ("empty-value", 5, 5)),
    ],
)
def test_removal_that_cannot_be_read_is_refused(entries: str, place: tuple[str, int, int]) -> None:
    assert place in places_of(removing(entries))


def test_bare_name_to_remove_is_told_what_belongs_beside_it() -> None:
    assert hint_of(removing("[id-z]")) == (
        "Write a mapping that begins with `name:`, with the identity's `principalId` beside it."
    )


@pytest.mark.parametrize("code", ["protected", "self", "delete-limit", "principal-changed", "locked", "managed-group"])
def test_guard_that_a_removal_cannot_lift_is_refused_offline(code: str) -> None:
    (found,) = diagnostics_of(removing(f"[{{name: id-z, allow: [{code}]}}]"))

    assert (found.code, found.pos.line, found.pos.column) == ("unknown-value", 5, 35)
    assert found.message == (
        "entry 1 of `allow` must be `in-use`, `trusted`, `use-unknown`, `recently-used` or `foreign-owner`,"
        f" not the text `{code}`"
    )


def test_schema_knows_the_same_allowances_as_the_loader() -> None:
    schema = json.loads(schema_text(MANIFEST_SCHEMA))

    assert schema["$defs"]["allowance"]["enum"] == [one.value for one in RemovalAllowance]
    assert "foreign-owner" in LIFTED_BY_ALLOW


def test_name_that_is_listed_and_removed_is_refused_with_both_places() -> None:
    found = diagnostics_of(removing("[{name: ID-A}]"))

    message = "the identity `ID-A` is to be removed, yet it is listed at <stdin>:4:21"
    hint, line = "Keep one of the two: list the identity, or remove it.", "    remove: [{name: ID-A}]}"
    assert found == (Diagnostic("listed-and-removed", SourcePos("<stdin>", 5, 21), message, hint, line),)


def test_name_that_is_removed_twice_is_refused_with_both_places() -> None:
    found = diagnostics_of(removing("[{name: id-z}, {name: ID-z}]"))

    message = "the identity `ID-z` is already removed at <stdin>:5:14"
    hint, line = "Keep one of the two; names compare without case.", "    remove: [{name: id-z}, {name: ID-z}]}"
    assert found == (Diagnostic("removed-twice", SourcePos("<stdin>", 5, 28), message, hint, line),)


def test_entry_that_is_repeated_by_an_alias_is_removed_twice() -> None:
    assert [place[0] for place in places_of(removing("[&z {name: id-z}, *z]"))] == ["removed-twice"]


@pytest.mark.parametrize(
    "text",
    [
        removing("[{name: aks-1}]", rest="ignore: {identities: [AKS-*]},"),
        removing("[{name: aks-1}]").replace("resourceGroups", "ignore: {identities: [AKS-*]}\nresourceGroups"),
    ],
    ids=["of the group", "of the document"],
)
def test_name_that_is_ignored_and_removed_is_refused_with_both_places(text: str) -> None:
    (found,) = diagnostics_of(text)

    assert found.code == "removed-and-ignored"
    assert found.message.startswith("the identity `aks-1` is to be removed, yet `AKS-*` at <stdin>:")
    assert found.hint == "Remove it here, or narrow the pattern."


def test_same_name_may_be_removed_in_one_group_and_listed_in_another() -> None:
    text = (
        f"{HEAD}resourceGroups:\n  rg: {{identities: [id-a]}}\n  rg-2: {{identities: [], remove: [{{name: id-a}}]}}\n"
        + EXACT
    )

    assert diagnostics_of(text) == ()


# hold


@pytest.mark.parametrize(
    ("written", "reason"),
    [("'incident 4711: ask Ada'", "incident 4711: ask Ada"), ("'true'", "true"), ("on", "on"), ('"${WHY}"', "a # b")],
)
def test_hold_is_read_with_its_place(written: str, reason: str) -> None:
    (group,) = load_text(identity_with(f"hold: {written}"), {"WHY": "a # b"}).groups

    assert group.identities[0].hold == DesiredHold(reason, SourcePos("<stdin>", 5, 11))


def test_identity_without_a_hold_is_held_by_nothing() -> None:
    assert load_identity(identity_with("tags: {}")).hold is None


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("", "empty-value", "Write a value after the colon, or remove the key."),
        ("null", "empty-value", "Write a value after the colon, or remove the key."),
        ("true", "wrong-type", "Write why the identity is held, as text; to end the hold, remove the key."),
        ("false", "wrong-type", "Write why the identity is held, as text; to end the hold, remove the key."),
        ("4711", "wrong-type", 'Quote it: "4711".'),
        ("[x]", "wrong-type", "Write text."),
        ("''", "hold-invalid", None),
        ("'  '", "hold-invalid", None),
        ('"a\\nb"', "hold-invalid", None),
        ('"a\\u202eb"', "hold-invalid", None),
        ("x" * 257, "hold-invalid", None),
    ],
)
def test_hold_without_a_reason_in_one_line_is_refused(written: str, code: str, hint: str | None) -> None:
    (found,) = diagnostics_of(identity_with(f"hold: {written}"))

    reason = "Write why in one line of 1 to 256 characters that can be seen; to end the hold, remove the key."
    assert (found.code, found.hint) == (code, hint or reason)


def test_hold_is_no_default_and_no_key_of_a_removal() -> None:
    assert [place[0] for place in places_of(f"{HEAD}defaults: {{hold: x}}\n{GROUP}")] == ["unknown-key"]
    assert places_of(removing("[{name: id-z, hold: x}]")) == [("unknown-key", 5, 27)]


def test_held_name_that_is_removed_too_is_refused() -> None:
    found = diagnostics_of(removing("[{name: id-a}]", "[{name: id-a, hold: x}]"))

    assert [one.code for one in found] == ["listed-and-removed"]


# days


@pytest.mark.parametrize("written", ["2027-01-31", "'2027-01-31'", '"${DAY}"'])
def test_removal_waits_for_its_day(written: str) -> None:
    (group,) = load_text(removing(f"[{{name: id-z, after: {written}}}]"), {"DAY": "2027-01-31"}).groups

    assert group.remove[0].after == date(2027, 1, 31)


def test_allowances_end_on_their_days() -> None:
    entry = "{code: in-use, expires: 2027-01-31}"
    group = load_group(removing(f"[{{name: id-z, allow: [use-unknown, {entry}, trusted, {entry}]}}]"))

    (removal,) = group.remove
    assert removal.allow == (RemovalAllowance.IN_USE, RemovalAllowance.TRUSTED, RemovalAllowance.USE_UNKNOWN)
    assert removal.expires == ((RemovalAllowance.IN_USE, date(2027, 1, 31)),)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("after: 2027-02-30", ("date-invalid", 5, 34)),
        ("after: 2027-1-31", ("date-invalid", 5, 34)),
        ("after: 2027-01-31T00:00:00Z", ("date-invalid", 5, 34)),
        ("after: tomorrow", ("date-invalid", 5, 34)),
        ("after: 20270131", ("wrong-type", 5, 34)),
        ("after: ", ("empty-value", 5, 27)),
        ("allow: [{code: in-use, expires: 2027-02-29}]", ("date-invalid", 5, 59)),
        ("allow: [{code: in-use, expires: soon}]", ("date-invalid", 5, 59)),
        ("allow: [{code: in-use}]", ("missing-key", 5, 35)),
        ("allow: [{expires: 2027-01-31}]", ("missing-key", 5, 35)),
        ("allow: [{code: protected, expires: 2027-01-31}]", ("unknown-value", 5, 42)),
        ("allow: [{code: in-use, expires: 2027-01-31, why: x}]", ("unknown-key", 5, 71)),
        ("allow: [7]", ("wrong-type", 5, 35)),
        ("allow: [[in-use]]", ("wrong-type", 5, 35)),
        ("allow: [in-use, {code: in-use, expires: 2027-01-31}]", ("allowed-twice", 5, 50)),
        (
            "allow: [{code: in-use, expires: 2027-01-30}, {code: in-use, expires: 2027-01-31}]",
            ("allowed-twice", 5, 79),
        ),
    ],
)
def test_day_or_allowance_that_cannot_be_read_is_refused(keys: str, place: tuple[str, int, int]) -> None:
    assert [found for found in places_of(removing(f"[{{name: id-z, {keys}}}]")) if found[0] == place[0]] == [place]


def test_allowance_of_another_type_is_told_both_forms() -> None:
    (found,) = diagnostics_of(removing("[{name: id-z, allow: [7]}]"))

    assert found.message == "entry 1 of `allow` must be a code or a mapping with a `code`, not the number 7"
    assert found.hint == "Write a code such as `in-use`, or `{code: in-use, expires: 2027-01-31}`."
