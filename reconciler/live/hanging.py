"""What hangs on an identity at the moment at which it is about to be deleted, for the journal.

Afterwards nobody can ask: its credentials are gone with it, and its roles are found by a principal id that nobody knows
any more. What cannot be read keeps nothing from being deleted, since that is for the guards to say; it is written down
as not read, so that an undo promises nothing that it cannot know. What it is attached to the plan has read already.
"""

import threading

from reconciler.arm import permissions
from reconciler.arm.http.paths import subscription_path
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, AuthError, NotFound
from reconciler.live.access import READ_ASSIGNMENTS
from reconciler.model.access import Children, FederatedCredential, RoleAssignment
from reconciler.model.identity import Identity


class HangingReader:
    """Reads for one identity after the other; called from several threads.

    Whether a subscription's roles may be read is asked once: without the right, ARM may answer with a part of them.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._readable: dict[str, bool] = {}
        self._lock = threading.Lock()

    def read(self, identity: Identity) -> Children:
        """Credentials and role assignments of an identity; raises Interrupted only."""
        unread: list[str] = []
        credentials = self._credentials(identity, unread)
        assignments = self._assignments(identity, unread)
        return Children(credentials, assignments, None, tuple(unread))

    def _credentials(self, identity: Identity, unread: list[str]) -> tuple[FederatedCredential, ...] | None:
        try:
            return self._resources.credentials.list(identity.resource_id)
        except NotFound:
            return ()
        except (ArmError, AuthError) as error:
            unread.append(f"federated credentials: {error.message}")
            return None

    def _assignments(self, identity: Identity, unread: list[str]) -> tuple[RoleAssignment, ...] | None:
        scope = subscription_path(identity.resource_id.subscription_id)
        try:
            if not self._may_read(scope):
                unread.append(f"role assignments: {READ_ASSIGNMENTS} is missing at {scope}")
                return None
            return self._resources.assignments.list(scope, identity.principal_id)
        except (ArmError, AuthError) as error:
            unread.append(f"role assignments: {error.message}")
            return None

    def _may_read(self, scope: str) -> bool:
        with self._lock:
            if scope not in self._readable:
                self._readable[scope] = permissions.read_at(self._resources.client, scope).allows(READ_ASSIGNMENTS)
            return self._readable[scope]
