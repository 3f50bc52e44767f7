"""Which issuers end in a slash; each service's own issuers, spelled right, are known as they are."""

import pytest

from reconciler.manifest.rules.issuers import known_issuer

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
