"""How a manifest says what is live in the shortest words that mean exactly the same.

A credential of GitHub or Kubernetes by its parts, a scope by the names of the manifest's own subscription, several
roles at several scopes as one entry.
"""

import re
from collections.abc import Iterable, Iterator

from reconciler.manifest.desired import CONDITION_VERSION, DETAIL_KEYS
from reconciler.manifest.rules.trust_forms import GITHUB_ISSUER, GitHubContext, GitHubWorkflows, service_account_subject
from reconciler.manifest.yaml.document import Plain
from reconciler.model import AssignmentDetails, Trust, normalize_scope, same_name

_WORKFLOWS = re.compile(
    r"repo:(?P<owner>[^@/:]+)(?:@(?P<owner_id>\d+))?/(?P<name>[^@/:]+)(?:@(?P<repository_id>\d+))?:(?P<context>.+)"
)
_CONTEXTS = (
    (GitHubContext.BRANCH, "ref:refs/heads/"),
    (GitHubContext.TAG, "ref:refs/tags/"),
    (GitHubContext.ENVIRONMENT, "environment:"),
    (GitHubContext.PULL_REQUEST, "pull_request"),
)
_ACCOUNT = re.compile(r"system:serviceaccount:(?P<namespace>[^:]+):(?P<name>[^:]+)")
_PLACE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(?:/resourceGroups/(?P<group>[-\w.()]{1,90})"
    r"(?:/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/(?P<identity>[A-Za-z0-9][A-Za-z0-9_-]{2,127}))?)?",
    re.IGNORECASE,
)
_TAKEN_GROUPS = ("subscription", "subscriptions", "providers")
"""Names of groups that would be read as something else where a scope is short."""

SHORT_SUBSCRIPTION = "subscription"


class Reference(str):
    """A text with a variable in it that is meant, unlike live text that looks like one."""

    __slots__ = ()


def trust_forms(name: str, trust: Trust, audience: str) -> Iterator[dict[str, Plain]]:
    """The ways to write a credential, the shortest first; `audience` is the one that goes without saying."""
    rest: dict[str, Plain] = {} if trust.audience == audience else {"audience": trust.audience}
    workflows = _workflows(trust.subject) if trust.issuer == GITHUB_ISSUER else None
    if workflows is not None and workflows.subject == trust.subject:
        yield {"name": name, "github": _github(workflows), **rest}
    account = _ACCOUNT.fullmatch(trust.subject)
    if account is not None and service_account_subject(account["namespace"], account["name"]) == trust.subject:
        form: dict[str, Plain] = {
            "issuer": trust.issuer,
            "namespace": account["namespace"],
            "serviceAccount": account["name"],
        }
        yield {"name": name, "kubernetes": form, **rest}
    yield {"name": name, "issuer": trust.issuer, "subject": trust.subject, **rest}


def _workflows(subject: str) -> GitHubWorkflows | None:
    match = _WORKFLOWS.fullmatch(subject)
    if match is None or (match["owner_id"] is None) != (match["repository_id"] is None):
        return None
    for context, begin in _CONTEXTS:
        if match["context"].startswith(begin):
            name = match["context"].removeprefix(begin)
            ids = None if match["owner_id"] is None else (match["owner_id"], match["repository_id"])
            shown = name.replace("%3A", ":") if context is GitHubContext.ENVIRONMENT else name
            return GitHubWorkflows(f"{match['owner']}/{match['name']}", ids, context, shown)
    return None


def _github(workflows: GitHubWorkflows) -> dict[str, Plain]:
    form: dict[str, Plain] = {"repository": workflows.repository}
    if workflows.ids is None:
        form["legacySubject"] = True
    else:
        form["ownerId"], form["repositoryId"] = map(_number, workflows.ids)
    is_pull_request = workflows.context is GitHubContext.PULL_REQUEST
    form[workflows.context.value] = True if is_pull_request else workflows.name
    return form


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) < 16 and str(int(digits)) == digits else digits


def short_scope(scope: str, subscription_id: str) -> str:
    """A scope by names of the subscription, where they say all of it; otherwise its id."""
    match = _PLACE.fullmatch(scope)
    if match is None or not same_name(match["subscription"], subscription_id):
        return scope
    if match["group"] is None:
        return SHORT_SUBSCRIPTION
    if match["group"].casefold() in _TAKEN_GROUPS:
        return scope
    return f"{match['group']}/{match['identity']}" if match["identity"] else match["group"]


def detail_lines(details: AssignmentDetails) -> dict[str, Plain]:
    """The keys of a line that say all that an assignment has besides its role and scope; none for what it has not."""
    named = dict(details.named())
    if named["condition_version"] == CONDITION_VERSION:
        named["condition_version"] = None
    return {key: value for key, name in DETAIL_KEYS.items() if (value := named[name]) is not None}


def role_entries(lines: Iterable[dict[str, Plain]]) -> list[Plain]:
    """Lines, each of one role at one scope, as fewer entries that mean the same; in the order of what comes first.

    Only lines that say nothing else are put together.
    """
    entries: list[dict[str, Plain]] = []
    roles: dict[str, list[str]] = {}
    scopes: dict[str, str] = {}
    for line in lines:
        role, scope = line["role"], line["scope"]
        if len(line) > 2 or not isinstance(role, str) or not isinstance(scope, str):
            entries.append(line)
            continue
        key = normalize_scope(scope)
        scopes.setdefault(key, scope)
        roles.setdefault(key, []).append(role)
    together: dict[tuple[str, ...], list[str]] = {}
    for key, names in roles.items():
        together.setdefault(tuple(names), []).append(scopes[key])
    several = [{**_one_or_several("role", [*names]), **_one_or_several("scope", at)} for names, at in together.items()]
    return [*several, *entries]


def _one_or_several(key: str, values: list[str]) -> dict[str, Plain]:
    return {key: values[0]} if len(values) == 1 else {f"{key}s": [*values]}
