"""Issuers whose spelling is known: whether their tokens' `iss` ends in a slash.

Azure compares issuers letter by letter and says nothing about one that no token has. A slash too many or too few is a
slip that can be seen offline, but only of a service whose issuers are known; of any other nothing is said for certain.
"""

import re
from dataclasses import dataclass

_HTTPS = "https://"


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """A service that issues tokens; `pattern` matches its issuers, without `https://` and a slash at the end."""

    name: str
    pattern: re.Pattern[str]
    ends_in_slash: bool

    def spelled(self, issuer: str) -> str:
        """An issuer of this service with its end as the service's tokens have it."""
        return issuer.rstrip("/") + ("/" if self.ends_in_slash else "")


def _known(name: str, pattern: str, *, ends_in_slash: bool = False) -> KnownIssuer:
    return KnownIssuer(name, re.compile(pattern, re.IGNORECASE), ends_in_slash)


BINDING_ISSUERS = "https://ib.oic.prod-aks.azure.com/"
"""How the issuers begin that AKS trusts by itself, for identity bindings. Source: AKS documentation on these."""

KNOWN_ISSUERS = (
    # Source: GitHub, "OpenID Connect reference"; an enterprise's own issuer has its slug behind the host.
    _known("GitHub Actions", r"token\.actions\.(githubusercontent\.com|[^/]+\.ghe\.com)(/[^/]+)?"),
    # Source: AKS documentation on identity bindings: `https://ib.oic.prod-aks.azure.com/TENANT/CLIENT-ID`.
    _known("AKS identity bindings", r"ib\.oic\.prod-aks\.azure\.com/[^/]+/[^/]+"),
    # Source: AKS documentation on workload identity (`oidcIssuerProfile.issuerUrl`), Azure workload identity's
    # troubleshooting guide (the older `oidc.prod-aks`).
    _known("AKS", r"([^/]+\.oic|oidc)\.prod-aks\.azure\.(com|us|cn)/.+", ends_in_slash=True),
    # Source: AWS documentation on IAM roles for service accounts.
    _known("Amazon EKS", r"oidc\.eks\.[^/]+/id/[^/]+"),
    # Source: Google Cloud documentation on GKE workload identity, and on OpenID Connect.
    _known("GKE", r"container\.googleapis\.com/v1/projects/.+"),
    _known("Google", r"accounts\.google\.com"),
    # Source: built-in Azure Policy definition "Managed Identity Federated Credentials should be from allowed issuers".
    _known("Amazon Cognito", r"cognito-identity\.amazonaws\.com"),
    # Source: GitLab documentation on ID tokens.
    _known("GitLab.com", r"gitlab\.com"),
    # Source: HCP Terraform documentation on workload identity tokens.
    _known("HCP Terraform", r"app\.terraform\.io"),
    # Source: Azure DevOps documentation on service connections with workload identity federation.
    _known("Azure DevOps", r"vstoken\.dev\.azure\.com/[^/]+"),
    # Source: Microsoft identity platform, access token claims (`iss` of version 1.0 and of version 2.0 tokens).
    _known("Microsoft Entra ID", r"login\.microsoftonline\.(com|us)/[^/]+/v2\.0"),
    _known("Microsoft Entra ID", r"sts\.windows\.net/[^/]+", ends_in_slash=True),
    # Source: Auth0 documentation on validating JSON Web Tokens.
    _known("Auth0", r"[^/]+\.auth0\.com", ends_in_slash=True),
)


def known_issuer(issuer: str) -> KnownIssuer | None:
    """The service that an issuer belongs to, whether or not its last slash is right; None where nothing is known."""
    bare = issuer.removeprefix(_HTTPS).rstrip("/")
    return next((known for known in KNOWN_ISSUERS if known.pattern.fullmatch(bare)), None)
