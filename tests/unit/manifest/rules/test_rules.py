"""Rules that look at more than one place of a manifest."""

import pytest

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.desired import AssignmentsPolicy, IdentitiesPolicy
from tests.unit.manifest.manifests import EXACT, GROUP, HEAD, diagnostics_of, group_with, load_group, places_of


def many_tags(count: int, prefix: str = "t") -> str:
    return ", ".join(f"{prefix}{number}: x" for number in range(count))


def test_policy_owned_without_an_owner_is_refused_at_the_policy() -> None:
    found = diagnostics_of(f"{HEAD}policy: {{identities: owned}}\n{GROUP}")

    hint = "Add `owner:` at the top of the document, or choose `exact` or `merge`."
    message, line = "the policy `owned` needs an `owner`", "policy: {identities: owned}"
    assert found == (Diagnostic("owned-without-owner", SourcePos("<stdin>", 3, 22), message, hint, line),)


def test_policy_owned_of_a_group_needs_an_owner_too() -> None:
    text = f"{HEAD}resourceGroups:\n  rg: {{policy: {{identities: owned}}, identities: []}}\n"

    assert places_of(text) == [("owned-without-owner", 4, 29)]


def test_policy_owned_with_an_owner_is_taken() -> None:
    assert diagnostics_of(f"{HEAD}owner: x\npolicy: {{identities: owned}}\n{GROUP}") == ()


def test_unlisted_identities_without_owner_and_policy_are_asked_about_with_the_three_choices() -> None:
    (found,) = diagnostics_of(f"{HEAD}resourceGroups:\n  rg-a: {{identities: []}}\n  rg-b: {{identities: []}}\n")

    assert (found.code, found.pos) == ("policy-missing", SourcePos("<stdin>", 4, 3))
    assert found.message == "nothing says what happens to live identities of `rg-a` and 1 more that are not listed"
    assert all(f"`{choice}`" in found.hint for choice in ("exact", "owned", "merge"))


def test_groups_that_name_their_policy_need_none_of_the_document() -> None:
    said = "rg-a: {policy: {identities: merge}, identities: []}"

    assert diagnostics_of(f"{HEAD}resourceGroups: {{{said}}}\n") == ()
    assert places_of(f"{HEAD}resourceGroups: {{{said}, rg-b: {{identities: []}}}}\n") == [("policy-missing", 3, 71)]


def test_policy_of_a_wrong_value_is_one_mistake() -> None:
    assert places_of(f"{HEAD}policy: {{identities: all}}\nresourceGroups: {{rg: {{identities: []}}}}\n") == [
        ("unknown-value", 3, 22)
    ]


def test_default_of_a_manifest_with_an_owner_is_owned() -> None:
    document = "resourceGroups: {rg: {policy: {tags: exact}, identities: []}}\n"

    assert load_group(f"{HEAD}owner: x\n{document}").policy.identities is IdentitiesPolicy.OWNED


@pytest.mark.parametrize("roles", ["[{role: Reader, scope: /}]", "[]"])
def test_role_assignments_without_an_owner_are_refused_unless_none_is_ever_revoked(roles: str) -> None:
    group = f"resourceGroups:\n  rg: {{identities: [id-a, {{name: id-b, roleAssignments: {roles}}}]}}\n"

    assert places_of(f"{HEAD}policy: {{identities: exact}}\n{group}") == [("assignments-without-owner", 5, 27)]
    assert diagnostics_of(f"{HEAD}policy: {{identities: exact, roleAssignments: merge}}\n{group}") == ()
    assert diagnostics_of(f"{HEAD}owner: x\n{group}") == ()


def test_group_may_say_itself_that_its_role_assignments_are_never_revoked() -> None:
    policy = "{identities: exact, roleAssignments: merge}"
    roles = "[{role: Reader, scope: /}]"

    group = load_group(
        f"{HEAD}resourceGroups:\n  rg: {{policy: {policy}, identities: [{{name: id-a, roleAssignments: {roles}}}]}}\n"
    )

    assert group.policy.role_assignments is AssignmentsPolicy.MERGE


def test_policy_owned_beside_a_wrong_owner_is_one_mistake() -> None:
    assert places_of(f"{HEAD}owner: ''\npolicy: {{identities: owned}}\n{GROUP}") == [("owner-invalid", 3, 8)]


@pytest.mark.parametrize("name", ["uami-owner", "UAMI-x", "microsoft", "Microsoft.x", "azureThing", "WINDOWS"])
@pytest.mark.parametrize("value", ["x", "null"])
def test_reserved_tag_is_refused(name: str, value: str) -> None:
    assert places_of(group_with(f"[{{name: id-a, tags: {{{name}: {value}}}}}]")) == [("tag-reserved", 4, 41)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"{HEAD}defaults: {{tags: {{a: x, A: y}}}}\n{GROUP}", 3, 25),
        (f"{HEAD}resourceGroups:\n  rg: {{defaults: {{tags: {{a: x, A: y}}}}, identities: []}}\n{EXACT}", 4, 32),
        (group_with("[{name: id-a, tags: {a: x, A: null}}]"), 4, 47),
    ],
)
def test_tag_that_differs_only_in_case_is_refused(text: str, line: int, column: int) -> None:
    assert places_of(text) == [("tag-twice", line, column)]


def test_tag_of_an_identity_may_spell_a_default_otherwise() -> None:
    identities = "[{name: id-a, tags: {ENV: y}}]"
    text = f"{HEAD}defaults: {{tags: {{env: x}}}}\nresourceGroups: {{rg: {{identities: {identities}}}}}\n{EXACT}"

    assert diagnostics_of(text) == ()


def test_fifty_tags_are_taken() -> None:
    assert diagnostics_of(group_with(f"[{{name: id-a, tags: {{{many_tags(50)}}}}}]")) == ()


def test_fifty_one_tags_are_refused_where_the_last_are_written() -> None:
    identities = f"[{{name: id-a, tags: {{{many_tags(50)}}}}}]"
    text = f"{HEAD}defaults: {{tags: {{a: x}}}}\nresourceGroups:\n  rg: {{identities: {identities}}}\n{EXACT}"

    assert places_of(text) == [("too-many-tags", 5, 34)]


def test_tag_of_the_owner_counts() -> None:
    text = f"{HEAD}owner: x\nresourceGroups:\n  rg: {{identities: [{{name: id-a, tags: {{{many_tags(50)}}}}}]}}"

    assert places_of(text) == [("too-many-tags", 5, 34)]


def test_tag_that_must_be_absent_does_not_count() -> None:
    assert diagnostics_of(group_with(f"[{{name: id-a, tags: {{{many_tags(50)}, old: null}}}}]")) == ()


def test_defaults_of_too_many_tags_are_refused_once() -> None:
    text = (
        f"{HEAD}defaults: {{tags: {{{many_tags(51)}}}}}\nresourceGroups: {{rg: {{identities: [id-a, id-b]}}}}\n{EXACT}"
    )

    assert places_of(text) == [("too-many-tags", 3, 12)]


def test_listed_identity_that_is_ignored_names_the_pattern() -> None:
    text = (
        f"{HEAD}ignore: {{identities: [other, 'AKS-*']}}\nresourceGroups: {{rg: {{identities: [aks-pool]}}}}\n{EXACT}"
    )

    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("listed-and-ignored", SourcePos("<stdin>", 4, 36))
    assert found.message == "the identity `aks-pool` is listed, yet `AKS-*` at <stdin>:3:30 ignores it"


@pytest.mark.parametrize(
    ("pattern", "ignored"), [("id-?", 1), ("id-[a-c]", 1), ("id-[!a]", 0), ("id", 0), ("*", 1), ("ID-A", 1)]
)
def test_patterns_are_globs_of_the_whole_name(pattern: str, ignored: int) -> None:
    text = f"{HEAD}ignore: {{identities: ['{pattern}']}}\nresourceGroups: {{rg: {{identities: [id-a]}}}}\n{EXACT}"

    assert [code for code, _, _ in places_of(text)] == ["listed-and-ignored"] * ignored


def test_pattern_of_a_group_does_not_reach_another() -> None:
    groups = "rg-a: {ignore: {identities: [id-*]}, identities: []}, rg-b: {identities: [id-a]}"

    assert diagnostics_of(f"{HEAD}resourceGroups: {{{groups}}}\n{EXACT}") == ()


def test_pattern_of_a_group_is_added_to_those_of_the_document() -> None:
    text = (
        f"{HEAD}ignore: {{identities: [x-*]}}\n"
        "resourceGroups:\n  rg:\n    ignore: {identities: [y-*]}\n    identities: [x-1, y-1]\n"
        f"{EXACT}"
    )

    assert places_of(text) == [("listed-and-ignored", 7, 18), ("listed-and-ignored", 7, 23)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"{HEAD}ignore: {{tags: [hid*]}}\ndefaults: {{tags: {{Hidden: x}}}}\n{GROUP}", 4, 19),
        (group_with("[{name: id-a, tags: {hidden: null}}], ignore: {tags: [hid*]}"), 4, 41),
        (
            f"{HEAD}defaults: {{tags: {{t: x}}}}\nresourceGroups: {{rg: {{ignore: {{tags: [t]}}, identities: []}}}}\n"
            + EXACT,
            3,
            19,
        ),
    ],
)
def test_listed_tag_that_is_ignored_is_refused(text: str, line: int, column: int) -> None:
    assert places_of(text) == [("listed-and-ignored", line, column)]


def test_seventeen_mistakes_are_seventeen_diagnostics() -> None:
    text = """\
version: 1
subscription: prod
owner: "contoso\\u202e"
defaults:
  location: west/europe
  tags: {costCenter: 4711, uami-owner: me}
policy: {tags: sometimes}
limits: {maxDeletes: -1, maxDeletePercents: 30}
ignore:
  identities: ["aks-*"]
resourceGroups:
  rg-one.:
    identities: []
  rg-two:
    identities:
      - aks-pool
      - id
      - name: id-one
        isolationScope: Everywhere
        tags: {a<b: x, Env: x, env: y}
      - ID-ONE
  rg-three: {}
  RG-TWO:
    identities: []
"""

    assert places_of(text) == [
        ("subscription-id", 2, 15),
        ("owner-invalid", 3, 8),
        ("location-invalid", 5, 13),
        ("wrong-type", 6, 22),
        ("tag-reserved", 6, 28),
        ("unknown-value", 7, 16),
        ("limit-out-of-range", 8, 22),
        ("unknown-key", 8, 26),
        ("resource-group-name", 12, 3),
        ("listed-and-ignored", 16, 9),
        ("identity-name", 17, 9),
        ("unknown-value", 19, 25),
        ("tag-name", 20, 16),
        ("tag-twice", 20, 32),
        ("identity-listed-twice", 21, 9),
        ("missing-key", 22, 3),
        ("group-claimed-twice", 23, 3),
    ]


@pytest.mark.parametrize("kind", ["identities", "tags"])
def test_patterns_of_a_group_and_its_document_count_together(kind: str) -> None:
    above, own = (", ".join(f"{name}{number}-*" for number in range(300)) for name in "ab")
    groups = f"rg-a: {{identities: [], ignore: {{{kind}: [{own}]}}}}, rg-b: {{identities: []}}"
    text = f"{HEAD}policy: {{identities: exact}}\nignore: {{{kind}: [{above}]}}\nresourceGroups: {{{groups}}}\n"

    assert [code for code, _, _ in places_of(text)] == ["too-many-patterns"]
