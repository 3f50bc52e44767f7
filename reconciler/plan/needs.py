"""Which rights a plan needs for its calls, and a manifest for its plans; what it means that some are missing.

A need is one action at one place. What a plan needs follows from the calls that apply would make, in the very order
and number in which it would make them, so that no rule about them appears twice. Nothing here asks ARM.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.arm.actions import (
    ASSIGNMENTS,
    CREDENTIALS,
    EVENTS,
    IDENTITIES,
    QUERY_LOGS,
    QUERY_SIGN_INS,
    WORKSPACES,
)
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    Desired,
    DesiredGroup,
    DesiredIdentity,
    IdentitiesPolicy,
)
from reconciler.model import Target, WorkspaceId, normalize_scope
from reconciler.plan.changes import Action, AssignmentChange, CredentialChange, IdentityChange
from reconciler.plan.order import Step, order_work
from reconciler.plan.plan import Plan

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
LOCKS = "Microsoft.Authorization/locks"
GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
GRAPH = "Microsoft.ResourceGraph/resources"
PERMISSIONS = "Microsoft.Authorization/permissions"

WORDS = {
    f"{GROUPS}/read": "read the resource group",
    f"{IDENTITIES}/read": "read identities",
    f"{IDENTITIES}/write": "create and update identities",
    f"{IDENTITIES}/delete": "delete identities",
    f"{CREDENTIALS}/read": "read federated credentials",
    f"{CREDENTIALS}/write": "create and update federated credentials",
    f"{CREDENTIALS}/delete": "delete federated credentials",
    f"{ASSIGNMENTS}/read": "read role assignments",
    f"{ASSIGNMENTS}/write": "give roles",
    f"{ASSIGNMENTS}/delete": "take roles away",
    f"{DEFINITIONS}/read": "read role definitions",
    f"{LOCKS}/read": "read locks",
    f"{GRAPH}/read": "query Resource Graph",
    f"{WORKSPACES}/read": "read the workspace of the sign-in log",
    QUERY_LOGS: "query the workspace",
    QUERY_SIGN_INS: "see its sign-in log",
}
"""What each action of `needs_of_manifest` and `reads_of_sign_ins` is for, in words."""

NOT_CHECKED = "Deny assignments, Azure Policy and conditions of role assignments are not checked."
"""What may still refuse a call where every right is there; ARM tells it by no read that this tool makes."""

_VERBS = {Action.CREATE: "write", Action.UPDATE: "write", Action.DELETE: "delete"}


@dataclass(frozen=True, slots=True)
class Need:
    """An action, and where it is needed.

    Attributes:
        scope: the ARM id of the place at which a role that has the action would be asked for.
        resource: the one resource in it that the action is for, so that a role on this alone suffices; "" where there
            is no such resource yet, or any of the scope may be meant.
    """

    action: str
    scope: str
    resource: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two needs the same to whoever gives the right."""
        return (normalize_scope(self.scope), self.action)


@dataclass(frozen=True, slots=True)
class Rights:
    """What became of needs, each once for an action and a scope, in order of scope and action.

    `unchecked` are those at whose place the caller may not even ask; they may be there.
    """

    present: tuple[Need, ...] = ()
    missing: tuple[Need, ...] = ()
    unchecked: tuple[Need, ...] = ()


def needs_of_plan(plan: Plan) -> tuple[Need, ...]:
    """What apply needs to carry out what no guard refuses, the reads before its writes included."""
    works = order_work(plan.changes, plan.refused, plan.kept_credentials)
    return _sorted(need for work in works for step in work.all_steps for need in needs_of_step(step))


def needs_of_step(step: Step) -> Iterator[Need]:
    """What the calls of a step need: its reads, and its write."""
    verb = _VERBS[step.action]
    match step.change:
        case IdentityChange(resource_id=identity, before=before):
            kind, scope, resource = IDENTITIES, str(identity.group_id), str(identity) if before else ""
        case CredentialChange(resource_id=credential, identity=host):
            kind, scope = CREDENTIALS, str(credential.group_id)
            resource = str(credential.identity) if host else ""
        case AssignmentChange(resource_id=assignment):
            kind, scope, resource = ASSIGNMENTS, assignment.scope, ""
    yield Need(f"{kind}/read", scope, resource)
    yield Need(f"{kind}/{verb}", scope, resource)


def needs_of_manifest(desired: Desired, targets: tuple[Target, ...] = ()) -> tuple[Need, ...]:
    """What plan and apply can need for a manifest, whatever is live; limited to `--target` where there is one."""
    shown = (need for group in desired.groups if _may_delete(group, targets) for need in _shown_of_deletes(group))
    return _sorted((*required_of_manifest(desired, targets), *shown))


def required_of_manifest(desired: Desired, targets: tuple[Target, ...] = ()) -> tuple[Need, ...]:
    """The same but for what is only shown: without any of these a run that needs it is refused."""
    return _sorted(need for group in desired.groups for need in _needs_of_group(group, targets))


def reads_of_manifest(desired: Desired, targets: tuple[Target, ...] = ()) -> tuple[Need, ...]:
    """What a plan reads besides: whether its lists are whole, and the roles that new trust would hand out.

    Any built-in role that reads has the first, so that nobody has to be asked for it.
    """
    return _sorted(
        need
        for group in desired.groups
        for scope in (str(group.group_id), *_listed_scopes(group, targets))
        for need in (Need(f"{PERMISSIONS}/read", scope), *_reads_of_trust(group, targets))
    )


def optional_reads(desired: Desired) -> tuple[Need, ...]:
    """What no run is refused without: locks, roles that no line names, identities in groups that no line names.

    That Azure lists what uses an identity for whoever may read it is documented; that a POST takes an action of its own
    is usual, so that this one is here too. Source: Microsoft Entra documentation (viewing associated resources) and
    Azure's list of provider operations.
    """
    reads = [f"{kind}/read" for kind in (LOCKS, ASSIGNMENTS, IDENTITIES, GROUPS, PERMISSIONS)]
    actions = (*reads, f"{IDENTITIES}/listAssociatedResources/action")
    return _sorted(Need(action, scope) for scope in _subscriptions(desired) for action in actions)


def reads_of_drift(desired: Desired) -> tuple[Need, ...]:
    """What drift reads besides what a plan does: who made a difference."""
    return _sorted(Need(f"{EVENTS}/read", scope) for scope in _subscriptions(desired))


def reads_of_sign_ins(workspace: WorkspaceId | None) -> tuple[Need, ...]:
    """What reading the sign-in log of a workspace takes; nothing where there is none.

    The workspace itself is read for its GUID, by which it is queried where ARM serves no queries.

    Source: Azure Monitor documentation (managing access to workspaces: these three, in its role for `SigninLogs`).
    """
    actions = () if workspace is None else (f"{WORKSPACES}/read", QUERY_LOGS, QUERY_SIGN_INS)
    return _sorted(Need(action, str(workspace)) for action in actions)


def _subscriptions(desired: Desired) -> Iterator[str]:
    return (f"/subscriptions/{group.group_id.subscription_id}" for group in desired.groups)


def _listed_scopes(group: DesiredGroup, targets: tuple[Target, ...]) -> Iterator[str]:
    """Where the identities of a group have roles."""
    return (role.scope for one in _listed(group, targets) for role in one.role_assignments or ())


def _reads_of_trust(group: DesiredGroup, targets: tuple[Target, ...]) -> Iterator[Need]:
    """To trust somebody new an identity's roles have to be known, wherever in its subscription they are."""
    if any(one.hold is None and one.federated_credentials for one in _listed(group, targets)):
        scope = f"/subscriptions/{group.group_id.subscription_id}"
        yield from (Need(f"{kind}/read", scope) for kind in (ASSIGNMENTS, DEFINITIONS, PERMISSIONS))


def _listed(group: DesiredGroup, targets: tuple[Target, ...]) -> list[DesiredIdentity]:
    return [one for one in group.identities if not targets or any(target.covers(one.resource_id) for target in targets)]


def _needs_of_group(group: DesiredGroup, targets: tuple[Target, ...]) -> Iterator[Need]:
    scope = str(group.group_id)
    listed = _listed(group, targets)
    yield Need(f"{GROUPS}/read", scope)
    yield Need(f"{IDENTITIES}/read", scope)
    if any(one.hold is None for one in listed):
        yield Need(f"{IDENTITIES}/write", scope)
    if _may_delete(group, targets):
        yield from _needs_of_deletes(group)
    for identity in listed:
        yield from _needs_of_access(group, identity)


def _may_delete(group: DesiredGroup, targets: tuple[Target, ...]) -> bool:
    whole = not targets or any(target.name is None and target.group_id == group.group_id for target in targets)
    return whole and (bool(group.remove) or group.policy.identities is not IdentitiesPolicy.MERGE)


def _needs_of_deletes(group: DesiredGroup) -> Iterator[Need]:
    """To delete an identity, and to know before who uses it."""
    yield Need(f"{IDENTITIES}/delete", str(group.group_id))
    yield Need(f"{CREDENTIALS}/read", str(group.group_id))
    # Who uses an identity may lie in any group.
    yield Need(f"{GRAPH}/read", f"/subscriptions/{group.group_id.subscription_id}")


def _shown_of_deletes(group: DesiredGroup) -> Iterator[Need]:
    """What a report says of a delete, and says to be unknown without the right: its roles, and what locks it."""
    return (Need(f"{kind}/read", str(group.group_id)) for kind in (ASSIGNMENTS, LOCKS))


def _needs_of_access(group: DesiredGroup, identity: DesiredIdentity) -> Iterator[Need]:
    """What the children of an identity need; those of a held one are read and no more."""
    needs = _needs_of_children(group, identity)
    yield from (one for one in needs if identity.hold is None or one.action.endswith("/read"))


def _needs_of_children(group: DesiredGroup, identity: DesiredIdentity) -> Iterator[Need]:
    scope = str(group.group_id)
    credentials, assignments = identity.federated_credentials, identity.role_assignments
    if credentials is not None:
        yield Need(f"{CREDENTIALS}/read", scope)
        if credentials:
            yield Need(f"{CREDENTIALS}/write", scope)
        # Two that exchange what they trust are deleted and made again, and one that ends goes, whatever the policy.
        takes_away = identity.lists_all_credentials and group.policy.federated_credentials is CredentialsPolicy.EXACT
        if takes_away or len(credentials) > 1 or any(one.expires is not None for one in credentials):
            yield Need(f"{CREDENTIALS}/delete", scope)
    if assignments is not None:
        yield Need(f"{ASSIGNMENTS}/read", scope)
        exact = identity.lists_all_assignments and group.policy.role_assignments is AssignmentsPolicy.EXACT
        for scope_of_roles in group.role_scopes if exact else ():
            yield Need(f"{ASSIGNMENTS}/read", scope_of_roles)
            yield Need(f"{ASSIGNMENTS}/delete", scope_of_roles)
    for one in assignments or ():
        yield Need(f"{DEFINITIONS}/read", one.scope)
        for verb in ("read", "write", "delete"):
            yield Need(f"{ASSIGNMENTS}/{verb}", one.scope)


def _sorted(needs: Iterable[Need]) -> tuple[Need, ...]:
    return tuple(sorted(dict.fromkeys(needs), key=lambda need: (*need.key, need.resource.casefold())))
