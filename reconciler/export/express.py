"""What a manifest can say of each identity, decided by the schema and the rules of manifests themselves.

Everything that is live is written out in full and held against them. What they refuse is written in its next best way,
and what has no way is left out and said: so whatever a later version of the rules refuses is known here at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.errors import ReconcilerError
from reconciler.export.choose import HIDDEN_TAGS, LiveIdentity, LiveRole, Terms
from reconciler.export.forms import detail_lines, short_scope, trust_forms
from reconciler.manifest.refused import find_refused
from reconciler.manifest.rules.globs import matches_any
from reconciler.manifest.rules.issuers import is_written_by_azure
from reconciler.manifest.yaml.document import ASSIGNMENTS, CREDENTIALS, Path, Plain
from reconciler.model import (
    MAX_DESCRIPTION,
    NO_DETAILS,
    OWN_TAG_PREFIX,
    PROTECT_TAG,
    FederatedCredential,
    IsolationScope,
    MarkedDescription,
    ResourceGroupId,
    ResourceId,
    normalize_location,
    normalize_scope,
)

_VARIABLE = "${"
_PROTECTED = "true"
"""What `protect: true` writes."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of a list; `ways` to write it, the best first, and `about`, what it is of."""

    ways: tuple[dict[str, Plain], ...]
    about: FederatedCredential | LiveRole

    @property
    def entry(self) -> dict[str, Plain]:
        """The best way that is left."""
        return self.ways[0]


@dataclass(frozen=True, slots=True)
class Expressed:
    """What a manifest says of an identity, every value as it is live.

    Attributes:
        roles: None where no list is written: roles are not managed then.
        ignored_credentials: names of credentials that are not listed and must stay.
        notes: sentences about what is live and not said.
        refused: why no manifest can list the identity at all; empty where one can.
    """

    resource_id: ResourceId
    location: str | None
    isolation_scope: str | None
    tags: Mapping[str, str]
    protect: bool
    credentials: tuple[Line, ...]
    roles: tuple[Line, ...] | None
    ignored_credentials: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""

    @property
    def document(self) -> dict[str, Plain]:
        """All of it as an entry of `identities`, nothing shared and nothing shortened."""
        entry: dict[str, Plain] = {"name": self.resource_id.name}
        entry |= {} if self.location is None else {"location": self.location}
        entry |= {} if self.isolation_scope is None else {"isolationScope": self.isolation_scope}
        entry["tags"] = dict(self.tags)
        entry |= {"protect": True} if self.protect else {}
        entry[CREDENTIALS] = [one.entry for one in self.credentials]
        entry |= {} if self.roles is None else {ASSIGNMENTS: [one.entry for one in self.roles]}
        return entry


def express(group_id: ResourceGroupId, identities: Iterable[LiveIdentity], terms: Terms) -> tuple[Expressed, ...]:
    """What a manifest can say of each identity of a group, in the same order.

    Raises:
        ReconcilerError: no manifest can name this group.
    """
    found = [_whole(one, group_id, terms) for one in identities]
    while refused := find_refused(_document(group_id, found, terms)):
        whole = [one for one in found if not one.refused]
        by_identity = {
            one.resource_id: {path[4:]: why for path, why in refused.items() if path[:4] == _path(group_id, index)}
            for index, one in enumerate(whole)
        }
        if not any(by_identity.values()):
            raise ReconcilerError(
                f"No manifest can be about {group_id}: {next(iter(refused.values()))}",
                "Export the other groups by --resource-group.",
            )
        found = [_without(one, by_identity.get(one.resource_id, {}), terms) for one in found]
    return tuple(found)


def _path(group_id: ResourceGroupId, index: int) -> Path:
    return ("resourceGroups", group_id.resource_group, "identities", index)


def _document(group_id: ResourceGroupId, found: Iterable[Expressed], terms: Terms) -> dict[str, Plain]:
    return {
        "version": 1,
        "subscription": group_id.subscription_id,
        **({} if terms.owner is None else {"owner": terms.owner}),
        "policy": {"identities": "merge", "roleAssignments": "merge"},
        "resourceGroups": {group_id.resource_group: {"identities": [one.document for one in found if not one.refused]}},
    }


def _whole(live: LiveIdentity, group_id: ResourceGroupId, terms: Terms) -> Expressed:
    identity = live.identity
    scope = identity.isolation_scope
    tags = {name: value for name, value in identity.tags.items() if _is_listed_tag(name)}
    notes = [f"Not listed: the tag {name}, whose name holds `${{`; it is kept." for name in tags if _VARIABLE in name]
    if identity.is_protected and identity.tags[PROTECT_TAG] != _PROTECTED:
        notes.append(f"Not listed: the tag {PROTECT_TAG}, which protects with any value; it is kept.")
    credentials, ignored, unsaid = _credentials(live.credentials, terms)
    # ARM lists them by names that are made up.
    roles = sorted(live.roles or (), key=_place_of)
    whole = Expressed(
        identity.resource_id,
        normalize_location(identity.location),
        None if scope is IsolationScope.NONE else str(scope),
        {name: value for name, value in tags.items() if _VARIABLE not in name},
        identity.tags.get(PROTECT_TAG) == _PROTECTED,
        credentials,
        None if live.roles is None else tuple(_role_line(one, group_id) for one in roles),
        ignored,
        (*notes, *unsaid),
    )
    unlisted = {index: why for index, one in enumerate(roles) if (why := _why_unlisted(one, terms))}
    return _without_roles(whole, unlisted, terms, for_good=True)


def _credentials(
    live: Iterable[FederatedCredential], terms: Terms
) -> tuple[tuple[Line, ...], tuple[str, ...], tuple[str, ...]]:
    """Lines of credentials, names of those that Azure writes itself, and what is not listed, in sentences."""
    lines: list[Line] = []
    ignored: list[str] = []
    notes: list[str] = []
    for one in live:
        name = one.credential_id.name
        if is_written_by_azure(one):
            ignored.append(name)
        elif one.trust is None:
            notes.append(f"Not listed: the credential {name}, which is flexible or has several audiences; it is kept.")
        else:
            lines.append(Line(tuple(trust_forms(name, one.trust, terms.audience)), one))
    return tuple(lines), tuple(ignored), tuple(notes)


def _place_of(role: LiveRole) -> tuple[str, str, str]:
    return normalize_scope(role.assignment.scope), role.names[0].casefold(), role.assignment.role_guid


def _why_unlisted(role: LiveRole, terms: Terms) -> str:
    """Why a role is not listed, whatever the rules of manifests say; empty where nothing speaks against it."""
    details = role.assignment.details or NO_DETAILS
    if details.condition is not None and details.condition_version is None:
        return "its condition has no version, and a line would give it one"
    marked = MarkedDescription(details.description, terms.owner or details.owner).written or ""
    if details.owner != terms.owner and len(marked) > MAX_DESCRIPTION:
        return "its description leaves no room for the mark of the owner"
    return role.unlisted


def _is_listed_tag(name: str) -> bool:
    return not name.casefold().startswith(OWN_TAG_PREFIX) and not matches_any(name, (HIDDEN_TAGS,))


def _role_line(role: LiveRole, group_id: ResourceGroupId) -> Line:
    """A role by its name or its GUID, with its description or without; never without its condition."""
    scope = short_scope(role.assignment.scope, group_id.subscription_id)
    details = {} if role.assignment.details is None else detail_lines(role.assignment.details)
    bare = {key: value for key, value in details.items() if key != "description"}
    said = [details] if bare == details else [details, bare]
    return Line(tuple({"role": name, "scope": scope, **one} for one in said for name in role.names), role)


def _without(one: Expressed, refused: Mapping[Path, str], terms: Terms) -> Expressed:
    """The same without what is refused, by path below its entry, or with it said in another way."""
    for path, why in refused.items():
        match path:
            case () | ("name", *_):
                one = replace(one, refused=why)
            case ("location", *_):
                one = replace(one, location=None, notes=(*one.notes, f"Not written: the location: {why}."))
            case ("isolationScope", *_):
                one = replace(one, isolation_scope=None, notes=(*one.notes, f"Not written: isolationScope: {why}."))
            case ("tags", str(name), *_):
                tags = {key: value for key, value in one.tags.items() if key != name}
                one = replace(one, tags=tags, notes=(*one.notes, f"Not listed: the tag {name}; it is kept: {why}."))
    one = _without_credentials(one, _by_index(refused, CREDENTIALS))
    return _without_roles(one, _by_index(refused, ASSIGNMENTS), terms)


def _by_index(refused: Mapping[Path, str], key: str) -> dict[int, str]:
    """Why entries of a list are refused, the first reason of each."""
    found: dict[int, str] = {}
    for path, why in refused.items():
        match path:
            case (first, int(index), *_) if first == key:
                found.setdefault(index, why)
    return found


def _without_credentials(one: Expressed, refused: Mapping[int, str]) -> Expressed:
    kept, lost = _next_ways(one.credentials, refused)
    names = [line.entry["name"] for line, _ in lost]
    return replace(
        one,
        credentials=kept,
        ignored_credentials=(*one.ignored_credentials, *map(str, names)),
        notes=(
            *one.notes,
            *(f"Not listed: the credential {line.entry['name']}; it is kept: {why}." for line, why in lost),
        ),
    )


def _without_roles(one: Expressed, refused: Mapping[int, str], terms: Terms, *, for_good: bool = False) -> Expressed:
    """One of ours that no line lists would be taken away: then no list is written."""
    kept, lost = _next_ways(one.roles or (), refused, for_good=for_good)
    notes = [
        f"Not listed: the role {line.entry['role']} on {line.entry['scope']}; it is kept: {why}." for line, why in lost
    ]
    ours = [line for line, _ in lost if terms.owner is not None and _owner(line.about) == terms.owner]
    if ours:
        notes.append("So no roles are listed here: as one of ours, it would be taken away.")
    roles = None if one.roles is None or ours else kept
    return replace(one, roles=roles, notes=(*one.notes, *notes))


def _owner(about: FederatedCredential | LiveRole) -> str | None:
    return about.assignment.owner if isinstance(about, LiveRole) else None


def _next_ways(
    lines: Iterable[Line], refused: Mapping[int, str], *, for_good: bool = False
) -> tuple[tuple[Line, ...], tuple[tuple[Line, str], ...]]:
    """The lines, those refused in their next best way; and those that have none, or may have none, with why."""
    kept: list[Line] = []
    lost: list[tuple[Line, str]] = []
    for index, line in enumerate(lines):
        why = refused.get(index)
        if why is None:
            kept.append(line)
        elif len(line.ways) > 1 and not for_good:
            kept.append(Line(line.ways[1:], line.about))
        else:
            lost.append((line, why))
    return tuple(kept), tuple(lost)
