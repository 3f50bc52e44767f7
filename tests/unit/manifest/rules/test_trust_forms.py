"""The convenience forms come to the subjects that GitHub and Kubernetes document, and those are read again.

The documented examples stand here as they are. Source: GitHub, "OpenID Connect reference" (`octo-org`, `octo-repo`);
Azure workload identity's troubleshooting guide (`system:serviceaccount:default:workload-identity-sa`).
"""

import pytest

from reconciler.manifest.load import PUBLIC_AUDIENCE
from reconciler.manifest.rules.trust_forms import has_lasting_subjects, is_by_name_only, is_github, is_pull_request
from reconciler.model.access import Trust
from tests.unit.manifest.manifests import credential_with, load_identity, load_text

GITHUB = "https://token.actions.githubusercontent.com"
IDS = "repository: octo-org/octo-repo, ownerId: 123456, repositoryId: 456789"
LEGACY = "repository: octo-org/octo-repo, legacySubject: true"
AKS = "https://eastus.oic.prod-aks.azure.com/00000000-0000-0000-0000-00000000000a/00000000-0000-0000-0000-00000000000b/"


def trust_of(entry: str) -> Trust:
    """The trust of the only credential of a manifest with this form."""
    (credential,) = load_identity(credential_with(f"name: cred, {entry}")).federated_credentials or ()
    return credential.trust


@pytest.mark.parametrize(
    ("form", "subject"),
    [
        (f"{IDS}, branch: main", "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main"),
        (f"{IDS}, branch: demo-branch", "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/demo-branch"),
        (f"{IDS}, branch: release/1.2", "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/release/1.2"),
        (f"{IDS}, tag: demo-tag", "repo:octo-org@123456/octo-repo@456789:ref:refs/tags/demo-tag"),
        (f"{IDS}, environment: Production", "repo:octo-org@123456/octo-repo@456789:environment:Production"),
        (f"{IDS}, pullRequest: true", "repo:octo-org@123456/octo-repo@456789:pull_request"),
        (f"{LEGACY}, branch: main", "repo:octo-org/octo-repo:ref:refs/heads/main"),
        (f"{LEGACY}, tag: demo-tag", "repo:octo-org/octo-repo:ref:refs/tags/demo-tag"),
        (f"{LEGACY}, environment: Production", "repo:octo-org/octo-repo:environment:Production"),
        (f"{LEGACY}, environment: 'Production:V1'", "repo:octo-org/octo-repo:environment:Production%3AV1"),
        (f"{LEGACY}, pullRequest: true", "repo:octo-org/octo-repo:pull_request"),
    ],
)
def test_github_form_comes_to_the_documented_subject(form: str, subject: str) -> None:
    assert trust_of(f"github: {{{form}}}") == Trust(GITHUB, subject, PUBLIC_AUDIENCE)


@pytest.mark.parametrize("ids", ["ownerId: '12', repositoryId: '34'", "ownerId: 12, repositoryId: 34.0"])
def test_github_ids_may_be_quoted_or_plain(ids: str) -> None:
    trust = trust_of(f"github: {{repository: a/b, {ids}, branch: main}}")

    assert trust.subject == "repo:a@12/b@34:ref:refs/heads/main"


def test_kubernetes_form_comes_to_the_documented_subject_and_leaves_the_issuer_alone() -> None:
    trust = trust_of(f"kubernetes: {{issuer: {AKS}, namespace: default, serviceAccount: workload-identity-sa}}")

    assert trust == Trust(AKS, "system:serviceaccount:default:workload-identity-sa", PUBLIC_AUDIENCE)


def test_form_takes_an_audience_of_its_own() -> None:
    assert trust_of(f"github: {{{LEGACY}, branch: main}}, audience: api://other").audience == "api://other"


def test_form_and_the_trust_written_out_are_the_same() -> None:
    written = f"issuer: {GITHUB}, subject: 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main'"

    assert trust_of(written) == trust_of(f"github: {{{IDS}, branch: main}}")


def test_variables_are_replaced_within_a_form() -> None:
    form = "github: {repository: '${ORG}/pay', ownerId: '${ORG_ID}', repositoryId: 34, branch: 'release/${N}'}"
    variables = {"ORG": "contoso", "ORG_ID": "12", "N": "7"}

    (group,) = load_text(credential_with(f"name: cred, {form}"), variables).groups

    (credential,) = group.identities[0].federated_credentials or ()
    assert credential.trust.subject == "repo:contoso@12/pay@34:ref:refs/heads/release/7"


@pytest.mark.parametrize(
    ("issuer", "github", "lasting"),
    [
        (GITHUB, True, True),
        (f"{GITHUB}/octocat-inc", True, True),
        ("https://token.actions.octocorp.ghe.com", True, True),
        ("https://github.contoso.com/_services/token", True, False),
        ("https://token.actions.githubusercontent.com.evil.example", False, False),
        ("https://gitlab.com", False, False),
        ("not an issuer", False, False),
    ],
)
def test_issuers_of_github_are_known(issuer: str, github: bool, lasting: bool) -> None:
    assert (is_github(issuer), has_lasting_subjects(issuer)) == (github, lasting)


@pytest.mark.parametrize(
    ("subject", "pull_request"),
    [
        ("repo:octo-org/octo-repo:pull_request", True),
        ("repo:octo-org@123456/octo-repo@456789:pull_request", True),
        (
            "repo:octo-org/octo-repo:pull_request:job_workflow_ref:octo-org/x/.github/workflows/y.yml@refs/heads/main",
            True,
        ),
        ("repository_owner:octo-org:pull_request", True),
        ("repo:octo-org/octo-repo:environment:pull_request", False),
        ("repo:octo-org/octo-repo:ref:refs/heads/pull_request", False),
        ("repo:octo-org/pull_request:environment:prod", False),
        ("pull_request", True),
        ("", False),
    ],
)
def test_subject_of_pull_requests_is_told_from_others(subject: str, pull_request: bool) -> None:
    assert is_pull_request(subject) is pull_request


@pytest.mark.parametrize(
    ("subject", "by_name"),
    [
        ("repo:octo-org/octo-repo:ref:refs/heads/main", True),
        ("repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main", False),
        ("repo:octo-org@123456/octo-repo:ref:refs/heads/main", True),
        ("repo:octo-org/octo-repo@456789:ref:refs/heads/main", True),
        ("repository_owner:octo-org:repository_visibility:private", True),
        ("repo:octo-org/octo-repo:repository_id:456789", False),
        ("repository_owner:octo-org:repository_owner_id:123456", False),
        ("repository_id:456789", False),
        ("job_workflow_ref:octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main", False),
    ],
)
def test_subject_of_names_alone_is_told_from_one_with_ids(subject: str, by_name: bool) -> None:
    assert is_by_name_only(subject) is by_name
