"""What an undo has to say beside its plan: what is gone for good, and what it leaves, with what makes up for it."""

import re
from collections.abc import Iterator

from reconciler.journal import RunRecord
from reconciler.model import AssignmentId, Children, Identity, IsolationScope, ResourceId, role_name, shell_command
from reconciler.plan import NotUndone

_FROM_GIT = "list them in Git, and apply"

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
    again = "; what that undo took back is done again" if header.command == "undo" else ""
    what = "removal of orphans" if header.is_of_orphans else header.command
    return f"This takes back the {what} of {header.started_at}, correlation id {header.run_id}{cut}{again}."


def left_alone(what: str, why: str) -> str:
    """Something that the run has no part in any more, or never had."""
    return f"Left alone: {what}: {why}."


def compare_with(journal: str) -> str:
    """The advice for what somebody has changed since: only the journal says what it was before the run."""
    name = f"./{journal}" if journal.startswith("-") else journal
    return f"what it was before the run: {shell_command('uami', 'show', name)}"


def delete_by_hand(identity: ResourceId) -> str:
    """The command that deletes an identity of which nobody but the reader can say whose it is."""
    return shell_command("az", "identity", "delete", "--ids", str(identity))


def new_principal(before: Identity, name: str) -> Iterator[str]:
    """What no return can bring back: the ids that ARM alone gives."""
    yield (
        f"{name} returns as another principal: principalId {before.principal_id} and clientId {before.client_id} are"
        " gone for good, and what names them has to name the new ones."
    )


def not_looked_for(children: Children | None, name: str) -> Iterator[str]:
    """What the run did not look at before it deleted an identity."""
    if children is not None and children.assignments is not None:
        yield f"Role assignments of {name} in other subscriptions were not looked for and do not return."


def lost_with(before: Identity, children: Children | None) -> Iterator[NotUndone]:
    """What does not return with a deleted identity although the run took it, each with what makes up for it."""
    children, identity = children or Children(), before.resource_id
    if not isinstance(before.isolation_scope, IsolationScope):
        yield NotUndone(
            identity,
            "isolationScope",
            f"a manifest does not know the value {before.isolation_scope!r}",
            "set it by hand, where ARM still takes it",
        )
    if children.attached is None:
        because = "what it was attached to was not recorded"
        yield NotUndone(identity, "attachments", because, f"a virtual machine takes it by: {_command(None, before)}")
    for resource in children.attached or ():
        because = f"{resource} had it, and has to be given it again"
        yield NotUndone(identity, "attachments", because, _command(resource, before))
    if children.credentials is None:
        yield NotUndone(identity, "federated credentials", "they were not recorded", _FROM_GIT)
    for one in children.credentials or ():
        if one.trust is None:
            because = "it was flexible or had several audiences, which this api-version cannot express"
            yield NotUndone(one.credential_id, "", because, "create it by hand")
    if children.assignments is None:
        because = "they were not recorded, but for those that the run took away itself"
        yield NotUndone(identity, "role assignments", because, _FROM_GIT)
    for left in children.assignments or ():
        # Source: Azure documentation (role assignments of a deleted principal stay, as "Identity not found").
        assignment = f"{left.scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{left.name}"
        yield NotUndone(
            AssignmentId(identity, role_name(left.role_guid), left.role_guid, left.scope),
            "",
            "it is the old principal's, and left dangling",
            shell_command("az", "role", "assignment", "delete", "--ids", assignment),
        )


def _command(resource: str | None, identity: Identity) -> str:
    """The command that gives an identity to a resource; `None` stands for a virtual machine."""
    if resource is None:
        return shell_command("az", "vm", "identity", "assign", "--ids", "VM", "--identities", str(identity.resource_id))
    match = _RESOURCE.fullmatch(resource)
    words = None if match is None else _ASSIGN.get(match["type"].casefold())
    if match is None or words is None:
        return (
            f"{shell_command('az', 'resource', 'show', '--ids', resource)} shows its `identity`, to which"
            f" {identity.resource_id} belongs"
        )
    place = ("--subscription", match["subscription"], "--resource-group", match["group"], "--name", match["name"])
    return shell_command("az", *words, str(identity.resource_id), *place)
