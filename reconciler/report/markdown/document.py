"""A Markdown document that fits: what must be seen is kept before all else, and what is left out is counted.

Entries are put in by their worth. First each entry of the sections that must be seen, in few words; then the rest of
what those have to say; then the other sections, in their order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from reconciler.report.visible import SafeText, safe_lines

COMMENT_LIMIT = 65_536
"""Characters of a comment. Source: GitHub's REST API answers 422 "body is too long (maximum is 65536 characters)"."""


class _Shown(IntEnum):
    NOTHING = 0
    BRIEF = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is told: its lines, and the lines below them that tell more, as Markdown."""

    brief: tuple[str, ...]
    more: tuple[str, ...] = ()

    def lines(self, shown: _Shown) -> tuple[str, ...]:
        """As much of it as is shown."""
        return () if shown is _Shown.NOTHING else (*self.brief, *(self.more if shown is _Shown.FULL else ()))


def line_entry(line: str, *more: str) -> Entry:
    """An entry of one line, and what there is below it."""
    return Entry((line,), more)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its entries.

    Attributes:
        title: as Markdown, or, where the section is folded, as HTML.
        noun: what the entries are, for the count of those that are left out: "deletes".
        must: each entry is worth more than all of the sections that are not.
        folded: closed until somebody opens it.
    """

    title: str
    noun: str
    entries: tuple[Entry, ...]
    must: bool = False
    folded: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report: the marker, if any, what its first lines say, and its sections; those without entries go."""

    marker: str
    head: tuple[str, ...]
    sections: tuple[Section, ...]


Measure = Callable[[str], int]


def utf16_units(text: str) -> int:
    """The length of a text as JavaScript, C# and Java count it; never less than its characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """The length of a text in a file."""
    return len(text.encode("utf-8", "surrogatepass"))


def render(document: Document, limit: int, measure: Measure = utf16_units) -> SafeText:
    """The document in at most so much as the limit says, cut where that is not enough."""
    sections = tuple(section for section in document.sections if section.entries)
    document = Document(document.marker, document.head, sections)
    filling = _Filling(document, limit, measure)
    filling.fill()
    return safe_lines(_lines(document, filling.shown))


class _Filling:
    """How much of each entry is shown, and how much room is left."""

    def __init__(self, document: Document, limit: int, measure: Measure) -> None:
        self._sections = document.sections
        self._measure = measure
        self.shown = [[_Shown.NOTHING] * len(one.entries) for one in document.sections]
        # With every section left out, its head says the most.
        self._room = limit - self._size(_head(document, self.shown)) - self._size(_left_out_at_worst(document.sections))

    def fill(self) -> None:
        """Put in what fits, by its worth."""
        must = [number for number, one in enumerate(self._sections) if one.must]
        others = [number for number, one in enumerate(self._sections) if not one.must]
        for number in must:
            self._raise_all(number, _Shown.BRIEF)
        if any(_Shown.NOTHING in self.shown[number] for number in must):
            return
        for number in must:
            self._raise_all(number, _Shown.FULL)
        for number in others:
            self._raise_all(number, _Shown.BRIEF)
            self._raise_all(number, _Shown.FULL)

    def _raise_all(self, number: int, shown: _Shown) -> None:
        section = self._sections[number]
        for place, entry in enumerate(section.entries):
            before = self.shown[number][place]
            if before is _Shown.NOTHING and shown is _Shown.FULL:
                continue
            cost = self._size(entry.lines(shown)) - self._size(entry.lines(before))
            if not any(self.shown[number]):
                cost += self._size((*_opening(section), *_closing(section, len(section.entries))))
            if cost <= self._room:
                self._room -= cost
                self.shown[number][place] = shown

    def _size(self, lines: Iterable[str]) -> int:
        return sum(self._measure(line) + 1 for line in lines)


def _lines(document: Document, shown: Sequence[Sequence[_Shown]]) -> Iterator[str]:
    yield from _head(document, shown)
    for section, states in zip(document.sections, shown, strict=True):
        if not any(states):
            continue
        yield from _opening(section)
        for entry, state in zip(section.entries, states, strict=True):
            yield from entry.lines(state)
        yield from _closing(section, states.count(_Shown.NOTHING))


def _opening(section: Section) -> tuple[str, ...]:
    if section.folded:
        return ("", f"<details><summary>{section.title}</summary>", "")
    return ("", f"**{section.title}**", "")


def _closing(section: Section, missing: int) -> tuple[str, ...]:
    more = (f"- ... and {missing:,} more {section.noun} that are not shown here",) if missing else ()
    return (*more, *(("", "</details>") if section.folded else ()))


def _head(document: Document, shown: Sequence[Sequence[_Shown]]) -> tuple[str, ...]:
    marker = (document.marker,) if document.marker else ()
    first, *rest = document.head
    left_out = _left_out(document.sections, shown)
    return (*marker, first, *(("", left_out) if left_out else ()), *rest)


def _left_out(sections: Sequence[Section], shown: Sequence[Sequence[_Shown]]) -> str:
    parts: dict[str, tuple[int, int]] = {}
    details = 0
    for section, states in zip(sections, shown, strict=True):
        missing, whole = parts.get(section.noun, (0, 0))
        parts[section.noun] = (missing + states.count(_Shown.NOTHING), whole + len(states))
        details += sum(
            state is _Shown.BRIEF and bool(entry.more) for entry, state in zip(section.entries, states, strict=True)
        )
    words = [f"{missing:,} of {whole:,} {noun}" for noun, (missing, whole) in parts.items() if missing]
    if details:
        words.append(f"the details of {details:,} that are listed")
    return f"**Not shown here, for want of room: {', '.join(words)}.** The text report has all of it." if words else ""


def _left_out_at_worst(sections: Sequence[Section]) -> tuple[str, ...]:
    """At least as long as what the head will say of what is left out, beyond what it says where all is."""
    return (f", the details of {sum(len(one.entries) for one in sections):,} that are listed",)
