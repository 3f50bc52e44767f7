"""Subjects that a known service hardly sends: what is odd about one, and what was probably meant.

Azure takes any subject and compares it letter by letter, so a slip shows only when a login fails. The services let
their subjects be customised, though, so nothing here is an error, and a claim that this module does not know is let
pass: only what is close to a known word, or stands where no claim can stand, is reported.

    GitHub              repo:OWNER/REPOSITORY:CONTEXT, or any claims, as NAME:VALUE one after the other
    GitLab              project_path:GROUP/PROJECT:ref_type:branch:ref:NAME, or project_path and other claims
    Kubernetes          system:serviceaccount:NAMESPACE:NAME
    Azure DevOps        sc://ORGANIZATION/PROJECT/CONNECTION
    Microsoft Entra ID  /eid1/c/CLOUD/t/TENANT/a/APPLICATION/..., among others

Source, GitHub: docs.github.com, "OpenID Connect reference" (token claims, "Example subject claims", "Customizing the
subject claims for an organization or repository", "Filtering for metadata containing `:`").
Source, GitLab: docs.gitlab.com, "OpenID Connect (OIDC) authentication using ID tokens" (token payload); projects API,
`ci_id_token_sub_claim_components` (the first is `project_path`).
Source, Kubernetes: kubernetes.io, "Authenticating" (service account tokens), "Object Names and IDs" (RFC 1123).
Source, Azure DevOps and Entra: learn.microsoft.com, "Manually configure a workload identity service connection" and
"Convert service connections to the Microsoft Entra issuer"; Azure DevOps, ID tokens of pipelines (`p://`).
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.manifest.rules.issuers import known_issuer
from reconciler.manifest.rules.trust_forms import is_github, service_account_subject
from reconciler.manifest.rules.words import quoted

_CLUSTERS = ("AKS", "Amazon EKS", "GKE")


@dataclass(frozen=True, slots=True)
class SubjectDoubt:
    """Why a subject is hardly one of a service's.

    Attributes:
        form: what the service sends.
        why: a whole clause.
        corrected: what was probably meant; None where that cannot be seen.
    """

    service: str
    form: str
    why: str
    corrected: str | None


def doubtful_subject(issuer: str, subject: str) -> SubjectDoubt | None:
    """What is odd about a subject for its issuer; None where nothing is, or nothing is known of the issuer."""
    known = known_issuer(issuer)
    name = "" if known is None else known.name
    if is_github(issuer):
        return _doubt("GitHub", "repo:OWNER/REPOSITORY:CONTEXT", subject, _by_claims(subject, _GITHUB))
    if name != "GitLab.com" and _RIGHT_ACCOUNT.fullmatch(subject):
        return None
    start = re.sub(r"[^a-z0-9]", "", subject.casefold())
    if name == "GitLab.com" or start.startswith("projectpath"):
        form = "project_path:GROUP/PROJECT:ref_type:branch:ref:NAME"
        return _doubt("GitLab", form, subject, _by_claims(subject, _GITLAB))
    if name in _CLUSTERS or start.startswith(("systemserviceaccount", "serviceaccount")):
        return _doubt("Kubernetes", service_account_subject("NAMESPACE", "NAME"), subject, _kubernetes(subject))
    if name == "Azure DevOps":
        return _doubt(name, "sc://ORGANIZATION/PROJECT/CONNECTION", subject, _azure_devops(subject))
    if name == "Microsoft Entra ID":
        return _doubt(name, "/eid1/c/CLOUD/t/TENANT/a/APPLICATION/...", subject, _entra(subject))
    return None


_Found = tuple[str, str | None] | None
"""Why a subject is odd, and the corrected one; None where it is not odd."""


def _doubt(service: str, form: str, subject: str, found: _Found) -> SubjectDoubt | None:
    if found is None:
        return None
    why, corrected = found
    return SubjectDoubt(service, form, why, None if corrected == subject else corrected)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim as it is read: its name, "" for a word that none can be made of; `why` says what is odd about it."""

    name: str
    value: str
    why: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class _Grammar:
    """How a service makes a subject of claims.

    Attributes:
        first: the claim that a bare path at the beginning stands for.
        branch: what a bare name behind that claim is taken for.
        names: the claims that are known.
        bare: those that have no value.
        aliases: other words for a claim, in lower case with `_`, and what its value begins with then.
        values: by claim, what its value should be; None where it cannot be what it is.
    """

    first: str
    branch: str
    names: tuple[str, ...]
    bare: tuple[str, ...]
    aliases: Mapping[str, tuple[str, str]]
    values: Mapping[str, Callable[[str], str | None]] = field(default_factory=dict)


_URL = re.compile(
    r"(?:(?:repo|repository|project_path):)?"
    r"(?:https?://[^/:]+(?::[0-9]+)?/|ssh://git@[^/]+/|git@[^:/]+:|(?:www\.)?git(?:hub|lab)\.com/)",
    re.IGNORECASE,
)
_PATH = re.compile(r"[\w.-]+(?:@[0-9]+)?(?:/[\w.-]+(?:@[0-9]+)?)+")
_CLAIM_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BRANCH = re.compile(r"[\w./-]+")
_CLOSE = 0.88


def _by_claims(subject: str, grammar: _Grammar) -> _Found:
    """Reads a subject as claims one after the other."""
    url = _URL.match(subject)
    words = (f"{grammar.first}:{subject[url.end() :]}" if url else subject).split(":")
    claims: list[_Claim] = []
    while words:
        claims.append(_next_claim(words, claims, grammar))
    whys = ["it has a URL for the repository"] * bool(url) + [one.why for one in claims if one.why]
    if not whys:
        return None
    if not all(one.is_certain for one in claims):
        return whys[0], None
    return whys[0], ":".join(_written(one, grammar) for one in _joined(claims))


def _next_claim(words: list[str], before: list[_Claim], grammar: _Grammar) -> _Claim:
    """Takes the next claim off the words."""
    word = words.pop(0)
    if word in grammar.bare:
        return _Claim(word, "")
    name, prefix, inline = _meant(word, grammar)
    if not name:
        return _unknown(word, words, before, grammar)
    odd = "" if name == word and not prefix and inline is None else f"`{word}` is none of its claims"
    if name in grammar.bare:
        return _Claim(name, "", odd)
    value = inline if inline is not None else (words.pop(0) if words else "")
    if not value:
        return _Claim(name, "", f"`{word}` has no value", is_certain=False)
    right = grammar.values.get(name, str)(prefix + value)
    if right is None:
        return _Claim(name, value, f"`{value}` cannot be a value of `{name}`", is_certain=False)
    wrong = "" if right == prefix + value else f"`{value}` is not how it writes `{right}`"
    return _Claim(name, right, odd or wrong)


def _meant(word: str, grammar: _Grammar) -> tuple[str, str, str | None]:
    """The claim that a word means, what its value begins with, and a value that stands in the word itself."""
    known = {**grammar.aliases, **{name: (name, "") for name in (*grammar.names, *grammar.bare)}}
    plain = re.sub(r"[- ]", "_", word.casefold())
    if plain in known:
        return *known[plain], None
    head, slash, rest = word.partition("/")
    if slash and head.casefold() in known and head.casefold() != grammar.first:
        return *known[head.casefold()], rest
    # A claim that this module does not know may be close to one that it does, so the two have to be very close.
    close = difflib.get_close_matches(plain, (*grammar.names, *grammar.bare), n=1, cutoff=_CLOSE)
    return (close[0], "", None) if close else ("", "", None)


def _unknown(word: str, words: list[str], before: list[_Claim], grammar: _Grammar) -> _Claim:
    """What a word is that means no claim: a path without its claim, a part of a name, a new claim, or a slip."""
    if not before and _PATH.fullmatch(word):
        return _Claim(grammar.first, word, f"it does not begin with `{grammar.first}:`")
    if words and _CLAIM_NAME.fullmatch(word):
        return _Claim(word, words.pop(0))
    last = before[-1].name if before else ""
    if last == "environment" and word:
        return _Claim("", word, "it writes the `:` of an environment's name as `%3A`")
    if last == grammar.first and not words and _BRANCH.fullmatch(word):
        name, value = grammar.branch.format(word).split(":", 1)
        return _Claim(name, value, f"`{word}` has no claim before it")
    return _Claim("", word, f"{quoted(word)} is no claim with a value", is_certain=False)


def _joined(claims: list[_Claim]) -> list[_Claim]:
    """The claims with the parts of a name put together again."""
    joined: list[_Claim] = []
    for one in claims:
        if one.name:
            joined.append(one)
        else:
            joined[-1] = _Claim(joined[-1].name, f"{joined[-1].value}%3A{one.value}")
    return joined


def _written(claim: _Claim, grammar: _Grammar) -> str:
    return claim.name if claim.name in grammar.bare else f"{claim.name}:{claim.value}"


def _repository(value: str) -> str | None:
    """`OWNER/REPOSITORY`, with the ids of both or of none."""
    bare = value.removesuffix(".git").strip("/")
    return bare if re.fullmatch(r"[\w.-]+/[\w.-]+|[\w.-]+@[0-9]+/[\w.-]+@[0-9]+", bare) else None


def _github_ref(value: str) -> str | None:
    """A whole name of a ref; a bare name is taken for that of a branch."""
    match = re.fullmatch(r"(?:refs?/)?(heads?|tags?)/(.+)", value, re.IGNORECASE)
    if match:
        return f"refs/{'heads' if match[1].casefold().startswith('h') else 'tags'}/{match[2]}"
    if re.match(r"refs/[a-z]+/.", value):
        return value
    return None if value.startswith("refs/") else f"refs/heads/{value}"


def _project(value: str) -> str | None:
    """`GROUP/PROJECT`, with any number of groups."""
    bare = value.removesuffix(".git").strip("/")
    return bare if "/" in bare and "@" not in bare and _PATH.fullmatch(bare) else None


def _ref_type(value: str) -> str | None:
    """`branch` or `tag`, by itself or with the claim that follows it."""
    kinds = {"branch": "branch", "branches": "branch", "head": "branch", "heads": "branch", "tag": "tag", "tags": "tag"}
    kind, colon, rest = value.partition(":")
    right = kinds.get(kind.casefold())
    return None if right is None else f"{right}{colon}{rest}"


_GITHUB = _Grammar(
    first="repo",
    branch="ref:refs/heads/{}",
    names=(
        *("repo", "context", "actor", "actor_id", "base_ref", "check_run_id", "enterprise", "enterprise_id"),
        *("environment", "environment_node_id", "event_name", "head_ref", "issuer_scope", "job_workflow_ref"),
        *("job_workflow_sha", "ref", "ref_protected", "ref_type", "repository", "repository_id", "repository_owner"),
        *("repository_owner_id", "repository_visibility", "run_attempt", "run_id", "run_number"),
        *("runner_environment", "sha", "workflow", "workflow_ref", "workflow_sha"),
    ),
    bare=("pull_request",),
    aliases={
        **dict.fromkeys(("branch", "branches", "head", "heads"), ("ref", "refs/heads/")),
        **dict.fromkeys(("tag", "tags"), ("ref", "refs/tags/")),
        "refs": ("ref", "refs/"),
        **dict.fromkeys(("env", "environments"), ("environment", "")),
        **dict.fromkeys(("pr", "pull", "pullrequest", "pull_requests"), ("pull_request", "")),
    },
    values={"repo": _repository, "repository": _repository, "ref": _github_ref},
)

_GITLAB = _Grammar(
    first="project_path",
    branch="ref_type:branch:ref:{}",
    names=(
        *("project_path", "project_id", "namespace_path", "namespace_id", "ref_type", "ref", "ref_path"),
        *("ref_protected", "environment", "environment_protected", "environment_action", "deployment_tier"),
        *("user_login", "user_id", "user_email", "user_access_level", "pipeline_id", "pipeline_source", "job_id"),
        *("runner_id", "runner_environment", "sha", "ci_config_ref_uri", "ci_config_sha", "project_visibility"),
    ),
    bare=(),
    aliases={
        **dict.fromkeys(("repo", "repository", "project", "projectpath"), ("project_path", "")),
        **dict.fromkeys(("reftype", "type"), ("ref_type", "")),
        **dict.fromkeys(("branch", "branches"), ("ref_type", "branch:ref:")),
        **dict.fromkeys(("tag", "tags"), ("ref_type", "tag:ref:")),
    },
    values={
        "project_path": _project,
        "ref_type": _ref_type,
        "ref": lambda value: re.sub(r"^refs/(heads|tags)/", "", value),
    },
)

_ACCOUNT = re.compile(
    r"(?:(?:system[:/])?service[-_ ]?accounts?[:/])?(?!service[-_ ]?account)([^:/]+)[:/]([^:/]+)", re.IGNORECASE
)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_SUBDOMAIN = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(_SUBDOMAIN)
_RIGHT_ACCOUNT = re.compile(f"system:serviceaccount:(?!service-?account){_LABEL}:{_SUBDOMAIN}")
"""A subject that `_kubernetes` finds nothing odd about: there is one for each identity of a large manifest."""


def _kubernetes(subject: str) -> _Found:
    """A namespace is a DNS label, and a service account a DNS subdomain: both in lower case."""
    account = _ACCOUNT.fullmatch(subject)
    if account is None:
        return "it does not name one namespace and one service account", None
    namespace, name = account[1].lower(), account[2].lower()
    right = service_account_subject(namespace, name)
    if not _NAMESPACE.fullmatch(namespace) or not _NAME.fullmatch(name):
        return "the namespace or the service account has a name that it does not admit", None
    return None if right == subject else ("names are in lower case there, behind `system:serviceaccount:`", right)


_CONNECTION = re.compile(r"(?:sc:/{0,3}|https?://dev\.azure\.com/|/)?([^/:]+)/([^/]+)/([^/]+)/?", re.IGNORECASE)


def _azure_devops(subject: str) -> _Found:
    """A service connection by the names of its organization and project, or a pipeline (`p://`) by these."""
    if re.fullmatch(r"(sc|p)://[^/]+/[^/]+/[^/]+", subject):
        return None
    if subject.lstrip("/").casefold().startswith("eid1/"):
        return "it belongs to the issuer `https://login.microsoftonline.com/TENANT/v2.0`", None
    connection = _CONNECTION.fullmatch(subject)
    right = None if connection is None else "sc://" + "/".join(connection.groups())
    return "it does not name organization, project and service connection behind `sc://`", right


def _entra(subject: str) -> _Found:
    """Of Entra's own subjects only those are known that begin with `/eid1`; others are ids of principals."""
    if subject.casefold().startswith("sc:"):
        return "it belongs to the issuer `https://vstoken.dev.azure.com/ORGANIZATION-ID`", None
    if not subject.lstrip("/").casefold().startswith("eid1"):
        return None
    right = re.sub(r"^/*eid1/+c/", "/eid1/c/", subject, flags=re.IGNORECASE)
    if re.fullmatch(r"/eid1/c/[a-z0-9]+/t/[^/]+/a/[^/]+/.+", right) is None:
        return "it is cut short, or has lost a part", None
    return None if right == subject else ("it does not begin with `/eid1/c/`", right)
