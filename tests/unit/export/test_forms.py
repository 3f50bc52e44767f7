"""The shortest words for credentials, scopes and roles, and that they mean the same."""

import pytest

from reconciler.export.forms import Reference, detail_lines, role_entries, short_scope, trust_forms
from reconciler.manifest.yaml.document import Plain
from reconciler.model.access import AssignmentDetails, Trust
from tests.builders import SUBSCRIPTION

AUDIENCE = "api://AzureADTokenExchange"
GITHUB = "https://token.actions.githubusercontent.com"
HERE = f"/subscriptions/{SUBSCRIPTION}"
IDENTITIES = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"


@pytest.mark.parametrize(
    ("subject", "form"),
    [
        ("repo:c@1/r@2:ref:refs/heads/a/b", {"repository": "c/r", "ownerId": 1, "repositoryId": 2, "branch": "a/b"}),
        ("repo:c/r:ref:refs/tags/v1", {"repository": "c/r", "legacySubject": True, "tag": "v1"}),
        ("repo:c/r:environment:a%3Ab", {"repository": "c/r", "legacySubject": True, "environment": "a:b"}),
        ("repo:c/r:pull_request", {"repository": "c/r", "legacySubject": True, "pullRequest": True}),
        ("repo:c/r:pull_request:more", None),
        ("repo:c@1/r:pull_request", None),
        ("repo:c/r:job_workflow_ref:x", None),
        ("repository_id:1", None),
    ],
)
def test_github_is_written_by_its_parts_where_they_say_all(subject: str, form: dict[str, object] | None) -> None:
    forms = list(trust_forms("ci", Trust(GITHUB, subject, AUDIENCE), AUDIENCE))

    plain = {"name": "ci", "issuer": GITHUB, "subject": subject}
    assert forms == ([plain] if form is None else [{"name": "ci", "github": form}, plain])


def test_service_account_is_written_by_its_parts_and_another_audience_is_said() -> None:
    forms = list(trust_forms("aks", Trust("https://i", "system:serviceaccount:n:a", "api://x"), AUDIENCE))

    form = {"issuer": "https://i", "namespace": "n", "serviceAccount": "a"}
    assert forms[0] == {"name": "aks", "kubernetes": form, "audience": "api://x"}


@pytest.mark.parametrize(
    ("scope", "short"),
    [
        (HERE, "subscription"),
        (f"{HERE}/resourcegroups/RG-x", "RG-x"),
        (f"{HERE}/resourceGroups/rg/{IDENTITIES}/id-a", "rg/id-a"),
        (f"{HERE}/resourceGroups/subscription", None),
        (f"{HERE}/resourceGroups/rg/providers/Microsoft.X/a/b", None),
        ("/subscriptions/00000000-0000-0000-0000-000000000002", None),
        ("/", None),
    ],
)
def test_scope_is_short_where_it_is_of_the_subscription(scope: str, short: str | None) -> None:
    assert short_scope(scope, SUBSCRIPTION) == (short or scope)


def test_details_are_said_where_there_are_any() -> None:
    assert detail_lines(AssignmentDetails("c", "2.0", "d")) == {"condition": "c", "description": "d"}
    assert detail_lines(AssignmentDetails("c", "1.0", owner="o")) == {"condition": "c", "conditionVersion": "1.0"}


def test_lines_that_say_nothing_else_become_entries_of_several_roles_and_scopes() -> None:
    lines: list[dict[str, Plain]] = [
        {"role": role, "scope": scope} for role, scope in (("A", "x"), ("B", "x"), ("A", "y"), ("B", "Y"), ("A", "z"))
    ]

    entries = role_entries([*lines, {"role": "C", "scope": "x", "condition": "c"}])

    assert entries == [
        {"roles": ["A", "B"], "scopes": ["x", "y"]},
        {"role": "A", "scope": "z"},
        {"role": "C", "scope": "x", "condition": "c"},
    ]


def test_reference_is_the_text_of_a_variable() -> None:
    assert Reference("${X}") == "${X}"
