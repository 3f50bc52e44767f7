"""What one document says, read from plain data into types, each part with its place.

Read leniently: what the schema refuses already has its diagnostic and is left out here, so that the rules that need
more than one place of a document still see everything else in the same run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.errors import SourcePos
from reconciler.manifest.declared_access import (
    DeclaredAssignment,
    DeclaredAssignments,
    DeclaredCredential,
    DeclaredCredentials,
    read_acceptances,
    read_assignment_lines,
    read_assignments,
    read_credentials,
    read_scopes,
)
from reconciler.manifest.desired import Limits
from reconciler.manifest.finding import Acceptance
from reconciler.manifest.reading import (
    Located,
    entries_in,
    items,
    key_pos_in,
    keys_in,
    known_text_in,
    mapping,
    text_at,
    text_in,
    texts_at,
    whole_number,
)
from reconciler.manifest.yaml.document import GIVEN, Document, Path, Plain


class DeclaredTag(NamedTuple):
    """A tag as one place writes it; `pos` is that of its name, `value` is None for a tag that must be absent."""

    name: str
    value: str | None
    pos: SourcePos


class DeclaredTags(NamedTuple):
    """A `tags` mapping as written; `pos` is that of the key `tags`."""

    pos: SourcePos
    tags: tuple[DeclaredTag, ...]


@dataclass(frozen=True, slots=True)
class DeclaredScope:
    """What a document and a group of it can both say; None and empty where they say nothing.

    `policy_keys` are the keys written under `policy`, those of a wrong value too.
    """

    tags: DeclaredTags | None
    identities_policy: Located | None
    tags_policy: Located | None
    credentials_policy: Located | None
    assignments_policy: Located | None
    policy_keys: frozenset[str]
    ignored_identities: tuple[Located, ...]
    ignored_tags: tuple[Located, ...]
    ignored_credentials: tuple[Located, ...]
    ignored_assignments: tuple[DeclaredAssignment, ...] = ()
    role_scopes: tuple[Located, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeclaredGiven:
    """What one layer of defaults, of the document or of a group, gives an identity; in a saved plan, what all gave."""

    location: Located | None
    tags: DeclaredTags | None
    protect: bool | None
    credentials: DeclaredCredentials | None
    assignments: DeclaredAssignments | None


class DeclaredIdentity(NamedTuple):
    """An entry of `identities`; `pos` is where the entry begins, `name` is None where none can be read.

    `credentials` and `assignments` are those of its own; `given` is what it takes of defaults, the layer of the
    document before that of the group.
    """

    name: Located | None
    location: str | None
    isolation_scope: str | None
    tags: DeclaredTags | None
    credentials: DeclaredCredentials | None
    assignments: DeclaredAssignments | None
    pos: SourcePos
    protect: bool | None = None
    expected_principal_id: Located | None = None
    given: tuple[DeclaredGiven, ...] = ()
    hold: Located | None = None
    accept: tuple[Acceptance, ...] = ()

    @property
    def given_credentials(self) -> tuple[DeclaredCredential, ...]:
        """The federated credentials that defaults give, but for those that the identity or its group overrides."""
        if not self.given:
            return ()
        taken, found = _credential_names(self.credentials), list[DeclaredCredential]()
        for layer in reversed(self.given):
            entries = () if layer.credentials is None else layer.credentials.entries
            found[:0] = [one for one in entries if one.name is None or one.name.text.casefold() not in taken]
            taken |= _credential_names(layer.credentials)
        return tuple(found)

    @property
    def given_assignments(self) -> tuple[DeclaredAssignment, ...]:
        """The same of role assignments."""
        if not self.given:
            return ()
        taken, found = _assignment_keys(self.assignments), list[DeclaredAssignment]()
        for layer in reversed(self.given):
            entries = () if layer.assignments is None else layer.assignments.entries
            found[:0] = [one for one in entries if one.key is None or one.key not in taken]
            taken |= _assignment_keys(layer.assignments)
        return tuple(found)

    @property
    def tag_layers(self) -> tuple[DeclaredTags | None, ...]:
        """Its tags and those that defaults give, the later over the earlier."""
        return (*(layer.tags for layer in self.given), self.tags) if self.given else (self.tags,)

    @property
    def is_protected(self) -> bool | None:
        """What it says of its protection, or else what the innermost defaults do."""
        if not self.given:
            return self.protect
        said = (self.protect, *(layer.protect for layer in reversed(self.given)))
        return next((one for one in said if one is not None), None)


@dataclass(frozen=True, slots=True)
class DeclaredAllowance:
    """An entry of `remove[].allow`, a code alone or one with the day on which it ends; None for what cannot be read."""

    code: Located | None
    expires: Located | None


@dataclass(frozen=True, slots=True)
class DeclaredRemoval:
    """An entry of `remove`; `pos` is where the entry begins, `name` is None where none can be read."""

    name: Located | None
    principal_id: Located | None
    allow: tuple[DeclaredAllowance, ...]
    pos: SourcePos
    after: Located | None = None
    accept: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredGroup:
    """A resource group with the identities in the order they are written."""

    name: Located
    scope: DeclaredScope
    identities: tuple[DeclaredIdentity, ...]
    removals: tuple[DeclaredRemoval, ...]
    accept: tuple[Acceptance, ...] = ()


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
    accept: tuple[Acceptance, ...] = ()


def read_declared(document: Document) -> DeclaredDocument:
    """What a document says, without whatever the schema refuses by its type."""
    root = mapping(document.data)
    groups = mapping(root.get("resourceGroups"))
    return DeclaredDocument(
        subscription=text_in(document, (), root, "subscription"),
        tenant=text_in(document, (), root, "tenant"),
        owner=text_in(document, (), root, "owner"),
        has_owner_key="owner" in root,
        limits=_limits(mapping(root.get("limits"))),
        scope=_scope(document, (), root),
        groups=tuple(
            _group(document, ("resourceGroups", name), name, group)
            for name, group in groups.items()
            if ("resourceGroups", name) not in document.broken_keys
        ),
        accept=read_acceptances(document, (), root),
    )


def _limits(limits: dict[str, Plain]) -> Limits:
    standard = Limits()
    return Limits(
        max_deletes=_limit(limits.get("maxDeletes"), standard.max_deletes),
        max_delete_percent=_limit(limits.get("maxDeletePercent"), standard.max_delete_percent),
        max_revokes=_limit(limits.get("maxRevokes"), standard.max_revokes),
    )


def _limit(value: Plain, standard: int) -> int:
    number = whole_number(value)
    return standard if number is None else number


def _scope(document: Document, path: Path, scope: dict[str, Plain]) -> DeclaredScope:
    defaults, policy, ignore = (mapping(scope.get(key)) for key in ("defaults", "policy", "ignore"))
    return DeclaredScope(
        tags=_tags(document, (*path, "defaults"), defaults),
        identities_policy=text_at(document, (*path, "policy", "identities"), policy.get("identities")),
        tags_policy=text_at(document, (*path, "policy", "tags"), policy.get("tags")),
        credentials_policy=text_at(
            document, (*path, "policy", "federatedCredentials"), policy.get("federatedCredentials")
        ),
        assignments_policy=text_at(document, (*path, "policy", "roleAssignments"), policy.get("roleAssignments")),
        policy_keys=frozenset(policy),
        ignored_identities=texts_at(document, (*path, "ignore", "identities"), ignore.get("identities")),
        ignored_tags=texts_at(document, (*path, "ignore", "tags"), ignore.get("tags")),
        ignored_credentials=texts_at(
            document, (*path, "ignore", "federatedCredentials"), ignore.get("federatedCredentials")
        ),
        ignored_assignments=read_assignment_lines(
            document, (*path, "ignore", "roleAssignments"), ignore.get("roleAssignments")
        ),
        role_scopes=read_scopes(document, (*path, "roleScopes"), scope.get("roleScopes")),
    )


def _group(document: Document, path: Path, name: str, value: Plain) -> DeclaredGroup:
    group = mapping(value)
    entries = entries_in(document, (*path, "identities"), group.get("identities"))
    removals = enumerate(items(group.get("remove")))
    return DeclaredGroup(
        name=Located(name, document.key_pos(path)),
        scope=_scope(document, path, group),
        identities=tuple([_identity(document, at, entry, pos) for at, entry, pos in entries]),
        removals=tuple(_removal(document, (*path, "remove", index), mapping(entry)) for index, entry in removals),
        accept=read_acceptances(document, path, group),
    )


def _removal(document: Document, path: Path, removal: dict[str, Plain]) -> DeclaredRemoval:
    allow = enumerate(items(removal.get("allow")))
    return DeclaredRemoval(
        name=text_in(document, path, removal, "name"),
        principal_id=text_in(document, path, removal, "principalId"),
        allow=tuple(_allowance(document, (*path, "allow", index), entry) for index, entry in allow),
        pos=document.value_pos(path),
        after=text_in(document, path, removal, "after"),
        accept=read_acceptances(document, path, removal),
    )


def _allowance(document: Document, path: Path, entry: Plain) -> DeclaredAllowance:
    bare, allowance = text_at(document, path, entry), mapping(entry)
    return DeclaredAllowance(
        code=bare or text_in(document, path, allowance, "code"),
        expires=text_in(document, path, allowance, "expires"),
    )


def _identity(document: Document, path: Path, entry: Plain, pos: SourcePos) -> DeclaredIdentity:
    if isinstance(entry, str):
        bare = text_at(document, path, entry)
        return DeclaredIdentity(
            bare, location=None, isolation_scope=None, tags=None, credentials=None, assignments=None, pos=pos
        )
    identity = mapping(entry)
    protect, expect = identity.get("protect"), mapping(identity.get("expect"))
    return DeclaredIdentity(
        name=text_in(document, path, identity, "name"),
        location=known_text_in(document, path, identity, "location"),
        isolation_scope=known_text_in(document, path, identity, "isolationScope"),
        tags=_tags(document, path, identity),
        credentials=read_credentials(document, path, identity),
        assignments=read_assignments(document, path, identity),
        pos=pos,
        protect=protect if isinstance(protect, bool) else None,
        expected_principal_id=text_in(document, (*path, "expect"), expect, "principalId") if expect else None,
        given=tuple(_given(document, (*path, GIVEN), identity[GIVEN])) if GIVEN in identity else (),
        hold=text_in(document, path, identity, "hold"),
        accept=read_acceptances(document, path, identity),
    )


def _given(document: Document, path: Path, value: Plain) -> Iterator[DeclaredGiven]:
    """Layers of defaults; a saved plan has one, which is no list."""
    if value is None:
        return
    layers = [((*path, index), one) for index, one in enumerate(value)] if isinstance(value, list) else [(path, value)]
    for at, layer in ((at, mapping(one)) for at, one in layers):
        protect = layer.get("protect")
        yield DeclaredGiven(
            text_in(document, at, layer, "location"),
            _tags(document, at, layer),
            protect if isinstance(protect, bool) else None,
            read_credentials(document, at, layer),
            read_assignments(document, at, layer),
        )


def _credential_names(credentials: DeclaredCredentials | None) -> set[str]:
    entries = () if credentials is None else credentials.entries
    return {one.name.text.casefold() for one in entries if one.name is not None}


def _assignment_keys(assignments: DeclaredAssignments | None) -> set[tuple[str, str]]:
    entries = () if assignments is None else assignments.entries
    return {one.key for one in entries if one.key is not None}


def _tags(document: Document, path: Path, holder: Mapping[str, Plain]) -> DeclaredTags | None:
    value = holder.get("tags")
    if not isinstance(value, dict):
        return None
    below = (*path, "tags")
    tags = [
        DeclaredTag(name, text if isinstance(text := value[name], str) else None, pos)
        for name, pos in keys_in(document, below, value)
        if not document.broken_keys or (*below, name) not in document.broken_keys
    ]
    return DeclaredTags(key_pos_in(document, path, holder, "tags"), tuple(tags))
