"""Manifests for tests, and what loading them gives."""

from collections.abc import Mapping

from reconciler.errors import Diagnostic, ManifestError
from reconciler.manifest.desired import Desired, DesiredGroup
from reconciler.manifest.load import load_manifest

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
HEAD = f"version: 1\nsubscription: {SUBSCRIPTION}\n"
GROUP = "resourceGroups: {rg: {identities: []}}\n"

Place = tuple[str, int, int]
"""A diagnostic's code, line and column."""


def load_text(
    text: str | bytes, variables: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> Desired:
    """What a manifest on the standard input declares."""
    content = text if isinstance(text, bytes) else text.encode()
    return load_manifest(["-"], variables or {}, environment or {}, lambda: content)


def load_group(text: str) -> DesiredGroup:
    """The only group of a manifest."""
    (group,) = load_text(text).groups
    return group


def diagnostics_of(
    text: str | bytes, variables: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a manifest; empty for one that loads."""
    try:
        load_text(text, variables, environment)
    except ManifestError as error:
        return error.diagnostics
    return ()


def places_of(text: str | bytes, variables: Mapping[str, str] | None = None) -> list[Place]:
    """Code, line and column of everything that is wrong with a manifest."""
    return [(found.code, found.pos.line, found.pos.column) for found in diagnostics_of(text, variables)]


def hint_of(text: str | bytes) -> str:
    """The hint of the only diagnostic."""
    (found,) = diagnostics_of(text)
    return found.hint


def group_with(identities: str) -> str:
    """A manifest of one group; the flow list of its identities begins at line 4, column 17."""
    return f"{HEAD}resourceGroups:\n  rg: {{identities: {identities}}}\n"
