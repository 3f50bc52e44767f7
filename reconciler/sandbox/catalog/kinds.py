"""Every kind of resource that a state holds, in the order that they have in the state file."""

from typing import Any

from reconciler.sandbox.authorization import deny_assignments, locks, role_assignments, role_definitions
from reconciler.sandbox.gateway import Kind
from reconciler.sandbox.managed_identity import federated_credentials, identities
from reconciler.sandbox.microsoft_graph import directory_kinds
from reconciler.sandbox.resources import generic, resource_groups, subscriptions

KINDS: tuple[Kind[Any], ...] = (
    subscriptions.KIND,
    resource_groups.KIND,
    identities.KIND,
    federated_credentials.KIND,
    role_definitions.KIND,
    role_assignments.KIND,
    deny_assignments.KIND,
    locks.KIND,
    generic.KIND,
    directory_kinds.GROUPS,
    directory_kinds.APPLICATIONS,
    directory_kinds.APP_ROLES,
)
"""A new kind is a file and a row here: the state file, the routes, the provider's operations and Resource Graph read
this table."""
