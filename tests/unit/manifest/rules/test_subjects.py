"""Subjects that a service hardly sends are found with what was meant; good and customised ones are let pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.rules.subjects import doubtful_subject
from reconciler.manifest.rules.trust_forms import GitHubContext, GitHubWorkflows, service_account_subject

GITHUB = "https://token.actions.githubusercontent.com"
GITHUB_SERVER = "https://github.contoso.com/_services/token"
GITLAB = "https://gitlab.com"
AKS = "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"
EKS = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"
DEVOPS = "https://vstoken.dev.azure.com/11111111-1111-1111-1111-111111111111"
ENTRA = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"
OTHER = "https://oidc.contoso.com"
MAIN = "repo:contoso/pay:ref:refs/heads/main"
PRODUCTION = "repo:contoso/pay:environment:Production"


@pytest.mark.parametrize(
    ("subject", "corrected"),
    [
        ("repo:contoso/pay:environment/Production", PRODUCTION),
        ("repo:contoso/pay:Environment:Production", PRODUCTION),
        ("repo:contoso/pay:env:Production", PRODUCTION),
        ("repo:contoso/pay:enviroment:Production", PRODUCTION),
        ("REPO:contoso/pay:environment:Production", PRODUCTION),
        ("repo:contoso/pay:environment:prod:eu", "repo:contoso/pay:environment:prod%3Aeu"),
        ("repo:contoso/pay:pull-request", "repo:contoso/pay:pull_request"),
        ("repo:contoso/pay:Pull_Request", "repo:contoso/pay:pull_request"),
        ("repo:contoso/pay:pull_requests", "repo:contoso/pay:pull_request"),
        ("repo:contoso/pay:ref:main", MAIN),
        ("repo:contoso/pay:refs/head/main", MAIN),
        ("repo:contoso/pay:refs/heads/main", MAIN),
        ("repo:contoso/pay:ref:refs/head/main", MAIN),
        ("repo:contoso/pay:ref:heads/main", MAIN),
        ("repo:contoso/pay:ref/refs/heads/main", MAIN),
        ("repo:contoso/pay:branch:main", MAIN),
        ("repo:contoso/pay:branch/main", MAIN),
        ("repo:contoso/pay:main", MAIN),
        ("repo:contoso/pay:tag:v1", "repo:contoso/pay:ref:refs/tags/v1"),
        ("repo:contoso/pay:ref:refs/tag/v1", "repo:contoso/pay:ref:refs/tags/v1"),
        ("repo:https://github.com/contoso/pay:ref:refs/heads/main", MAIN),
        ("https://github.com/contoso/pay.git:ref:refs/heads/main", MAIN),
        ("repo:github.com/contoso/pay:ref:refs/heads/main", MAIN),
        ("repo:git@github.com:contoso/pay.git:ref:refs/heads/main", MAIN),
        ("contoso/pay:ref:refs/heads/main", MAIN),
        ("contoso@12/pay@34:pull_request", "repo:contoso@12/pay@34:pull_request"),
        ("repo:contoso/pay/:ref:refs/heads/main", MAIN),
        ("repository-owner-id:12:ref:refs/heads/main", "repository_owner_id:12:ref:refs/heads/main"),
        ("repo:contoso:ref:refs/heads/main", None),
        ("repo:contoso@12/pay:pull_request", None),
        ("repo:contoso/pay:ref:", None),
        ("repo:contoso/pay:ref:refs/heads/", None),
        ("repo:contoso/pay:environment:", None),
        ("repo:contoso/pay:What is this?:x", None),
        ("anything", None),
    ],
)
@pytest.mark.parametrize("issuer", [GITHUB, f"{GITHUB}/contoso", GITHUB_SERVER])
def test_subject_that_no_workflow_of_github_sends(issuer: str, subject: str, corrected: str | None) -> None:
    assert_found(issuer, subject, "GitHub", corrected)


@pytest.mark.parametrize(
    ("subject", "corrected"),
    [
        ("project-path:g/p:ref_type:branch:ref:main", "project_path:g/p:ref_type:branch:ref:main"),
        ("Project_Path:g/p:ref-type:branch:ref:main", "project_path:g/p:ref_type:branch:ref:main"),
        ("project_path:g/p:ref_type:branches:ref:main", "project_path:g/p:ref_type:branch:ref:main"),
        ("project_path:g/p:ref_type:branch:ref:refs/heads/main", "project_path:g/p:ref_type:branch:ref:main"),
        ("project_path:g/p:branch:main", "project_path:g/p:ref_type:branch:ref:main"),
        ("project_path:g/p:tag:v1", "project_path:g/p:ref_type:tag:ref:v1"),
        ("project_path:g/p:main", "project_path:g/p:ref_type:branch:ref:main"),
        ("project_path:https://gitlab.com/g/s/p:ref:main", "project_path:g/s/p:ref:main"),
        ("g/s/p:ref_type:tag:ref:v1", "project_path:g/s/p:ref_type:tag:ref:v1"),
        ("project_path:/g/p:ref:main", "project_path:g/p:ref:main"),
        ("repo:g/p:ref:main", "project_path:g/p:ref:main"),
        ("project_path:p:ref_type:branch:ref:main", None),
        ("project_path:g/p:ref_type:commit:ref:main", None),
    ],
)
def test_subject_that_no_job_of_gitlab_sends(subject: str, corrected: str | None) -> None:
    assert_found(GITLAB, subject, "GitLab", corrected)


@pytest.mark.parametrize("subject", ["project-path:g/p:ref:main", "PROJECT_PATH:g/p:ref:main"])
def test_gitlab_of_ones_own_is_known_by_its_subjects(subject: str) -> None:
    assert_found("https://gitlab.contoso.com", subject, "GitLab", "project_path:g/p:ref:main")


@pytest.mark.parametrize(
    ("issuer", "subject", "corrected"),
    [
        (AKS, "payments:api", "system:serviceaccount:payments:api"),
        (AKS, "payments/api", "system:serviceaccount:payments:api"),
        (EKS, "system:serviceaccount:payments/api", "system:serviceaccount:payments:api"),
        (OTHER, "system:serviceaccounts:payments:api", "system:serviceaccount:payments:api"),
        (OTHER, "System:ServiceAccount:Payments:api", "system:serviceaccount:payments:api"),
        (OTHER, "serviceaccount:payments:api", "system:serviceaccount:payments:api"),
        (OTHER, "system:serviceaccount:payments", None),
        (OTHER, "system:serviceaccount:pay_ments:api", None),
        (OTHER, f"system:serviceaccount:{'a' * 64}:api", None),
        (OTHER, f"system:serviceaccount:a:{'b' * 254}", None),
        (OTHER, "system:serviceaccount:pay.ments:api", None),
        (AKS, "anything", None),
    ],
)
def test_subject_that_no_pod_sends(issuer: str, subject: str, corrected: str | None) -> None:
    assert_found(issuer, subject, "Kubernetes", corrected)


@pytest.mark.parametrize(
    ("subject", "corrected"),
    [
        ("sc:/contoso/pay/prod", "sc://contoso/pay/prod"),
        ("SC://contoso/pay/prod", "sc://contoso/pay/prod"),
        ("sc://contoso/pay/prod/", "sc://contoso/pay/prod"),
        ("contoso/pay/prod", "sc://contoso/pay/prod"),
        ("https://dev.azure.com/contoso/pay/prod", "sc://contoso/pay/prod"),
        ("sc://contoso/pay", None),
        ("/eid1/c/pub/t/T/a/A/sc/O/C", None),
    ],
)
def test_subject_that_no_service_connection_sends(subject: str, corrected: str | None) -> None:
    assert_found(DEVOPS, subject, "Azure DevOps", corrected)


@pytest.mark.parametrize(
    ("subject", "corrected"),
    [
        ("eid1/c/pub/t/T/a/A/sc/O/C", "/eid1/c/pub/t/T/a/A/sc/O/C"),
        ("/EID1/c/pub/t/T/a/A/sc/O/C", "/eid1/c/pub/t/T/a/A/sc/O/C"),
        ("/eid1/c/pub/t/T/a/A", None),
        ("/eid1/c/pub/t/T", None),
        ("sc://contoso/pay/prod", None),
    ],
)
def test_subject_that_entra_does_not_send(subject: str, corrected: str | None) -> None:
    assert_found(ENTRA, subject, "Microsoft Entra ID", corrected)


def assert_found(issuer: str, subject: str, service: str, corrected: str | None) -> None:
    """A subject is found with its correction, and the correction is a good one."""
    found = doubtful_subject(issuer, subject)

    assert found is not None
    assert (found.service, found.corrected) == (service, corrected)
    assert found.why and found.form
    assert corrected is None or doubtful_subject(issuer, corrected) is None


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        (GITHUB, "repo:contoso/pay"),
        (GITHUB, "repository_owner_id:12:job_workflow_ref:o/r/.github/workflows/x.yml@refs/heads/main"),
        (GITHUB, "repository_owner_id:12:repository_id:34"),
        (GITHUB, "repo:contoso@12/pay@34:runner_environment:github-hosted:a_new_claim:x"),
        (GITHUB, "repo:contoso/pay:environment:prod:ref:refs/heads/main"),
        (GITHUB, "repo:contoso/pay:ref:refs/pull/1/merge"),
        (GITLAB, "project_path:g/p:ref:main"),
        (GITLAB, "project_path:g/p:ref_type:branch:ref:main:deployment_tier:production"),
        (DEVOPS, "sc://contoso/my project/prod (west)"),
        (DEVOPS, "p://contoso/my project/pipeline"),
        (ENTRA, "/eid1/c/pub/t/T/a/A/n/plugin/e/E/h/H"),
        (ENTRA, "11111111-1111-1111-1111-111111111111"),
        (OTHER, "repo:contoso/pay:environment/Production"),
        ("https://ib.oic.prod-aks.azure.com/t/c", "anything"),
    ],
)
def test_customised_and_other_subjects_are_let_pass(issuer: str, subject: str) -> None:
    assert doubtful_subject(issuer, subject) is None


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,8}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: not name.endswith(".git")
)
IDS = st.integers(1, 10**9).map(str)
REFS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,12}[A-Za-z0-9]", fullmatch=True)
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
ENVIRONMENTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=9)


@given(NAMES, NAMES, st.none() | st.tuples(IDS, IDS), st.sampled_from(GitHubContext), REFS, ENVIRONMENTS)
def test_every_subject_that_the_form_of_github_writes_is_good(
    owner: str, name: str, ids: tuple[str, str] | None, context: GitHubContext, ref: str, environment: str
) -> None:
    about = environment if context is GitHubContext.ENVIRONMENT else ref
    workflows = GitHubWorkflows(f"{owner}/{name}", ids, context, about)

    assert doubtful_subject(GITHUB, workflows.subject) is None


@given(LABELS, LABELS, st.sampled_from([AKS, EKS, OTHER]))
def test_every_subject_that_the_form_of_kubernetes_writes_is_good(namespace: str, name: str, issuer: str) -> None:
    assert doubtful_subject(issuer, service_account_subject(namespace, name)) is None


@given(st.lists(NAMES, min_size=2, max_size=4), st.sampled_from(["branch", "tag"]), REFS)
def test_every_subject_of_a_gitlab_project_is_good(path: list[str], ref_type: str, ref: str) -> None:
    assert doubtful_subject(GITLAB, f"project_path:{'/'.join(path)}:ref_type:{ref_type}:ref:{ref}") is None


@given(ENVIRONMENTS, ENVIRONMENTS, ENVIRONMENTS, st.sampled_from(["sc", "p"]))
def test_every_subject_of_a_service_connection_is_good(one: str, other: str, third: str, scheme: str) -> None:
    names = [name.replace("/", "-") for name in (one, other, third)]

    assert doubtful_subject(DEVOPS, f"{scheme}://{'/'.join(names)}") is None


@given(NAMES, NAMES, NAMES)
def test_every_subject_of_entra_is_good(tenant: str, application: str, rest: str) -> None:
    assert doubtful_subject(ENTRA, f"/eid1/c/pub/t/{tenant}/a/{application}/sc/{rest}") is None


@given(st.text(max_size=40), st.sampled_from([GITHUB, GITLAB, AKS, DEVOPS, ENTRA]))
def test_whatever_a_subject_is_its_correction_is_good(subject: str, issuer: str) -> None:
    found = doubtful_subject(issuer, subject)

    assert found is None or found.corrected is None or doubtful_subject(issuer, found.corrected) is None
