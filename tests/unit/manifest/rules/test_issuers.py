"""Which issuers end in a slash; each service's own issuers, spelled right, are known as they are."""

import pytest

from reconciler.manifest.rules.issuers import known_issuer, why_similar

SPELLED_RIGHT = [
    ("GitHub Actions", "https://token.actions.githubusercontent.com"),
    ("GitHub Actions", "https://token.actions.githubusercontent.com/octocat-inc"),
    ("GitHub Actions", "https://token.actions.octocorp.ghe.com"),
    ("AKS", "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"),
    ("AKS", "https://usgovvirginia.oic.prod-aks.azure.us/tenant/cluster/"),
    ("AKS", "https://oidc.prod-aks.azure.com/cluster/"),
    ("AKS identity bindings", "https://ib.oic.prod-aks.azure.com/tenant/client"),
    ("Amazon EKS", "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"),
    ("GKE", "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c"),
    ("Google", "https://accounts.google.com"),
    ("Amazon Cognito", "https://cognito-identity.amazonaws.com"),
    ("GitLab.com", "https://gitlab.com"),
    ("HCP Terraform", "https://app.terraform.io"),
    ("Azure DevOps", "https://vstoken.dev.azure.com/00000000-0000-0000-0000-000000000000"),
    ("Microsoft Entra ID", "https://login.microsoftonline.com/tenant/v2.0"),
    ("Microsoft Entra ID", "https://sts.windows.net/tenant/"),
    ("Auth0", "https://contoso.eu.auth0.com/"),
]


@pytest.mark.parametrize(("name", "issuer"), SPELLED_RIGHT)
def test_issuer_of_a_service_is_known_and_spelled_right(name: str, issuer: str) -> None:
    known = known_issuer(issuer)

    assert known is not None
    assert (known.name, known.spelled(issuer)) == (name, issuer)


@pytest.mark.parametrize("issuer", [issuer for _, issuer in SPELLED_RIGHT])
@pytest.mark.parametrize("end", ["", "/", "//"])
def test_issuer_is_known_by_whatever_slashes_end_it(issuer: str, end: str) -> None:
    written = issuer.rstrip("/") + end

    known = known_issuer(written)

    assert known is not None
    assert known.spelled(written) == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "https://oidc.contoso.com/",
        "https://gitlab.contoso.com",
        "https://evil.example/gitlab.com",
        "https://token.actions.githubusercontent.com.evil.example",
        "https://accounts.google.com.evil.example/",
    ],
)
def test_other_issuer_is_not_known(issuer: str) -> None:
    assert known_issuer(issuer) is None


@pytest.mark.parametrize("issuer", [issuer for _, issuer in SPELLED_RIGHT])
def test_issuer_of_a_service_is_not_taken_for_one(issuer: str) -> None:
    assert why_similar(issuer) is None


GITHUB = "token.actions.githubusercontent.com"
OWNS = ": whoever owns it can sign in as the identity"


@pytest.mark.parametrize(
    ("issuer", "why"),
    [
        (f"https://{GITHUB}.evil.example", f"which contains `{GITHUB}` of GitHub Actions, and is another host"),
        (f"https://{GITHUB}-evil.example", f"which contains `{GITHUB}` of GitHub Actions, and is another host"),
        (f"https://{GITHUB}:8443", f"which contains `{GITHUB}` of GitHub Actions, and is another host"),
        (f"https://evil.example/{GITHUB}", f"which contains `{GITHUB}` of GitHub Actions, and is another host"),
        (
            "https://oidc.eks.eu-west-1.amazonaws.com.evil/id/x",
            "which contains `amazonaws.com` of Amazon EKS, and is another host",
        ),
        ("https://a.auth0.com.evil.example/", "which contains `auth0.com` of Auth0, and is another host"),
        ("https://token.action.githubusercontent.com", f"whose host is almost, and not, `{GITHUB}` of GitHub Actions"),
        ("https://token.actoins.githubusercontent.com", f"whose host is almost, and not, `{GITHUB}` of GitHub Actions"),
        ("https://token-actions.githubusercontent.com", f"whose host is almost, and not, `{GITHUB}` of GitHub Actions"),
        ("https://t0ken.acti0ns.githubuserc0ntent.com", f"whose host is almost, and not, `{GITHUB}` of GitHub Actions"),
        ("https://gitlab.corn", "whose host is almost, and not, `gitlab.com` of GitLab.com"),
        ("https://gitlab.co", "whose host is almost, and not, `gitlab.com` of GitLab.com"),
        ("https://xgitlab.com", "whose host is almost, and not, `gitlab.com` of GitLab.com"),
        (
            "https://westeurope.oic.prod-aks.azure.co/t/c/",
            "whose host is almost, and not, `oic.prod-aks.azure.com` of AKS",
        ),
        ("https://xn--tken-0nc.example", "whose host has letters of another script, written as `xn--`"),
    ],
)
def test_issuer_that_looks_like_a_known_one_is_told_from_it(issuer: str, why: str) -> None:
    assert why_similar(issuer) == why + OWNS


def test_known_host_in_other_letters_matches_no_token() -> None:
    assert why_similar("https://GitLab.com") == "whose host is in lower case in every token, so that none matches"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://gitlab.company.com",
        "https://oidc.contoso.com",
        "https://gitlab.contoso.com",
        "https://s3.eu-west-1.amazonaws.com/bucket",
        "https://login.microsoftonline.com/tenant",
        "https://auth1.com",
        "https://storage.googleapis.com/cluster",
    ],
)
def test_other_issuers_are_not_suspected(issuer: str) -> None:
    assert why_similar(issuer) is None


def test_host_of_somebody_else_is_no_cluster_of_amazons() -> None:
    assert known_issuer("https://oidc.eks.evil.example/id/0123") is None
