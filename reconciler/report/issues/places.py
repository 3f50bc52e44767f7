"""The line of a manifest at which a refusal belongs: that of what it is about, or of the nearest thing above it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.errors import NO_PLACE, SourcePos
from reconciler.manifest.desired import Desired
from reconciler.model import AnyId, AssignmentId, CredentialId, ResourceGroupId, identity_of
from reconciler.plan import Change


@dataclass(frozen=True, slots=True)
class Places:
    """Lines by the keys of what stands on them; roles also by their names, as a manifest writes them."""

    lines: Mapping[tuple[str, ...], SourcePos]
    first: SourcePos

    def of(self, about: AnyId | ResourceGroupId | None) -> SourcePos:
        """The line of what is meant, of its identity, of its group; of the first group for the whole run."""
        for key in _keys(about):
            if key in self.lines:
                return self.lines[key]
        return self.first


def places_of(desired: Desired, changes: Iterable[Change] = ()) -> Places:
    """Every line that a manifest has for what it lists, and for what changes are about."""
    lines = dict(_declared(desired))
    lines |= {one.resource_id.key: one.source for one in changes}
    first = min((group.source for group in desired.groups), default=NO_PLACE)
    return Places(lines, first)


def _declared(desired: Desired) -> Iterator[tuple[tuple[str, ...], SourcePos]]:
    for group in desired.groups:
        yield group.group_id.key, group.source
        for removal in group.remove:
            yield removal.resource_id.key, removal.source
        for identity in group.identities:
            yield identity.resource_id.key, identity.source
            for credential in identity.federated_credentials or ():
                yield CredentialId(identity.resource_id, credential.name).key, credential.source
            for role in identity.role_assignments or ():
                yield AssignmentId(identity.resource_id, role.role, "", role.scope).key, role.source


def _keys(about: AnyId | ResourceGroupId | None) -> Iterator[tuple[str, ...]]:
    if about is None:
        return
    yield about.key
    if not isinstance(about, ResourceGroupId):
        yield identity_of(about).key
        yield about.group_id.key
