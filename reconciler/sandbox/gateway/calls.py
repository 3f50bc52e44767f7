"""One call to ARM, taken apart once: names from the path, query, body, caller. Providers read this and never the raw
request."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from reconciler.sandbox.gateway.answers import ArmRefusalError, Trace, by_gateway

T = TypeVar("T")

_JSON = "application/json"

_ANONYMOUS = "anonymous"
_ANONYMOUS_ID = "a0000000-0000-4000-8000-00000000a000"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sandbox behaves where ARM's own behaviour is a matter of time or size.

    Attributes:
        page_size: entries of one page of a list. Source: assumed; no recorded list of identities has a second page.
        group_deletion: from accepting the deletion of a resource group to its end.
        directory_delay: from the creation of an identity until the directory knows its principal; None spreads it as
            it was recorded of ARM, by the seed of the state.
    """

    page_size: int = 1000
    group_deletion: timedelta = timedelta(seconds=1)
    directory_delay: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the object id that rights are given to, the name that error texts use, and what the token says."""

    principal_id: str
    name: str
    claims: Mapping[str, object] = field(default_factory=dict)

    @property
    def object_id(self) -> str:
        """The id that resources keep of who made them: a GUID, also where a token says nothing of its owner."""
        return _ANONYMOUS_ID if self.principal_id == _ANONYMOUS else self.principal_id

    @property
    def token_ends_at(self) -> float | None:
        """When the token ends, in epoch seconds; None for one that does not say."""
        ends_at = self.claims.get("exp")
        return ends_at if isinstance(ends_at, int | float) else None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route.

    Attributes:
        names: what stands in the path for the route's placeholders, decoded, spelled as asked.
        path: the path as asked, still encoded, without the query.
        base_url: scheme, host and port as the client addressed them.
        trace: the ids that its answer carries and the Activity Log keeps.
        target: the path and the query as asked.
        query: names in lower case; ARM reads them without case.
        overlaps: while it waited, another write to the same identity's credentials was in flight.
    """

    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    caller: Caller
    base_url: str
    now: datetime
    settings: Settings
    trace: Trace
    target: str
    overlaps: bool = False

    @property
    def api_version(self) -> str:
        """The api-version that was asked, in lower case."""
        return self.query.get("api-version", "").lower()

    @property
    def time_text(self) -> str:
        """The time of the call as Microsoft.Authorization shows times: with seven digits of a second.

        Source: recorded traffic (azure-cli, role tests).
        """
        return f"{self.now:%Y-%m-%dT%H:%M:%S.%f}0Z"

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object; raises ArmRefusalError where it is none.

        Source: the code as quoted by users (InvalidRequestContent); the wording of each case is assumed.
        """
        try:
            value = json.loads(self.body)
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise _invalid_content("The body is not JSON.") from error
        if not isinstance(value, dict):
            raise _invalid_content("The body is not an object.")
        return value

    def text_field(self, body: Mapping[str, object], name: str) -> str | None:
        """A text of the body, None where it is absent or null; raises ArmRefusalError where it is something else."""
        value = body.get(name)
        if value is None or isinstance(value, str):
            return value
        raise _invalid_content(f"The value of '{name}' is not a string.")

    def texts_field(self, body: Mapping[str, object], name: str) -> tuple[str, ...]:
        """A list of texts of the body, empty where it is absent or null; raises ArmRefusalError otherwise."""
        return _list_field(body, name, str, "strings")

    def objects_field(self, body: Mapping[str, object], name: str) -> tuple[Mapping[str, object], ...]:
        """A list of objects of the body, empty where it is absent or null; raises ArmRefusalError otherwise."""
        return _list_field(body, name, dict, "objects")


def require_json(content_type: str, body: bytes) -> None:
    """Refuse a body that is not called JSON.

    Source: text and status as quoted by users (azure-cli issues 10143 and 13056, azure-powershell issue 6639), who
    have seen it without a type and with another one; that parameters such as a charset are passed over is assumed.
    """
    media_type = content_type.partition(";")[0].strip()
    if body and media_type.casefold() != _JSON:
        raise by_gateway(
            415,
            "UnsupportedMediaType",
            f"The content media type '{media_type or '<null>'}' is not supported. Only '{_JSON}' is supported.",
        )


def _list_field(body: Mapping[str, object], name: str, kind: type[T], noun: str) -> tuple[T, ...]:
    value = body.get(name)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, kind) for item in value):
        return tuple(value)
    raise _invalid_content(f"The value of '{name}' is not a list of {noun}.")


def _invalid_content(reason: str) -> ArmRefusalError:
    return by_gateway(
        400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{reason}'."
    )


def claims_of(token: str) -> Mapping[str, object] | None:
    """The claims of a token, whoever signed it; None where the text is no token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def identify(authorization: str | None, tenant_id: str) -> Caller:
    """Who a request's Authorization header names: the `oid` of a JWT, else "anonymous"; no signature is checked.

    Raises:
        ArmRefusalError: 401, no bearer token. Source: texts as quoted by users (azurerm, azure-sdk-for-python issues).
    """
    if not authorization:
        missing = "Authentication failed. The 'Authorization' header is missing."
        raise _unauthenticated("AuthenticationFailed", missing, tenant_id)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        reason = "Authentication failed. The 'Authorization' header is provided in an invalid format."
        raise _unauthenticated("AuthenticationFailedInvalidHeader", reason, tenant_id)
    claims = claims_of(token.strip()) or {}
    principal_id = str(claims.get("oid") or _ANONYMOUS)
    return Caller(principal_id, str(claims.get("appid") or principal_id), claims)


def require_living_token(caller: Caller, tenant_id: str, now: datetime) -> None:
    """Refuse a token that has ended; one that does not say when it ends never does.

    Source: code, status and text as quoted by users (vscode-azureappservice issue 2457, PlanetaryComputer issue 343).

    Raises:
        ArmRefusalError: 401, the token has ended.
    """
    ends_at = caller.token_ends_at
    if ends_at is not None and ends_at <= now.timestamp():
        ended = _american(datetime.fromtimestamp(max(ends_at, 0), UTC))
        text = (
            f"The access token expiry UTC time '{ended}' is earlier than current UTC time"
            f" '{_american(now.astimezone(UTC))}'."
        )
        raise _unauthenticated("ExpiredAuthenticationToken", text, tenant_id)


def _american(when: datetime) -> str:
    """A time as `4/15/2023 7:40:04 AM`."""
    half = "AM" if when.hour < 12 else "PM"
    return f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S} {half}"


def _unauthenticated(code: str, message: str, tenant_id: str) -> ArmRefusalError:
    # Source: assumed, after what ARM's documentation shows of the challenge.
    challenge = f'Bearer authorization_uri="https://login.windows.net/{tenant_id}", error="invalid_token"'
    return ArmRefusalError(401, code, message, from_gateway=True, headers={"WWW-Authenticate": challenge})
