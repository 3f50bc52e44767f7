"""What can be refused before anything is read: an api-version that is too old, a token of another tenant."""

from functools import partial

from reconciler.live.azure import Azure
from reconciler.live.identities import TenantOf
from reconciler.manifest.scope import check_api_version
from reconciler.manifest.tenants import check_earlier_tenant, check_token_tenant, expected_tenant
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
