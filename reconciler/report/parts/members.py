"""Lists of identities to which the same happens: by resource group, with the place of each in the manifest."""

from collections.abc import Sequence

from reconciler.model import AnyId, identity_of
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
        groups.setdefault(names.book.short_group(row.identity.group_id), []).append(row)
    for group, same in groups.items():
        sources = {row.source for row in same}
        file = same[0].source.rpartition(":")[0]
        given_by = ", ".join(sorted({row.given_by for row in same if row.given_by}))
        place = f"{sources.copy().pop() if len(sources) == 1 else file}{f'; default {given_by}' if given_by else ''}"
        lead = f"{group} ({place}):"
        entries = [_entry(row, with_line=len(sources) > 1, with_ids=with_ids) for row in same]
        if with_ids and any(field.of_identity for row in same for field in row.fields):
            page.line(" " * indent, lead)
            for entry in entries:
                page.line(" " * (indent + 2), entry)
        else:
            write_text(page, f"{lead} {', '.join(entries)}", indent=indent + 2, lead=[(" " * indent, "")])


def _entry(row: ChangeRow, *, with_line: bool, with_ids: bool) -> str:
    name = f"{row.identity.name}:{row.source.rpartition(':')[2]}" if with_line else row.identity.name
    ids = (f"  {field.name} {field.before}" for field in row.fields if with_ids and field.of_identity)
    return name + "".join(ids)


def write_ids(page: Page, ids: Sequence[AnyId], names: Names, *, indent: int) -> None:
    """The identities of several ids, by resource group."""
    groups: dict[str, list[str]] = {}
    for one in ids:
        groups.setdefault(names.book.short_group(one.group_id), []).append(identity_of(one).name)
    for group, entries in groups.items():
        write_text(page, f"{group}: {', '.join(entries)}", indent=indent + 2, lead=[(" " * indent, "")])


def write_kinds(page: Page, rows: Sequence[ChangeRow], names: Names, *, indent: int, places: bool = True) -> None:
    """What is done to what, a line for each kind of change, with the list of identities where it is many."""
    for same in alike_in_kind(rows):
        action = f"{' ' * indent}{same[0].action.value:<{_LONGEST_ACTION}} "
        if len(same) == 1:
            place = [(same[0].place, "dim")] if places else []
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
