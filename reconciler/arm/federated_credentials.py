"""Federated identity credentials: the calls, and their JSON to and from the model.

There is no PATCH: a change is a PUT of the whole credential. Writes to one identity must not overlap, which is for the
caller to see to; ARM refuses them with a conflict that says so.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, about, each_once, optional_text, section, text, text_list
from reconciler.arm.http.paths import identity_path, segment
from reconciler.arm.identities import API_VERSION
from reconciler.model import CredentialId, FederatedCredential, ResourceId, Trust

# Source: recorded traffic (the provider's 404 of a credential, the gateway's where its identity or group is gone).
_ABSENT_CODES = frozenset({"NotFound", "ParentResourceNotFound", "ResourceNotFound", "ResourceGroupNotFound"})


@dataclass(frozen=True, slots=True)
class FederatedCredentials:
    """Calls on the federated credentials of identities; every method raises as ArmClient does.

    Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI (FederatedIdentityCredentials_*). None is long-running.
    """

    client: ArmClient
    api_version: str = API_VERSION

    def list(self, identity: ResourceId) -> tuple[FederatedCredential, ...]:
        """All credentials of an identity, in order of their names; NotFound without such an identity."""
        read = each_once(_read, lambda one: one.credential_id, lambda one: one.identity == identity)
        found = self.client.get_pages(_credentials_path(identity), self.api_version, read)
        return tuple(sorted(found, key=lambda one: one.credential_id.key))

    def get(self, credential_id: CredentialId) -> FederatedCredential | None:
        """One credential, or None where it, its identity or its group does not exist; any other 404 is an error."""
        return self.client.find(
            credential_path(credential_id), self.api_version, _reader_of(credential_id), _ABSENT_CODES
        )

    def write(self, credential_id: CredentialId, trust: Trust) -> tuple[FederatedCredential, bool]:
        """Create a credential, or replace the one that is there: True where ARM says that it created one."""
        properties = {"issuer": trust.issuer, "subject": trust.subject, "audiences": [trust.audience]}
        body = {"properties": properties}
        return self.client.put(credential_path(credential_id), self.api_version, body, _reader_of(credential_id))

    def delete(self, credential_id: CredentialId) -> bool:
        """Delete a credential; False where there was none, NotFound where there is no identity.

        Source: recorded traffic (azure-service-operator: 404 ParentResourceNotFound).
        """
        return self.client.delete(credential_path(credential_id), self.api_version)


def _credentials_path(identity: ResourceId) -> str:
    return f"{identity_path(identity)}/federatedIdentityCredentials"


def credential_path(credential_id: CredentialId) -> str:
    """The credential's resource id, encoded."""
    return f"{_credentials_path(credential_id.identity)}/{segment(credential_id.name)}"


def _reader_of(credential_id: CredentialId) -> Callable[[JsonObject], FederatedCredential]:
    return about(_read, lambda one: one.credential_id, credential_id)


def _read(body: JsonObject) -> FederatedCredential:
    return FederatedCredential(CredentialId.parse(text(body, "id")), _read_trust(body))


def _read_trust(body: JsonObject) -> Trust | None:
    """None for what this api-version cannot express, whatever it makes of it.

    Source: Microsoft.ManagedIdentity 2025-01-31-preview (`claimsMatchingExpression` in place of `subject`).
    """
    properties = section(body, "properties")
    issuer, subject = optional_text(properties, "issuer"), optional_text(properties, "subject")
    audiences = text_list(properties, "audiences")
    flexible = properties.get("claimsMatchingExpression") is not None
    if flexible or issuer is None or subject is None or len(audiences) != 1:
        return None
    return Trust(issuer, subject, audiences[0])
