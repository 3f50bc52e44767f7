"""JSON Web Tokens as the sandbox gives them out and reads them, and who they are about.

Nobody checks the signature: the sandbox accepts any token, so a key would protect nothing. What clients rely on is that
one client id always is one principal, which is why every id here is computed and none is kept.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.sandbox.state import Identity, Resource, State, client_id_of_system_identity, derived_id

DEFAULT_LIFETIME = timedelta(seconds=3599)
"""Source: Microsoft's documentation of the client credentials flow (`expires_in` of its examples)."""

_HEADER = {"typ": "JWT", "alg": "HS256"}
_KEY = b"The sandbox of uami signs what nobody checks."


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token is about; `resource_id` is that of a managed identity, None for an application.

    `tokens_revoked_at` is the epoch second up to which no token is good, None where all are.
    """

    principal_id: str
    client_id: str
    resource_id: str | None = None
    tokens_revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and what the answer around it says; times are epoch seconds."""

    text: str
    issued_at: int
    expires_at: int

    @property
    def lifetime_s(self) -> int:
        """Seconds from its issue to its end."""
        return self.expires_at - self.issued_at


def principal_of(state: State, client_id: str) -> Principal:
    """Whom a client id stands for: an identity of the state, else an application with an object id of its own."""
    sought = client_id.casefold()
    identity = next((item for item in state.shelf(Identity) if item.client_id.casefold() == sought), None)
    if identity is not None:
        return principal_of_identity(state, identity)
    for resource in state.shelf(Resource):
        principal_id = resource.system_principal_id
        if principal_id is not None and client_id_of_system_identity(principal_id) == sought:
            return Principal(principal_id, client_id, resource.resource_id)
    return Principal(derived_id(0, "application", sought), client_id)


def principal_of_identity(state: State, identity: Identity) -> Principal:
    """A user-assigned identity as whom a token is about."""
    revoked_at = state.tokens_revoked.get(identity.principal_id)
    return Principal(identity.principal_id, identity.client_id, identity.resource_id, revoked_at)


def issue_access_token(
    principal: Principal, tenant_id: str, audience: str, now: datetime, lifetime: timedelta
) -> AccessToken:
    """A token for a resource.

    Source of the claims: Microsoft's reference of access token claims (version 1.0, which Azure Resource Manager gets);
    `xms_mirid` names the identity's resource in tokens of managed identities, as quoted by users.
    """
    issued_at, expires_at = int(now.timestamp()), int((now + lifetime).timestamp())
    if principal.tokens_revoked_at is not None:
        issued_at = max(issued_at, principal.tokens_revoked_at + 1)
    claims: dict[str, object] = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": issued_at,
        "nbf": issued_at,
        "exp": expires_at,
        "appid": principal.client_id,
        "idp": f"https://sts.windows.net/{tenant_id}/",
        "idtyp": "app",
        "oid": principal.principal_id,
        "sub": principal.principal_id,
        "tid": tenant_id,
        "ver": "1.0",
    }
    if principal.resource_id is not None:
        claims["xms_mirid"] = principal.resource_id
    return AccessToken(encode(claims), issued_at, expires_at)


def encode(claims: Mapping[str, object]) -> str:
    """A signed token with these claims. Source: RFC 7515, compact serialization; RFC 7518, HS256."""
    signed = f"{_encode_part(json.dumps(_HEADER).encode())}.{_encode_part(json.dumps(claims).encode())}"
    signature = hmac.new(_KEY, signed.encode("ascii"), hashlib.sha256).digest()
    return f"{signed}.{_encode_part(signature)}"


def _encode_part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")
