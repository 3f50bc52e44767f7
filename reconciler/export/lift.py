"""What the identities of a manifest have in common, so that it is said once, under `defaults`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.export.express import ASSIGNMENTS, CREDENTIALS, Expressed
from reconciler.export.forms import role_entries
from reconciler.manifest.yaml.document import Plain

_SOME = 2
"""From so many identities on, they have something in common."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What stands under `defaults`; tags that an identity has too, with another value, it writes itself."""

    location: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def defaults(self) -> dict[str, Plain]:
        """The mapping `defaults`; empty where nothing is shared."""
        location: dict[str, Plain] = {} if self.location is None else {"location": self.location}
        return {**location, **({"tags": dict(self.tags)} if self.tags else {})}


def find_shared(identities: Sequence[Expressed]) -> Shared:
    """What at least half of the identities have, and what none of them would be given without having it."""
    return Shared(
        _most_common(one.location for one in identities if one.location is not None),
        _shared_tags(identities) if len(identities) >= _SOME else {},
    )


def entry_of(one: Expressed, shared: Shared) -> Plain:
    """An entry of `identities`, without what `defaults` say: a bare name where nothing else is left."""
    entry: dict[str, Plain] = {}
    if one.location not in (None, shared.location):
        entry["location"] = one.location
    if one.isolation_scope is not None:
        entry["isolationScope"] = one.isolation_scope
    common = {name.casefold(): value for name, value in shared.tags.items()}
    tags: dict[str, Plain] = {name: value for name, value in one.tags.items() if common.get(name.casefold()) != value}
    if tags:
        entry["tags"] = tags
    if one.protect:
        entry["protect"] = True
    if one.credentials:
        entry[CREDENTIALS] = [line.entry for line in one.credentials]
    if one.roles:
        entry[ASSIGNMENTS] = role_entries(line.entry for line in one.roles)
    name = one.resource_id.name
    return {"name": name, **entry} if entry else name


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
