"""Small builders of what an export is made from."""

from collections.abc import Iterable, Mapping

from reconciler.export.choose import LiveIdentity, LiveRole, Terms
from reconciler.model.access import AssignmentDetails, FederatedCredential, RoleAssignment, Trust
from reconciler.model.identity import IsolationScope
from reconciler.model.ids import CredentialId
from tests.builders import SUBSCRIPTION, live_identity, resource_id

AUDIENCE = "api://AzureADTokenExchange"
SUBSCRIPTION_SCOPE = f"/subscriptions/{SUBSCRIPTION}"
PLAIN = Terms(None, (), AUDIENCE)
OWNED = Terms("us", (), AUDIENCE)
CLUSTER = "https://oidc.example/c1/"


def credential(identity: str, name: str, subject: str | None, issuer: str = CLUSTER) -> FederatedCredential:
    """A live credential; without a subject, one that cannot be expressed."""
    trust = None if subject is None else Trust(issuer, subject, AUDIENCE)
    return FederatedCredential(CredentialId(resource_id(identity), name), trust)


def role(
    name: str,
    scope: str = SUBSCRIPTION_SCOPE,
    details: AssignmentDetails = AssignmentDetails(),  # noqa: B008 - frozen
    unlisted: str = "",
) -> LiveRole:
    """A live role; its GUID is made of its name."""
    return LiveRole(RoleAssignment("a", scope, f"guid-{name}", "p", details), (name, f"guid-{name}"), unlisted)


def identity(
    name: str,
    *,
    tags: Mapping[str, str] | None = None,
    location: str = "westeurope",
    isolation_scope: IsolationScope | str = IsolationScope.NONE,
    trusts: Iterable[FederatedCredential] = (),
    roles: Iterable[LiveRole] | None = (),
) -> LiveIdentity:
    """A live identity with what it has."""
    live = live_identity(name, tags=tags, location=location, isolation_scope=isolation_scope)
    return LiveIdentity(live, tuple(trusts), None if roles is None else tuple(roles))
