"""Rows put together for a reader: by the identity that they are about, and those that say the same told once."""

from collections.abc import Collection, Iterable, Sequence
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
    keys = [_signature(row) if group else row.resource_id for row in rows]
    alike: dict[object, list[ChangeRow]] = {}
    for key, row in zip(keys, rows, strict=True):
        alike.setdefault(key, []).append(row)
    # Looked up by the change, of which a row has one: all of its identities may be thousands.
    identities_of = {key: _identities(same) for key, same in alike.items()}
    together = _together(identities_of.values())
    once = {key: identities for key, identities in identities_of.items() if identities in together}
    shown: dict[tuple[ResourceId, ...], list[ChangeRow]] = {}
    members: dict[tuple[ResourceId, ...], list[ChangeRow]] = {}
    for key, identities in once.items():
        members.setdefault(identities, alike[key])
    for key, row in zip(keys, rows, strict=True):
        if key not in once:
            shown.setdefault((row.identity,), []).append(row)
        elif row is alike[key][0]:
            shown.setdefault(once[key], []).append(row)
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


def _together(alike: Collection[tuple[ResourceId, ...]]) -> set[tuple[ResourceId, ...]]:
    """The identities of each change that is told once, of those of each."""
    numbers: dict[tuple[ResourceId, ...], int] = {}
    torn: set[ResourceId] = set()
    first: dict[ResourceId, int] = {}
    for identities in alike:
        number = numbers.setdefault(identities, len(numbers))
        torn |= {one for one in identities if first.setdefault(one, number) != number}
    many = [one for one in numbers if len(one) > 1]
    return {one for one in many if len(one) >= _ALWAYS_ONCE or not torn & set(one)}


def _block(rows: Sequence[ChangeRow], members: Sequence[ChangeRow]) -> Block:
    head = next((row for row in rows if not row.label), None)
    children = tuple(row for row in rows if row.label)
    return Block(rows[0].identity, head, children, tuple(members))
