"""What a guardrails file says, each rule with the place where it stands, since every refusal names rule and line.

A key that is absent does not limit, and is None here; a list that is present is the whole list, an empty one included.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.errors import SourcePos


@dataclass(frozen=True, slots=True)
class ListRule:
    """A key that lists all that it lets through."""

    values: tuple[str, ...]
    source: SourcePos


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A key that limits a number."""

    most: int
    source: SourcePos


@dataclass(frozen=True, slots=True)
class TrustRule:
    """An entry of `trust`: identities by patterns, one issuer, and subjects in which `*` stays within `[^:/]`."""

    identities: tuple[str, ...]
    issuer: str
    subjects: tuple[str, ...]
    source: SourcePos


@dataclass(frozen=True, slots=True)
class TrustRules:
    """The key `trust`."""

    entries: tuple[TrustRule, ...]
    source: SourcePos


@dataclass(frozen=True, slots=True)
class RoleRule:
    """An entry of `roles`; `role` is the name or the GUID of a role definition."""

    identities: tuple[str, ...]
    role: str
    scopes: tuple[str, ...]
    needs_condition: bool
    source: SourcePos


@dataclass(frozen=True, slots=True)
class RoleRules:
    """The key `roles`; where it is absent, no entries, and the place of the file's first key."""

    entries: tuple[RoleRule, ...]
    source: SourcePos


@dataclass(frozen=True, slots=True)
class DeleteRules:
    """The keys of `deletes`.

    Attributes:
        only_named: where it says that only what `remove` names is deleted; None where it does not.
        pinned: where it says that entries of `remove` name a principal; None where it does not.
        allow: codes that entries of `remove` may lift.
    """

    only_named: SourcePos | None = None
    pinned: SourcePos | None = None
    most: LimitRule | None = None
    allow: ListRule | None = None


@dataclass(frozen=True, slots=True)
class Guardrails:
    """One guardrails file.

    Attributes:
        file: as the caller named it.
        sha256: of the file's bytes, as `sha256sum` prints it.
        source: of the file as a whole, for what is refused with any guardrails.
        denied: patterns of identities that are never touched.
        revokes: most credentials and role assignments that are deleted and do not go with their identity.
        keeps_protection: where it says that no protection is taken away; None where it does not.
    """

    file: str
    sha256: str
    source: SourcePos
    roles: RoleRules
    tenant: ListRule | None = None
    subscriptions: ListRule | None = None
    resource_groups: ListRule | None = None
    denied: ListRule | None = None
    owners: ListRule | None = None
    locations: ListRule | None = None
    trust: TrustRules | None = None
    deletes: DeleteRules = field(default_factory=DeleteRules)
    revokes: LimitRule | None = None
    keeps_protection: SourcePos | None = None


def combined_sha256(guardrails: Iterable[Guardrails]) -> str | None:
    """What a plan is made under: the SHA-256 of the one file, those of two in order with `+` between; None for none."""
    digests = sorted({one.sha256 for one in guardrails})
    return "+".join(digests) or None
