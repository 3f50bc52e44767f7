"""From what a document says to what each of its groups means: defaults, policy and ignore of the two merged.

Policy keys of a group override those of its document, default tags merge by name, ignore patterns add up, and an
identity's own tags go over all of them. Credentials and roles that defaults give are put together with its own, of
which one of the same name, or the same role and scope, wins. A credential that names no audience takes the cloud's.
Everything downstream reads the result only.
"""

from collections.abc import Iterable
from datetime import date

from reconciler.manifest.declared import (
    DeclaredAllowance,
    DeclaredDocument,
    DeclaredGroup,
    DeclaredIdentity,
    DeclaredRemoval,
    DeclaredTags,
)
from reconciler.manifest.declared_access import DeclaredAssignment
from reconciler.manifest.desired import (
    CONDITION_VERSION,
    AssignmentsPolicy,
    CredentialsPolicy,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredHold,
    DesiredIdentity,
    DesiredRemoval,
    DesiredTenant,
    IdentitiesPolicy,
    Ignore,
    IgnoredAssignment,
    Policy,
    RemovalAllowance,
    TagsPolicy,
)
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.dates import parse_day
from reconciler.model import IsolationScope, ResourceGroupId, ResourceId, Trust, normalize_scope


def merged_tags(*layers: DeclaredTags | None) -> tuple[tuple[str, str | None], ...]:
    """Tags of several layers, the later over the earlier, in order of their names without case."""
    merged = {name.casefold(): (name, value) for layer in layers if layer is not None for name, value, _ in layer.tags}
    return tuple([merged[key] for key in sorted(merged)])


def merge_document(document: DeclaredDocument, audience: str) -> tuple[DesiredGroup, ...]:
    """The groups of a document that has passed every check, in the order they are written.

    Args:
        audience: of federated credentials that name none.
    """
    if document.subscription is None:
        return ()
    subscription_id = document.subscription.text
    return tuple(_merge_group(document, group, subscription_id, audience) for group in document.groups)


def _merge_group(document: DeclaredDocument, group: DeclaredGroup, subscription_id: str, audience: str) -> DesiredGroup:
    group_id = ResourceGroupId(subscription_id, group.name.text)
    outer, inner = document.scope, group.scope
    identities = (
        _merge_identity(group_id.identity(identity.name.text), identity, audience)
        for identity in group.identities
        if identity.name is not None
    )
    return DesiredGroup(
        group_id=group_id,
        tenant=None if document.tenant is None else DesiredTenant(document.tenant.text, document.tenant.pos),
        owner=None if document.owner is None else document.owner.text,
        policy=_merge_policy(document, group),
        limits=document.limits,
        ignore=Ignore(
            identities=_texts((*outer.ignored_identities, *inner.ignored_identities)),
            tags=_texts((*outer.ignored_tags, *inner.ignored_tags)),
            federated_credentials=_texts((*outer.ignored_credentials, *inner.ignored_credentials)),
            role_assignments=_ignored_assignments((*outer.ignored_assignments, *inner.ignored_assignments)),
        ),
        identities=tuple(sorted(identities, key=lambda identity: identity.resource_id.key)),
        source=group.name.pos,
        remove=_removals(group_id, group.removals),
        role_scopes=_role_scopes(outer.role_scopes if inner.role_scopes is None else inner.role_scopes),
        accept=group.accept,
        document_accept=document.accept,
    )


def _role_scopes(scopes: Iterable[Located] | None) -> tuple[str, ...]:
    """Each scope once, in the spelling that comes first."""
    spelled: dict[str, str] = {}
    for one in scopes or ():
        spelled.setdefault(normalize_scope(one.text), one.text)
    return tuple(scope for _, scope in sorted(spelled.items()))


def _merge_policy(document: DeclaredDocument, group: DeclaredGroup) -> Policy:
    standard = Policy()
    identities = group.scope.identities_policy or document.scope.identities_policy
    tags = group.scope.tags_policy or document.scope.tags_policy
    credentials = group.scope.credentials_policy or document.scope.credentials_policy
    assignments = group.scope.assignments_policy or document.scope.assignments_policy
    return Policy(
        # Without an owner it is always written, as a rule of the manifest.
        identities=IdentitiesPolicy.OWNED if identities is None else IdentitiesPolicy(identities.text),
        tags=standard.tags if tags is None else TagsPolicy(tags.text),
        federated_credentials=(
            standard.federated_credentials if credentials is None else CredentialsPolicy(credentials.text)
        ),
        role_assignments=standard.role_assignments if assignments is None else AssignmentsPolicy(assignments.text),
    )


def _merge_identity(resource_id: ResourceId, identity: DeclaredIdentity, audience: str) -> DesiredIdentity:
    scope, expected = identity.isolation_scope, identity.expected_principal_id
    given = identity.given
    location = next((one.location for one in reversed(given) if one.location is not None), None) if given else None
    return DesiredIdentity(
        resource_id=resource_id,
        location=identity.location,
        isolation_scope=None if scope is None else IsolationScope(scope),
        tags=merged_tags(*identity.tag_layers),
        source=identity.pos,
        federated_credentials=_credentials(identity, audience),
        role_assignments=_assignments(identity),
        protect=identity.is_protected,
        expected_principal_id=None if expected is None else expected.text,
        default_location=None if location is None or identity.location is not None else location.text,
        hold=None if identity.hold is None else DesiredHold(identity.hold.text, identity.hold.pos),
        accept=identity.accept,
        lists_all_credentials=identity.credentials is not None or not identity.given_credentials,
        lists_all_assignments=identity.assignments is not None or not identity.given_assignments,
    )


def _removals(group_id: ResourceGroupId, entries: Iterable[DeclaredRemoval]) -> tuple[DesiredRemoval, ...]:
    """The removals of a group in order of their names."""
    removals = (
        DesiredRemoval(
            group_id.identity(entry.name.text),
            None if entry.principal_id is None else entry.principal_id.text,
            tuple(sorted({RemovalAllowance(one.code.text) for one in entry.allow if one.code is not None})),
            entry.pos,
            _expires(entry.allow),
            _day(entry.after),
            entry.accept,
        )
        for entry in entries
        if entry.name is not None
    )
    return tuple(sorted(removals, key=lambda removal: removal.resource_id.key))


def _day(written: Located | None) -> date | None:
    return None if written is None else parse_day(written.text)


def _expires(entries: Iterable[DeclaredAllowance]) -> tuple[tuple[RemovalAllowance, date], ...]:
    """The day on which each code ends that has one; a rule of the manifest lets no code end twice."""
    ends = (
        (RemovalAllowance(one.code.text), parse_day(one.expires.text))
        for one in entries
        if one.code is not None and one.expires is not None
    )
    return tuple(sorted({(code, end) for code, end in ends if end is not None}))


def _credentials(identity: DeclaredIdentity, audience: str) -> tuple[DesiredCredential, ...] | None:
    """The credentials in order of their names; None where neither the identity nor a default lists any."""
    own, given = identity.credentials, identity.given_credentials
    if own is None and not given:
        return None
    credentials = [
        DesiredCredential(
            entry.name.text,
            Trust(entry.issuer.text, entry.subject.text, audience if entry.audience is None else entry.audience.text),
            source or entry.pos,
            entry.accept,
            None if source is None else entry.pos,
            _day(entry.expires),
            entry.places,
        )
        for entries, source in ((own.entries if own else (), None), (given, identity.pos))
        for entry in entries
        if entry.name is not None and entry.issuer is not None and entry.subject is not None
    ]
    credentials.sort(key=lambda credential: credential.name.casefold())
    return tuple(credentials)


def _assignments(identity: DeclaredIdentity) -> tuple[DesiredAssignment, ...] | None:
    """The assignments in order of scope and role; None where neither the identity nor a default lists any."""
    own, given = identity.assignments, identity.given_assignments
    if own is None and not given:
        return None
    assignments = (
        DesiredAssignment(
            entry.role.text,
            _scope(entry.scope),
            source or entry.pos,
            _details(entry),
            entry.accept,
            None if source is None else entry.pos,
            _day(entry.expires),
        )
        for entries, source in ((own.entries if own else (), None), (given, identity.pos))
        for entry in entries
        if entry.role is not None and entry.scope is not None
    )
    return tuple(sorted(assignments, key=lambda one: (normalize_scope(one.scope), one.role.casefold())))


def _ignored_assignments(entries: Iterable[DeclaredAssignment]) -> tuple[IgnoredAssignment, ...]:
    """The role assignments to ignore, once each and in order of scope and role."""
    found = {
        IgnoredAssignment(entry.role.text, _scope(entry.scope))
        for entry in entries
        if entry.role is not None and entry.scope is not None
    }
    by_key: dict[tuple[str, str], IgnoredAssignment] = {}
    for one in sorted(found, key=lambda one: (one.scope, one.role)):
        by_key.setdefault((normalize_scope(one.scope), one.role.casefold()), one)
    return tuple(by_key[key] for key in sorted(by_key))


def _scope(written: Located) -> str:
    """A scope without a slash at its end, since ARM would see two."""
    return written.text.rstrip("/") or "/"


def _details(entry: DeclaredAssignment) -> tuple[tuple[str, str | None], ...]:
    """The details that a line names; whoever names a condition names its version too."""
    named = {name: None if text is None else text.text for name, text in entry.details}
    if "condition" in named:
        named["condition_version"] = named["condition"] and (named.get("condition_version") or CONDITION_VERSION)
    return tuple(sorted(named.items()))


def _texts(patterns: Iterable[Located]) -> tuple[str, ...]:
    """Patterns once each and in order of their text, so that the order they are written in changes nothing."""
    return tuple(sorted({pattern.text for pattern in patterns}, key=lambda text: (text.casefold(), text)))
