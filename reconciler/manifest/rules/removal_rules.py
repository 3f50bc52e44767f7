"""Rules of `remove`: a name is either listed, or removed, or ignored; and its days are days of the calendar.

A name that is listed in two of these ways is refused rather than given to one of them, because whichever were chosen,
half of the readers of the manifest would have expected the other.
"""

from collections.abc import Iterator

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.declared import DeclaredDocument, DeclaredGroup, DeclaredRemoval
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.dates import check_days
from reconciler.manifest.rules.globs import find_match


def check_removals(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """Every entry of `remove` whose name is listed too, removed twice, or ignored, and what is wrong with its days.

    Names compare without case.
    """
    for group in document.groups:
        patterns = (*document.scope.ignored_identities, *group.scope.ignored_identities)
        listed = _listed(group)
        removed: dict[str, DeclaredRemoval] = {}
        for removal in group.removals:
            yield from check_days((removal.after, *(one.expires for one in removal.allow)))
            yield from _check_allowed_once(removal)
            if removal.name is not None:
                key = removal.name.text.casefold()
                if key in listed:
                    yield _listed_and_removed(removal.name, listed[key])
                first = removed.setdefault(key, removal)
                if first is not removal:
                    yield _removed_twice(removal.name.text, removal.pos, first.pos)
                yield from _check_ignored(removal.name, patterns)


def _check_allowed_once(removal: DeclaredRemoval) -> Iterator[Diagnostic]:
    """A code that ends on one day and, elsewhere in the list, on another or never."""
    first: dict[str, tuple[Located, str | None]] = {}
    for one in removal.allow:
        if one.code is not None:
            end = None if one.expires is None else one.expires.text
            other, other_end = first.setdefault(one.code.text, (one.code, end))
            if end != other_end:
                message = (
                    f"the code `{one.code.text}` is already allowed at {other.pos}, and ends at another time there"
                )
                yield Diagnostic("allowed-twice", one.code.pos, message, "Keep one of the two.")


def _listed(group: DeclaredGroup) -> dict[str, SourcePos]:
    places: dict[str, SourcePos] = {}
    for identity in group.identities:
        if identity.name is not None:
            places.setdefault(identity.name.text.casefold(), identity.name.pos)
    return places


def _listed_and_removed(name: Located, listed: SourcePos) -> Diagnostic:
    message = f"the identity `{name.text}` is to be removed, yet it is listed at {listed}"
    return Diagnostic("listed-and-removed", name.pos, message, "Keep one of the two: list the identity, or remove it.")


def _removed_twice(name: str, pos: SourcePos, first: SourcePos) -> Diagnostic:
    message = f"the identity `{name}` is already removed at {first}"
    return Diagnostic("removed-twice", pos, message, "Keep one of the two; names compare without case.")


def _check_ignored(name: Located, patterns: tuple[Located, ...]) -> Iterator[Diagnostic]:
    pattern = find_match(name.text, patterns)
    if pattern is not None:
        message = f"the identity `{name.text}` is to be removed, yet `{pattern.text}` at {pattern.pos} ignores it"
        yield Diagnostic("removed-and-ignored", name.pos, message, "Remove it here, or narrow the pattern.")
