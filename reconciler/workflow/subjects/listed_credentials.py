"""The federated credentials that live of the identities that a manifest lists."""

from reconciler.live.azure import Azure
from reconciler.live.children import READING_CREDENTIALS, credentials_of
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.model import FederatedCredential, Identity, Part
from reconciler.outputs.collect import listed_identities
from reconciler.workflow.declare import Declaration
from reconciler.workflow.preflight import check_before_reading


def read_listed_credentials(declaration: Declaration, azure: Azure) -> list[tuple[Identity, Part[FederatedCredential]]]:
    """Each listed identity that lives, with its credentials or why they could not be read.

    Raises:
        UsageError: a target that the manifest does not list.
        AuthError: no token, of another tenant, or without the right to read a list of identities whole.
    """
    listed = listed_identities(declaration.desired, declaration.targets)
    tenant_of = check_before_reading(declaration, azure)
    group_ids = tuple(dict.fromkeys(one.resource_id.group_id for one in listed))
    live = read_live(group_ids, azure.resources, MayRead(azure.resources.client), tenant_of=tenant_of)
    entries = {one.resource_id for one in listed}
    identities = [one for group in live.groups for one in group.identities if one.resource_id in entries]
    return azure.resources.pairs(
        READING_CREDENTIALS, lambda one: credentials_of(one.resource_id, azure.resources), identities
    )
