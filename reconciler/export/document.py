"""The manifest of one resource group as text: what it lists, what it leaves to others and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.export.choose import HIDDEN_TAGS, ChosenGroup, Ignored, LiveIdentity, LiveRole, Terms, exactly
from reconciler.export.express import Expressed, express
from reconciler.export.forms import Reference
from reconciler.export.layout import Layout
from reconciler.export.lift import entry_of, find_shared, name_parts
from reconciler.manifest.rules.globs import matches_any
from reconciler.manifest.rules.issuers import BINDING
from reconciler.manifest.yaml.document import ASSIGNMENTS, CREDENTIALS, Path, Plain
from reconciler.model import (
    CredentialId,
    FederatedCredential,
    ResourceGroupId,
    ResourceId,
    RoleAssignment,
)

SUBSCRIPTION_VARIABLE = "SUBSCRIPTION_ID"
GROUPS = "resourceGroups"
IDENTITIES = "identities"


@dataclass(frozen=True, slots=True)
class ExportedGroup:
    """The manifest of a resource group, and what it lists, in its order."""

    group_id: ResourceGroupId
    text: str
    identities: tuple[ResourceId, ...]
    credentials: tuple[CredentialId, ...]
    assignments: tuple[RoleAssignment, ...]


def write_group(chosen: ChosenGroup, identities: Sequence[LiveIdentity], terms: Terms) -> ExportedGroup:
    """The manifest of a group.

    Args:
        identities: those that were chosen, in their order.

    Raises:
        ReconcilerError: no manifest can name this group.
    """
    group_id = chosen.group.group_id
    expressed = express(group_id, identities, terms)
    listed = [one for one in expressed if not one.refused]
    lines = [line for one in listed for line in (*one.credentials, *(one.roles or ()))]
    return ExportedGroup(
        group_id,
        _text(chosen, expressed, terms),
        tuple(one.resource_id for one in listed),
        tuple(line.about.credential_id for line in lines if isinstance(line.about, FederatedCredential)),
        tuple(line.about.assignment for line in lines if isinstance(line.about, LiveRole)),
    )


def _text(chosen: ChosenGroup, expressed: Sequence[Expressed], terms: Terms) -> str:
    group_id = chosen.group.group_id
    listed = [one for one in expressed if not one.refused]
    shared = find_shared(listed)
    entries = [entry_of(one, shared) for one in listed]
    bindings, is_merge = _ignored_credentials(listed)
    parts = name_parts(listed, SUBSCRIPTION_VARIABLE)
    ignored = [*chosen.ignored, *(_refused(one) for one in expressed if one.refused)]
    document: dict[str, Plain] = {
        "version": 1,
        "subscription": Reference(f"${{{SUBSCRIPTION_VARIABLE}}}"),
        **({} if terms.owner is None else {"owner": terms.owner}),
        "vars": {
            SUBSCRIPTION_VARIABLE: group_id.subscription_id,
            # Values of variables have no variables.
            **{name: Reference(_literal(part)) for part, name in parts.items()},
        },
        **({"defaults": shared.defaults} if shared.defaults else {}),
        "policy": _policy(terms, is_merge=is_merge),
        "ignore": {
            **({IDENTITIES: [one.pattern for one in ignored]} if ignored else {}),
            "tags": [HIDDEN_TAGS],
            CREDENTIALS: bindings,
        },
        GROUPS: {group_id.resource_group: {IDENTITIES: entries}},
    }
    path = (GROUPS, group_id.resource_group, IDENTITIES)
    comments = dict(_comments(ignored, bindings, is_merge=is_merge))
    comments |= {(*path, index): one.notes for index, one in enumerate(listed) if one.notes}
    spread = frozenset(_spread(path, entries, defaults=shared.defaults))
    variables = _Variables(group_id.subscription_id, parts)
    return Layout(spread, comments).text({key: variables.written(value, key) for key, value in document.items()})


def _policy(terms: Terms, *, is_merge: bool) -> dict[str, Plain]:
    credentials: dict[str, Plain] = {CREDENTIALS: "merge"} if is_merge else {}
    if terms.owner is None:
        return {IDENTITIES: "merge", ASSIGNMENTS: "merge", **credentials}
    return {IDENTITIES: "owned", **credentials}


def _ignored_credentials(listed: Iterable[Expressed]) -> tuple[list[Plain], bool]:
    """Patterns of credentials that are not listed and stay; True where one of them is listed elsewhere."""
    names = {one.ignored_credentials for one in listed}
    patterns = sorted({BINDING, *(exactly(name) for some in names for name in some)}, key=str.casefold)
    entries = [str(line.entry["name"]) for one in listed for line in one.credentials]
    free = [one for one in patterns if not any(matches_any(name, (one,)) for name in entries)]
    return [*free], len(free) < len(patterns)


def _refused(one: Expressed) -> Ignored:
    name = one.resource_id.name
    return Ignored(exactly(name), f"Not listed: {name}: {one.refused}.")


def _comments(
    ignored: Sequence[Ignored], patterns: Sequence[Plain], *, is_merge: bool
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    if ignored:
        yield ("ignore", IDENTITIES), tuple(dict.fromkeys(one.why for one in ignored))
    yield ("ignore", "tags"), ("Managed by Azure: the portal writes such tags for itself, and hides them.",)
    others = "" if patterns == [BINDING] else " The others cannot be listed."
    yield ("ignore", CREDENTIALS), (f"Managed by Azure: AKS writes {BINDING} for an identity binding.{others}",)
    if is_merge:
        why = (
            "A credential that is not listed here has the name of one that is: so none is deleted for not being listed."
        )
        yield ("policy",), (why,)


def _spread(path: Path, entries: Sequence[Plain], *, defaults: dict[str, Plain]) -> Iterator[Path]:
    yield from ((), ("ignore",), *(path[:length] for length in range(1, len(path) + 1)))
    if any(isinstance(value, dict | list) for value in defaults.values()):
        yield ("defaults",)
    for key, value in defaults.items():
        if isinstance(value, list) and len(value) > 1:
            yield ("defaults", key)
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        for key in (CREDENTIALS, ASSIGNMENTS):
            children = entry.get(key)
            if isinstance(children, list):
                yield (*path, index)
                if len(children) > 1:
                    yield (*path, index, key)


@dataclass(frozen=True, slots=True)
class _Variables:
    """What is written by its name rather than out: the subscription in scopes, and parts of lines."""

    subscription_id: str
    parts: Mapping[str, str]

    def written(self, value: Plain, key: str) -> Plain:
        """A value of this key as it is written: a text that looks like a variable is not one."""
        if isinstance(value, list):
            return [self.written(item, key) for item in value]
        if isinstance(value, dict):
            return {name: self.written(item, name) for name, item in value.items()}
        if not isinstance(value, str) or isinstance(value, Reference):
            return value
        if key == "issuer" and value in self.parts:
            return f"${{{self.parts[value]}}}"
        if key in ("scope", "scopes"):
            return self._scope(value)
        return _literal(value)

    def _scope(self, scope: str) -> str:
        place, _, name = scope.rpartition("/")
        if place in self.parts:
            return f"${{{self.parts[place]}}}/{_literal(name)}"
        begin = f"/subscriptions/{self.subscription_id}/"
        if scope.startswith(begin):
            return f"/subscriptions/${{{SUBSCRIPTION_VARIABLE}}}/{_literal(scope.removeprefix(begin))}"
        return _literal(scope)


def _literal(text: str) -> str:
    """A text that is read as this one, though it may look like a variable."""
    return text.replace("${", "$${")
