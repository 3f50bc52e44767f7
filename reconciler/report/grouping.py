"""Rows put together for a reader: by the identity that they are about, and those that say the same told once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model import ResourceId
from reconciler.plan import Action
from reconciler.report.rows import ChangeRow

_ALWAYS_ONCE = 3
"""From so many identities on a change is told once even where that takes it out of the block of its identity."""


@dataclass(frozen=True, slots=True)
class Block:
    """What happens to one identity, or the same to several.

    Attributes:
        head: the change of the identity itself; None where only children of it change.
        children: changes of its credentials and roles; of several identities, those of the first.
        members: one row for each of several identities; empty where the block is about one.
    """

    identity: ResourceId
    head: ChangeRow | None
    children: tuple[ChangeRow, ...]
    members: tuple[ChangeRow, ...] = ()


def blocks_of(rows: Sequence[ChangeRow], *, group: bool) -> tuple[Block, ...]:
    """The rows as blocks, in the order in which each begins.

    With `group`, changes that differ in nothing but their identity are in one block. Where they are but two, that is
    done only if nothing else happens to the two, so that small plans keep all of an identity in one place.
    """
    alike: dict[object, list[ChangeRow]] = {}
    for row in rows:
        alike.setdefault(_signature(row) if group else row.resource_id, []).append(row)
    together = _together(list(alike.values()))
    shown: dict[tuple[ResourceId, ...], list[ChangeRow]] = {}
    members: dict[tuple[ResourceId, ...], list[ChangeRow]] = {}
    for same in alike.values():
        identities = _identities(same)
        if identities in together:
            members.setdefault(identities, same)
    seen: set[object] = set()
    for row in rows:
        key = _signature(row) if group else row.resource_id
        identities = _identities(alike[key])
        if identities not in together:
            shown.setdefault((row.identity,), []).append(row)
        elif key not in seen:
            shown.setdefault(identities, []).append(row)
            seen.add(key)
    return tuple(_block(shown[key], members.get(key, ())) for key in shown)


def alike_in_kind(rows: Iterable[ChangeRow]) -> tuple[tuple[ChangeRow, ...], ...]:
    """The rows by what they do to what: all creates of identities, all creates of one role, and so on."""
    found: dict[tuple[Action, str], list[ChangeRow]] = {}
    for row in rows:
        found.setdefault((row.action, row.label), []).append(row)
    return tuple(tuple(same) for same in found.values())


def _signature(row: ChangeRow) -> object:
    """What two changes have in common that are told once."""
    shared = tuple(field for field in row.fields if not field.of_identity)
    hold = None if row.hold is None else (row.hold.reason, row.hold.until)
    return (row.symbol, row.action, row.label, row.summary, shared, row.impact, hold, row.attribution)


def _identities(rows: Iterable[ChangeRow]) -> tuple[ResourceId, ...]:
    return tuple(row.identity for row in rows)


def _together(alike: Sequence[Sequence[ChangeRow]]) -> set[tuple[ResourceId, ...]]:
    """The identities of each change that is told once."""
    many = {_identities(same) for same in alike if len(same) > 1}
    torn: set[ResourceId] = set()
    first: dict[ResourceId, tuple[ResourceId, ...]] = {}
    for same in alike:
        identities = _identities(same)
        torn |= {one for one in identities if first.setdefault(one, identities) != identities}
    return {one for one in many if len(one) >= _ALWAYS_ONCE or not torn & set(one)}


def _block(rows: Sequence[ChangeRow], members: Sequence[ChangeRow]) -> Block:
    head = next((row for row in rows if not row.label), None)
    children = tuple(row for row in rows if row.label)
    return Block(rows[0].identity, head, children, tuple(members))
