"""Notes of a plan, in which what is the same for many identities is told once, with their list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model import ResourceId, identity_of
from reconciler.plan import Plan
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.members import several, write_ids, write_places
from reconciler.report.parts.wrap import INDENT, write_text

TOLD_ONCE = 3
"""From so many on, what differs in nothing but the identity is told once."""

_PLACE = re.compile(r"(?P<place>\S.*?:\d+): (?P<text>.+)")
_WORD = re.compile(r"[^\s,:;`]+")
_GUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """A note about an identity.

    Attributes:
        general: its words for any other identity, with `GROUP/IDENTITY` and `...` for what is of this one.
        source: its place in the manifest, as `FILE:LINE`; empty where it names none.
        ids: the GUIDs that it names.
    """

    general: str
    identity: ResourceId
    source: str
    ids: tuple[str, ...]


def write_notes(page: Page, plan: Plan, names: Names, *, group: bool) -> None:
    """Each note, or with `group` those that say the same once, in the order in which each begins."""
    for note in notes_of(plan, names, group=group):
        if isinstance(note, str):
            _write(page, note)
        else:
            _write_once(page, note, names)
    if plan.notes:
        page.line()


def notes_of(plan: Plan, names: Names, *, group: bool) -> Iterator[str | list[Note]]:
    """Each note, or with `group` those that say the same of several identities together, in their order."""
    known = {
        names.book.short(identity): identity
        for identity in (identity_of(one.resource_id) for one in (*plan.changes, *plan.held, *plan.skipped))
    }
    alike: dict[str, list[tuple[str, Note | None]]] = {}
    for note in plan.notes:
        parsed = _parse(note, known) if group else None
        key = note if parsed is None else f"{bool(parsed.source)} {parsed.general}"
        alike.setdefault(key, []).append((note, parsed))
    for same in alike.values():
        notes = sorted((note for _, note in same if note is not None), key=lambda one: one.identity.key)
        if len(notes) < TOLD_ONCE:
            yield from (text for text, _ in same)
        else:
            yield notes


def _write(page: Page, text: str) -> None:
    write_text(page, text, indent=2, lead=[("Note: ", "yellow")])


def _write_once(page: Page, notes: Sequence[Note], names: Names) -> None:
    _write(page, f"{several('', len(notes))}: {notes[0].general}")
    if notes[0].ids:
        for note in notes:
            page.line(" " * INDENT, f"{names.identity(note.identity)}: {', '.join(note.ids)}")
    elif notes[0].source:
        write_places(page, [(note.identity, note.source) for note in notes], names, indent=INDENT)
    else:
        write_ids(page, [note.identity for note in notes], names, indent=INDENT)


def _parse(note: str, known: Mapping[str, ResourceId]) -> Note | None:
    """A note that names an identity of the plan; None for any other."""
    match = _PLACE.fullmatch(note)
    source, text = (match["place"], match["text"]) if match else ("", note)
    for word in _WORD.findall(text):
        parts = word.rstrip(".").split("/")
        for address in ("/".join(parts[:2]), "/".join(parts[:3])):
            if address in known:
                general = re.sub(rf"(?<![\w/.-]){re.escape(address)}(?![\w-])", "GROUP/IDENTITY", text)
                ids = tuple(_GUID.findall(general))
                return Note(_GUID.sub("...", general), known[address], source, ids)
    return None
