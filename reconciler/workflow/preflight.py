"""What can be refused before anything is read: an old api-version, a token of another tenant, an owner that is none."""

from functools import partial

from reconciler.errors import UsageError
from reconciler.live.azure import Azure
from reconciler.live.identities import TenantOf
from reconciler.manifest.refused import find_refused
from reconciler.manifest.scope import check_api_version
from reconciler.manifest.tenants import ExpectedTenant, check_earlier_tenant, check_token_tenant, expected_tenant
from reconciler.workflow.declare import Declaration


def check_before_reading(declaration: Declaration, azure: Azure) -> TenantOf:
    """Hold the api-version and the token against the manifest; may fetch the token.

    Returns:
        The tenant that each subscription must be of.

    Raises:
        UsageError: an api-version too old for what the manifest says.
        AuthError: no token, or it is of another tenant than the manifest or the saved plan names.
    """
    desired = declaration.desired
    check_api_version(desired, azure.resources.api_version)
    token_tenant = azure.token_tenant()
    check_token_tenant(desired, token_tenant, azure.sign_in)
    if declaration.saved is not None:
        check_earlier_tenant(declaration.saved.tenant, token_tenant, "the saved plan", azure.sign_in)
    # What a token does not say (an emulator's may say nothing) is left to be held against the subscriptions.
    return partial(expected_tenant, desired, otherwise=azure.tenant if token_tenant is None else None)


def tenant_of_flag(azure: Azure) -> ExpectedTenant | None:
    """The tenant that subscriptions must be of where no manifest says one; None where the token says it; may fetch it.

    What a token does not say (an emulator's may say nothing) is left to be held against the subscription.
    """
    if azure.tenant is None or azure.token_tenant() is not None:
        return None
    return ExpectedTenant(azure.tenant, "--tenant")


def check_owner(owner: str) -> None:
    """Raises UsageError where no manifest could have this owner."""
    why = find_refused({"version": 1, "owner": owner}).get(("owner",))
    if why is not None:
        raise UsageError(f"--owner {owner}: {why}", "`uami explain owner` tells what it is for.")
