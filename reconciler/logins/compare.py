"""A token's claims against federated credentials: which one matches, or which one misses by least, and in what.

Issuer, subject and audience compare exactly, character by character. Source: Microsoft Entra documentation
(considerations for federated identity credentials; breaking changes, "Federated Identity Credentials now use
case-sensitive matching").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from reconciler.errors import SourcePos
from reconciler.logins.claims import Claims
from reconciler.logins.spans import Span, differing_spans, likeness
from reconciler.logins.words import equal_claims, why_audience, why_issuer, why_subject
from reconciler.model import CredentialId, Trust, same_name


class Field(StrEnum):
    """What a login can fail by, in the order in which it is looked at."""

    EXPIRY = "exp"
    NOT_BEFORE = "nbf"
    TENANT = "tenant"
    ISSUER = "issuer"
    SUBJECT = "subject"
    AUDIENCE = "audience"


_ORDER = tuple(Field)

ENTRA_CODES = {
    Field.EXPIRY: "AADSTS700024",
    Field.NOT_BEFORE: "AADSTS700024",
    Field.TENANT: "AADSTS700016",
    Field.ISSUER: "AADSTS700211",
    Field.SUBJECT: "AADSTS700213",
    Field.AUDIENCE: "AADSTS700212",
}
"""What Microsoft Entra answers. Source: Azure DevOps documentation, "Troubleshoot a workload identity service
connection" (all but the audience's, which is as quoted by users)."""

CASE_CODE = "AADSTS7002138"
"""For a subject that differs in case alone. Source: as quoted by users (Azure/login issues 517 and 619)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A federated credential that a token is compared with.

    Attributes:
        places: where the manifest writes its issuer, subject, audience and tenant, by these names, as far as it does.
        place: the credential's own line; None where it lives and the manifest does not list it.
        tenant: that its identity is in; None where nobody says.
        is_live: it lives in Azure; else it is the manifest's.
    """

    credential_id: CredentialId
    trust: Trust
    place: SourcePos | None = None
    places: tuple[tuple[str, SourcePos], ...] = ()
    tenant: str | None = None
    is_live: bool = False

    def place_of(self, field: Field) -> SourcePos | None:
        """The line to look at for a field; None for what no manifest says."""
        return dict(self.places).get(field.value, self.place)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a login fails by.

    Attributes:
        token, credential: the two values; of times, the token's and the time of the login.
        token_spans, credential_spans: the characters that differ.
        place: the manifest's line of the field; None where no line of it is wrong, or it does not list the credential.
    """

    field: Field
    token: str
    credential: str
    why: str
    code: str
    place: SourcePos | None = None
    token_spans: tuple[Span, ...] = ()
    credential_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Miss:
    """A credential and what keeps the token from it, in order of the fields.

    Attributes:
        code: what Microsoft Entra answers a login as its identity; not that of the first difference where another
            credential of the identity has more of what is looked at first.
    """

    candidate: Candidate
    differences: tuple[Difference, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it.

    Attributes:
        matches: credentials of which nothing differs, in order of their ids.
        timing: why no login with this token succeeds at that time, whatever it trusts.
        nearest: the one that misses by least; None where one matches, or there is none at all.
        compared: how many credentials were looked at.
    """

    matches: tuple[Candidate, ...]
    timing: tuple[Difference, ...]
    nearest: Miss | None
    compared: int

    @property
    def succeeds(self) -> bool:
        """Whether a login would."""
        return bool(self.matches) and not self.timing


def compare(claims: Claims, candidates: Iterable[Candidate], tenant: str | None, now_s: float) -> Comparison:
    """Hold a token against every credential.

    Args:
        tenant: where the login asks for its token; None where nobody says.
        now_s: when the login is tried, in epoch seconds.
    """
    ordered = sorted(candidates, key=lambda one: one.credential_id.key)
    failing = [(one, _failing(claims, one, tenant)) for one in ordered]
    matches = tuple(one for one, fields in failing if not fields)
    # Each of them by its distance alone: what is said about characters takes long, and is for one of them.
    nearest = min(failing, key=lambda pair: _distance(claims, *pair), default=None)
    missed = None if matches or nearest is None else _miss(claims, *nearest, tenant, ordered)
    return Comparison(matches, _timing(claims, now_s), missed, len(ordered))


def _miss(
    claims: Claims, one: Candidate, fields: tuple[Field, ...], tenant: str | None, among: Iterable[Candidate]
) -> Miss:
    of_identity = [other.trust for other in among if other.credential_id.identity == one.credential_id.identity]
    code = ENTRA_CODES[Field.TENANT] if Field.TENANT in fields else _entra_code(claims, of_identity)
    return Miss(one, _differences(claims, one, fields, tenant), code)


def _entra_code(claims: Claims, trusted: Iterable[Trust]) -> str:
    """What Microsoft Entra answers an identity that trusts these: of the issuer's credentials alone it looks at the
    subject, and of that subject's at the audience. Source: assumed."""
    subjects = [one.subject for one in trusted if one.issuer == claims.issuer]
    if not subjects:
        return ENTRA_CODES[Field.ISSUER]
    if claims.subject in subjects:
        return ENTRA_CODES[Field.AUDIENCE]
    is_case_alone = any(_differs_in_case_alone(claims.subject, one) for one in subjects)
    return CASE_CODE if is_case_alone else ENTRA_CODES[Field.SUBJECT]


def _differs_in_case_alone(one: str, other: str) -> bool:
    return one != other and one.casefold() == other.casefold()


def _timing(claims: Claims, now_s: float) -> tuple[Difference, ...]:
    """A token is good from `nbf` until before `exp`. Source: RFC 7519, 4.1.4 and 4.1.5."""
    found = []
    if claims.expires_at is not None and claims.expires_at <= now_s:
        ended = _span_text(now_s - claims.expires_at)
        why = f"the token had ended {ended} before: ask for a new one right before the login, and compare the clocks"
        found.append(_at(Field.EXPIRY, claims.expires_at, now_s, why))
    if claims.not_before is not None and claims.not_before > now_s:
        early = _span_text(claims.not_before - now_s)
        why = f"the token begins {early} later: the clock of whoever issues it, or of this machine, is wrong"
        found.append(_at(Field.NOT_BEFORE, claims.not_before, now_s, why))
    return tuple(found)


def _at(field: Field, token_s: int, now_s: float, why: str) -> Difference:
    return Difference(field, time_text(token_s), time_text(now_s), why, ENTRA_CODES[field])


def time_text(epoch_s: float) -> str:
    """A time in UTC, to the second."""
    return datetime.fromtimestamp(epoch_s, UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _span_text(seconds: float) -> str:
    whole = int(seconds)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if whole >= 2 * size:
            return f"{whole // size} {unit}s"
    return f"{whole} {'second' if whole == 1 else 'seconds'}"


def _failing(claims: Claims, one: Candidate, tenant: str | None) -> tuple[Field, ...]:
    """The fields in which a token is not what a credential trusts."""
    found = {
        Field.TENANT: None not in (tenant, one.tenant) and not same_name(str(tenant), str(one.tenant)),
        Field.ISSUER: claims.issuer != one.trust.issuer,
        Field.SUBJECT: claims.subject != one.trust.subject,
        Field.AUDIENCE: one.trust.audience not in claims.audiences,
    }
    return tuple(field for field, fails in found.items() if fails)


def _differences(
    claims: Claims, one: Candidate, fields: tuple[Field, ...], tenant: str | None
) -> tuple[Difference, ...]:
    trust, found = one.trust, []
    for field in fields:
        match field:
            case Field.TENANT:
                values = (tenant or "", one.tenant or "", "the login asks another tenant than the identity is in")
            case Field.ISSUER:
                values = (claims.issuer, trust.issuer, why_issuer(claims.issuer, trust.issuer))
            case Field.SUBJECT:
                why = why_subject(trust.issuer, claims.subject, trust.subject)
                values = (claims.subject, trust.subject, why)
            case _:
                asked = ", ".join(claims.audiences)
                values = (asked, trust.audience, why_audience(claims.audiences, trust.audience))
        found.append(_difference(one, field, *values))
    return tuple(found)


def _difference(one: Candidate, field: Field, token: str, credential: str, why: str) -> Difference:
    is_case_alone = field is Field.SUBJECT and _differs_in_case_alone(token, credential)
    code = CASE_CODE if is_case_alone else ENTRA_CODES[field]
    return Difference(field, token, credential, why, code, one.place_of(field), *differing_spans(token, credential))


def _distance(claims: Claims, one: Candidate, fields: tuple[Field, ...]) -> tuple[float, ...]:
    """How far a credential is from the token: by fields, by claims of the subject, by how late it fails first, by
    characters."""
    trust = one.trust
    audience = max((likeness(each, trust.audience) for each in claims.audiences), default=0.0)
    return (
        len(fields),
        -equal_claims(trust.issuer, claims.subject, trust.subject),
        -_ORDER.index(fields[0]) if fields else 0,
        -likeness(claims.subject, trust.subject) - likeness(claims.issuer, trust.issuer) - audience,
    )
