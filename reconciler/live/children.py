"""The children of an identity, read for the journal just before its delete, and its credentials for whoever asks.

After the delete nobody can ask: its credentials are gone with it, and its roles are found by a principal id that nobody
knows any more. What cannot be read keeps nothing from being deleted, since that is for the guards to say; it is written
down as not read, so that an undo promises nothing that it cannot know.
"""

from collections.abc import Collection

from reconciler.arm.actions import ASSIGNMENTS
from reconciler.arm.resources import Resources
from reconciler.arm.role_assignments import grant_command
from reconciler.errors import AuthError, CallFailed, NotFound
from reconciler.live.may_read import MayRead, why_not
from reconciler.model import Children, FederatedCredential, Identity, Part, ResourceId, RoleAssignment

READ_ASSIGNMENTS = f"{ASSIGNMENTS}/read"

READING_CREDENTIALS = "Reading federated credentials"
READING_ROLES = "Reading role assignments"
"""What a counter says while these are read."""

ONE_LIST_FROM = 6
"""From this many principals on, one list of all assignments of a subscription is fewer requests than one for each.

Source: Azure documentation on limits (a subscription has at most some thousands of role assignments).
"""


def children_of(
    identity: Identity, credentials: Part[FederatedCredential], resources: Resources, may_read: MayRead
) -> Children:
    """Credentials and role assignments of an identity, for the journal; what it is attached to the plan has read.

    `credentials` were listed in the look at what uses it. Raises Interrupted only.
    """
    assignments = _assignments_of(identity, resources, may_read)
    unread = {"federated credentials": credentials.not_checked, "role assignments": assignments.not_checked}
    return Children(
        credentials.found if credentials.not_checked is None else None,
        assignments.found if assignments.not_checked is None else None,
        None,
        tuple(f"{what}: {because}" for what, because in unread.items() if because),
    )


def credentials_of(identity: ResourceId, resources: Resources) -> Part[FederatedCredential]:
    """The credentials of an identity, or why they could not be read; raises Interrupted only."""
    try:
        return Part(list_credentials(identity, resources))
    except CallFailed as error:
        return Part((), why_not(error))


def list_credentials(identity: ResourceId, resources: Resources) -> tuple[FederatedCredential, ...]:
    """The credentials of an identity; none where it is gone, which its own read tells. Raises AuthError, ArmError."""
    try:
        return resources.credentials.list(identity)
    except NotFound:
        return ()


def _assignments_of(identity: Identity, resources: Resources, may_read: MayRead) -> Part[RoleAssignment]:
    """The roles of an identity in its subscription: without the right there, ARM may answer with a part of them."""
    scope = f"/subscriptions/{identity.resource_id.subscription_id}"
    try:
        if not may_read.allows(scope, READ_ASSIGNMENTS):
            return Part((), f"{READ_ASSIGNMENTS} is missing at {scope}")
        return Part(resources.assignments.list(scope, identity.principal_id))
    except CallFailed as error:
        return Part((), why_not(error))


def list_assignments(scope: str, principal_ids: Collection[str], resources: Resources) -> tuple[RoleAssignment, ...]:
    """What these principals have at a scope, and above and below it as ARM lists it; of many, others have more of it.

    Raises:
        AuthError, ArmError: it could not be read.
    """
    if len(principal_ids) >= ONE_LIST_FROM:
        return resources.assignments.list(scope)
    return tuple(given for one in principal_ids for given in resources.assignments.list(scope, one))


def incomplete_roles(scope: str) -> AuthError:
    """The error for a list of role assignments that the caller may see only a part of."""
    return AuthError(
        f"reading the role assignments at {scope}: not allowed ({READ_ASSIGNMENTS}), so the list could be incomplete",
        f"Ask for a role there: {grant_command('Reader', scope)}",
    )
