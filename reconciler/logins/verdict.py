"""What is said of a login: by what lives, where that was read, else by the manifest, and what to change."""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.logins.claims import Claims
from reconciler.logins.compare import Candidate, Comparison, Difference, Field, Miss
from reconciler.manifest.desired import Desired
from reconciler.model import CredentialId


@dataclass(frozen=True, slots=True)
class LoginReport:
    """A token beside the credentials of a manifest, and beside those that live.

    Attributes:
        source: where the token was found.
        audience_was_asked: the token's audience is the one that this run asked it for, not the login's.
        judged_at_s: when the login is tried, in epoch seconds.
        live: None where they were not read.
        notes: what was not read or not compared, each a sentence.
    """

    source: str
    claims: Claims
    audience_was_asked: bool
    judged_at_s: float
    listed: Comparison
    live: Comparison | None
    notes: tuple[str, ...] = ()

    @property
    def basis(self) -> Comparison:
        """What decides: Azure knows nothing of a manifest that was not applied."""
        return self.listed if self.live is None else self.live

    @property
    def succeeds(self) -> bool:
        """Whether the login would."""
        return self.basis.succeeds

    @property
    def waits_for_apply(self) -> tuple[Candidate, ...]:
        """What the manifest lists, the token matches, and Azure does not know yet."""
        return self.listed.matches if self.live is not None and not self.live.matches else ()

    @property
    def advice(self) -> Iterator[str]:
        """What to do, a sentence each; nothing where the login succeeds."""
        if self.waits_for_apply:
            yield "The manifest lists what the token needs, and it does not live yet: run `uami apply`."
        elif self.basis.nearest is not None:
            if _is_far(self.basis.nearest):
                yield f"{_NONE_NEAR}, with the issuer `{self.claims.issuer}` and the subject `{self.claims.subject}`."
                return
            for one in self.basis.nearest.differences:
                yield _advice(one, is_listed=self.basis.nearest.candidate.place is not None)
        elif not self.basis.matches:
            yield "No federated credential was compared: list one under `federatedCredentials` of the identity."


_NONE_NEAR = (
    "None is near: this one is of another issuer and subject, and hardly meant. If this workload is to be trusted, list"
    " a credential of its own"
)


def _is_far(nearest: Miss) -> bool:
    """Whether it is a credential of other workloads, whose line nobody should change for this one."""
    values = {one.field: (one.token, one.credential) for one in nearest.differences}
    if Field.SUBJECT not in values:
        return False
    token, credential = (one.rstrip("/").casefold() for one in values.get(Field.ISSUER, ("", "")))
    return token != credential


def _advice(one: Difference, *, is_listed: bool) -> str:
    if one.field is Field.TENANT:
        return (
            f"Sign in to the tenant {one.credential}, as the identity's (AZURE_TENANT_ID or `tenant-id` of the login)."
        )
    if one.field is Field.AUDIENCE:
        ask = f"Ask for the token with the audience `{one.credential}`"
        return f"{ask}; or change {one.place}." if is_listed else f"{ask}."
    if not is_listed:
        return f"The manifest does not list this one: list a credential there with the {one.field.value} `{one.token}`."
    change = f"If this workload is to be trusted, write the {one.field.value} `{one.token}` at {one.place}"
    return f"{change}; if not, run the workload that the line means."


def listed_candidates(desired: Desired) -> Iterator[Candidate]:
    """What a manifest lists."""
    for group in desired.groups:
        tenant = group.tenant
        for identity in group.identities:
            for one in identity.federated_credentials or ():
                places = {name: one.place_of(name) for name in ("issuer", "subject", "audience")}
                if tenant is not None:
                    places["tenant"] = tenant.source
                yield Candidate(
                    CredentialId(identity.resource_id, one.name),
                    one.trust,
                    one.line,
                    tuple(places.items()),
                    None if tenant is None else tenant.tenant_id,
                )
