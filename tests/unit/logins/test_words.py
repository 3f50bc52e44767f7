"""Why an issuer, a subject or an audience is not a credential's."""

import pytest

from reconciler.logins.words import equal_claims, why_audience, why_issuer, why_subject

GITHUB = "https://token.actions.githubusercontent.com"
AKS = "https://westeurope.oic.prod-aks.azure.com/t/c"
LISTED = "; list both for as long as GitHub sends either (`uami trust --migrate-github` proposes that)"


@pytest.mark.parametrize(
    ("token", "credential", "why"),
    [
        (f"{AKS}/", AKS, "only the slash at the end differs: the tokens of AKS have it"),
        (GITHUB, f"{GITHUB}/", "only the slash at the end differs: the tokens of GitHub Actions do not have it"),
        (AKS, f"{AKS}/", "only the slash at the end differs: the tokens of AKS have it"),
        ("https://a.example/", "https://a.example", "only the slash at the end differs: this token's issuer has it"),
        ("https://a.example", "https://A.example", "only the case of letters differs, and issuers compare exactly"),
        (GITHUB, "https://gitlab.com", "the token is of GitHub Actions, and the credential trusts GitLab.com"),
        (f"{AKS}/", f"{AKS}2/", "both are of AKS, and of another tenant, organization or cluster there"),
        ("https://a.example", GITHUB, "the token comes from another issuer"),
    ],
)
def test_issuers(token: str, credential: str, why: str) -> None:
    assert why_issuer(token, credential) == why


@pytest.mark.parametrize(
    ("token", "credential", "why"),
    [
        ((), "api://AzureADTokenExchange", "the token has no audience"),
        (("API://x",), "api://x", "only the case of letters differs, and audiences compare exactly"),
        (
            ("api://AzureADTokenExchange",),
            "api://AzureADTokenExchangeUSGov",
            "the token is made for AzureCloud, and the credential is for AzureUSGovernment",
        ),
        (
            ("https://github.com/contoso",),
            "api://AzureADTokenExchange",
            "this is what GitHub puts there when a job asks for a token without naming an audience",
        ),
        (
            ("api://AzureADTokenExchange",),
            "api://own",
            "the token is made for the logins of AzureCloud, and the credential for another audience",
        ),
        (("other",), "api://AzureADTokenExchange", "the token was asked for another audience"),
    ],
)
def test_audiences(token: tuple[str, ...], credential: str, why: str) -> None:
    assert why_audience(token, credential) == why


@pytest.mark.parametrize(
    ("token", "credential", "why"),
    [
        (
            "repo:c/a:environment:prod",
            "repo:c/a:environment:Prod",
            "only the case of letters differs, and subjects compare exactly: environment `prod` is not `Prod`",
        ),
        (
            "repo:c/a:environment:main",
            "repo:c/a:ref:refs/heads/main",
            "the token is of environment `main`, the credential of branch `main`",
        ),
        (
            "repo:c/a:pull_request",
            "repo:c/b:ref:refs/heads/main",
            "repository `c/a` is not `c/b`; the token is of a pull request, the credential of branch `main`",
        ),
        (
            "repo:c@1/a@2:pull_request",
            "repo:c/a:pull_request",
            f"the token has GitHub's immutable subject, with ids, and the credential the one without{LISTED}",
        ),
        (
            "repo:c/a:ref:refs/heads/x",
            "repo:c@1/a@2:ref:refs/heads/y",
            "the token has GitHub's subject without ids, and the credential the immutable one; and so does what"
            " follows the repository",
        ),
        (
            "repo:c/a:job_workflow_ref:c/w/.github/workflows/d.yml@refs/heads/main",
            "repo:c/a:ref:refs/heads/main",
            "the token is of reusable workflow `c/w/.github/workflows/d.yml@refs/heads/main`, the credential of branch"
            " `main`; the subject of a job of a reusable workflow names it where the repository asks for"
            " `job_workflow_ref`",
        ),
    ],
)
def test_subjects_of_github(token: str, credential: str, why: str) -> None:
    assert why_subject(GITHUB, token, credential) == why


def test_subject_of_a_service_account() -> None:
    why = why_subject(f"{AKS}/", "system:serviceaccount:default:api", "system:serviceaccount:payments:api")

    assert why == "namespace `default` is not `payments`"


def test_claims_are_equal_without_regard_to_case() -> None:
    assert equal_claims(GITHUB, "repo:C/a:environment:x", "repo:c/A:environment:X") == 2
    assert equal_claims(GITHUB, "repo:c/a:environment:x", "repo:c/a:pull_request") == 1
