"""Subjects in words: the forms that services send, and everything else whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.arm.login.clouds import CLOUDS
from reconciler.manifest.trust.decoded import CLOUD_AUDIENCES, decode, ticked
from reconciler.model import Trust

GITHUB = "https://token.actions.githubusercontent.com"
GHE = "https://token.actions.contoso.ghe.com"
SERVER = "https://github.contoso.example/_services/token"
AKS = "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"
AZURE_DEVOPS = "https://vstoken.dev.azure.com/0f0f"
AUDIENCE = "api://AzureADTokenExchange"


def text(issuer: str, subject: str, audience: str = AUDIENCE) -> str:
    return decode(Trust(issuer, subject, audience)).text


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:contoso/payments:environment:prod", "GitHub `contoso/payments`, environment `prod`"),
        (
            "repo:contoso@12/payments@34:environment:prod%3Aeu",
            "GitHub `contoso/payments` (ids 12 and 34), environment `prod:eu`",
        ),
        ("repo:contoso/payments:ref:refs/heads/main", "GitHub `contoso/payments`, branch `main`"),
        ("repo:contoso/payments:ref:refs/heads/release/1.2", "GitHub `contoso/payments`, branch `release/1.2`"),
        ("repo:contoso/payments:ref:refs/tags/v1", "GitHub `contoso/payments`, tag `v1`"),
        ("repo:contoso/payments:ref:refs/pull/1/merge", "GitHub `contoso/payments`, claim `ref` `refs/pull/1/merge`"),
        ("repo:contoso/payments:pull_request", "GitHub `contoso/payments`, every pull request"),
        (
            "repo:contoso/payments:job_workflow_ref:contoso/ci/.github/workflows/d.yml@refs/heads/main",
            "GitHub `contoso/payments`, workflow `contoso/ci/.github/workflows/d.yml@refs/heads/main`",
        ),
        ("repository_owner_id:12:environment:prod", "GitHub, owner id `12`, environment `prod`"),
        ("repository:contoso/payments", "GitHub, repository `contoso/payments`"),
        ("repo:contoso@12/payments:pull_request", "GitHub, claim `repo` `contoso@12/payments`, every pull request"),
        ("repo:a/b:repo:c/d", "GitHub `a/b`, claim `repo` `c/d`"),
        ("repo:contoso/payments:branch:main", "GitHub `contoso/payments`, claim `branch` `main`"),
        ("repo:contoso/payments:", f"GitHub (`{GITHUB}`), subject `repo:contoso/payments:`"),
        ("", f'GitHub (`{GITHUB}`), subject ""'),
    ],
)
def test_subject_of_github_is_decoded(subject: str, expected: str) -> None:
    assert text(GITHUB, subject) == expected


@pytest.mark.parametrize("issuer", [GHE, SERVER, f"{GITHUB}/contoso"])
def test_another_github_than_the_public_one_is_named(issuer: str) -> None:
    assert text(issuer, "repo:a/b:environment:c") == f"GitHub `a/b`, environment `c`, issued by `{issuer}`"


@pytest.mark.parametrize(
    ("issuer", "subject", "expected"),
    [
        (AKS, "system:serviceaccount:ns:app", f"Kubernetes service account `ns/app` of the cluster `{AKS}`"),
        (
            "https://oidc.example/c1",
            "system:serviceaccount:ns:app",
            "Kubernetes service account `ns/app` of the cluster `https://oidc.example/c1`",
        ),
        (
            "https://gitlab.com",
            "project_path:group/sub/app:ref_type:branch:ref:main",
            "GitLab `group/sub/app`, branch `main`",
        ),
        (
            "https://gitlab.com",
            "project_path:group/app:environment:prod",
            "GitLab `group/app`, claim `environment` `prod`",
        ),
        (
            "https://gitlab.example",
            "project_path:g/a:ref_type:branch:ref:main",
            "the issuer `https://gitlab.example`, subject `project_path:g/a:ref_type:branch:ref:main`",
        ),
        (
            "https://GITLAB.com",
            "project_path:g/a:ref_type:tag:ref:v1",
            "GitLab.com (`https://GITLAB.com`), subject `project_path:g/a:ref_type:tag:ref:v1`",
        ),
        (
            AZURE_DEVOPS,
            "sc://contoso/payments/azure",
            f"Azure DevOps `contoso/payments`, service connection `azure`, issued by `{AZURE_DEVOPS}`",
        ),
        (
            AZURE_DEVOPS,
            "p://contoso/payments/deploy",
            f"Azure DevOps `contoso/payments`, pipeline `deploy`, issued by `{AZURE_DEVOPS}`",
        ),
        (
            "https://token.actions.githubusercontent.com.evil.example",
            "repo:a/b:environment:c",
            "the issuer `https://token.actions.githubusercontent.com.evil.example`, subject `repo:a/b:environment:c`",
        ),
        (
            "https://app.terraform.io",
            "organization:o:project:p:workspace:w:run_phase:apply",
            "HCP Terraform (`https://app.terraform.io`),"
            " subject `organization:o:project:p:workspace:w:run_phase:apply`",
        ),
    ],
)
def test_other_services_are_decoded_and_unknown_ones_shown_whole(issuer: str, subject: str, expected: str) -> None:
    assert text(issuer, subject) == expected


def test_other_audience_than_that_of_a_cloud_is_said() -> None:
    decoded = decode(Trust(GITHUB, "repo:a/b:environment:c", "api://mine"))

    assert decoded.text == "GitHub `a/b`, environment `c`, with tokens for `api://mine`"
    assert decoded.claims == (("repository", "a/b"), ("environment", "c"), ("audience", "api://mine"))


def test_audiences_that_go_without_saying_are_those_of_the_clouds() -> None:
    assert {cloud.exchange_audience for cloud in CLOUDS.values()} == CLOUD_AUDIENCES


def test_verb_follows_a_comma_only_where_there_are_others() -> None:
    assert decode(Trust(GITHUB, "repo:a/b", AUDIENCE)).subject_of_sentence == "GitHub `a/b`"
    assert decode(Trust(GITHUB, "repo:a/b:pull_request", AUDIENCE)).subject_of_sentence.endswith("pull request,")


def test_value_with_a_back_quote_cannot_end_its_own_quotation() -> None:
    assert ticked("a`, environment `prod") == '"a`, environment `prod"'
    assert ticked('a`"') == '"a`\\""'


_WORDS = st.sampled_from(
    (
        *("repo", "ref", "environment", "pull_request", "a/b", "a@1/b@2", "a@1", "refs/heads/x", "x", "", "a%3Ab", "`"),
        *(", ", "repository", "branch", "subject", "ids 1 and 2", "system", "serviceaccount", "project_path"),
        *("ref_type", "tag"),
    )
)
_TRUSTS = st.builds(
    lambda issuer, words: Trust(issuer, ":".join(words), AUDIENCE),
    st.sampled_from([GITHUB, GHE, SERVER, AKS, "https://gitlab.com", AZURE_DEVOPS, "https://x.example"]),
    st.lists(_WORDS, max_size=7),
)


@given(st.lists(_TRUSTS, min_size=2, max_size=40, unique=True))
def test_two_subjects_never_read_the_same(trusts: list[Trust]) -> None:
    assert len({decode(one).text for one in trusts}) == len(trusts)
