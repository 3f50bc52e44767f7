"""What an identity is for, as one document says it: credentials with their forms written out, and role assignments.

A form becomes the issuer and the subject that it stands for right here, so that every rule and every report that
follows sees the trust itself. Read leniently, like everything else of a document.
"""

from dataclasses import dataclass

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DETAIL_KEYS
from reconciler.manifest.finding import TRUST_BY_NAME, Acceptance
from reconciler.manifest.reading import Located, items, mapping, text_at, whole_number
from reconciler.manifest.rules.trust_forms import GITHUB_ISSUER, GitHubContext, GitHubWorkflows, service_account_subject
from reconciler.manifest.yaml.document import Document, Path, Plain


@dataclass(frozen=True, slots=True)
class DeclaredCredential:
    """An entry of `federatedCredentials`; what cannot be read is None, and so is an audience that is not written.

    Issuer and subject stand where they are written, or at the form that means them.
    """

    name: Located | None
    issuer: Located | None
    subject: Located | None
    audience: Located | None
    pos: SourcePos
    accept: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredCredentials:
    """A list `federatedCredentials` as written; `pos` is that of the key."""

    pos: SourcePos
    entries: tuple[DeclaredCredential, ...]


@dataclass(frozen=True, slots=True)
class DeclaredAssignment:
    """An entry of `roleAssignments`; `pos` is where the entry begins.

    `details` are those that are written, by their names in AssignmentDetails; None stands for null.
    """

    role: Located | None
    scope: Located | None
    pos: SourcePos
    details: tuple[tuple[str, Located | None], ...] = ()
    accept: tuple[Acceptance, ...] = ()


def read_acceptances(document: Document, path: Path, value: Plain) -> tuple[Acceptance, ...]:
    """What a list `accept` answers, in the order in which it is written."""
    entries = [((*path, index), mapping(entry)) for index, entry in enumerate(items(value))]
    read = [
        (
            text_at(document, (*at, "code"), entry.get("code")),
            text_at(document, (*at, "reason"), entry.get("reason")),
            at,
        )
        for at, entry in entries
    ]
    return tuple(
        Acceptance(code.text, reason.text, document.value_pos(at))
        for code, reason, at in read
        if code is not None and reason is not None
    )


def read_credentials(document: Document, path: Path, value: Plain) -> DeclaredCredentials | None:
    """The credentials of an identity; None where it has no list of them."""
    if not isinstance(value, list):
        return None
    entries = (_credential(document, (*path, index), entry) for index, entry in enumerate(value))
    return DeclaredCredentials(document.key_pos(path), tuple(entries))


def read_assignments(document: Document, path: Path, value: Plain) -> tuple[DeclaredAssignment, ...] | None:
    """The role assignments of an identity; None where it has no list of them."""
    if not isinstance(value, list):
        return None
    return tuple(_assignment(document, (*path, index), mapping(entry)) for index, entry in enumerate(value))


def _credential(document: Document, path: Path, entry: Plain) -> DeclaredCredential:
    credential = mapping(entry)
    issuer = text_at(document, (*path, "issuer"), credential.get("issuer"))
    subject = text_at(document, (*path, "subject"), credential.get("subject"))
    for key, read_form in (("github", _github), ("kubernetes", _kubernetes)):
        if isinstance(credential.get(key), dict):
            issuer, subject = read_form(document, (*path, key), mapping(credential[key]))
    return DeclaredCredential(
        name=text_at(document, (*path, "name"), credential.get("name")),
        issuer=issuer,
        subject=subject,
        audience=text_at(document, (*path, "audience"), credential.get("audience")),
        pos=document.value_pos(path),
        accept=(
            *read_acceptances(document, (*path, "accept"), credential.get("accept")),
            *_answers(document, (*path, "github"), mapping(credential.get("github"))),
        ),
    )


def _answers(document: Document, path: Path, form: dict[str, Plain]) -> tuple[Acceptance, ...]:
    """What a form says by itself: whoever writes that a subject has no ids knows that it is a name."""
    if form.get("legacySubject") is not True:
        return ()
    return (Acceptance(TRUST_BY_NAME, "legacySubject: true", document.key_pos((*path, "legacySubject"))),)


def _github(document: Document, path: Path, form: dict[str, Plain]) -> tuple[Located | None, Located | None]:
    pos = document.key_pos(path)
    issuer = Located(GITHUB_ISSUER, pos)
    repository = text_at(document, (*path, "repository"), form.get("repository"))
    context = next((one for one in GitHubContext if one in form), None)
    owner_id, repository_id = (_github_id(document, (*path, key), form.get(key)) for key in ("ownerId", "repositoryId"))
    ids = (owner_id, repository_id) if owner_id and repository_id else None
    if repository is None or context is None or (ids is None and form.get("legacySubject") is not True):
        return issuer, None
    name = text_at(document, (*path, context.value), form.get(context.value))
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
        text_at(document, (*path, key), form.get(key)) for key in ("issuer", "namespace", "serviceAccount")
    )
    if namespace is None or account is None:
        return issuer, None
    subject = service_account_subject(namespace.text, account.text)
    return issuer, Located(subject, document.key_pos(path))


def _assignment(document: Document, path: Path, assignment: dict[str, Plain]) -> DeclaredAssignment:
    return DeclaredAssignment(
        role=text_at(document, (*path, "role"), assignment.get("role")),
        scope=text_at(document, (*path, "scope"), assignment.get("scope")),
        pos=document.value_pos(path),
        details=tuple(
            (name, text_at(document, (*path, key), assignment[key]))
            for key, name in DETAIL_KEYS.items()
            if key in assignment
        ),
        accept=read_acceptances(document, (*path, "accept"), assignment.get("accept")),
    )
