"""Azure's actions, and which built-in role to ask for when one is missing.

Only roles that this tool's own calls need are listed, with those of their actions that matter here; the least one that
suffices comes first. A wrong role here sends somebody to ask for rights that do not help, so a test holds each line
against the whole roles.
"""

from collections.abc import Iterable

from reconciler.model import action_matches

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
CREDENTIALS = f"{IDENTITIES}/federatedIdentityCredentials"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
EVENTS = "Microsoft.Insights/eventtypes/values"
"""What the Activity Log holds. Source: refusals that users quote (azure-libraries-for-java)."""

WORKSPACES = "Microsoft.OperationalInsights/workspaces"
QUERY_LOGS = f"{WORKSPACES}/query/read"
"""To query a workspace, in whatever way. Source: Azure Monitor documentation (managing access to workspaces)."""

QUERY_SIGN_INS = f"{WORKSPACES}/query/AADManagedIdentitySignInLogs/read"
"""To see this one table of it. Source: the same, its custom role for `SigninLogs`."""

_GROUPS_READ = "Microsoft.Resources/subscriptions/resourceGroups/read"
_AUTHORIZATION_READ = "Microsoft.Authorization/*/read"

BUILT_IN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Reader", ("*/read",)),
    ("Managed Identity Operator", (f"{IDENTITIES}/*/assign/action",)),
    (
        "Managed Identity Federated Identity Credential Contributor",
        (
            _AUTHORIZATION_READ,
            _GROUPS_READ,
            f"{IDENTITIES}/read",
            *(f"{CREDENTIALS}/{verb}" for verb in ("read", "write", "delete")),
        ),
    ),
    (
        "Managed Identity Contributor",
        (
            _AUTHORIZATION_READ,
            _GROUPS_READ,
            *(f"{IDENTITIES}/{verb}" for verb in ("read", "write", "delete")),
            *(f"{CREDENTIALS}/{verb}" for verb in ("read", "write", "delete")),
        ),
    ),
    ("Role Based Access Control Administrator", ("*/read", f"{ASSIGNMENTS}/write", f"{ASSIGNMENTS}/delete")),
)
"""Roles with patterns of what they have, the lesser before the greater.

Source: Microsoft's list of Azure built-in roles."""


def role_with(action: str) -> str | None:
    """The built-in role to ask for, None where this tool knows of none."""
    return next((role for role, patterns in BUILT_IN if _has(patterns, action)), None)


def roles_with(actions: Iterable[str]) -> tuple[str, ...]:
    """Few built-in roles that together have these actions; those that no role of ours has are passed over."""
    left = {action for action in actions if role_with(action) is not None}
    found: list[str] = []
    while left:
        # The first of the best: of two roles that have as much of it, the lesser one.
        role, patterns = max(BUILT_IN, key=lambda one: sum(_has(one[1], action) for action in left))
        found.append(role)
        left -= {action for action in left if _has(patterns, action)}
    return tuple(found)


def _has(patterns: Iterable[str], action: str) -> bool:
    return any(action_matches(pattern, action) for pattern in patterns)
