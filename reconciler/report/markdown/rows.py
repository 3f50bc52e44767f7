"""Changes as entries of a document: a line for each, and below it what it sets, and what a delete would break."""

from collections.abc import Iterable, Iterator

from reconciler.model import AnyId, Violation
from reconciler.plan import Action
from reconciler.report.markdown.document import Entry, Section, line_entry
from reconciler.report.markdown.escape import code, html_code, prose
from reconciler.report.names import Names
from reconciler.report.parts.blocks import hold_words
from reconciler.report.rows import KNOWN_AFTER_APPLY, ChangeRow, FieldRow

_ABSENT = "(absent)"


def described(about: AnyId, names: Names) -> str:
    """What something is: `role Reader on rg-data` of `rg-app/id-api`."""
    label, identity = names.label(about), code(names.identity(about))
    return f"{code(label)} of {identity}" if label else identity


def row_entry(row: ChangeRow, names: Names) -> Entry:
    """A change: what is done to what and why, its place in the manifest, and below it the rest."""
    held = "" if row.hold is None else f"; {prose(hold_words(row.hold))}"
    summary = f"{row.symbol or '='} {described(row.resource_id, names)} {prose(row.summary)}{held}{_at(row)}"
    return line_entry(f"- {_symbol(summary)}", *_fields(row), *_attribution(row), *_impact(row))


def delete_entry(row: ChangeRow, names: Names) -> Entry:
    """A delete: in few words what goes, and below it why, and what that breaks."""
    why = f"  - {prose(row.summary)}{_at(row)}"
    return line_entry(f"- {described(row.resource_id, names)}", why, *_impact(row), *_fields(row))


def _at(row: ChangeRow) -> str:
    """Where the manifest asks for it, if one does."""
    return f", {code(row.place)}" if row.place else ""


def violation_entry(violation: Violation, names: Names) -> Entry:
    """A refusal: which guard and of what, and below it why, and what lifts it."""
    about = violation.about
    where = code("this run" if about is None else names.describe(about))
    more = [f"  - {prose(violation.message)}"]
    if violation.hint:
        more.append(f"  - {prose(violation.hint)}")
    return line_entry(f"- {code(violation.code)} at {where}", *more)


def sections_by_group(rows: Iterable[ChangeRow], names: Names) -> Iterator[Section]:
    """The rows, folded by resource group, in the order in which each begins."""
    groups: dict[str, list[ChangeRow]] = {}
    for row in rows:
        groups.setdefault(names.group(row.identity), []).append(row)
    for group, same in groups.items():
        words = ((Action.CREATE, "to add"), (Action.UPDATE, "to change"), (Action.DELETE, "to destroy"))
        numbers = ((sum(row.action is action for row in same), word) for action, word in words)
        counts = ", ".join(f"{number:,} {word}" for number, word in numbers if number)
        entries = tuple(row_entry(row, names) for row in same)
        yield Section(f"{html_code(group)}: {counts}", "changes", entries)


def _symbol(text: str) -> str:
    """A line of a list whose first word would begin another list."""
    symbol, _, rest = text.partition(" ")
    return f"{code(symbol)} {rest}"


def _fields(row: ChangeRow) -> Iterator[str]:
    for field in row.fields:
        yield f"  - {code(field.name)}: {_values(field, row.action)}"


def _values(field: FieldRow, action: Action) -> str:
    if not field.known:
        return KNOWN_AFTER_APPLY
    before = _ABSENT if field.before is None else code(field.before)
    after = _ABSENT if field.after is None else code(field.after)
    if action is Action.CREATE:
        return after
    return before if action is Action.DELETE else f"{before} to {after}"


def _attribution(row: ChangeRow) -> Iterator[str]:
    if row.attribution is not None:
        yield f"  - {row.attribution.label} {code(row.attribution.text)}"


def _impact(row: ChangeRow) -> Iterator[str]:
    for label, text in row.impact:
        yield f"  - **{label}** {code(text)}"
