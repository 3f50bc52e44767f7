"""Credentials and role assignments as written: each form becomes the issuer and the subject that it stands for."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.declared_access import (
    DeclaredAssignment,
    DeclaredAssignments,
    DeclaredCredential,
    DeclaredCredentials,
    read_assignment_lines,
    read_assignments,
    read_credentials,
)
from reconciler.manifest.reading import Located
from reconciler.manifest.yaml.document import ASSIGNMENTS, CREDENTIALS, Document, Path
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import SourceText, decode_source

GITHUB = "https://token.actions.githubusercontent.com"
LIST: Path = (CREDENTIALS,)


def document_of(entry: str) -> Document:
    """A list of federated credentials with one entry, which begins at line 2, column 3."""
    (document,) = parse_documents(decoded(f"{CREDENTIALS}:\n- {entry}\n"))[0]
    return document


def decoded(text: str) -> SourceText:
    source, _ = decode_source("a.yaml", text.encode())
    assert source is not None
    return source


def credential(entry: str) -> DeclaredCredential:
    document = document_of(entry)
    assert isinstance(document.data, dict)
    found = read_credentials(document, (), document.data)
    assert found is not None
    assert found.pos == SourcePos("a.yaml", 1, 1)
    (one,) = found.entries
    assert one.pos == SourcePos("a.yaml", 2, 3)
    return one


def texts(entry: str) -> tuple[str | None, ...]:
    """Name, issuer, subject and audience."""
    one = credential(entry)
    return tuple(None if part is None else part.text for part in (one.name, one.issuer, one.subject, one.audience))


def test_written_trust_has_the_place_of_each_part() -> None:
    name, issuer, subject, audience = (
        Located(text, SourcePos("a.yaml", 2, column)) for text, column in zip("nisa", (10, 21, 33, 46), strict=True)
    )

    found = credential("{name: n, issuer: i, subject: s, audience: a}")

    assert found == DeclaredCredential(name, issuer, subject, audience, SourcePos("a.yaml", 2, 3))


@pytest.mark.parametrize(
    ("form", "subject"),
    [
        ("repository: o/r, legacySubject: true, branch: main", "repo:o/r:ref:refs/heads/main"),
        ("repository: o/r, legacySubject: true, tag: v1", "repo:o/r:ref:refs/tags/v1"),
        ("repository: o/r, legacySubject: true, environment: prod", "repo:o/r:environment:prod"),
        ("repository: o/r, legacySubject: true, pullRequest: true", "repo:o/r:pull_request"),
        ("repository: o/r, ownerId: 1, repositoryId: '22', branch: main", "repo:o@1/r@22:ref:refs/heads/main"),
        ("repository: o/r, branch: main", None),
        ("repository: o/r, ownerId: 1, branch: main", None),
        ("repository: o/r, ownerId: 1.5, repositoryId: 22, branch: main", None),
        ("repository: o/r, legacySubject: yes, branch: main", None),
        ("repository: o/r, legacySubject: true", None),
        ("repository: o/r, legacySubject: true, branch: 5", None),
        ("repository: 5, legacySubject: true, branch: main", None),
    ],
)
def test_github_form_means_its_issuer_and_where_it_is_whole_its_subject(form: str, subject: str | None) -> None:
    assert texts(f"{{name: n, github: {{{form}}}}}") == ("n", GITHUB, subject, None)


@pytest.mark.parametrize(
    ("form", "issuer", "subject"),
    [
        ("issuer: i, namespace: ns, serviceAccount: sa", "i", "system:serviceaccount:ns:sa"),
        ("namespace: ns, serviceAccount: sa", None, "system:serviceaccount:ns:sa"),
        ("issuer: i, namespace: ns", "i", None),
        ("issuer: i, serviceAccount: sa", "i", None),
    ],
)
def test_kubernetes_form_means_a_service_account(form: str, issuer: str | None, subject: str | None) -> None:
    assert texts(f"{{kubernetes: {{{form}}}}}") == (None, issuer, subject, None)


def test_subject_of_a_form_stands_at_the_form() -> None:
    one = credential("{name: n, github: {repository: o/r, legacySubject: true, branch: main}}")

    assert one.issuer is not None
    assert one.subject is not None
    assert one.issuer.pos == one.subject.pos == SourcePos("a.yaml", 2, 13)


@pytest.mark.parametrize("entry", ["5", "text", "{name: 5, github: none}"])
def test_entry_that_says_nothing_is_an_entry_all_the_same(entry: str) -> None:
    assert texts(entry) == (None, None, None, None)


def test_assignment_has_its_role_and_scope() -> None:
    document = document_of("{role: Reader, scope: /}")
    assert isinstance(document.data, dict)

    assert read_assignment_lines(document, LIST, document.data[CREDENTIALS]) == (
        DeclaredAssignment(
            Located("Reader", SourcePos("a.yaml", 2, 10)),
            Located("/", SourcePos("a.yaml", 2, 25)),
            SourcePos("a.yaml", 2, 3),
        ),
    )


def test_what_is_no_list_is_not_there_and_an_empty_one_is() -> None:
    document = document_of("{}")

    assert read_credentials(document, (), {}) is None
    assert read_credentials(document, (), {CREDENTIALS: {}}) is None
    assert read_assignments(document, (), {ASSIGNMENTS: "x"}) is None
    assert read_credentials(document, (), {CREDENTIALS: []}) == DeclaredCredentials(SourcePos("a.yaml", 1, 1), ())
    (document,) = parse_documents(decoded(f"{ASSIGNMENTS}: []\n"))[0]
    assert read_assignments(document, (), {ASSIGNMENTS: []}) == DeclaredAssignments(SourcePos("a.yaml", 1, 1), ())
