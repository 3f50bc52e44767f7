"""What an undo has to say beside its plan: what is gone for good, what it leaves alone, what must change in Git."""

import re
import shlex
from collections.abc import Iterator

from reconciler.journal import NetEffect, RunRecord
from reconciler.model import Children, Identity, IsolationScope, RoleAssignment, role_name

_RESOURCE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/(?P<type>[^/]+/[^/]+)"
    r"/(?P<name>[^/]+)",
    re.IGNORECASE,
)

# Source: az 2.91 (`az vm identity assign --help` and the like).
_ASSIGN = {
    "microsoft.compute/virtualmachines": ("vm", "identity", "assign", "--identities"),
    "microsoft.compute/virtualmachinescalesets": ("vmss", "identity", "assign", "--identities"),
    "microsoft.web/sites": ("webapp", "identity", "assign", "--identities"),
    "microsoft.containerservice/managedclusters": ("aks", "update", "--enable-managed-identity", "--assign-identity"),
    "microsoft.app/containerapps": ("containerapp", "identity", "assign", "--user-assigned"),
}


def title(record: RunRecord) -> str:
    """Which run is taken back."""
    header = record.header
    cut = "" if record.end is not None else ", which was cut short"
    return f"This takes back the {header.command} of {header.started_at}, correlation id {header.run_id}{cut}."


def left_alone(what: str, why: str) -> str:
    """Something that does not return, because it is no longer as the run has left it."""
    return f"Left alone: {what}: {why}."


def named_role(given: RoleAssignment) -> str:
    """A role by its name, where one is known."""
    return f"the role {role_name(given.role_guid)}"


def not_given_back(what: str) -> str:
    """A role that would perhaps return wider than it was."""
    return f"Not given back: {what}: its condition was not recorded; without one, it could be wider than it was."


def in_git(effect: NetEffect, what: str) -> str:
    """What must change in the manifest, or the next apply undoes the undo."""
    return f"In Git, at {effect.source.file}:{effect.source.line}: {what}."


def gone_for_good(before: Identity, children: Children | None, name: str) -> Iterator[str]:
    """What does not return with a deleted identity, each with what restores it."""
    yield (
        f"{name} returns as another principal: principalId {before.principal_id} and clientId {before.client_id} are"
        " gone for good, and what names them has to name the new ones."
    )
    if not isinstance(before.isolation_scope, IsolationScope):
        yield f"The isolation scope {before.isolation_scope!r} of {name} is none that a manifest knows; it is not set."
    attached = None if children is None else children.attached
    if attached is None:
        yield (
            f"What {name} was attached to was not recorded; each such resource needs it assigned again, a virtual"
            f" machine with: {_command(None, before)}"
        )
    for resource in attached or ():
        yield f"{resource} has to be given {name} again: {_command(resource, before)}"
    if children is None or children.credentials is None:
        yield f"The federated credentials of {name} were not recorded and do not return."
    else:
        for one in children.credentials:
            if one.trust is None:
                yield f"{name}/{one.credential_id.below_identity} was flexible or had several audiences; it stays gone."
    if children is None or children.assignments is None:
        yield f"The role assignments of {name} were not recorded; only those that the run took away itself return."
    else:
        yield f"Role assignments of {name} in other subscriptions were not looked for and do not return."
    for left in (children.assignments if children else None) or ():
        # Source: Azure documentation (role assignments of a deleted principal stay, as "Identity not found").
        assignment = f"{left.scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{left.name}"
        yield (
            f"The old principal's role {role_name(left.role_guid)} is left dangling:"
            f" az role assignment delete --ids {shlex.quote(assignment)}"
        )


def _command(resource: str | None, identity: Identity) -> str:
    """The command that gives an identity to a resource; `None` stands for a virtual machine."""
    if resource is None:
        return f"az vm identity assign --ids VM --identities {shlex.quote(str(identity.resource_id))}"
    match = _RESOURCE.fullmatch(resource)
    words = None if match is None else _ASSIGN.get(match["type"].casefold())
    if match is None or words is None:
        return (
            f"az resource show --ids {shlex.quote(resource)} shows its `identity`, to which"
            f" {identity.resource_id} belongs"
        )
    place = ("--subscription", match["subscription"], "--resource-group", match["group"], "--name", match["name"])
    return shlex.join(["az", *words, str(identity.resource_id), *place])
