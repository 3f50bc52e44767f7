"""Writes what is declared as manifests in normal form: one a group, keys in a fixed order, lists sorted.

A written manifest needs nothing else: variables are replaced, defaults are merged in, and forms such as `github` are
expanded. Loading it gives an equal Desired, the places apart. A saved plan adds the places under `sources`. A default
location, and the credentials and roles that defaults give, stand under `given`, a key that only a saved plan may have:
written as the identity's own, the location would refuse a live identity elsewhere, and the lists would be whole.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    DETAIL_KEYS,
    AssignmentsPolicy,
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    DesiredRemoval,
    RemovalAllowance,
)
from reconciler.manifest.finding import Acceptance
from reconciler.manifest.yaml.document import ASSIGNMENTS, CREDENTIALS, GIVEN, Path, Plain, json_pointer
from reconciler.model import trust_document


def saved_manifests(desired: Desired) -> list[dict[str, Plain]]:
    """A manifest for each group, with its `sources`: by file, JSON pointers into it, and the places of what they point
    at, as line and column."""
    return [{**manifest_of(group), "sources": _sources(group)} for group in desired.groups]


def manifest_of(group: DesiredGroup) -> dict[str, Plain]:
    """The manifest, version 1, that declares this group and nothing else."""
    policy, limits = group.policy, group.limits
    # The default; without an owner, and without roles, nobody has written it.
    is_owned = policy.role_assignments is AssignmentsPolicy.OWNED
    manifest = _present(
        version=1,
        subscription=group.group_id.subscription_id,
        tenant=None if group.tenant is None else group.tenant.tenant_id,
        owner=group.owner,
        policy={
            "identities": policy.identities.value,
            "tags": policy.tags.value,
            CREDENTIALS: policy.federated_credentials.value,
            **_present(roleAssignments=None if is_owned else policy.role_assignments.value),
        },
        roleScopes=[*group.role_scopes] or None,
        limits={
            "maxDeletes": limits.max_deletes,
            "maxDeletePercent": limits.max_delete_percent,
            "maxRevokes": limits.max_revokes,
        },
        ignore=_present(
            identities=[*group.ignore.identities],
            tags=[*group.ignore.tags],
            federatedCredentials=[*group.ignore.federated_credentials] or None,
            roleAssignments=[{"role": one.role, "scope": one.scope} for one in group.ignore.role_assignments] or None,
        ),
        resourceGroups={
            group.group_id.resource_group: _present(
                identities=[_identity(one) for one in group.identities],
                remove=[_removal(one) for one in group.remove] or None,
                accept=_accept(group.accept),
            )
        },
        accept=_accept(group.document_accept),
    )
    return {key: _literal(value) for key, value in manifest.items()}


def _identity(identity: DesiredIdentity) -> Plain:
    scope, principal_id = identity.isolation_scope, identity.expected_principal_id
    credentials, assignments = identity.own_credentials, identity.own_assignments
    return _present(
        name=identity.resource_id.name,
        location=identity.location,
        isolationScope=None if scope is None else scope.value,
        tags=dict(identity.tags) or None,
        protect=identity.protect,
        hold=None if identity.hold is None else identity.hold.reason,
        expect=None if principal_id is None else {"principalId": principal_id},
        federatedCredentials=None if credentials is None else [_credential(one) for one in credentials],
        roleAssignments=None if assignments is None else [_assignment(one) for one in assignments],
        given=_given(identity) or None,
        accept=_accept(identity.accept),
    )


def _given(identity: DesiredIdentity) -> dict[str, Plain]:
    """What defaults give an identity, and what it neither claims nor needs to be all that there is."""
    return _present(
        location=identity.default_location,
        federatedCredentials=[_credential(one) for one in identity.given_credentials] or None,
        roleAssignments=[_assignment(one) for one in identity.given_assignments] or None,
    )


def _credential(credential: DesiredCredential) -> Plain:
    rest = _present(expires=_day(credential.expires), accept=_accept(credential.accept))
    return {"name": credential.name, **trust_document(credential.trust), **rest}


def _assignment(assignment: DesiredAssignment) -> Plain:
    """A line; null stays, since it says that there must be none, and the version follows from a condition's null."""
    named = dict(assignment.details)
    if named.get("condition") is None:
        named.pop("condition_version", None)
    details = {key: named[name] for key, name in DETAIL_KEYS.items() if name in named}
    rest = _present(expires=_day(assignment.expires), accept=_accept(assignment.accept))
    return {"role": assignment.role, "scope": assignment.scope, **details, **rest}


def _accept(accept: tuple[Acceptance, ...]) -> Plain:
    return [{"code": one.code, "reason": one.reason} for one in accept] or None


def _removal(removal: DesiredRemoval) -> Plain:
    return _present(
        name=removal.resource_id.name,
        principalId=removal.principal_id,
        allow=[_allowance(code, removal) for code in removal.allow] or None,
        after=_day(removal.after),
        accept=_accept(removal.accept),
    )


def _allowance(code: RemovalAllowance, removal: DesiredRemoval) -> Plain:
    end = dict(removal.expires).get(code)
    return code.value if end is None else {"code": code.value, "expires": end.isoformat()}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _present(**keys: Plain) -> dict[str, Plain]:
    """A mapping without the keys whose value is None: those a manifest leaves out."""
    return {key: value for key, value in keys.items() if value is not None}


def _literal(value: Plain) -> Plain:
    """The value with texts that a loader turns into these again; keys of a manifest never hold a variable."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return {key: _literal(item) for key, item in value.items()} if isinstance(value, dict) else value


def _sources(group: DesiredGroup) -> Plain:
    # A place for each identity: with its file and the names of its numbers it would be longer than what stands there.
    by_file: dict[str, dict[str, Plain]] = {}
    for path, pos in _places(group):
        by_file.setdefault(pos.file, {})[json_pointer(path)] = [pos.line, pos.column]
    return {**by_file}


def _places(group: DesiredGroup) -> Iterator[tuple[Path, SourcePos]]:
    """Everything of which a place is known: the group, what it lists, the tenant, and what is accepted."""
    path: Path = ("resourceGroups", group.group_id.resource_group)
    yield path, group.source
    yield from _places_of_accept((), group.document_accept)
    yield from _places_of_accept(path, group.accept)
    if group.tenant is not None:
        yield ("tenant",), group.tenant.source
    for index, identity in enumerate(group.identities):
        entry = (*path, "identities", index)
        yield entry, identity.source
        if identity.hold is not None:
            yield (*entry, "hold"), identity.hold.source
        yield from _places_of_accept(entry, identity.accept)
        yield from _places_of((*entry, CREDENTIALS), identity.own_credentials)
        yield from _places_of((*entry, ASSIGNMENTS), identity.own_assignments)
        yield from _places_of((*entry, GIVEN, CREDENTIALS), identity.given_credentials)
        yield from _places_of((*entry, GIVEN, ASSIGNMENTS), identity.given_assignments)
    yield from _places_of((*path, "remove"), group.remove)


def _places_of(
    path: Path, entries: Sequence[DesiredCredential | DesiredAssignment | DesiredRemoval] | None
) -> Iterator[tuple[Path, SourcePos]]:
    for index, entry in enumerate(entries or ()):
        yield (*path, index), entry.source if isinstance(entry, DesiredRemoval) else entry.line
        yield from _places_of_accept((*path, index), entry.accept)


def _places_of_accept(path: Path, accept: tuple[Acceptance, ...]) -> Iterator[tuple[Path, SourcePos]]:
    for index, one in enumerate(accept):
        yield (*path, "accept", index), one.source
