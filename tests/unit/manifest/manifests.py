"""Manifests for tests, and what loading them gives."""

from collections.abc import Mapping

from reconciler.errors import Diagnostic, ManifestError, SourcePos
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity
from reconciler.manifest.load import load_manifest

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
HEAD = f"version: 1\nsubscription: {SUBSCRIPTION}\n"
EXACT = "policy: {identities: exact, roleAssignments: merge}\n"
"""A last line for a manifest without an owner, whose policy nothing else says."""
GROUP = "resourceGroups: {rg: {identities: [], policy: {identities: exact}}}\n"

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


def place_of(text: str, mark: str) -> SourcePos:
    """Where something first stands in the line in which `credential_with` and its like put the entry."""
    return SourcePos("<stdin>", 6, text.split("\n")[5].index(mark) + 1)


def hint_of(text: str | bytes) -> str:
    """The hint of the only diagnostic."""
    (found,) = diagnostics_of(text)
    return found.hint


def group_with(identities: str) -> str:
    """A manifest of one group; the flow list of its identities begins at line 4, column 17."""
    return f"{HEAD}resourceGroups:\n  rg: {{identities: {identities}}}\n{EXACT}"


def identity_with(keys: str) -> str:
    """A manifest of one identity that also has these keys, in flow style; they begin at line 5, column 5."""
    return f"{HEAD}resourceGroups:\n  rg: {{identities: [{{name: id-a,\n    {keys}}}]}}\n{EXACT}"


def credential_with(entry: str) -> str:
    """A manifest of one identity with one federated credential; its mapping begins at line 6, column 1."""
    return identity_with(f"federatedCredentials: [\n{{{entry}}}]")


def assignment_with(entry: str) -> str:
    """The same with a role assignment."""
    return identity_with(f"roleAssignments: [\n{{{entry}}}]")


def load_identity(text: str) -> DesiredIdentity:
    """The only identity of a manifest."""
    (identity,) = load_group(text).identities
    return identity
