"""Lists of identities to which the same happens: by resource group, with the place of each in the manifest."""

from collections.abc import Sequence

from reconciler.model import AnyId, ResourceId, identity_of
from reconciler.report.grouping import alike_in_kind
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.wrap import write_pieces, write_text
from reconciler.report.rows import ChangeRow

_LONGEST_ACTION = 6


def write_members(page: Page, rows: Sequence[ChangeRow], names: Names, *, indent: int, with_ids: bool = False) -> None:
    """The identities of several rows; `with_ids` gives each that is deleted a line of its own, with its ids."""
    groups: dict[str, list[ChangeRow]] = {}
    for row in rows:
        groups.setdefault(names.group(row.identity), []).append(row)
    for group, same in groups.items():
        given_by = ", ".join(sorted({row.given_by for row in same if row.given_by}))
        lead, entries = _listed(group, [(row.identity.name, row.source) for row in same], given_by)
        if with_ids and any(field.of_identity for row in same for field in row.fields):
            page.line(" " * indent, lead)
            for entry, row in zip(entries, same, strict=True):
                page.line(" " * (indent + 2), entry, _ids(row))
        else:
            write_text(page, f"{lead} {', '.join(entries)}", indent=indent + 2, lead=[(" " * indent, "")])


def _ids(row: ChangeRow) -> str:
    return "".join(f"  {field.name} {field.before}" for field in row.fields if field.of_identity)


def write_places(page: Page, places: Sequence[tuple[ResourceId, str]], names: Names, *, indent: int) -> None:
    """Identities with the places, as `FILE:LINE`, that say something of them."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for identity, source in places:
        key = (names.group(identity), source.rpartition(":")[0])
        groups.setdefault(key, []).append((identity.name, source))
    for (group, _), same in groups.items():
        lead, entries = _listed(group, same)
        write_text(page, f"{lead} {', '.join(entries)}", indent=indent + 2, lead=[(" " * indent, "")])


def _listed(group: str, same: Sequence[tuple[str, str]], given_by: str = "") -> tuple[str, list[str]]:
    """The words before a list of names, and its entries; a line is told before them where all have the same."""
    if not any(source for _, source in same):
        return f"{group}:", [name for name, _ in same]
    is_one_place = len({source for _, source in same}) == 1
    place = same[0][1] if is_one_place else same[0][1].rpartition(":")[0]
    lead = f"{group} ({place}{f'; default {given_by}' if given_by else ''}):"
    return lead, [name if is_one_place else f"{name}:{source.rpartition(':')[2]}" for name, source in same]


def write_ids(page: Page, ids: Sequence[AnyId], names: Names, *, indent: int) -> None:
    """The identities of several ids, by resource group."""
    groups: dict[str, list[str]] = {}
    for one in ids:
        groups.setdefault(names.group(one), []).append(identity_of(one).name)
    for group, entries in groups.items():
        write_text(page, f"{group}: {', '.join(entries)}", indent=indent + 2, lead=[(" " * indent, "")])


def write_kinds(page: Page, rows: Sequence[ChangeRow], names: Names, *, indent: int, places: bool = True) -> None:
    """What is done to what, a line for each kind of change, with the list of identities where it is many."""
    for same in alike_in_kind(rows):
        action = f"{' ' * indent}{same[0].action.value:<{_LONGEST_ACTION}} "
        if len(same) == 1:
            place = [(same[0].place, "dim")] if places and same[0].place else []
            pieces = [(names.describe(same[0].resource_id), ""), *place]
            write_pieces(page, pieces, indent=indent + 4, lead=(action, ""))
            continue
        page.line(f"{action}{several(same[0].label, len(same))}:")
        if places:
            write_members(page, same, names, indent=indent + 4)
        else:
            write_ids(page, [row.resource_id for row in same], names, indent=indent + 4)


def several(label: str, number: int) -> str:
    """`299 identities`, or `role Reader on rg-data of 299 identities`."""
    return f"{label} of {number} identities" if label else f"{number} identities"
