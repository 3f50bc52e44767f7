"""One place in a state document: the value there, and messages that say where it is."""

import re
from dataclasses import dataclass

from reconciler.sandbox.state.state import Tags

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""The form of subscription, tenant, principal and client ids."""


class StateError(Exception):
    """A state file is missing, damaged or in use; the message names the file and, in a damaged one, the place."""


class StateNotSavedError(StateError):
    """A state could not be written to its file, which is as it was before; the OSError is the cause.

    Attributes:
        is_full: there was no room for it.
    """

    def __init__(self, message: str, *, is_full: bool) -> None:
        super().__init__(message)
        self.is_full = is_full


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and its place in the document; every reading method raises StateError, naming the place."""

    value: object
    place: str

    def fail(self, what: str) -> StateError:
        """An error at this place; `what` continues the sentence."""
        return StateError(f"{self.place or 'the document'} {what}")

    def mapping(self) -> "dict[str, Node]":
        """The fields of an object."""
        return {name: self._inner(name, value) for name, value in self.plain().items()}

    def only(self, *names: str) -> "dict[str, Node]":
        """The fields of an object that may have no others."""
        fields = self.mapping()
        for name in fields:
            if name not in names:
                raise fields[name].fail(f"is not known; known here: {', '.join(names)}")
        return fields

    def items(self) -> "tuple[Node, ...]":
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.fail("must be a list")
        return tuple(Node(value, f"{self.place}[{index}]") for index, value in enumerate(self.value))

    def required(self, name: str) -> "Node":
        """A field that must be there."""
        fields = self.plain()
        if name not in fields:
            raise self.fail(f"has no {name}")
        return self._inner(name, fields[name])

    def optional(self, name: str) -> "Node | None":
        """A field, None where it is absent or null."""
        value = self.plain().get(name)
        return None if value is None else self._inner(name, value)

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.fail("must be a text that is not empty")
        return self.value

    def any_text(self) -> str:
        """A text, which may be empty: ARM keeps an empty description or owner as it was sent."""
        if not isinstance(self.value, str):
            raise self.fail("must be a text")
        return self.value

    def guid(self) -> str:
        """A GUID."""
        if not GUID.fullmatch(self.text()):
            raise self.fail(f"must be a GUID, not {self.text()!r}")
        return self.text()

    def count(self) -> int:
        """A whole number from 0."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < 0:
            raise self.fail("must be a whole number from 0")
        return self.value

    def tags(self) -> Tags:
        """A map of texts, in its order."""
        return tuple((name, self._inner(name, value).any_text()) for name, value in self.plain().items())

    def names(self, pattern: re.Pattern[str], what: str) -> tuple[str, ...]:
        """What a pattern finds in a text that must be an id."""
        match = pattern.fullmatch(self.text())
        if match is None:
            raise self.fail(f"must be the id of {what}, not {self.text()!r}")
        return match.groups()

    def plain(self) -> dict[str, object]:
        """An object as it stands."""
        if not isinstance(self.value, dict):
            raise self.fail("must be an object")
        return self.value

    def _inner(self, name: str, value: object) -> "Node":
        return Node(value, f"{self.place}.{name}" if self.place else name)
