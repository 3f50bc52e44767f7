"""One block for each identity: its own change, its credentials and roles indented below it."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from reconciler.plan import Action, Hold
from reconciler.report.grouping import Block
from reconciler.report.impact_rows import FOUND_NOTHING
from reconciler.report.names import Names
from reconciler.report.page import Page, width
from reconciler.report.parts.members import several, write_members
from reconciler.report.parts.wrap import INDENT, WIDTH, Piece, write_pieces, write_text
from reconciler.report.rows import KNOWN_AFTER_APPLY, ChangeRow, FieldRow
from reconciler.report.visible import quoted

_STYLES = {"+": "green", "~": "yellow", "-": "red", "<=": "cyan"}
_ARROW = "-> "
_UNQUOTED = ("location", "isolationScope", "principalId", "clientId")


def write_blocks(page: Page, blocks: Iterable[Block], names: Names) -> None:
    """Each block, with an empty line behind it."""
    for block in blocks:
        _write_head(page, block, names)
        for row in block.children:
            _write_child(page, row, is_one=not block.members)
        write_members(page, block.members, names, indent=INDENT, with_ids=True)
        page.line()


def _write_head(page: Page, block: Block, names: Names) -> None:
    who = several("", len(block.members)) if block.members else names.identity(block.identity)
    if block.head is None:
        page.line("   ", (who, "bold"))
        return
    row = block.head
    begin = f"{row.symbol:>2} "
    if block.members and row.symbol == "~" and len(row.fields) == 1 and not (row.hold or row.attribution):
        (field,) = row.fields
        text = " ".join((field.name, *_values(field, row.action)))
        page.line((begin, _STYLES[row.symbol]), (f"{who}:", "bold"), f" {text}")
        return
    _write_entry(page, [(begin, _STYLES.get(row.symbol, "")), (who, "bold")], row, is_one=not block.members)
    _write_below(page, row, indent=INDENT, is_one=not block.members)


def _write_child(page: Page, row: ChangeRow, *, is_one: bool) -> None:
    begin = f"   {row.symbol:>2} "
    _write_entry(page, [(begin, _STYLES.get(row.symbol, "")), (row.label, "bold")], row, is_one=is_one)
    _write_below(page, row, indent=INDENT + 3, is_one=is_one)


def _write_entry(page: Page, lead: Sequence[Piece], row: ChangeRow, *, is_one: bool) -> None:
    """What is done to what, why, and where the manifest says so."""
    summary = row.summary if row.hold is None else f"{row.summary}; {hold_words(row.hold)}"
    (begin, style), (who, bold) = lead
    indent = width(begin) + 2
    place = [(row.place, "dim")] if is_one and row.place else []
    write_pieces(page, [(who, bold), (summary, ""), *place], indent=indent, lead=(begin, style))


def _write_below(page: Page, row: ChangeRow, *, indent: int, is_one: bool) -> None:
    """The fields of a change, and what a delete would break; the ids of several identities stand in their list."""
    fields = [one for one in row.fields if is_one or not one.of_identity]
    made = [] if row.attribution is None else [(row.attribution.label, row.attribution.text)]
    names = (*(one.name for one in fields), *(label for label, _ in (*made, *row.impact)))
    widest = max(map(width, names), default=0)
    for field in fields:
        _write_field(page, _label(field.name, indent, widest), _values(field, row.action))
    for label, text in made:
        begin = _label(label, indent, widest)
        write_text(page, text, indent=width(begin), lead=[(begin, "")])
    for label, text in row.impact:
        style = "" if text == FOUND_NOTHING else "yellow"
        begin = _label(label, indent, widest)
        write_text(page, text, indent=width(begin), lead=[(begin, style)], style=style)
    if row.impact and row.not_looked_at:
        write_text(page, row.not_looked_at, indent=indent, lead=[(" " * indent, "")], style="dim")


def _label(name: str, indent: int, widest: int) -> str:
    return " " * indent + name + " " * (widest - width(name)) + "  "


def _write_field(page: Page, begin: str, values: Sequence[str]) -> None:
    """A value is never broken, since somebody may copy it; what does not fit beside the old one stands below it."""
    whole = " ".join(values)
    if width(begin + whole) <= WIDTH:
        page.line(begin, whole)
        return
    page.line(begin, values[0])
    for value in values[1:]:
        page.line(" " * (width(begin) - width(_ARROW)), value)


def _values(field: FieldRow, action: Action) -> tuple[str, ...]:
    if not field.known:
        return (KNOWN_AFTER_APPLY,)
    before = "(absent)" if field.before is None else shown(field.name, field.before)
    after = "(absent)" if field.after is None else shown(field.name, field.after)
    match action:
        case Action.CREATE:
            return (after,)
        case Action.DELETE:
            return (before,)
        case Action.UPDATE | Action.NO_OP:
            return (before, _ARROW + after)
    assert_never(action)


def shown(name: str, value: str) -> str:
    """A value of a field as reports write it: text of anybody's is quoted."""
    return value if name in _UNQUOTED else quoted(value)


def hold_words(hold: Hold) -> str:
    """Why a change is not made."""
    if hold.until is not None:
        return f"held back until {hold.until}"
    return f"held: {quoted(hold.reason or '')}"
