"""`uami output`: read the identities that the manifest lists, and nothing below them; nothing is written."""

from collections.abc import Callable, Sequence

from reconciler.live.azure import Azure
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import DesiredIdentity
from reconciler.outputs.collect import Outputs, collect_outputs, listed_identities
from reconciler.workflow.declare import Declaration, Request, load_declaration
from reconciler.workflow.preflight import check_before_reading

Check = Callable[[Sequence[DesiredIdentity]], None]
"""Raises where the listed identities cannot be written in the form that was asked for."""


def declare_outputs(request: Request, check: Check) -> Declaration:
    """Read the manifests, and hold them against the form, before there is a connection.

    Raises:
        ManifestError: an invalid manifest, or one that the form cannot do with.
        UsageError: a target that the manifest does not list, or identities that the form would take for one.
    """
    declaration = load_declaration(request)
    check(listed_identities(declaration.desired, declaration.targets))
    return declaration


def run_output(declaration: Declaration, azure: Azure, *, allow_missing: bool) -> Outputs:
    """Read the lists of the groups that hold what is listed.

    Raises:
        NotLiveAsListed: an identity is not live, and that is not allowed, or is not the pinned one.
        AuthError: no token, of another tenant, or without the right to read a list whole.
    """
    listed = listed_identities(declaration.desired, declaration.targets)
    tenant_of = check_before_reading(declaration, azure)
    group_ids = tuple(dict.fromkeys(one.resource_id.group_id for one in listed))
    live = read_live(group_ids, azure.resources, MayRead(azure.resources.client), tenant_of=tenant_of)
    return collect_outputs(listed, live, cloud=azure.cloud, allow_missing=allow_missing)
