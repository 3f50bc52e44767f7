"""Microsoft.ManagedIdentity: federated identity credentials, the children of an identity.

Writes to one identity must not overlap. Whether two do cannot be seen from the state, in which each call happens at
once, so the application counts the writes that have arrived and are not answered yet.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from reconciler.sandbox.gateway import (
    IDENTITY_PARENT,
    Answer,
    Call,
    JsonObject,
    Kind,
    Loading,
    ProviderOperation,
    Route,
    by_gateway,
    by_provider,
    page,
    resume_after,
)
from reconciler.sandbox.managed_identity.identities import API_VERSIONS as IDENTITY_API_VERSIONS
from reconciler.sandbox.managed_identity.identities import IN_GROUP, identity_scope
from reconciler.sandbox.rules import refuse_locked, require_writable_group, rights
from reconciler.sandbox.state import (
    CREDENTIAL_TYPE,
    ClaimsExpression,
    FederatedCredential,
    Identity,
    Key,
    Node,
    State,
    key_of,
    path_key,
)

READ, WRITE, DELETE = f"{CREDENTIAL_TYPE}/read", f"{CREDENTIAL_TYPE}/write", f"{CREDENTIAL_TYPE}/delete"

API_VERSIONS = tuple(version for version in IDENTITY_API_VERSIONS if version >= "2022-01-31-preview")
"""Source: OpenAPI (2022-01-31-preview is the first with credentials)."""

MAX_CREDENTIALS = 20
MAX_LENGTH = 600
"""Credentials of an identity, and characters of issuer, subject and audience. Source: Microsoft Entra documentation
(considerations for federated identity credentials)."""

_EXPRESSIONS = ("2025-01-31-preview", "2025-05-31-preview")
"""The api-versions with `claimsMatchingExpression`. Source: OpenAPI; the released ones have none."""

_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/([^/]+)"
    r"/federatedIdentityCredentials/([^/]+)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
"""Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI, the pattern of the name."""


class Met(Enum):
    """What a call met when it arrived; NO_WRITE is for a call that writes no credential."""

    NO_WRITE = "no write"
    NONE = "none"
    OTHERS = "others"


class WritesInFlight:
    """Writes of credentials that have arrived and are not answered yet, by identity; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()

    @contextmanager
    def arrival(self, method: str, names: Mapping[str, str]) -> Iterator[Met]:
        """From a call's arrival to its answer; yields whether it met another write to the same identity."""
        if "credential" not in names or method not in ("PUT", "DELETE"):
            yield Met.NO_WRITE
            return
        key = key_of(names["subscription"], names["group"], names["name"])
        with self._lock:
            met = Met.OTHERS if self._counts[key] > 0 else Met.NONE
            self._counts[key] += 1
        try:
            yield met
        finally:
            with self._lock:
                self._counts[key] -= 1
                if not self._counts[key]:
                    del self._counts[key]


def list_credentials(state: State, call: Call) -> Answer:
    """The credentials of an identity."""
    rights.require(state, call, READ, identity_scope(call))
    identity = _parent(state, call, "read")
    credentials = state.shelf(FederatedCredential).below(path_key(identity.resource_id), after=resume_after(call))
    return page(call, credentials, lambda item: item.key, lambda item: _show(call, item))


def get_credential(state: State, call: Call) -> Answer:
    """One credential; the provider itself answers where there is none. Source: recorded traffic."""
    rights.require(state, call, READ, _scope(call))
    identity = _parent(state, call, "read")
    resource_id = f"{identity.resource_id}/federatedIdentityCredentials/{call.names['credential']}"
    found = state.shelf(FederatedCredential).get(path_key(resource_id))
    if found is None:
        raise by_provider(404, "NotFound", f"Resource '{resource_id}' was not found.")
    return Answer(200, _show(call, found))


def put_credential(state: State, call: Call) -> Answer:
    """Create a credential (201 and a relative `Location`) or replace all of it (200). Source: recorded traffic."""
    rights.require(state, call, WRITE, _scope(call))
    identity = _parent(state, call, "write")
    _require_writable(state, call)
    asked = _read(call, identity)
    others = [
        other
        for other in state.shelf(FederatedCredential).below(path_key(identity.resource_id))
        if other.key != asked.key
    ]
    _refuse_same_trust(asked, others)
    existing = state.shelf(FederatedCredential).get(asked.key)
    if existing is not None:
        state.put(asked)
        return Answer(200, _show(call, asked))
    if len(others) >= MAX_CREDENTIALS:  # Source of status, code and text: assumed
        raise by_provider(
            400,
            "BadRequest",
            "The request format was unexpected: Too many Federated Identity Credentials, the maximum is "
            f"{MAX_CREDENTIALS} for a managed identity.",
        )
    state.put(asked)
    return Answer(201, _show(call, asked), {"Location": asked.resource_id})


def delete_credential(state: State, call: Call) -> Answer:
    """200 without a body (source: recorded traffic), or 204 where there is none (source: OpenAPI)."""
    rights.require(state, call, DELETE, _scope(call))
    identity = _parent(state, call, "delete")
    _require_writable(state, call)
    key = (*path_key(identity.resource_id), *key_of("federatedIdentityCredentials", call.names["credential"]))
    found = state.shelf(FederatedCredential).get(key)
    if found is None:
        return Answer(204)
    state.remove(found)
    return Answer(200)


def _scope(call: Call) -> str:
    return f"{identity_scope(call)}/federatedIdentityCredentials/{call.names['credential']}"


def _parent(state: State, call: Call, operation: str) -> Identity:
    """The identity; one that is missing is the same error whether or not its group is there.

    Source: recorded traffic (azure-service-operator, deletes after the group was gone); other methods: assumed.
    """
    identity = state.shelf(Identity).get(path_key(identity_scope(call)))
    if identity is None:
        raise by_gateway(
            404,
            "ParentResourceNotFound",
            f"Failed to perform '{operation}' on resource(s) of type "
            "'userAssignedIdentities/federatedIdentityCredentials', because the parent resource "
            f"'{identity_scope(call)}' could not be found.",
        )
    return identity


def _require_writable(state: State, call: Call) -> None:
    require_writable_group(state, call)
    refuse_locked(state, call)
    if call.overlaps:
        # Source: as quoted by users (pulumi-azure-native issue 4343), who show the id in lower case.
        identity_id = identity_scope(call).lower()
        raise by_provider(
            409,
            "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            "Too many Federated Identity Credentials are written concurrently for the managed identity "
            f"'{identity_id}'. Concurrent Federated Identity Credentials writes under the same managed identity are "
            "not supported.",
        )


def _read(call: Call, identity: Identity) -> FederatedCredential:
    """The credential that a body describes. Source of the texts: Microsoft Entra documentation, unless noted."""
    name = call.names["credential"]
    if not _NAME.fullmatch(name):
        raise by_provider(400, "BadRequest", f"Federated Identity Credential name '{name}' is invalid.")
    properties = call.json_object().get("properties")
    if not isinstance(properties, dict) or not properties:
        raise by_provider(400, "BadRequest", "Federated Identity Credential from HTTP body has empty properties")
    audiences = properties.get("audiences")
    if audiences is not None and (not isinstance(audiences, list) or len(audiences) != 1):
        raise by_provider(400, "BadRequest", "Federated identity credentials must have exactly one audience.")
    issuer, subject = call.text_field(properties, "issuer"), call.text_field(properties, "subject")
    audience = call.text_field({"audiences": audiences[0]}, "audiences") if audiences else None
    expression = _expression(call, properties)
    if not issuer or not audience or bool(subject) == (expression is not None):
        # Source: as quoted by users (zioproto/istio-aks-example issue 6); for both or neither of the two: assumed.
        raise by_provider(
            400,
            "BadRequest",
            "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' and "
            "'audience'.",
        )
    _check_lengths(issuer, subject or "", audience)
    return FederatedCredential(identity.resource_id, name, issuer, subject or None, (audience,), expression)


def _expression(call: Call, properties: dict[str, object]) -> ClaimsExpression | None:
    value = properties.get("claimsMatchingExpression")
    if call.api_version not in _EXPRESSIONS or not isinstance(value, dict):
        return None
    text, version = call.text_field(value, "value"), value.get("languageVersion")
    if not text or not isinstance(version, int):  # Source: OpenAPI (both are required); the text is assumed
        raise by_provider(
            400, "BadRequest", "The request format was unexpected: claimsMatchingExpression needs both of its fields."
        )
    return ClaimsExpression(text, version)


def _check_lengths(*texts: str) -> None:
    if any(len(text) > MAX_LENGTH for text in texts):  # Source of code and text: assumed
        raise by_provider(
            400, "BadRequest", f"The request format was unexpected: a value is longer than {MAX_LENGTH} characters."
        )


def _refuse_same_trust(asked: FederatedCredential, others: list[FederatedCredential]) -> None:
    """Issuer and subject together are unique within an identity, compared exactly.

    Source: Microsoft Entra documentation. It gives status 400; users quote the code Conflict, which is taken here.
    """
    trust = (asked.issuer, asked.subject, asked.expression)
    if any((other.issuer, other.subject, other.expression) == trust for other in others):
        raise by_provider(409, "Conflict", "Issuer and subject combination already exists for this Managed Identity.")


def _show(call: Call, credential: FederatedCredential) -> object:
    # Source: recorded traffic (key order). What api-versions without expressions show of a flexible credential is
    # assumed: a credential without a subject.
    properties = _properties(credential, flexible=call.api_version in _EXPRESSIONS)
    return {"id": credential.resource_id, "name": credential.name, "type": CREDENTIAL_TYPE, "properties": properties}


def _properties(credential: FederatedCredential, *, flexible: bool = True) -> JsonObject:
    properties: JsonObject = {"issuer": credential.issuer}
    if credential.subject is not None:
        properties["subject"] = credential.subject
    properties["audiences"] = list(credential.audiences)
    if flexible and credential.expression is not None:
        properties["claimsMatchingExpression"] = {
            "value": credential.expression.value,
            "languageVersion": credential.expression.language_version,
        }
    return properties


def _parse(node: Node, _loading: Loading) -> FederatedCredential:
    """A federated identity credential; several audiences are kept, though none can be written."""
    subscription_id, group, identity, name = node.required("id").names(_ID, "a federated credential")
    properties = node.required("properties")
    subject = properties.optional("subject")
    return FederatedCredential(
        f"/subscriptions/{subscription_id}/resourcegroups/{group}"
        f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}",
        name,
        properties.required("issuer").text(),
        None if subject is None else subject.any_text() or None,
        tuple(audience.text() for audience in properties.required("audiences").items()),
        _parse_expression(properties.optional("claimsMatchingExpression")),
    )


def _parse_expression(node: Node | None) -> ClaimsExpression | None:
    if node is None:
        return None
    return ClaimsExpression(node.required("value").text(), node.required("languageVersion").count())


def _state_json(credential: FederatedCredential) -> JsonObject:
    return {"id": credential.resource_id, "properties": _properties(credential)}


_CREDENTIALS = IN_GROUP + "/{name}/federatedIdentityCredentials"

_ROUTES = (
    Route(_CREDENTIALS, API_VERSIONS, {"GET": list_credentials}),
    Route(
        _CREDENTIALS + "/{credential}",
        API_VERSIONS,
        {"GET": get_credential, "PUT": put_credential, "DELETE": delete_credential},
    ),
)

_RESOURCE = "Federated Identity Credentials"

KIND = Kind(
    "federatedIdentityCredentials",
    CREDENTIAL_TYPE,
    FederatedCredential,
    _parse,
    _state_json,
    _ROUTES,
    (
        ProviderOperation(READ, _RESOURCE, "Get or list Federated Identity Credentials", "Reads credentials."),
        ProviderOperation(WRITE, _RESOURCE, "Add or update Federated Identity Credential", "Writes a credential."),
        ProviderOperation(DELETE, _RESOURCE, "Delete Federated Identity Credential", "Deletes a credential."),
    ),
    parent=IDENTITY_PARENT,
)
