"""Azure's actions: how a pattern matches one, and which built-in role to ask for when one is missing.

Only roles that this tool's own calls need are listed; the least one that suffices comes first.
"""

import re
from functools import lru_cache

_ROLES = (
    ("*/read", "Reader"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Managed Identity Operator"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/*", "Managed Identity Contributor"),
    ("Microsoft.Authorization/roleAssignments/*", "Role Based Access Control Administrator"),
)


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action falls under a pattern: `*` stands for any text, slashes included, and case does not count.

    Source: Microsoft's documentation of role definitions, "Actions format".
    """
    return _compiled(pattern).fullmatch(action) is not None


def role_with(action: str) -> str | None:
    """The built-in role to ask for, None where this tool knows of none.

    Source: Microsoft's list of Azure built-in roles (Reader has `*/read`; Managed Identity Contributor has read, write
    and delete of user-assigned identities).
    """
    return next((role for pattern, role in _ROLES if action_matches(pattern, action)), None)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: `?` and `[` mean nothing in an action.
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE | re.DOTALL)
