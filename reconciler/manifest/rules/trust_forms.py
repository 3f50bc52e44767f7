"""The subjects of tokens that GitHub Actions and Kubernetes issue: written from their parts, and read again.

A credential with a wrong subject is accepted by Azure and then never works, so the forms of a manifest take the parts
and this module puts them together, as documented and with no guess between documented formats.

Source, GitHub: docs.github.com, "OpenID Connect reference" (actions/reference/security/oidc), sections "Example subject
claims", "Filtering for metadata containing `:`" and "Immutable subject claims"; changelog of 23 April 2026 on immutable
subject claims.

    repo:OWNER@OWNER-ID/REPO@REPO-ID:CONTEXT    created, renamed or transferred since 15 July 2026, or opted in
    repo:OWNER/REPO:CONTEXT                     all others
    CONTEXT: ref:refs/heads/BRANCH, ref:refs/tags/TAG, environment:NAME (a `:` in it sent as `%3A`), pull_request

Source, Kubernetes: kubernetes.io, "Authenticating" (service account tokens) and "Managing Service Accounts"; names by
"Object Names and IDs" (namespaces are DNS labels, service accounts DNS subdomains).

    system:serviceaccount:NAMESPACE:SERVICE-ACCOUNT
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import assert_never
from urllib.parse import urlsplit

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
"""The issuer of github.com. Source: GitHub, "OpenID Connect reference"."""

PULL_REQUEST = "pull_request"
"""The claim that has no value. Source: GitHub, "OpenID Connect reference"."""

_WITH_IDS = re.compile(r"[^@/]+@[0-9]+/[^@/]+@[0-9]+")
# Claims that a subject can be made of, and those among them that outlive a name.
# Source: GitHub, "OpenID Connect reference", "Customizing the subject claims for an organization or repository".
_NAME_CLAIMS = ("repo", "repository", "repository_owner")
_LASTING_CLAIMS = frozenset(("repository_id", "repository_owner_id"))


class GitHubContext(StrEnum):
    """What a workflow runs for, by the key that says so in a manifest."""

    BRANCH = "branch"
    TAG = "tag"
    ENVIRONMENT = "environment"
    PULL_REQUEST = "pullRequest"


@dataclass(frozen=True, slots=True)
class GitHubWorkflows:
    """Workflows of one repository.

    Attributes:
        repository: `OWNER/REPOSITORY`.
        ids: of owner and repository; None where the repository's subjects are without them.
        name: of the branch, tag or environment; "" for pull requests.
    """

    repository: str
    ids: tuple[str, str] | None
    context: GitHubContext
    name: str

    @property
    def subject(self) -> str:
        """The subject of their tokens."""
        return f"repo:{self._repository()}:{self._context()}"

    def _repository(self) -> str:
        if self.ids is None:
            return self.repository
        owner, _, name = self.repository.partition("/")
        owner_id, repository_id = self.ids
        return f"{owner}@{owner_id}/{name}@{repository_id}"

    def _context(self) -> str:
        match self.context:
            case GitHubContext.BRANCH:
                return f"ref:refs/heads/{self.name}"
            case GitHubContext.TAG:
                return f"ref:refs/tags/{self.name}"
            case GitHubContext.ENVIRONMENT:
                return f"environment:{self.name.replace(':', '%3A')}"
            case GitHubContext.PULL_REQUEST:
                return PULL_REQUEST
        assert_never(self.context)


def service_account_subject(namespace: str, name: str) -> str:
    """The subject of the tokens of a Kubernetes service account."""
    return f"system:serviceaccount:{namespace}:{name}"


def is_github(issuer: str) -> bool:
    """Whether an issuer is GitHub Actions: of github.com, of GHE.com, or of a GitHub Enterprise Server.

    Source: GitHub, "OpenID Connect reference" (`iss`, "Substituted values on GHE.com", an enterprise's own `issuer`).
    """
    return has_lasting_subjects(issuer) or issuer.endswith("/_services/token")


@lru_cache(maxsize=1024)  # a few issuers stand in thousands of credentials
def has_lasting_subjects(issuer: str) -> bool:
    """Whether an issuer is a GitHub whose subjects can contain ids; an Enterprise Server's cannot.

    Source: GitHub, "OpenID Connect reference", "Immutable subject claims".
    """
    host = urlsplit(issuer).hostname or ""
    return host == "token.actions.githubusercontent.com" or (
        host.startswith("token.actions.") and host.endswith(".ghe.com")
    )


def is_pull_request(subject: str) -> bool:
    """Whether a subject of GitHub's is that of pull requests, of the default format or of one with more claims."""
    return any(claim == PULL_REQUEST for claim, _ in claims_of(subject))


def is_by_name_only(subject: str) -> bool:
    """Whether a subject of GitHub's names a repository or its owner, and has no id that outlives the name."""
    claims = dict(claims_of(subject))
    named = [claims[name] for name in _NAME_CLAIMS if name in claims]
    return bool(named) and not any(map(_WITH_IDS.fullmatch, named)) and not _LASTING_CLAIMS & claims.keys()


def claims_of(subject: str) -> list[tuple[str, str]]:
    """The claims that a subject is made of: `NAME:VALUE` one after the other, but for `pull_request`, which is bare.

    GitLab's subjects are made in the same way. Source: GitLab, "OpenID Connect (OIDC) authentication using ID tokens".
    """
    words = subject.split(":")
    claims = []
    while words:
        name = words.pop(0)
        claims.append((name, words.pop(0) if words and name != PULL_REQUEST else ""))
    return claims
