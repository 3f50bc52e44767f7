"""Issuers whose spelling is known: whether their tokens' `iss` ends in a slash, and what only looks like one of them.

Azure compares issuers letter by letter and says nothing about one that no token has. A slash too many or too few is a
slip that can be seen offline, but only of a service whose issuers are known; of any other nothing is said for certain.
An issuer that looks like a known one is a slip at best: whoever owns its host can sign in as the identity.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from reconciler.model import FederatedCredential, same_name

_HTTPS = "https://"


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """A service that issues tokens; `pattern` matches its issuers, without `https://` and a slash at the end.

    Attributes:
        hosts: that belong to the service, in lower case; one that begins with a dot stands for all below it.
    """

    name: str
    pattern: re.Pattern[str]
    ends_in_slash: bool
    hosts: tuple[str, ...]

    def spelled(self, issuer: str) -> str:
        """An issuer of this service with its end as the service's tokens have it."""
        return issuer.rstrip("/") + ("/" if self.ends_in_slash else "")


def _known(name: str, pattern: str, *hosts: str, ends_in_slash: bool = False) -> KnownIssuer:
    return KnownIssuer(name, re.compile(pattern, re.IGNORECASE), ends_in_slash, hosts)


BINDING = "aks-identity-binding"
"""The credential that AKS writes for an identity binding. Source: AKS documentation on these."""

BINDING_ISSUERS = "https://ib.oic.prod-aks.azure.com/"
"""How the issuers begin that AKS trusts by itself, for identity bindings. Source: AKS documentation on these."""


def is_written_by_azure(credential: FederatedCredential) -> bool:
    """Whether Azure itself writes a credential, and would miss it."""
    issuer = credential.trust.issuer if credential.trust else ""
    return same_name(credential.credential_id.name, BINDING) or issuer.startswith(BINDING_ISSUERS)


KNOWN_ISSUERS = (
    # Source: GitHub, "OpenID Connect reference"; an enterprise's own issuer has its slug behind the host.
    _known(
        "GitHub Actions",
        r"token\.actions\.(githubusercontent\.com|[^/]+\.ghe\.com)(/[^/]+)?",
        "token.actions.githubusercontent.com",
        ".ghe.com",
    ),
    # Source: AKS documentation on identity bindings: `https://ib.oic.prod-aks.azure.com/TENANT/CLIENT-ID`.
    _known("AKS identity bindings", r"ib\.oic\.prod-aks\.azure\.com/[^/]+/[^/]+", "ib.oic.prod-aks.azure.com"),
    # Source: AKS documentation on workload identity (`oidcIssuerProfile.issuerUrl`), Azure workload identity's
    # troubleshooting guide (the older `oidc.prod-aks`).
    _known(
        "AKS",
        r"([^/]+\.oic|oidc)\.prod-aks\.azure\.(com|us|cn)/.+",
        *(f"{kind}.prod-aks.azure.{top}" for top in ("com", "us", "cn") for kind in (".oic", "oidc")),
        ends_in_slash=True,
    ),
    # Source: AWS documentation on IAM roles for service accounts.
    _known("Amazon EKS", r"oidc\.eks\.[^/.]+\.amazonaws\.com(\.cn)?/id/[^/]+", ".amazonaws.com", ".amazonaws.com.cn"),
    # Source: Google Cloud documentation on GKE workload identity, and on OpenID Connect.
    _known("GKE", r"container\.googleapis\.com/v1/projects/.+", "container.googleapis.com"),
    _known("Google", r"accounts\.google\.com", "accounts.google.com"),
    # Source: built-in Azure Policy definition "Managed Identity Federated Credentials should be from allowed issuers".
    _known("Amazon Cognito", r"cognito-identity\.amazonaws\.com", "cognito-identity.amazonaws.com"),
    # Source: GitLab documentation on ID tokens.
    _known("GitLab.com", r"gitlab\.com", "gitlab.com"),
    # Source: HCP Terraform documentation on workload identity tokens.
    _known("HCP Terraform", r"app\.terraform\.io", "app.terraform.io"),
    # Source: Azure DevOps documentation on service connections with workload identity federation.
    _known("Azure DevOps", r"vstoken\.dev\.azure\.com/[^/]+", "vstoken.dev.azure.com"),
    # Source: Microsoft identity platform, access token claims (`iss` of version 1.0 and of version 2.0 tokens).
    _known(
        "Microsoft Entra ID",
        r"login\.microsoftonline\.(com|us)/[^/]+/v2\.0",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
    ),
    _known("Microsoft Entra ID", r"sts\.windows\.net/[^/]+", "sts.windows.net", ends_in_slash=True),
    # Source: Auth0 documentation on validating JSON Web Tokens.
    _known("Auth0", r"[^/]+\.auth0\.com", ".auth0.com", ends_in_slash=True),
)


_REMEMBERED = 1024
"""Issuers that are remembered with what is known of them: a few stand in thousands of credentials."""


@lru_cache(maxsize=_REMEMBERED)
def known_issuer(issuer: str) -> KnownIssuer | None:
    """The service that an issuer belongs to, whether or not its last slash is right; None where nothing is known."""
    bare = issuer.removeprefix(_HTTPS).rstrip("/")
    return next((known for known in KNOWN_ISSUERS if known.pattern.fullmatch(bare)), None)


_LONG = 10
"""Letters of a host from which on another one that differs in one of them is hardly a coincidence."""

_WHOEVER = ": whoever owns it can sign in as the identity"

_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "5": "s", "-": "", ".": "", "_": ""})
_LOOKS = (("rn", "m"), ("vv", "w"))


@lru_cache(maxsize=_REMEMBERED)
def why_similar(issuer: str) -> str | None:
    """Why an issuer could be taken for one of a known service and is none; None where it could not.

    In words that go on after the issuer: "whose host ...".
    """
    text = issuer.removeprefix(_HTTPS)
    host = text.partition("/")[0]
    if known_issuer(issuer) is not None:
        return None if host == host.lower() else "whose host is in lower case in every token, so that none matches"
    if any(label.lower().startswith("xn--") for label in host.split(".")):
        return f"whose host has letters of another script, written as `xn--`{_WHOEVER}"
    pairs = [(known.name, one) for known in KNOWN_ISSUERS for one in known.hosts]
    if any(_is_at(host.lower(), one) for _, one in pairs):
        return None
    for name, one in pairs:
        bare = one.removeprefix(".")
        if re.search(rf"(?<![a-z0-9]){re.escape(bare)}(?![a-z0-9])", text.lower()):
            return f"which contains `{bare}` of {name}, and is another host{_WHOEVER}"
        if _is_almost(host.lower(), one):
            return f"whose host is almost, and not, `{bare}` of {name}{_WHOEVER}"
    return None


def _is_at(host: str, known: str) -> bool:
    return host.endswith(known) if known.startswith(".") else host == known


def _is_almost(host: str, known: str) -> bool:
    """Whether a host looks like a known one, or differs from it in one letter."""
    bare = known.removeprefix(".")
    # Of a host below a known one, only as many names count as that has.
    end = ".".join(host.split(".")[-bare.count(".") - 1 :]) if known.startswith(".") else host
    return len(bare) >= _LONG and (_looks(end) == _looks(bare) or _is_one_edit(end, bare))


def _looks(host: str) -> str:
    for letters, other in _LOOKS:
        host = host.replace(letters, other)
    return host.translate(_ALIKE)


def _is_one_edit(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two that changed places, make one text of the other."""
    same = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
    left, right = one[same:], other[same:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return left != right and (swapped or left[1:] in (right, right[1:]) or left == right[1:])
