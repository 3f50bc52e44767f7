"""What a manifest asks of the run that it is given to."""

from reconciler.errors import UsageError
from reconciler.manifest.desired import Desired

ISOLATION_SCOPE_SINCE = "2024-11-30"
"""The first api-version with `isolationScope`. Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI."""


def check_api_version(desired: Desired, api_version: str) -> None:
    """An older api-version would take `isolationScope` and forget it."""
    if api_version[: len(ISOLATION_SCOPE_SINCE)] >= ISOLATION_SCOPE_SINCE:
        return
    for group in desired.groups:
        for identity in group.identities:
            if identity.isolation_scope is not None:
                raise UsageError(
                    f"--api-version {api_version} knows no isolationScope, but {identity.source} sets one",
                    f"Use {ISOLATION_SCOPE_SINCE} or newer, or take isolationScope off the manifest.",
                )
