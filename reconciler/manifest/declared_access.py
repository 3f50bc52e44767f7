"""What an identity is for, as one document says it: credentials with their forms written out, and role assignments.

A form becomes the issuer and the subject that it stands for right here, so that every rule and every report that
follows sees the trust itself. Read leniently, like everything else of a document.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DETAIL_KEYS
from reconciler.manifest.finding import TRUST_BY_NAME, Acceptance
from reconciler.manifest.reading import (
    Located,
    entries_in,
    items,
    key_pos_in,
    mapping,
    text_at,
    text_in,
    texts_at,
    whole_number,
)
from reconciler.manifest.rules.trust_forms import GITHUB_ISSUER, GitHubContext, GitHubWorkflows, service_account_subject
from reconciler.manifest.yaml.document import ASSIGNMENTS, CREDENTIALS, Document, Path, Plain
from reconciler.model import ResourceGroupId, normalize_scope


class DeclaredCredential(NamedTuple):
    """An entry of `federatedCredentials`; what cannot be read is None, and so is an audience that is not written.

    Issuer and subject stand where they are written, or at the form that means them.
    """

    name: Located | None
    issuer: Located | None
    subject: Located | None
    audience: Located | None
    pos: SourcePos
    accept: tuple[Acceptance, ...] = ()
    expires: Located | None = None

    @property
    def places(self) -> dict[str, SourcePos]:
        """Where issuer, subject and audience stand, by these names, as far as they are written."""
        written = (("issuer", self.issuer), ("subject", self.subject), ("audience", self.audience))
        return {name: one.pos for name, one in written if one is not None}


class DeclaredCredentials(NamedTuple):
    """A list `federatedCredentials` as written; `pos` is that of the key."""

    pos: SourcePos
    entries: tuple[DeclaredCredential, ...]


@dataclass(frozen=True, slots=True)
class DeclaredAssignment:
    """A role at a scope, of an entry of `roleAssignments` that may name several of either.

    `pos` is where the entry begins; where it lists several, that of the role, or else of the scope. A short `scope` is
    the ARM id that it stands for.
    `details` are those that are written, by their names in AssignmentDetails; None stands for null.
    """

    role: Located | None
    scope: Located | None
    pos: SourcePos
    details: tuple[tuple[str, Located | None], ...] = ()
    accept: tuple[Acceptance, ...] = ()
    expires: Located | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        """What tells one role at one scope from another, as far as a manifest alone says; None where either is."""
        if self.role is None or self.scope is None:
            return None
        return normalize_scope(self.scope.text), self.role.text.casefold()


@dataclass(frozen=True, slots=True)
class DeclaredAssignments:
    """A list `roleAssignments` as written, each role at each scope; `pos` is that of the key."""

    pos: SourcePos
    entries: tuple[DeclaredAssignment, ...]


def read_acceptances(document: Document, path: Path, holder: Mapping[str, Plain]) -> tuple[Acceptance, ...]:
    """What the list `accept` of the mapping at `path` answers, in the order in which it is written."""
    if "accept" not in holder:
        return ()
    entries = [((*path, "accept", index), mapping(entry)) for index, entry in enumerate(items(holder["accept"]))]
    read = [(text_in(document, at, entry, "code"), text_in(document, at, entry, "reason"), at) for at, entry in entries]
    return tuple(
        Acceptance(code.text, reason.text, document.value_pos(at))
        for code, reason, at in read
        if code is not None and reason is not None
    )


def read_credentials(document: Document, path: Path, holder: Mapping[str, Plain]) -> DeclaredCredentials | None:
    """The credentials of an identity, or what defaults give one; None where it has no list of them."""
    value = holder.get(CREDENTIALS)
    if not isinstance(value, list):
        return None
    entries = [_credential(document, *one) for one in entries_in(document, (*path, CREDENTIALS), value)]
    return DeclaredCredentials(key_pos_in(document, path, holder, CREDENTIALS), tuple(entries))


def read_assignments(document: Document, path: Path, holder: Mapping[str, Plain]) -> DeclaredAssignments | None:
    """The same of role assignments."""
    value = holder.get(ASSIGNMENTS)
    if not isinstance(value, list):
        return None
    lines = read_assignment_lines(document, (*path, ASSIGNMENTS), value)
    return DeclaredAssignments(key_pos_in(document, path, holder, ASSIGNMENTS), lines)


def read_assignment_lines(document: Document, path: Path, value: Plain) -> tuple[DeclaredAssignment, ...]:
    """Each role at each scope of a list of role assignments."""
    entries = (((*path, index), mapping(entry)) for index, entry in enumerate(items(value)))
    return tuple(one for at, entry in entries for one in _assignments(document, at, entry))


def read_scopes(document: Document, path: Path, value: Plain) -> tuple[Located, ...] | None:
    """A list of scopes, the short ones written out; None where it is none."""
    return tuple(_whole_scopes(document, texts_at(document, path, value))) if isinstance(value, list) else None


def _credential(document: Document, path: Path, entry: Plain, pos: SourcePos) -> DeclaredCredential:
    credential = mapping(entry)
    issuer = text_in(document, path, credential, "issuer")
    subject = text_in(document, path, credential, "subject")
    for key, read_form in _FORMS.items():
        if isinstance(credential.get(key), dict):
            issuer, subject = read_form(document, (*path, key), mapping(credential[key]))
    return DeclaredCredential(
        name=text_in(document, path, credential, "name"),
        issuer=issuer,
        subject=subject,
        audience=text_in(document, path, credential, "audience"),
        pos=pos,
        accept=read_acceptances(document, path, credential) + _answers(document, path, credential),
        expires=text_in(document, path, credential, "expires"),
    )


def _answers(document: Document, path: Path, credential: dict[str, Plain]) -> tuple[Acceptance, ...]:
    """What a form says by itself: whoever writes that a subject has no ids knows that it is a name."""
    if "github" not in credential or mapping(credential["github"]).get("legacySubject") is not True:
        return ()
    pos = document.key_pos((*path, "github", "legacySubject"))
    return (Acceptance(TRUST_BY_NAME, "legacySubject: true", pos),)


def _github(document: Document, path: Path, form: dict[str, Plain]) -> tuple[Located | None, Located | None]:
    pos = document.key_pos(path)
    issuer = Located(GITHUB_ISSUER, pos)
    repository = text_in(document, path, form, "repository")
    context = next((one for one in GitHubContext if one in form), None)
    owner_id, repository_id = (_github_id(document, (*path, key), form.get(key)) for key in ("ownerId", "repositoryId"))
    ids = (owner_id, repository_id) if owner_id and repository_id else None
    if repository is None or context is None or (ids is None and form.get("legacySubject") is not True):
        return issuer, None
    name = text_in(document, path, form, context.value)
    if name is None and context is not GitHubContext.PULL_REQUEST:
        return issuer, None
    workflows = GitHubWorkflows(repository.text, ids, context, "" if name is None else name.text)
    return issuer, Located(workflows.subject, pos)


def _github_id(document: Document, path: Path, value: Plain) -> str | None:
    written = text_at(document, path, value)
    if written is not None:
        return written.text
    number = whole_number(value)
    return None if number is None else str(number)


def _kubernetes(document: Document, path: Path, form: dict[str, Plain]) -> tuple[Located | None, Located | None]:
    issuer, namespace, account = (
        text_in(document, path, form, key) for key in ("issuer", "namespace", "serviceAccount")
    )
    if namespace is None or account is None:
        return issuer, None
    subject = service_account_subject(namespace.text, account.text)
    return issuer, Located(subject, document.key_pos(path))


_FORMS = {"github": _github, "kubernetes": _kubernetes}


def _assignments(document: Document, path: Path, entry: dict[str, Plain]) -> Iterator[DeclaredAssignment]:
    """Each role of an entry at each of its scopes; what cannot be read of either stands as one None."""
    roles, scopes = (_one_or_several(document, path, entry, key) for key in ("role", "scope"))
    details = tuple(
        (name, text_at(document, (*path, key), entry[key])) for key, name in DETAIL_KEYS.items() if key in entry
    )
    accept = read_acceptances(document, path, entry)
    expires = text_in(document, path, entry, "expires")
    for role, scope in product(roles or (None,), tuple(_whole_scopes(document, scopes)) or (None,)):
        named = role if "roles" in entry else scope if "scopes" in entry else None
        pos = document.value_pos(path) if named is None else named.pos
        yield DeclaredAssignment(role, scope, pos, details, accept, expires)


def _one_or_several(document: Document, path: Path, entry: dict[str, Plain], key: str) -> tuple[Located, ...]:
    one = text_in(document, path, entry, key)
    return texts_at(document, (*path, f"{key}s"), entry.get(f"{key}s")) if one is None else (one,)


def _whole_scopes(document: Document, scopes: Iterable[Located]) -> Iterator[Located]:
    """Scopes as ARM ids: those that name the subscription of the document, or something in it, written out.

    One of a subscription that cannot be read is left out, since that has its diagnostic already.
    """
    subscription = text_in(document, (), mapping(document.data), "subscription")
    for one in scopes:
        match = _SHORT_SCOPE.fullmatch(one.text)
        if match is None:
            yield one
        elif subscription is not None:
            yield Located(_whole_scope(subscription.text, match), one.pos)


# An id without its first slash is a mistake, and no group.
_SHORT_SCOPE = re.compile(
    r"(?P<subscription>subscription)|(?!(?:subscriptions|providers)/)(?P<group>[-\w.()]{1,90})"
    r"(?:/(?P<identity>[A-Za-z0-9][A-Za-z0-9_-]{2,127}))?"
)


def _whole_scope(subscription_id: str, short: re.Match[str]) -> str:
    if short["subscription"]:
        return f"/subscriptions/{subscription_id}"
    group = ResourceGroupId(subscription_id, short["group"])
    return str(group.identity(short["identity"]) if short["identity"] else group)
