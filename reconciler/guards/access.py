"""Guards over federated credentials and role assignments: what ARM would refuse half-way, or could not be undone."""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of
from reconciler.manifest.rules.issuers import is_written_by_azure
from reconciler.model import (
    MAX_CREDENTIALS,
    ResourceId,
    Trust,
    Violation,
    identity_of,
    shell_command,
)
from reconciler.plan import Action, Changes, CredentialChange, UnresolvedRole


def check_roles(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse a role that is unknown at its scope, whose name is that of several, whose scope cannot be read, or of
    which the manifest says two things there."""
    for group in changes.groups:
        for role in group.unresolved_roles:
            if role.is_ignored:
                yield _ignored(role)
            elif role.is_contradicted:
                yield _contradicted(role)
            elif role.lookup.unread:
                yield _unread(role)
            else:
                yield _ambiguous(role) if role.lookup.found else _unknown(role)


def _ignored(role: UnresolvedRole) -> Violation:
    return Violation(
        code="role-ignored",
        about=role.resource_id,
        message=f"the role {role.desired.role!r} is listed at {role.desired.line}, and ignore.roleAssignments has it,"
        " written another way, at the same scope",
        hint="Keep one of the two.",
    )


def _contradicted(role: UnresolvedRole) -> Violation:
    return Violation(
        code="role-listed-twice",
        about=role.resource_id,
        message=f"the role {role.desired.role!r} is listed at {role.desired.line}, and by another line that writes it"
        " another way, with another condition, description or day at the same scope",
        hint="Keep one of the two lines.",
    )


def _unread(role: UnresolvedRole) -> Violation:
    gone = role.lookup.is_scope_missing
    return Violation(
        code="scope-missing" if gone else "role-unknown",
        about=role.resource_id,
        message=f"the roles at {role.desired.scope} could not be read: {role.lookup.unread}",
        hint="Correct the scope in the manifest, or "
        + ("create what it names first." if gone else "ask for the role Reader there."),
    )


def _unknown(role: UnresolvedRole) -> Violation:
    similar = ", ".join(role.lookup.similar)
    return Violation(
        code="role-unknown",
        about=role.resource_id,
        message=f"no role {role.desired.role!r} can be assigned at {role.desired.scope}",
        hint=f"Did you mean: {similar}?" if similar else _see_roles(role.desired.scope),
    )


def _see_roles(scope: str) -> str:
    return f"See: {shell_command('az', 'role', 'definition', 'list', '--scope', scope)}"


def _ambiguous(role: UnresolvedRole) -> Violation:
    guids = ", ".join(one.guid for one in role.lookup.found)
    return Violation(
        code="role-ambiguous",
        about=role.resource_id,
        message=f"{len(role.lookup.found)} roles at {role.desired.scope} are named {role.desired.role!r}",
        hint=f"Write the GUID of the one that is meant: {guids}.",
    )


def check_inexpressible(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse writing over a credential of which only a part can be read."""
    for change in changes.access():
        if isinstance(change, CredentialChange) and change.before is not None and change.before.trust is None:
            yield Violation(
                code="inexpressible",
                about=change.resource_id,
                message="the live credential of this name is flexible or has several audiences, which the api-version"
                " in use cannot express; it is kept as it is",
                hint="List the trust under another name, or delete the live credential in Azure first.",
                refused=ids_of([change]),
            )


def check_managed_credential(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse changing or deleting a credential that Azure writes itself: without it, pods lose their sign-in.

    Source: AKS documentation on identity bindings.
    """
    for change in changes.access():
        if not isinstance(change, CredentialChange) or change.before is None or change.action is Action.NO_OP:
            continue
        if not is_written_by_azure(change.before):
            continue
        if not allowances.lift("managed-credential", change.resource_id, changes.addresses):
            short = changes.addresses.short(change.resource_id)
            yield Violation(
                code="managed-credential",
                about=change.resource_id,
                message=f"would {change.action} a federated credential that AKS writes itself, for an identity binding",
                hint="Leave it to AKS: list its name under ignore.federatedCredentials. If it is meant:"
                f" --allow managed-credential={short}.",
                refused=ids_of([change]),
            )


def check_credential_limit(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse more credentials than an identity can have, counting those that stay."""
    kept: dict[ResourceId, int] = {}
    for credential in changes.kept_credentials():
        identity = credential.credential_id.identity
        kept[identity] = kept.get(identity, 0) + 1
    for identity, listed in _credentials_by_identity(changes).items():
        staying = kept.get(identity, 0)
        total = staying + len(listed)
        if staying and total > MAX_CREDENTIALS:
            creates = [change for change, _ in listed if change.action is Action.CREATE]
            yield Violation(
                code="credential-limit",
                about=identity,
                message=f"would have {total} federated credentials with the {staying} that stay unlisted,"
                f" over ARM's limit of {MAX_CREDENTIALS}",
                hint="List fewer, delete some of those that stay, or set policy.federatedCredentials: exact.",
                refused=ids_of(creates),
            )


def check_trust_taken(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse a trust that a credential which stays already states: issuer and subject are unique in an identity.

    Source: Microsoft Entra documentation (considerations for federated identity credentials).
    """
    taken = {
        (one.credential_id.identity, one.trust.who): one.credential_id.name
        for one in changes.kept_credentials()
        if one.trust is not None
    }
    for identity, listed in _credentials_by_identity(changes).items():
        for change, trust in listed:
            holder = taken.get((identity, trust.who))
            if holder is not None:
                yield Violation(
                    code="trust-taken",
                    about=change.resource_id,
                    message=f"the live credential {holder!r}, which stays, has the same issuer and subject",
                    hint=f"List it as {holder!r}, or set policy.federatedCredentials: exact, which deletes that one.",
                    refused=ids_of([change]),
                )


def _credentials_by_identity(changes: Changes) -> dict[ResourceId, list[tuple[CredentialChange, Trust]]]:
    """The listed credentials of each identity, each with its trust."""
    found: dict[ResourceId, list[tuple[CredentialChange, Trust]]] = {}
    for change in changes.access():
        match change:
            case CredentialChange(after=Trust() as trust):
                found.setdefault(identity_of(change.resource_id), []).append((change, trust))
    return found
