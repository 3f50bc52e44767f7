"""The `properties` of an identity: which of them an api-version has, how a body asks for them, how they are shown."""

from reconciler.sandbox.gateway import Call, JsonObject, by_provider
from reconciler.sandbox.state import Identity

_ISOLATION_SCOPE_SINCE = "2024-11-30"
_ISOLATION_SCOPES = ("None", "Regional")
"""Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI, `properties.isolationScope`."""

_RESTRICTIONS_SINCE = "2025-05-31-preview"
"""Source: OpenAPI 2025-05-31-preview, `properties.assignmentRestrictions.providers`."""


def knows_isolation(call: Call) -> bool:
    """Whether the api-version of a call has isolation scopes."""
    return call.api_version >= _ISOLATION_SCOPE_SINCE


def isolation_scope_of(call: Call, body: dict[str, object]) -> str | None:
    """The isolation scope that a body asks for; api-versions that do not know it pass it over (assumed)."""
    properties = body.get("properties")
    if not knows_isolation(call) or not isinstance(properties, dict):
        return None
    value = properties.get("isolationScope")
    if value is None:
        return None
    for known in _ISOLATION_SCOPES:
        if isinstance(value, str) and value.casefold() == known.casefold():
            return known
    # Source: assumed.
    raise by_provider(400, "BadRequest", f"The request format was unexpected: isolationScope '{value}' is not known.")


def knows_restrictions(call: Call) -> bool:
    """Whether the api-version of a call has restrictions of what an identity may be attached to."""
    return call.api_version >= _RESTRICTIONS_SINCE


def providers_of(call: Call, body: dict[str, object]) -> tuple[str, ...] | None:
    """The providers that a body restricts the identity to, None where it does not say."""
    properties = body.get("properties")
    restrictions = properties.get("assignmentRestrictions") if isinstance(properties, dict) else None
    if not knows_restrictions(call) or restrictions is None:
        return None
    providers = restrictions.get("providers") if isinstance(restrictions, dict) else None
    if not isinstance(providers, list) or not all(isinstance(provider, str) for provider in providers):
        # Source: assumed.
        raise by_provider(400, "BadRequest", "The request format was unexpected: assignmentRestrictions is invalid.")
    return tuple(providers)


def show_properties(identity: Identity, *, isolated: bool = True, restricted: bool = True) -> JsonObject:
    """The `properties` as ARM shows them, with those that api-versions differ in where they are asked for.

    An isolation scope that was never set is shown as `None`, and stands first. Source: Microsoft's documentation
    (answers of api-version 2024-11-30) and answers that users published.
    """
    properties: JsonObject = {"isolationScope": identity.isolation_scope or _ISOLATION_SCOPES[0]} if isolated else {}
    properties |= {
        "tenantId": identity.tenant_id,
        "principalId": identity.principal_id,
        "clientId": identity.client_id,
    }
    if restricted and identity.assigned_to_providers is not None:
        properties["assignmentRestrictions"] = {"providers": list(identity.assigned_to_providers)}
    return properties
