"""Rows of changes as groups: a resource group each, in it a block for each identity, or for several alike."""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from reconciler.model import AnyId, ResourceId, identity_of
from reconciler.plan import Action
from reconciler.report.grouping import Block as RowBlock
from reconciler.report.grouping import alike_in_kind, blocks_of
from reconciler.report.html.views import Block, Entry, Group, Line, Members, Tally, Tone, Value
from reconciler.report.impact_rows import FOUND_NOTHING, LAST_SIGN_IN
from reconciler.report.names import Names
from reconciler.report.parts.blocks import hold_words, shown
from reconciler.report.parts.members import several
from reconciler.report.rows import KNOWN_AFTER_APPLY, ChangeRow, FieldRow

ALL_OPEN = 20
"""Up to so many blocks of a section are seen at once; of more, each is closed, and its first line says what it is."""

GROUPS_OPEN = 200
"""Up to so many blocks the groups of a section are open, so that the first line of each is seen."""

_WORDS = {
    Tone.CREATE: "to add",
    Tone.ADOPT: "to adopt",
    Tone.UPDATE: "to change",
    Tone.DELETE: "to destroy",
    Tone.HELD: "held",
    Tone.REFUSED: "refused",
}


def tone_of(row: ChangeRow) -> Tone:
    """What a row means to its reader."""
    if row.hold is not None:
        return Tone.HELD
    if row.symbol == "<=":
        return Tone.ADOPT
    match row.action:
        case Action.CREATE:
            return Tone.CREATE
        case Action.UPDATE:
            return Tone.UPDATE
        case Action.DELETE:
            return Tone.DELETE
        case Action.NO_OP:
            return Tone.QUIET
    assert_never(row.action)


def groups_of(rows: Sequence[ChangeRow], names: Names, *, group: bool, tone: Tone | None = None) -> tuple[Group, ...]:
    """The rows by resource group, in the order in which each begins; with `group`, equal changes are told once.

    All have the `tone`, where one is given, and are closed then: something else has been said of them.
    """
    by_group: dict[str, list[ChangeRow]] = {}
    for row in rows:
        by_group.setdefault(names.group(row.identity), []).append(row)
    blocks = {title: blocks_of(same, group=group) for title, same in by_group.items()}
    number = sum(len(some) for some in blocks.values())
    return tuple(
        Group(
            title,
            tallies_of(by_group[title], tone),
            tuple(block_view(one, names, is_open=number <= ALL_OPEN and tone is None, tone=tone) for one in some),
            is_open=number <= GROUPS_OPEN,
        )
        for title, some in blocks.items()
    )


def tallies_of(rows: Iterable[ChangeRow], tone: Tone | None = None) -> tuple[Tally, ...]:
    """How many changes there are of each kind, or of the one that all are."""
    tones = [tone or tone_of(row) for row in rows]
    return tuple(Tally(tones.count(tone), words, tone) for tone, words in _WORDS.items() if tone in tones)


def block_view(block: RowBlock, names: Names, *, is_open: bool, tone: Tone | None = None) -> Block:
    """An identity with its changes; of several, the fields that no two have the same stand in their list."""
    is_one = not block.members
    rows = (*(() if block.head is None else (block.head,)), *block.children)
    return Block(
        block.identity.name if is_one else several("", len(block.members)),
        tuple(entry_of(row, is_one=is_one, tone=tone) for row in rows),
        tuple(members_of(block.members, names, with_ids=True)),
        _brief(block),
        is_open,
    )


def _brief(block: RowBlock) -> str:
    """Besides its own change, what happens to an identity: in so few words that they stand beside its name."""
    labels = [row.label for row in block.children]
    more = len(labels) - _NAMED
    children = ", ".join(labels[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    impact = () if block.head is None else block.head.impact
    found = [label for label, text in impact if text != FOUND_NOTHING and label != LAST_SIGN_IN]
    counts = ", ".join(f"{label} {found.count(label)}" for label in dict.fromkeys(found))
    return "; ".join(part for part in (children, counts) if part)


_NAMED = 2
"""So many children are named beside their identity."""


def entry_of(row: ChangeRow, *, is_one: bool = True, tone: Tone | None = None) -> Entry:
    """One change with its fields, and what it breaks where it is a delete."""
    return Entry(
        tone or tone_of(row),
        row.symbol,
        row.label,
        row.summary if row.hold is None else f"{row.summary}; {hold_words(row.hold)}",
        row.place if is_one else "",
        values_of((one for one in row.fields if is_one or not one.of_identity), row.action),
        (
            *([] if row.attribution is None else [Line(row.attribution.label, row.attribution.text, Tone.QUIET)]),
            *(Line(label, text, Tone.QUIET if text == FOUND_NOTHING else Tone.WARNING) for label, text in row.impact),
        ),
        row.not_looked_at if row.impact else "",
    )


def values_of(fields: Iterable[FieldRow], action: Action) -> tuple[Value, ...]:
    """The fields of a change as it is shown: of an update both sides, also where one is absent."""
    return tuple(_value(one, is_update=action in (Action.UPDATE, Action.NO_OP)) for one in fields)


def _value(field: FieldRow, *, is_update: bool) -> Value:
    if not field.known:
        return Value(field.name, later=KNOWN_AFTER_APPLY)
    old, new = (None if one is None else shown(field.name, one) for one in (field.before, field.after))
    return Value(field.name, old, new, is_update=is_update)


def members_of(rows: Sequence[ChangeRow], names: Names, *, with_ids: bool = False) -> Iterator[Members]:
    """The identities of several rows, by resource group and file, each with its line."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        file, colon, line = row.source.rpartition(":")
        default = f" (default {row.given_by})" if row.given_by else ""
        ids = "".join(f"  {one.name} {one.before}" for one in row.fields if one.of_identity) if with_ids else ""
        key = (names.group(row.identity), f"{file}{default}")
        found.setdefault(key, []).append((row.identity.name, f"{colon}{line}{ids}"))
    yield from (Members(group, place, tuple(some)) for (group, place), some in found.items())


def members_by_id(ids: Iterable[AnyId], names: Names) -> tuple[Members, ...]:
    """The identities of several ids, by resource group."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in ids:
        found.setdefault(names.group(one), []).append((identity_of(one).name, ""))
    return tuple(Members(group, "", tuple(some)) for group, some in found.items())


def members_at(places: Iterable[tuple[ResourceId, str]], names: Names) -> tuple[Members, ...]:
    """Identities with the places, as `FILE:LINE`, that say something of them."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for identity, source in places:
        file, _, line = source.rpartition(":")
        found.setdefault((names.group(identity), file), []).append((identity.name, f":{line}"))
    return tuple(Members(group, file, tuple(some)) for (group, file), some in found.items())


def kinds_of(rows: Iterable[ChangeRow], names: Names) -> tuple[tuple[str, tuple[Members, ...]], ...]:
    """What is done to what, one for each kind of change, with its identities where it is of many."""
    return tuple(
        (f"{same[0].action.value} {names.describe(same[0].resource_id)}", ())
        if len(same) == 1
        else (f"{same[0].action.value} {several(same[0].label, len(same))}", tuple(members_of(same, names)))
        for same in alike_in_kind(rows)
    )
