"""A page as values: what stands on it and in which order is decided before any HTML is written.

Every text here is plain and may be anybody's; the renderer alone makes it safe. Nothing here is an address to follow:
a page has links to its own sections only.
"""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What something means; the style sheet has one colour for each."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    REFUSED = "refused"
    WARNING = "warning"
    HELD = "held"
    GOOD = "good"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Tally:
    """A number with what it is of; `section` is the name of the section that has them, or empty."""

    number: int
    words: str
    tone: Tone
    section: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A field: `old` alone is removed, `new` alone is set; `later` is only known once it is done.

    Of an update both sides are shown, also where one is None, and so absent.
    """

    name: str
    old: str | None = None
    new: str | None = None
    later: str | None = None
    is_update: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A label with what is said of it."""

    label: str
    text: str
    tone: Tone = Tone.QUIET


@dataclass(frozen=True, slots=True)
class Entry:
    """One change.

    Attributes:
        symbol: `+`, `~`, `-` or `<=`; empty where nothing is done.
        what: the credential or role; empty for the identity itself.
        summary: what is done to it and why.
        place: `FILE:LINE`; empty where it is one of several.
        lines: what a delete breaks, what a call left behind, an error.
    """

    tone: Tone
    symbol: str
    what: str
    summary: str
    place: str = ""
    values: tuple[Value, ...] = ()
    lines: tuple[Line, ...] = ()
    footnote: str = ""


@dataclass(frozen=True, slots=True)
class Members:
    """Identities that something is said of, with the file that says so where it is one; each with a detail, or ''."""

    group: str
    place: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """What happens to one identity, or the same to several.

    Attributes:
        title: the identity, or how many.
        entries: its own change, if any, and those of its credentials and roles.
        brief: what is worth knowing, besides its own change, while the block is closed.
    """

    title: str
    entries: tuple[Entry, ...]
    members: tuple[Members, ...] = ()
    brief: str = ""
    is_open: bool = True

    @property
    def head(self) -> Entry | None:
        """The change of the identity itself."""
        first = self.entries[0]
        return None if first.what else first

    @property
    def children(self) -> tuple[Entry, ...]:
        """The changes of its credentials and roles."""
        return self.entries if self.head is None else self.entries[1:]

    @property
    def marks(self) -> tuple[tuple[Tone, str], ...]:
        """Tone and symbol of what is done to it, each once."""
        return tuple(dict.fromkeys((one.tone, one.symbol) for one in self.entries))


@dataclass(frozen=True, slots=True)
class Group:
    """A resource group, with its identities."""

    title: str
    tallies: tuple[Tally, ...]
    blocks: tuple[Block, ...]
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is said in sentences.

    Attributes:
        code: a stable name, such as that of a guard.
        title: what it is about.
        hint: what to do, each a paragraph; flags and commands in them are set as code.
        place: `FILE:LINE`, or `FILE:LINE:COLUMN`.
        quotation: a line of a file up to the place, and from there on.
        commands: to be run.
    """

    tone: Tone
    text: str
    code: str = ""
    title: str = ""
    hint: tuple[str, ...] = ()
    place: str = ""
    members: tuple[Members, ...] = ()
    quotation: tuple[str, str] | None = None
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by name; a row is its name with as many cells as there are headings behind the first."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under a heading; `name` is its own within the page, in letters and dashes.

    Attributes:
        lead: a sentence below the heading.
        then: a line between the remarks and the groups.
        is_folded: it is closed until somebody opens it.
        is_compact: each remark is one line.
    """

    name: str
    title: str
    tone: Tone = Tone.QUIET
    lead: str = ""
    then: str = ""
    groups: tuple[Group, ...] = ()
    blocks: tuple[Block, ...] = ()
    remarks: tuple[Remark, ...] = ()
    table: Table | None = None
    is_folded: bool = False
    is_compact: bool = False
    number: int | None = None

    @property
    def size(self) -> int:
        """Of how many blocks and remarks it is made."""
        return len(self.remarks) + len(self.blocks) + sum(len(group.blocks) for group in self.groups)

    def __bool__(self) -> bool:
        return bool(self.groups or self.blocks or self.remarks or self.table)


@dataclass(frozen=True, slots=True)
class PageView:
    """A whole page.

    Attributes:
        kind: what report it is: `Plan`, `Drift`.
        verdict: the one line to read.
        asides: what belongs to the verdict: refusals, what an undo leaves.
        facts: where it looked and as whom, by label.
    """

    kind: str
    verdict: str
    tone: Tone
    asides: tuple[Line, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tallies: tuple[Tally, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def is_large(self) -> bool:
        """Whether a browser should lay out only what is seen of it."""
        return sum(section.size for section in self.sections) > _LARGE


_LARGE = 300
"""Parts of a page beyond which it is large."""
