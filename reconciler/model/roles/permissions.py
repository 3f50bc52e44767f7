"""What a role gives: patterns of actions, less patterns of actions; and what that lets its holder do to others.

An identity that may give roles can give itself any; one that may add a federated credential to another identity, or put
that on a machine of its own, can become it. What lets somebody do either is worth more than it looks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

GIVE_ROLES = (
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleDefinitions/write",
    "Microsoft.Authorization/elevateAccess/action",
)
"""With any of them its holder can have every right. Source: Azure documentation (privileged roles; elevate access)."""

_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"

BECOME_OTHERS = ("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write", _ASSIGN)
"""With any of them its holder can sign in as the identities at and below the role's scope."""

_SAME = {"microsoft.managedidentity/userassignedidentities/*/assign/action": _ASSIGN}
"""Patterns that mean another action than their letters say: how the role Managed Identity Operator spells it.

Source: Microsoft's list of Azure built-in roles, and of the operations of Microsoft.ManagedIdentity.
"""


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action falls under a pattern: `*` stands for any text, slashes included, and case does not count.

    Source: Microsoft's documentation of role definitions, "Actions format".
    """
    return _compiled(_SAME.get(pattern.casefold(), pattern)).fullmatch(action) is not None


@dataclass(frozen=True, slots=True)
class PermissionEntry:
    """Patterns of actions, less patterns of actions; of a role, or of all roles together."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...]

    def allows(self, action: str) -> bool:
        """Whether this entry alone gives an action."""
        return any(action_matches(pattern, action) for pattern in self.actions) and not any(
            action_matches(pattern, action) for pattern in self.not_actions
        )

    def allows_every_read(self) -> bool:
        """Whether this entry alone gives `*/read` and withholds nothing of it."""
        return self.allows("*/read") and not any(_takes_reads(pattern) for pattern in self.not_actions)


def first_allowed(entries: Iterable[PermissionEntry], actions: Iterable[str]) -> str | None:
    """The first of some actions that any entry gives: what one leaves out, another may give; None where none does.

    Source: Microsoft's documentation of role definitions (NotActions is not a deny).
    """
    known = tuple(entries)
    return next((action for action in actions if any(entry.allows(action) for entry in known)), None)


def _takes_reads(pattern: str) -> bool:
    """Whether a pattern matches any action that ends in `/read`."""
    _, star, tail = pattern.casefold().rpartition("*")
    return tail.endswith("/read") or (bool(star) and "/read".endswith(tail))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: `?` and `[` mean nothing in an action.
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE | re.DOTALL)
