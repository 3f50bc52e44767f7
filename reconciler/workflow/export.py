"""`uami export`: read what is live, complete or not at all, and write it as manifests; nothing is written to ARM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.arm.resources import lane_of
from reconciler.errors import AuthError, ManifestError, ReconcilerError, UsageError
from reconciler.export.choose import ChosenGroup, LiveIdentity, LiveRole, Terms, choose_identities
from reconciler.export.document import ExportedGroup, write_group
from reconciler.live.azure import Azure
from reconciler.live.children import READING_CREDENTIALS, list_credentials
from reconciler.live.identities import read_live, read_whole_subscription
from reconciler.live.may_read import MayRead
from reconciler.live.role_lookups import name_roles
from reconciler.live.roles import read_roles
from reconciler.manifest.load import load_manifest
from reconciler.manifest.rules.globs import matches_any
from reconciler.manifest.scope import ISOLATION_SCOPE_SINCE
from reconciler.model import Access, Identity, Live, NotRead, ResourceGroupId, ResourceId
from reconciler.workflow.preflight import check_owner, tenant_of_flag


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export: a subscription, or some of its groups."""

    subscription_id: str
    resource_groups: tuple[str, ...]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported: a manifest for each group that has something to list or to leave alone, in order.

    Attributes:
        notes: what is not in them, in sentences.
    """

    groups: tuple[ExportedGroup, ...]
    notes: tuple[str, ...] = ()


def check_terms(terms: Terms) -> None:
    """Raises UsageError where no manifest could have this owner."""
    if terms.owner is not None:
        check_owner(terms.owner)


def run_export(request: ExportRequest, azure: Azure) -> Exported:
    """Read and write; every manifest is loaded once before it is given out.

    Raises:
        UsageError: a group that does not exist.
        AuthError: something could not be read, so that the export would be incomplete.
        ArmError: the same, for whatever other reason.
        ReconcilerError: what is live makes no manifest.
    """
    may_read = MayRead(azure.resources.client)
    live = _read(request, azure, may_read)
    chosen = [one for one in (choose_identities(group, request.terms) for group in live.groups) if one is not None]
    worth = [one for one in chosen if one.is_worth_writing]
    identities = [identity for one in worth for identity in one.listed]
    credentials = dict(
        azure.resources.pairs(
            READING_CREDENTIALS,
            lambda one: list_credentials(one, azure.resources),
            [one.resource_id for one in identities],
            lane_of,
        )
    )
    roles = _read_roles(identities, azure, may_read) if request.terms.role_assignments else {}
    groups = tuple(
        write_group(
            one,
            [LiveIdentity(at, credentials[at.resource_id], roles.get(at.resource_id)) for at in one.listed],
            request.terms,
        )
        for one in worth
    )
    _check_loads(groups, request.terms)
    return Exported(groups, tuple(_notes(live, chosen, request, azure)))


def _read(request: ExportRequest, azure: Azure, may_read: MayRead) -> Live:
    expected = tenant_of_flag(azure)
    if not request.resource_groups:
        return read_whole_subscription(request.subscription_id, azure.resources, may_read, expected=expected)
    ids = list(dict.fromkeys(ResourceGroupId(request.subscription_id, name) for name in request.resource_groups))
    live = read_live(ids, azure.resources, may_read, tenant_of=lambda _: expected)
    missing = [group.group_id.resource_group for group in live.groups if group.resource_group is None]
    # What Terraform's state still has may be gone: whoever hands over is told so.
    if missing and request.terms.only is None:
        raise UsageError(
            f"--resource-group {missing[0]}: the subscription has no such resource group",
            "Check its name; without the flag, all of them are exported.",
        )
    return live


def _read_roles(
    identities: Sequence[Identity], azure: Azure, may_read: MayRead
) -> Mapping[ResourceId, tuple[LiveRole, ...]]:
    """The roles of each identity, as a manifest can name them; raises AuthError where one could be missing."""
    held = read_roles(identities, Access(), azure.resources, may_read)
    given = []
    for resource_id, roles in held.items():
        if isinstance(roles, NotRead):
            where = f" at {roles.where}" if roles.where else ""
            raise AuthError(
                f"reading the role assignments of {resource_id}: some could be missing{where} ({roles.because})",
                "Ask for the role Reader there, or pass --no-role-assignments to export without them.",
            )
        given += [(resource_id, role) for role in roles]
    named = name_roles([role for _, role in given], azure.resources, may_read)
    found: dict[ResourceId, list[LiveRole]] = {resource_id: [] for resource_id in held}
    for (resource_id, _), role in zip(given, named, strict=True):
        found[resource_id].append(role)
    return {resource_id: tuple(roles) for resource_id, roles in found.items()}


def _check_loads(groups: Sequence[ExportedGroup], terms: Terms) -> None:
    """Raises ReconcilerError where a manifest would be refused by the command that it is made for."""
    for group in groups:
        try:
            load_manifest(["-"], {}, {}, group.text.encode, audience=terms.audience)
        except ManifestError as error:
            first = error.diagnostics[0]
            raise ReconcilerError(
                f"The manifest of {group.group_id} would not be valid: {first.message} (line {first.pos.line})",
                "This is a fault of this tool; export the other groups by --resource-group.",
            ) from error


def _notes(live: Live, chosen: Sequence[ChosenGroup], request: ExportRequest, azure: Azure) -> list[str]:
    notes = []
    left_out = [one.group.group_id.resource_group for one in chosen if not one.is_worth_writing]
    if left_out:
        count = f"{len(left_out)} resource groups have" if len(left_out) > 1 else "1 resource group has"
        notes.append(f"{count} nothing to list and no manifest: {', '.join(left_out)}.")
    names = [one.resource_id.name for group in live.groups for one in group.identities]
    notes += [
        f"--exclude {pattern} left nothing out: no identity has such a name."
        for pattern in request.terms.exclude
        if not any(matches_any(name, (pattern,)) for name in names)
    ]
    if azure.resources.api_version[: len(ISOLATION_SCOPE_SINCE)] < ISOLATION_SCOPE_SINCE:
        notes.append(f"Isolation scopes are not listed: --api-version {azure.resources.api_version} knows none.")
    return notes
