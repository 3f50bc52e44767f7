"""The claims of a token that decide a login, and the document in which they travel without the token.

The job whose login fails seldom has the manifests, and its log is read by many. So what is taken along is only what
Microsoft Entra compares, the time at which the token ends, and the ids by which a repository is named.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.files.strict_json import parse_object
from reconciler.model import JsonObject

ID_CLAIMS = ("repository_owner_id", "repository_id", "namespace_id", "project_id")
"""Ids that outlive the names of a repository and its owner.

Source: GitHub, "OpenID Connect reference" (the first two); GitLab, "OpenID Connect (OIDC) authentication using ID
tokens" (the others).
"""

MAX_TOKEN_BYTES = 256 * 1024
"""More than any token; a file that is longer is none."""


MAX_CLAIM = 4096
"""Characters of an issuer, a subject or an audience: several times the 600 that a credential may have, and few enough
to be compared with thousands of credentials. Source: Microsoft Entra documentation (considerations for federated
identity credentials: the 600)."""

MAX_AUDIENCES = 100
"""More than any token has."""


class NoClaims(ValueError):
    """What was given has no claims that a login could be judged by; its text ends a sentence, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Attributes:
        audiences: whom it is made for; empty where it does not say.
        expires_at, not_before: epoch seconds; None where it does not say. The second is in tokens alone.
        ids: those of ID_CLAIMS that it has, in that order.
    """

    issuer: str
    subject: str
    audiences: tuple[str, ...] = ()
    expires_at: int | None = None
    not_before: int | None = None
    ids: tuple[tuple[str, str], ...] = ()


def claims_of_token(token: str) -> Claims:
    """The claims of a JSON Web Token, whose signature is not checked.

    Source: RFC 7519 (claims), RFC 7515 (three parts in base64url).

    Raises:
        NoClaims: it is no such token, or lacks what every token of a workload has.
    """
    parts = token.strip().split(".")
    if len(parts) != 3:
        raise NoClaims("it is no JSON Web Token, which has three parts with a dot between them")
    try:
        content = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True)
        payload = parse_object(content, fractions=True)
    except (binascii.Error, ValueError) as error:
        # Not the error's own words: they can quote the token.
        raise NoClaims("the second of its three parts is no JSON object in base64url") from error
    return _claims(payload)


def read_claims(content: bytes) -> Claims:
    """The claims of a document that `claims_document` made, or of a token's whole payload.

    Raises:
        NoClaims: it is none.
    """
    try:
        return _claims(parse_object(content, fractions=True))
    except NoClaims:
        raise
    except ValueError as error:
        raise NoClaims(str(error)) from error


def claims_document(claims: Claims) -> JsonObject:
    """The claims in JSON, by their own names: what is compared, the end of the token, and ids; nothing else."""
    document: JsonObject = {"iss": claims.issuer, "sub": claims.subject}
    if claims.audiences:
        document["aud"] = claims.audiences[0] if len(claims.audiences) == 1 else list(claims.audiences)
    if claims.expires_at is not None:
        document["exp"] = claims.expires_at
    return {**document, **dict(claims.ids)}


def _claims(payload: Mapping[str, object]) -> Claims:
    issuer, subject = (_text(payload, name) for name in ("iss", "sub"))
    ids = ((name, payload.get(name)) for name in ID_CLAIMS)
    return Claims(
        issuer,
        subject,
        _audiences(payload.get("aud")),
        _time(payload, "exp"),
        _time(payload, "nbf"),
        tuple((name, str(value)) for name, value in ids if isinstance(value, str | int)),
    )


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise NoClaims(f"the claim `{name}` is missing or is no text")
    return _bounded(name, value)


def _bounded(name: str, value: str) -> str:
    if len(value) > MAX_CLAIM:
        raise NoClaims(f"the claim `{name}` is longer than {MAX_CLAIM:,} characters, and no credential has such a one")
    return value


def _audiences(value: object) -> tuple[str, ...]:
    """One audience or a list of them. Source: RFC 7519, 4.1.3."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(one, str) for one in values):
        raise NoClaims("the claim `aud` is neither a text nor a list of texts")
    if len(values) > MAX_AUDIENCES:
        raise NoClaims(f"the claim `aud` lists more than {MAX_AUDIENCES} audiences")
    return tuple(_bounded("aud", str(one)) for one in values)


def _time(payload: Mapping[str, object], name: str) -> int | None:
    value = payload.get(name)
    if value is None:
        return None
    # Up to the year 9999: anything above is no time that could be shown.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 253_402_300_800:
        raise NoClaims(f"the claim `{name}` is no time in seconds since 1970")
    return int(value)
