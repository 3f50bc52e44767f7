"""What `uami trust` found: who can become each listed identity, what that lets them do, and what is risky about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.manifest.findings import Finding
from reconciler.model import (
    AddressBook,
    Identity,
    LiveTrust,
    ResourceGroupId,
    ResourceId,
    Subscription,
    not_looked_at,
)
from reconciler.plan.trust import Right, Who, right_of, standing_sentence
from reconciler.report.names import Names, names_in


@dataclass(frozen=True, slots=True)
class IdentityTrust:
    """A live identity that the manifest lists."""

    identity: Identity
    live: LiveTrust

    @property
    def whos(self) -> tuple[tuple[Who, str], ...]:
        """Who can become it, and by what: a credential's name, or "" for what it is attached to."""
        trusted = ((one.trust or one.credential_id, one.credential_id.name) for one in self.live.credentials.found)
        attached = self.live.attachments.found if self.live.attachments else ()
        return (*trusted, *((one, "") for one in attached))

    @property
    def rights(self) -> tuple[Right, ...]:
        """Its roles, by scope and name."""
        held = self.live.roles.found if self.live.roles else ()
        return tuple(sorted(map(right_of, held), key=lambda right: right.key))

    @property
    def rights_not_read(self) -> str | None:
        """Why it may have more roles; None where these are all."""
        return self.live.roles.not_checked if self.live.roles else None

    def sentences(self, names: Names) -> Iterator[str]:
        """One for each who can become it."""
        for who, _ in self.whos:
            yield standing_sentence(who, self.identity.resource_id, self.rights, self.rights_not_read, names)

    @property
    def not_read(self) -> tuple[str, ...]:
        """What could not be read, each with its reason."""
        live, directory = self.live, self.live.directory
        parts = {
            "federated credentials": live.credentials.not_checked,
            "attached resources": live.attachments.not_checked if live.attachments else None,
            "roles": self.rights_not_read,
            "Entra groups": directory.memberships.not_checked if directory else None,
            "app roles": directory.app_roles.not_checked if directory else None,
        }
        return tuple(f"{name}: {because}" for name, because in parts.items() if because is not None)

    @property
    def not_looked_at(self) -> tuple[str, ...]:
        """Where it could be in use, or have rights, too."""
        return () if self.live.directory is None else not_looked_at(self.live.directory)


@dataclass(frozen=True, slots=True)
class TrustReport:
    """The listed identities of a run, in order of their ids.

    Attributes:
        groups: the resource groups of the manifest, among which addresses are short.
        missing: listed identities that do not live.
        findings: what is risky about the live trust, and the manifest does not accept.
        accepted: how much of that it accepts.
    """

    cloud: str
    subscriptions: tuple[Subscription, ...]
    groups: tuple[ResourceGroupId, ...]
    identities: tuple[IdentityTrust, ...]
    missing: tuple[ResourceId, ...]
    findings: tuple[Finding, ...]
    accepted: int

    @property
    def names(self) -> Names:
        """How this report names things."""
        return names_in(self.subscriptions, AddressBook(self.groups), {})
