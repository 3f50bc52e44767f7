"""Properties of loading: order does not matter, places are true, and nothing but ManifestError comes out."""

import json
import random
from typing import TypeAlias

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ManifestError, SourcePos
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.manifest.text import split_lines
from tests.unit.manifest.manifests import SUBSCRIPTION, load_text

Groups: TypeAlias = dict[str, list[tuple[str, dict[str, str | None] | None]]]
"""Names of groups, their identities and the tags of those that have any."""

NAMES = st.from_regex(r"\A[a-z0-9][A-Za-z0-9_-]{2,9}\Z")
TAGS = st.dictionaries(
    st.from_regex(r"\At[a-z]{0,5}\Z"),
    st.one_of(st.none(), st.text(st.characters(categories=["L", "N", "Zs"]), max_size=8)),
)
IDENTITIES = st.lists(st.tuples(NAMES, st.none() | TAGS), max_size=5, unique_by=lambda identity: identity[0].casefold())
GROUPS = st.dictionaries(st.from_regex(r"\Arg-[a-z]{1,4}\Z"), IDENTITIES, min_size=1, max_size=4)

# Pieces that, thrown together, are nearly a manifest; one a line.
PIECES = st.sampled_from(
    [
        *("\n", "  ", "\t", "\u2028", "\x00", "\ufeff", "é", "---\n", "...\n", "%YAML 1.1\n", "#", "{", "}", "[", "]"),
        *("- ", ": ", ",", "? ", "'", '"', "|\n", ">-\n", "&a ", "*a", "<<: ", "!!str ", "${A}", "${", "$${"),
        *("version: 1\n", f"subscription: {SUBSCRIPTION}\n", "resourceGroups:\n", "  rg: ", "identities: "),
        *("name: ", "tags: ", "id-a", "4711", "true", "~"),
    ]
)


def manifest(groups: Groups, seed: int) -> str:
    """The groups as JSON, in an order that the seed gives."""
    shuffled = random.Random(seed)
    items = list(groups.items())
    shuffled.shuffle(items)
    written: dict[str, object] = {}
    for name, identities in items:
        entries = [identity if tags is None else {"name": identity, "tags": tags} for identity, tags in identities]
        shuffled.shuffle(entries)
        written[name] = {"identities": entries}
    document = {"version": 1, "subscription": SUBSCRIPTION, "resourceGroups": written}
    # JSON is YAML; PyYAML would leave texts unquoted that are numbers in YAML 1.2.
    return json.dumps(document, ensure_ascii=False)


def text_at(lines: tuple[str, ...], pos: SourcePos) -> str:
    """What stands at a place and behind it on its line."""
    return lines[pos.line - 1][pos.column - 1 :]


def without_places(desired: Desired) -> list[object]:
    return [
        (group.group_id.address, [(identity.resource_id.address, identity.tags) for identity in group.identities])
        for group in desired.groups
    ]


@settings(deadline=None)
@given(GROUPS, st.integers(), st.integers())
def test_order_of_a_manifest_does_not_matter(groups: Groups, one: int, other: int) -> None:
    assert without_places(load_text(manifest(groups, one))) == without_places(load_text(manifest(groups, other)))


@settings(deadline=None)
@given(GROUPS, st.integers())
def test_every_source_points_at_text_that_is_there(groups: Groups, seed: int) -> None:
    text = manifest(groups, seed)

    desired = load_text(text)

    lines = split_lines(text)
    for group in desired.groups:
        assert text_at(lines, group.source).startswith(f'"{group.group_id.resource_group}"')
        for identity in group.identities:
            name = f'"{identity.resource_id.name}"'
            assert text_at(lines, identity.source).startswith((name, f'{{"name": {name}'))


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_give_desired_or_manifest_error(content: bytes) -> None:
    load_or_check(content)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_near_manifest_gives_desired_or_manifest_error(text: str) -> None:
    load_or_check(text.encode())


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_yaml_below_the_known_keys_gives_desired_or_manifest_error(data: object) -> None:
    document = {"version": 1, "subscription": SUBSCRIPTION, "defaults": data, "resourceGroups": {"rg": data}}

    load_or_check(yaml.safe_dump(document, allow_unicode=True).encode())


def load_or_check(content: bytes) -> None:
    """Load; on an error every diagnostic must be whole, in order, once, and quote the line that it names."""
    try:
        load_manifest(["-"], {"A": "x"}, {}, lambda: content)
    except ManifestError as error:
        found = error.diagnostics
        assert found
        assert len(set(found)) == len(found)
        assert [one.pos for one in found] == sorted(one.pos for one in found)
        assert all(one.message and one.hint and one.code for one in found)
        for one in found:
            assert one.pos.line >= 1
            assert one.source_line is None or 1 <= one.pos.column <= len(one.source_line) + 1
