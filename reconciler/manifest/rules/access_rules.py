"""Rules of federated credentials and role assignments that a JSON Schema cannot say.

Azure keeps a credential that can never work, and the token exchange fails later and elsewhere. So what can be known of
issuer and subject is said here, before any request.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.declared import DeclaredDocument, DeclaredIdentity
from reconciler.manifest.declared_access import DeclaredAssignment, DeclaredCredential
from reconciler.manifest.desired import AssignmentsPolicy
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.dates import check_days
from reconciler.manifest.rules.issuers import known_issuer
from reconciler.manifest.rules.words import RULES, broken_rule, quoted
from reconciler.model import (
    MAX_CREDENTIALS,
    MAX_DESCRIPTION,
    OWNER_MARK,
    MarkedDescription,
    foreign_to_ids,
    same_name,
)

MAX_TRUST_TEXT = 600
"""Most characters of an issuer, a subject or an audience.

Source: Microsoft Entra documentation (considerations for federated identity credentials).
"""

_DISCOVERY = "/.well-known/openid-configuration"

_SEGMENT = r"(?!\.{1,2}(?:/|$))[^/?#%]+"
# No type of resource is called `providers`; were it not said, a long id could be read in too many ways to try them all.
_RESOURCE = rf"(?:/providers/[a-z0-9]+(?:\.[a-z0-9]+)+(?:/(?!providers/){_SEGMENT}/{_SEGMENT})+)*"
# Source: Microsoft.Authorization 2022-04-01 OpenAPI (scope of a role assignment); Azure resource naming rules for the
# names of management groups and, as in the same rule of the manifest's groups, of resource groups.
_SCOPE = re.compile(
    r"/(?:providers/Microsoft\.Management/managementGroups/[-\w.()]{1,90}"
    r"|subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    rf"(?:/resourceGroups/[-\w.()]{{0,89}}[-\w()])?{_RESOURCE})",
    re.IGNORECASE,
)


def check_credentials(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """What is wrong with the federated credentials of each identity, those that defaults give it among them."""
    for identity in _identities(document):
        own, given = identity.credentials, identity.given_credentials
        if own is None and not identity.given:
            continue
        entries = (*given, *(() if own is None else own.entries))
        if identity.given or len(entries) > 1:  # one that stands alone is neither one too many nor there twice
            yield from _check_together(identity, entries)
        yield from check_days(one.expires for one in entries)
        for credential in entries:
            if credential.issuer is not None and not _is_issuer_right(credential.issuer.text):
                yield from _check_issuer(credential.issuer)
            # A form may come to more than its parts show; what is written out, the schema has measured already.
            if credential.subject is not None and len(credential.subject.text) > MAX_TRUST_TEXT:
                yield broken_rule(RULES["Subject"], credential.subject.text, credential.subject.pos)


def _check_together(identity: DeclaredIdentity, entries: tuple[DeclaredCredential, ...]) -> Iterator[Diagnostic]:
    """What is wrong with credentials only because there are others of the same identity."""
    yield from _check_count(identity)
    for listed in (identity.credentials, *(layer.credentials for layer in identity.given)):
        if listed is not None:
            yield from _check_names(listed.entries)
    yield from _check_trusts(entries)


def check_assignments(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """What is wrong with the role assignments of each identity, those that defaults give it among them."""
    for identity in _identities(document):
        if identity.assignments is None and not identity.given:
            continue
        for listed in (identity.assignments, *(layer.assignments for layer in identity.given)):
            first: dict[tuple[str, str], DeclaredAssignment] = {}
            # Several roles or scopes of one line have its day in common.
            yield from check_days(dict.fromkeys(one.expires for one in (() if listed is None else listed.entries)))
            for assignment in () if listed is None else listed.entries:
                yield from _check_scope(assignment)
                yield from _check_details(dict(assignment.details), document.owner)
                other = assignment if assignment.key is None else first.setdefault(assignment.key, assignment)
                if other is not assignment and assignment.role is not None:
                    message = f"the role {quoted(assignment.role.text)} on this scope is already listed at {other.pos}"
                    hint = "Keep one of the two; roles and scopes compare without case."
                    yield Diagnostic("assignment-listed-twice", assignment.pos, message, hint)


def check_role_scopes(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """Scopes under `roleScopes` that are none, and a policy `exact` that nothing says how far to follow."""
    scopes = (document.scope, *(group.scope for group in document.groups))
    for one in (one for scope in scopes for one in scope.role_scopes or ()):
        if not _is_scope(one.text):
            yield broken_rule(RULES["Scope"], one.text, one.pos)
    for policy in dict.fromkeys(_exact_without_scopes(document)):
        message = "the policy `exact` of role assignments needs `roleScopes`"
        hint = "List where roles that are not listed are revoked, such as `roleScopes: [rg-data]`, or choose `owned`."
        yield Diagnostic("role-scopes-missing", policy.pos, message, hint)


def _exact_without_scopes(document: DeclaredDocument) -> Iterator[Located]:
    outer = document.scope
    for scope in (group.scope for group in document.groups):
        policy = scope.assignments_policy or outer.assignments_policy
        scopes = outer.role_scopes if scope.role_scopes is None else scope.role_scopes
        if policy is not None and policy.text == AssignmentsPolicy.EXACT and not scopes:
            yield policy


def check_ignored_assignments(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """Scopes under `ignore.roleAssignments` that are none, and listed roles that an entry there matches.

    A role that the one names and the other gives by its GUID is known to be the same only once it is looked up.
    """
    for scope in (document.scope, *(group.scope for group in document.groups)):
        for entry in scope.ignored_assignments:
            yield from _check_scope(entry)
    for group in document.groups:
        ignored = {
            entry.key: entry
            for entry in (*document.scope.ignored_assignments, *group.scope.ignored_assignments)
            if entry.key is not None
        }
        for assignment in (one for identity in group.identities for one in _assignments(identity)):
            match = None if assignment.key is None else ignored.get(assignment.key)
            if match is not None and assignment.role is not None:
                yield _listed_and_ignored(assignment.role, assignment.pos, match.pos)


def _listed_and_ignored(role: Located, listed: SourcePos, ignored: SourcePos) -> Diagnostic:
    message = f"the role {quoted(role.text)} is listed on this scope, yet the entry at {ignored} ignores it there"
    return Diagnostic("listed-and-ignored", listed, message, "Remove it here, or remove that entry.")


def _check_scope(assignment: DeclaredAssignment) -> Iterator[Diagnostic]:
    if assignment.scope is None:
        return
    foreign = foreign_to_ids(assignment.scope.text)
    if not _is_scope(assignment.scope.text):
        yield broken_rule(RULES["Scope"], assignment.scope.text, assignment.scope.pos)
    elif foreign is not None:
        message = f"the scope holds {quoted(foreign)}, which no ARM id does"
        hint = "Write the id as `az resource show --query id` prints it."
        yield Diagnostic(RULES["Scope"].code, assignment.scope.pos, message, hint)


def _check_details(details: Mapping[str, Located | None], owner: Located | None) -> Iterator[Diagnostic]:
    version, description = details.get("condition_version"), details.get("description")
    if version is not None and details.get("condition") is None:
        hint = "Add the `condition` that it is the version of, or remove the key."
        yield Diagnostic("condition-version-alone", version.pos, "`conditionVersion` stands without a condition", hint)
    if description is not None and OWNER_MARK in description.text:
        message = f"the description holds `{OWNER_MARK}`, which belongs to uami itself"
        hint = f"Remove it; `{OWNER_MARK}OWNER]` is how uami marks the role assignments that it gives."
        yield Diagnostic("description-reserved", description.pos, message, hint)
    elif description is not None:
        length = len(MarkedDescription(description.text, owner.text if owner else None).written or "")
        if length > MAX_DESCRIPTION:
            mark = " with the mark of the owner" if owner else ""
            message = (
                f"the description has {length} characters{mark}, and a role assignment's at most {MAX_DESCRIPTION}"
            )
            yield Diagnostic("description-too-long", description.pos, message, "Shorten it.")


def _identities(document: DeclaredDocument) -> Iterator[DeclaredIdentity]:
    for group in document.groups:
        yield from group.identities


def _assignments(identity: DeclaredIdentity) -> tuple[DeclaredAssignment, ...]:
    own = () if identity.assignments is None else identity.assignments.entries
    return (*own, *identity.given_assignments)


def _check_count(identity: DeclaredIdentity) -> Iterator[Diagnostic]:
    """Told at the list of the identity, or, where it has none, at that of the innermost default."""
    given = identity.given_credentials
    count = len(given) + (0 if identity.credentials is None else len(identity.credentials.entries))
    if count <= MAX_CREDENTIALS:
        return
    lists = [*(layer.credentials for layer in identity.given), identity.credentials]
    places = [one.pos for one in lists if one is not None and one.entries]
    *defaults, last = places
    with_given = f" with what is given at {', '.join(map(str, defaults))}" if defaults else ""
    message = f"these are {count} federated credentials{with_given}, and an identity has at most {MAX_CREDENTIALS}"
    hint = "List fewer, or share them out among identities; one GitHub environment can stand for many branches."
    yield Diagnostic("too-many-credentials", last, message, hint)


def _check_names(credentials: Iterable[DeclaredCredential]) -> Iterator[Diagnostic]:
    """Of one list; one of the same name in another list wins."""
    names: dict[str, DeclaredCredential] = {}
    for credential in credentials:
        if credential.name is not None:
            namesake = names.setdefault(credential.name.text.casefold(), credential)
            if namesake is not credential:
                message = f"the federated credential {quoted(credential.name.text)} is already listed at {namesake.pos}"
                hint = "Keep one of the two; names compare without case."
                yield Diagnostic("credential-listed-twice", credential.pos, message, hint)


def _check_trusts(credentials: Iterable[DeclaredCredential]) -> Iterator[Diagnostic]:
    trusts: dict[tuple[str, str], DeclaredCredential] = {}
    for credential in credentials:
        if credential.issuer is None or credential.subject is None:
            continue
        partner = trusts.setdefault((credential.issuer.text, credential.subject.text), credential)
        # A whole entry written twice is one mistake.
        if partner is not credential and not _have_one_name(partner, credential):
            message = (
                f"this issuer and the subject {quoted(credential.subject.text)} are already trusted at {partner.pos}"
            )
            hint = "Keep one of the two: an identity trusts an issuer and subject once."
            yield Diagnostic("trust-listed-twice", credential.pos, message, hint)


def _have_one_name(one: DeclaredCredential, other: DeclaredCredential) -> bool:
    return one.name is not None and other.name is not None and same_name(one.name.text, other.name.text)


@lru_cache(maxsize=1024)  # a few issuers stand in thousands of credentials
def _is_issuer_right(text: str) -> bool:
    known = known_issuer(text)
    return not text.endswith(_DISCOVERY) and (known is None or text == known.spelled(text))


def _check_issuer(issuer: Located) -> Iterator[Diagnostic]:
    text = issuer.text
    if text.endswith(_DISCOVERY):
        message = f"{quoted(text)} is where an issuer is described, not the issuer"
        hint = "Write the `issuer` that the document there names: mostly the URL without the well-known part."
        yield Diagnostic("issuer-discovery", issuer.pos, message, hint)
    known = known_issuer(text)
    if known is not None and text != known.spelled(text):
        slash = "with a slash at its end" if known.ends_in_slash else "without a slash at its end"
        message = f"{known.name} spells its issuer {slash}, unlike {quoted(text)}"
        hint = f"Write `{known.spelled(text)}`: Azure compares issuers letter by letter."
        yield Diagnostic("issuer-slash", issuer.pos, message, hint)


def _is_scope(text: str) -> bool:
    """Whether a text is a scope; but for the root, it may end in a slash."""
    return text == "/" or _SCOPE.fullmatch(text.removesuffix("/")) is not None
