"""Generated worlds in which much belongs together: credentials that hand their trust on, roles on other identities."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    CredentialsPolicy,
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    IdentitiesPolicy,
    Policy,
)
from reconciler.model.access import (
    MAX_CREDENTIALS,
    Access,
    FederatedCredential,
    RoleAssignment,
    Trust,
    role_key,
)
from reconciler.model.identity import OWNER_TAG, Identity
from reconciler.model.ids import CredentialId, ResourceId
from tests.builders import MANIFEST, desired_group, given_role, listed, live_group, live_identity, live_of, resource_id
from tests.strategies import GROUPS, World, role_lookup

OWNER = "team-a"
SEEDS = st.integers(0, 2**32)
"""Of randoms as even as Python's own: what hypothesis draws by itself prefers the first of anything."""

_SOURCE = SourcePos(MANIFEST, 7, 13)
_NAMES = ("id-a", "id-b", "id-c")
_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000009"
_SIZES = (0, 1, 2, 3, 3, 4, MAX_CREDENTIALS - 1, MAX_CREDENTIALS, MAX_CREDENTIALS)


def draw_world(random: Random) -> World:
    """Two groups of one owner; most identities are listed and live, with up to as many credentials as ARM allows."""
    return _Drawing(random).world()


@dataclass(frozen=True)
class _Drawing:
    random: Random

    def world(self) -> World:
        """A manifest, and a live state that differs from it in anything that this tool changes."""
        live = live_of(*(live_group(*self._live_identities(name), name=name) for name in GROUPS))
        identities = [one for group in live.groups for one in group.identities]
        scopes = [_SUBSCRIPTION, *(str(resource_id(name, group)) for group in GROUPS for name in _NAMES)]
        there = [_SUBSCRIPTION, *(str(one.resource_id) for one in identities)]
        access = Access(
            {one.resource_id: self._credentials(one.resource_id) for one in identities},
            {one.resource_id: self._roles(one, there) for one in identities},
            {role_key("Reader", scope): role_lookup("Reader", scope) for scope in scopes},
        )
        return World(Desired(tuple(self._group(name, scopes) for name in GROUPS)), live, access)

    def _live_identities(self, group: str) -> list[Identity]:
        tags = {OWNER_TAG: OWNER}
        return [live_identity(name, group=group, tags=tags) for name in _NAMES if self.random.random() < 0.8]

    def _credentials(self, identity: ResourceId) -> tuple[FederatedCredential, ...]:
        return tuple(FederatedCredential(CredentialId(identity, name), trust) for name, trust in self._trusts())

    def _roles(self, identity: Identity, scopes: list[str]) -> tuple[RoleAssignment, ...]:
        """Roles that this tool gave."""
        (reader,) = role_lookup("Reader", "").found
        return tuple(
            given_role(OWNER, scope, identity.principal_id, reader.guid)
            for scope in self.random.sample(scopes, min(len(scopes), self.random.randint(0, 2)))
        )

    def _group(self, name: str, scopes: list[str]) -> DesiredGroup:
        policy = Policy(
            IdentitiesPolicy.OWNED,
            federated_credentials=self.random.choice([*CredentialsPolicy, CredentialsPolicy.EXACT]),
        )
        entries = [self._entry(one, name, scopes) for one in _NAMES if self.random.random() < 0.85]
        return desired_group(*entries, name=name, owner=OWNER, policy=policy)

    def _entry(self, name: str, group: str, scopes: list[str]) -> DesiredIdentity:
        roles = self.random.sample(scopes, self.random.randint(0, 2))
        return listed(
            name,
            group=group,
            federated_credentials=[DesiredCredential(one, trust, _SOURCE) for one, trust in self._trusts()],
            role_assignments=[DesiredAssignment("Reader", scope, _SOURCE) for scope in roles],
        )

    def _trusts(self) -> list[tuple[str, Trust]]:
        """Names, each with a trust, from pools hardly larger than the set: most of them recur."""
        number = self.random.choice(_SIZES)
        names, subjects = (self.random.sample(range(number + more), number) for more in (4, 2))
        trusts = (Trust("https://issuer.example", f"subject-{subject}", "audience") for subject in subjects)
        return sorted(zip((f"fic-{name:02}" for name in names), trusts, strict=True), key=lambda one: one[0])
