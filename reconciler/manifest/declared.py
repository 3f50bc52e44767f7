"""What one document says, read from plain data into types, each part with its place.

Read leniently: what the schema refuses already has its diagnostic and is left out here, so that the rules that need
more than one place of a document still see everything else in the same run.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Limits
from reconciler.manifest.document import Document, Path, Plain


@dataclass(frozen=True, slots=True)
class Located:
    """A text and where it stands."""

    text: str
    pos: SourcePos


@dataclass(frozen=True, slots=True)
class DeclaredTag:
    """A tag as one place writes it; `pos` is that of its name, `value` is None for a tag that must be absent."""

    name: str
    value: str | None
    pos: SourcePos


@dataclass(frozen=True, slots=True)
class DeclaredTags:
    """A `tags` mapping as written; `pos` is that of the key `tags`."""

    pos: SourcePos
    tags: tuple[DeclaredTag, ...]


@dataclass(frozen=True, slots=True)
class DeclaredScope:
    """What a document and a group of it can both say; None and empty where they say nothing."""

    location: Located | None
    tags: DeclaredTags | None
    identities_policy: Located | None
    tags_policy: Located | None
    ignored_identities: tuple[Located, ...]
    ignored_tags: tuple[Located, ...]


@dataclass(frozen=True, slots=True)
class DeclaredIdentity:
    """An entry of `identities`; `pos` is where the entry begins, `name` is None where none can be read."""

    name: Located | None
    location: str | None
    isolation_scope: str | None
    tags: DeclaredTags | None
    pos: SourcePos


@dataclass(frozen=True, slots=True)
class DeclaredGroup:
    """A resource group with the identities in the order they are written."""

    name: Located
    scope: DeclaredScope
    identities: tuple[DeclaredIdentity, ...]


@dataclass(frozen=True, slots=True)
class DeclaredDocument:
    """A document; subscription, tenant and owner are None where none can be read, even where their key is there."""

    subscription: Located | None
    tenant: Located | None
    owner: Located | None
    has_owner_key: bool
    limits: Limits
    scope: DeclaredScope
    groups: tuple[DeclaredGroup, ...]


def read_declared(document: Document) -> DeclaredDocument:
    """What a document says, without whatever the schema refuses by its type."""
    root = _mapping(document.data)
    groups = _mapping(root.get("resourceGroups"))
    return DeclaredDocument(
        subscription=_text(document, ("subscription",), root.get("subscription")),
        tenant=_text(document, ("tenant",), root.get("tenant")),
        owner=_text(document, ("owner",), root.get("owner")),
        has_owner_key="owner" in root,
        limits=_limits(_mapping(root.get("limits"))),
        scope=_scope(document, (), root),
        groups=tuple(
            _group(document, ("resourceGroups", name), name, group)
            for name, group in groups.items()
            if ("resourceGroups", name) not in document.broken_keys
        ),
    )


def _limits(limits: dict[str, Plain]) -> Limits:
    standard = Limits()
    return Limits(
        max_deletes=_whole_number(limits.get("maxDeletes"), standard.max_deletes),
        max_delete_percent=_whole_number(limits.get("maxDeletePercent"), standard.max_delete_percent),
    )


def _scope(document: Document, path: Path, scope: dict[str, Plain]) -> DeclaredScope:
    defaults, policy, ignore = (_mapping(scope.get(key)) for key in ("defaults", "policy", "ignore"))
    return DeclaredScope(
        location=_text(document, (*path, "defaults", "location"), defaults.get("location")),
        tags=_tags(document, (*path, "defaults", "tags"), defaults.get("tags")),
        identities_policy=_text(document, (*path, "policy", "identities"), policy.get("identities")),
        tags_policy=_text(document, (*path, "policy", "tags"), policy.get("tags")),
        ignored_identities=_texts(document, (*path, "ignore", "identities"), ignore.get("identities")),
        ignored_tags=_texts(document, (*path, "ignore", "tags"), ignore.get("tags")),
    )


def _group(document: Document, path: Path, name: str, value: Plain) -> DeclaredGroup:
    group = _mapping(value)
    entries = enumerate(_items(group.get("identities")))
    return DeclaredGroup(
        name=Located(name, document.key_pos(path)),
        scope=_scope(document, path, group),
        identities=tuple(_identity(document, (*path, "identities", index), entry) for index, entry in entries),
    )


def _identity(document: Document, path: Path, entry: Plain) -> DeclaredIdentity:
    bare = _text(document, path, entry)
    if bare is not None:
        return DeclaredIdentity(bare, location=None, isolation_scope=None, tags=None, pos=bare.pos)
    identity = _mapping(entry)
    location = _text(document, (*path, "location"), identity.get("location"))
    isolation_scope = _text(document, (*path, "isolationScope"), identity.get("isolationScope"))
    return DeclaredIdentity(
        name=_text(document, (*path, "name"), identity.get("name")),
        location=None if location is None else location.text,
        isolation_scope=None if isolation_scope is None else isolation_scope.text,
        tags=_tags(document, (*path, "tags"), identity.get("tags")),
        pos=document.value_pos(path),
    )


def _tags(document: Document, path: Path, value: Plain) -> DeclaredTags | None:
    if not isinstance(value, dict):
        return None
    return DeclaredTags(document.key_pos(path), tuple(_tag_items(document, path, value)))


def _tag_items(document: Document, path: Path, tags: dict[str, Plain]) -> Iterator[DeclaredTag]:
    for name, value in tags.items():
        if (*path, name) not in document.broken_keys:
            text = value if isinstance(value, str) else None
            yield DeclaredTag(name, text, document.key_pos((*path, name)))


def _text(document: Document, path: Path, value: Plain) -> Located | None:
    if not isinstance(value, str) or path in document.broken_values:
        return None
    return Located(value, document.value_pos(path))


def _texts(document: Document, path: Path, value: Plain) -> tuple[Located, ...]:
    texts = (_text(document, (*path, index), item) for index, item in enumerate(_items(value)))
    return tuple(text for text in texts if text is not None)


def _mapping(value: Plain) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _items(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []


def _whole_number(value: Plain, standard: int) -> int:
    """A limit; `10.0` is a whole number to JSON Schema too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return standard
    return int(value)
