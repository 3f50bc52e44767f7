"""What the identities of a manifest have in common, so that it is said once, under `defaults` and `vars`."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.export.express import Expressed, Line
from reconciler.export.forms import Reference, role_entries
from reconciler.manifest.yaml.document import ASSIGNMENTS, CREDENTIALS, OwnName, Plain

Entry = dict[str, Plain]

_SOME = 2
"""From so many identities on, they have something in common."""

_LONG = 60
"""An issuer of more characters gets a name, however seldom it is used."""

_OF_RESOURCE = 8
"""Slashes in the id of a resource that is in a group."""

_NO_NAME = re.compile(r"[^A-Za-z0-9_]")
_CLUSTER = "cluster"

_NAME = Reference(f"${{{OwnName.IDENTITY}}}")


@dataclass(frozen=True, slots=True)
class Shared:
    """What stands under `defaults`; tags that an identity has too, with another value, it writes itself."""

    location: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    protect: bool = False
    credentials: tuple[Entry, ...] = ()
    roles: tuple[Entry, ...] = ()

    @property
    def defaults(self) -> Entry:
        """The mapping `defaults`; empty where nothing is shared."""
        found: Entry = {} if self.location is None else {"location": self.location}
        found |= {"tags": dict(self.tags)} if self.tags else {}
        found |= {"protect": True} if self.protect else {}
        found |= {CREDENTIALS: [*self.credentials]} if self.credentials else {}
        return found | ({ASSIGNMENTS: role_entries(self.roles)} if self.roles else {})


def find_shared(identities: Sequence[Expressed]) -> Shared:
    """What at least half of the identities have, and what none of them would be given without having it."""
    location = _most_common(one.location for one in identities if one.location is not None)
    if len(identities) < _SOME:
        return Shared(location)
    return Shared(
        location,
        _shared_tags(identities),
        all(one.protect for one in identities),
        _shared_entries([_ways(one.credentials, one) for one in identities]),
        # Where one does not manage its roles, defaults would.
        _shared_entries([[] if one.roles is None else _ways(one.roles, one) for one in identities]),
    )


def entry_of(one: Expressed, shared: Shared) -> Plain:
    """An entry of `identities`, without what `defaults` say: a bare name where nothing else is left."""
    entry: Entry = {}
    if one.location not in (None, shared.location):
        entry["location"] = one.location
    if one.isolation_scope is not None:
        entry["isolationScope"] = one.isolation_scope
    common = {name.casefold(): value for name, value in shared.tags.items()}
    tags: Entry = {name: value for name, value in one.tags.items() if common.get(name.casefold()) != value}
    if tags:
        entry["tags"] = tags
    if one.protect and not shared.protect:
        entry["protect"] = True
    credentials = _own(one.credentials, one, shared.credentials)
    if credentials:
        entry[CREDENTIALS] = [*credentials]
    roles = _own(one.roles or (), one, shared.roles)
    if roles:
        entry[ASSIGNMENTS] = role_entries(roles)
    name = one.resource_id.name
    return {"name": name, **entry} if entry else name


def name_parts(identities: Iterable[Expressed], taken: str) -> dict[str, str]:
    """A variable for each part of a line that is long or used more than once, by that part.

    Parts are issuers of Kubernetes clusters, and what stands before the name of a resource in a scope.

    Args:
        taken: the name of another variable.
    """
    uses = Counter(part for one in identities for part in _parts(one))
    named = sorted(part for part, count in uses.items() if count > 1 or (part[0] == _CLUSTER and len(part[1]) > _LONG))
    bases = Counter(base for base, _ in named)
    names: dict[str, str] = {}
    for base, part in named:
        free = [one for one in _names(base, bases[base], len(named)) if one not in (*names.values(), taken)]
        names[part] = free[0]
    return names


def _parts(one: Expressed) -> Iterator[tuple[str, str]]:
    """The parts of an identity's lines that could have names, behind what they would be called."""
    for line in (*one.credentials, *(one.roles or ())):
        match line.entry:
            case {"kubernetes": {"issuer": str(issuer)}}:
                yield _CLUSTER, issuer
            case {"scope": str(scope)} if scope.count("/") >= _OF_RESOURCE:
                place = scope.rpartition("/")[0]
                name = _NO_NAME.sub("_", place.rpartition("/")[2])
                yield f"_{name}" if name[:1].isdigit() else name, place


def _names(base: str, sharing: int, most: int) -> Iterator[str]:
    """Names for a variable, the best first: more than there are others to be told from."""
    if sharing == 1:
        yield base
    yield from (f"{base}{number}" for number in range(1, most + 3))


def _ways(lines: Iterable[Line], one: Expressed) -> list[list[Entry]]:
    """Each line as `defaults` could say it, the name of the identity as a variable in it first."""
    found = []
    for line in lines:
        general = _with_name(line.entry, one.resource_id.name)
        found.append([general, line.entry] if _key(general) != _key(line.entry) else [line.entry])
    return found


def _with_name(entry: Entry, name: str) -> Entry:
    """An entry whose form names the identity, with a variable in place of the name."""
    return {
        key: {part: _NAME if text == name else text for part, text in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in entry.items()
    }


def _shared_entries(identities: Sequence[Sequence[Sequence[Entry]]]) -> tuple[Entry, ...]:
    """Entries that each identity has, in one of the ways of its lines."""
    first, *others = identities
    keys = [{_key(way) for ways in lines for way in ways} for lines in others]
    shared = (next((way for way in ways if all(_key(way) in some for some in keys)), None) for ways in first)
    return tuple(entry for entry in shared if entry is not None)


def _own(lines: Iterable[Line], one: Expressed, shared: Iterable[Entry]) -> list[Entry]:
    """The entries of lines that defaults do not give."""
    given = {_key(entry) for entry in shared}
    lines = list(lines)
    ways = zip(lines, _ways(lines, one), strict=True)
    return [line.entry for line, several in ways if given.isdisjoint(map(_key, several))]


def _key(entry: Entry) -> str:
    """What an entry compares by; a variable is no text that looks like one."""
    return json.dumps(_marked(entry))


def _marked(value: Plain) -> Plain:
    if isinstance(value, Reference):
        return {"variable": str(value)}
    return {key: _marked(item) for key, item in value.items()} if isinstance(value, dict) else value


def _shared_tags(identities: Sequence[Expressed]) -> dict[str, str]:
    """Tags that all identities have, and half of them with the same value; in its most common spelling."""
    values: dict[str, Counter[str]] = {}
    spellings: dict[tuple[str, str], Counter[str]] = {}
    for one in identities:
        for name, value in one.tags.items():
            values.setdefault(name.casefold(), Counter())[value] += 1
            spellings.setdefault((name.casefold(), value), Counter())[name] += 1
    shared = {}
    for key in sorted(values):
        value = _most_common_of(values[key])
        if values[key].total() == len(identities) and 2 * values[key][value] >= len(identities):
            shared[_most_common_of(spellings[key, value])] = value
    return shared


def _most_common(texts: Iterable[str]) -> str | None:
    counted = Counter(texts)
    return _most_common_of(counted) if counted else None


def _most_common_of(counted: Counter[str]) -> str:
    """The text that is there most often; of several, the first in order."""
    return min(counted, key=lambda text: (-counted[text], text))
