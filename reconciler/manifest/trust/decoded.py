"""Who the tokens of an issuer about a subject are for, in the words of the service that issues them.

A reviewer reads "GitHub `contoso/payments`, environment `prod`" and knows who is meant; nobody reads that off a subject
of eighty characters. Whatever is decoded can be put together again to the same subject, letter by letter, and an issuer
that could be another one is named: two subjects that differ never read the same. What no form here fits is shown whole.

The forms, and their sources, are those of `trust_forms` and `subjects`.
"""

import json
import re
from dataclasses import dataclass

from reconciler.manifest.rules.issuers import known_issuer
from reconciler.manifest.rules.trust_forms import GITHUB_ISSUER, PULL_REQUEST, claims_of, is_github
from reconciler.model import Trust

CLOUD_AUDIENCES = frozenset(
    ("api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina")
)
"""What the clouds' own logins ask tokens for, and goes without saying.

Source: Microsoft Entra documentation (considerations for federated identity credentials).
"""


@dataclass(frozen=True, slots=True)
class DecodedSubject:
    """Whom a federated credential trusts.

    Attributes:
        service: that issues the tokens; "" where nobody knows it.
        claims: what the subject says, by name, in its order; where it fits no form, `subject` alone.
        phrases: the same for people, to be joined by commas.
    """

    service: str
    claims: tuple[tuple[str, str], ...]
    phrases: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it in one phrase: "GitHub `contoso/payments`, environment `prod`"."""
        return ", ".join(self.phrases)

    @property
    def subject_of_sentence(self) -> str:
        """The same where a verb follows: with a comma at its end, if it has others."""
        return f"{self.text}," if len(self.phrases) > 1 else self.text


def decode(trust: Trust) -> DecodedSubject:
    """Whom these tokens are for; never fails, whatever issuer and subject are."""
    decoded = _by_service(trust.issuer, trust.subject)
    if trust.audience in CLOUD_AUDIENCES:
        return decoded
    claims = (*decoded.claims, ("audience", trust.audience))
    return DecodedSubject(decoded.service, claims, (*decoded.phrases, f"with tokens for {ticked(trust.audience)}"))


def ticked(text: str) -> str:
    """A value between back-quotes, or between double quotes where it could end these itself; whole in either case."""
    return json.dumps(text, ensure_ascii=False) if "`" in text or not text else f"`{text}`"


def _by_service(issuer: str, subject: str) -> DecodedSubject:
    known = known_issuer(issuer)
    name = "" if known is None or known.spelled(issuer) != issuer else known.name
    if is_github(issuer):
        return _github(issuer, subject) or _whole("GitHub", issuer, subject)
    account = _ACCOUNT.fullmatch(subject)
    if account is not None and name in _ISSUERS_OF_ACCOUNTS:
        return _kubernetes(issuer, account)
    if issuer == _GITLAB:
        return _gitlab(subject) or _whole("GitLab", issuer, subject)
    connection = _AZURE_DEVOPS.fullmatch(subject)
    if name == "Azure DevOps" and connection is not None:
        return _azure_devops(issuer, connection)
    return _whole(name, issuer, subject)


def _whole(service: str, issuer: str, subject: str) -> DecodedSubject:
    """What fits no form: every letter of it."""
    where = f"{service} ({ticked(issuer)})" if service else f"the issuer {ticked(issuer)}"
    return DecodedSubject(service, (("subject", subject),), (where, f"subject {ticked(subject)}"))


_IDS = re.compile(r"([^@/]+)@([0-9]+)/([^@/]+)@([0-9]+)")
_REPOSITORY = re.compile(r"[^@/]+/[^@/]+")
_REF = re.compile(r"refs/(heads|tags)/(.+)")
_WORDS = {
    "environment": "environment",
    "job_workflow_ref": "workflow",
    "workflow_ref": "calling workflow",
    "repository": "repository",
    "repository_owner": "owner",
    "repository_owner_id": "owner id",
    "repository_id": "repository id",
}
"""What GitHub's claims are called in a sentence; any other is called a claim, by its own name."""


def _github(issuer: str, subject: str) -> DecodedSubject | None:
    pairs = claims_of(subject)
    if not all(value or name == PULL_REQUEST for name, value in pairs):
        return None
    lead, claims = "GitHub", []
    name, value = pairs[0]
    if name == "repo" and (ids := _IDS.fullmatch(value)):
        claims = [("repository", f"{ids[1]}/{ids[3]}"), ("owner_id", ids[2]), ("repository_id", ids[4])]
        lead = f"GitHub {ticked(claims[0][1])} (ids {ids[2]} and {ids[4]})"
    elif name == "repo" and _REPOSITORY.fullmatch(value):
        claims = [("repository", value)]
        lead = f"GitHub {ticked(value)}"
    rest = [_github_claim(*one) for one in (pairs[1:] if claims else pairs)]
    phrases = (lead, *(phrase for _, _, phrase in rest), *_issuer_phrase(issuer))
    return DecodedSubject("GitHub", (*claims, *((key, of) for key, of, _ in rest)), phrases)


def _github_claim(name: str, value: str) -> tuple[str, str, str]:
    """A claim's name and value, and the phrase for it; of a ref, what it is."""
    if name == PULL_REQUEST:
        return name, value, "every pull request"
    if name == "ref" and (ref := _REF.fullmatch(value)):
        kind = "branch" if ref[1] == "heads" else "tag"
        return kind, ref[2], f"{kind} {ticked(ref[2])}"
    if name == "environment":
        value = value.replace("%3A", ":")
    return name, value, f"{_WORDS.get(name) or f'claim {ticked(name)}'} {ticked(value)}"


def _issuer_phrase(issuer: str) -> tuple[str, ...]:
    """Any issuer but github.com's own, since whoever runs it says who anybody is."""
    return () if issuer == GITHUB_ISSUER else (f"issued by {ticked(issuer)}",)


_ACCOUNT = re.compile(r"system:serviceaccount:([^:/]+):([^:/]+)")
_ISSUERS_OF_ACCOUNTS = ("", "AKS", "Amazon EKS", "GKE")
"""Services whose tokens are of Kubernetes service accounts; the issuers of most clusters nobody knows."""


def _kubernetes(issuer: str, account: re.Match[str]) -> DecodedSubject:
    namespace, name = account.groups()
    claims = (("namespace", namespace), ("serviceAccount", name))
    # Each cluster is an issuer of its own, and all of them have a service account `default/default`.
    return DecodedSubject(
        "Kubernetes",
        claims,
        (f"Kubernetes service account {ticked(f'{namespace}/{name}')} of the cluster {ticked(issuer)}",),
    )


_AZURE_DEVOPS = re.compile(r"(sc|p)://([^/]+)/([^/]+)/([^/]+)")


def _azure_devops(issuer: str, found: re.Match[str]) -> DecodedSubject:
    kind, organization, project, name = found.groups()
    word = "serviceConnection" if kind == "sc" else "pipeline"
    spoken = "service connection" if kind == "sc" else "pipeline"
    claims = (("organization", organization), ("project", project), (word, name))
    # The organization's name can change hands; its id, which the issuer has, cannot.
    return DecodedSubject(
        "Azure DevOps",
        claims,
        (
            f"Azure DevOps {ticked(f'{organization}/{project}')}",
            f"{spoken} {ticked(name)}",
            f"issued by {ticked(issuer)}",
        ),
    )


_GITLAB = "https://gitlab.com"


def _gitlab(subject: str) -> DecodedSubject | None:
    pairs = claims_of(subject)
    if not all(value for _, value in pairs) or pairs[0][0] != "project_path" or PULL_REQUEST in dict(pairs):
        return None
    (_, project), *rest = pairs
    known = dict(rest)
    if [name for name, _ in rest] == ["ref_type", "ref"] and known["ref_type"] in ("branch", "tag"):
        kind, name = known["ref_type"], known["ref"]
        words = (f"GitLab {ticked(project)}", f"{kind} {ticked(name)}")
        return DecodedSubject("GitLab", (("project", project), (kind, name)), words)
    phrases = (f"GitLab {ticked(project)}", *(f"claim {ticked(name)} {ticked(value)}" for name, value in rest))
    return DecodedSubject("GitLab", (("project", project), *rest), phrases)
