"""The mark by which role assignments are known as ours: the end of their description, which ARM keeps and never reads.

A role assignment has no tags, and its name cannot change: only its description can say whose it is, and go on saying
it when the owner is renamed. Reader and writer of the mark stand here; everywhere else the description is the text
of people alone, and the owner a detail of its own.
"""

from dataclasses import dataclass

OWNER_MARK = "[uami-owner "
"""What no description of a manifest may hold: the beginning of the mark."""

MAX_DESCRIPTION = 1024
"""Most characters of a description, with its mark. Source: assumed; the OpenAPI of 2022-04-01 names no limit."""

_END = "]"


@dataclass(frozen=True, slots=True)
class MarkedDescription:
    """A description as ARM keeps it, in its two parts; None for what it does not have."""

    text: str | None
    owner: str | None

    @classmethod
    def read(cls, description: str | None) -> "MarkedDescription":
        """The parts of a description; one without characters is none."""
        before, mark, owner = (description or "").rpartition(OWNER_MARK)
        is_marked = mark and len(owner) > len(_END) and owner.endswith(_END) and (not before or before[-1] == " ")
        if not is_marked:
            return cls(description or None, None)
        # A blank before the mark is the mark's own; one that ARM has stripped from its beginning is not missed.
        return cls(before[:-1] or None, owner.removesuffix(_END))

    @property
    def written(self) -> str | None:
        """The description that has these parts."""
        return self.text if self.owner is None else f"{self.text or ''} {OWNER_MARK}{self.owner}{_END}"
