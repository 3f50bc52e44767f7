"""Trust that is usually a mistake: of pull requests, by names that others can take, of subjects that nobody sends.

All of it is known from the manifest; nothing here asks Azure or the issuer. Azure would keep each of these credentials
without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredCredential, DesiredIdentity
from reconciler.manifest.finding import TRUST_BY_NAME, Finding
from reconciler.manifest.rules.issuers import known_issuer, why_similar
from reconciler.manifest.rules.subjects import doubtful_subject
from reconciler.manifest.rules.trust_forms import has_lasting_subjects, is_by_name_only, is_github, is_pull_request
from reconciler.model import MAX_CREDENTIALS, CredentialId, Trust


def find_risky_trust(desired: Desired, audience: str) -> tuple[Finding, ...]:
    """Everything about the listed credentials that should be looked at again.

    Args:
        audience: what the cloud's own logins ask tokens for.

    Returns:
        In order of the credentials' ids; of one credential, in the order of the checks below.
    """
    listed = tuple(_listed_credentials(desired))
    findings = [
        Finding(
            reason.code,
            CredentialId(identity.resource_id, one.name),
            one.source,
            reason.message,
            reason.hint,
            given_by=one.given_by,
        )
        for identity, one in listed
        for reason in _reasons(identity, one.trust, audience)
    ]
    findings += _find_shared(listed)
    return tuple(sorted(findings, key=lambda finding: finding.key))


_Listed = tuple[DesiredIdentity, DesiredCredential]


def _listed_credentials(desired: Desired) -> Iterator[_Listed]:
    for group in desired.groups:
        for identity in group.identities:
            for credential in identity.federated_credentials or ():
                yield identity, credential


@dataclass(frozen=True, slots=True)
class _Reason:
    code: str
    message: str
    hint: str


def _reasons(identity: DesiredIdentity, trust: Trust, audience: str) -> list[_Reason]:
    found = [
        _check_project_path(trust),
        _check_audience(audience, trust),
        *_of_issuer(trust.issuer),
        _check_subject(trust),
    ]
    if is_github(trust.issuer):
        found[:0] = [_check_pull_request(trust), _check_names(trust, identity.federated_credentials or ())]
    return [reason for reason in found if reason is not None]


@lru_cache(maxsize=1024)  # a few issuers stand in thousands of credentials
def _of_issuer(issuer: str) -> tuple[_Reason, ...]:
    """What there is to say of an issuer, whatever its subjects."""
    return tuple(reason for reason in (_check_slash(issuer), _check_host(issuer)) if reason is not None)


def _check_pull_request(trust: Trust) -> _Reason | None:
    """Workflows of pull requests, whose code nobody has reviewed.

    Source: GitHub, "OpenID Connect reference", "Filtering for `pull_request` events" (the subject of all of them, but
    for jobs that name an environment); "Workflow syntax", `permissions` (a run for a fork has no write permission, and
    so no `id-token: write`, unless the repository sends write tokens to pull requests).
    """
    if not is_pull_request(trust.subject):
        return None
    return _Reason(
        "trust-pull-request",
        "trusts every pull request of the repository: whoever can push a branch can become the identity with a workflow"
        " that nobody has reviewed, and so can forks that the repository sends write tokens to",
        "Trust a branch, or an environment with required reviewers; give pull requests an identity of their own, with"
        " no more than they need.",
    )


def _check_names(trust: Trust, siblings: tuple[DesiredCredential, ...]) -> _Reason | None:
    """Names that somebody else can take over.

    Source: GitHub, "OpenID Connect reference", "Immutable subject claims".
    """
    if not _is_named(trust):
        return None
    # While a repository changes over, both of its subjects are sent: that takes a second credential for each.
    both = len(siblings) + sum(_is_named(one.trust) for one in siblings)
    meanwhile = (
        "list both until no workflow sends the old one"
        if both <= MAX_CREDENTIALS
        else f"both would be more than the {MAX_CREDENTIALS} credentials of an identity, so change one repository after"
        " the other"
    )
    return _Reason(
        TRUST_BY_NAME,
        "trusts a GitHub repository by name alone: if owner or repository are renamed or deleted, whoever takes the"
        " name inherits the trust",
        "Opt the repository in to immutable subject claims, and trust the subject with the ids of owner and repository"
        f" (`ownerId` and `repositoryId` of the form `github`); {meanwhile}. Where it has none: `legacySubject: true`.",
    )


def _is_named(trust: Trust) -> bool:
    return has_lasting_subjects(trust.issuer) and is_by_name_only(trust.subject)


def _check_project_path(trust: Trust) -> _Reason | None:
    """A path that another project has once this one is renamed, moved or deleted.

    Source: GitLab documentation, "OpenID Connect (OIDC) authentication using ID tokens" (`sub` begins with
    `project_path`; `project_id` is a claim of its own); GitLab issue 477260 (what a subject can be made of).
    """
    if not trust.subject.startswith("project_path:"):
        return None
    return _Reason(
        TRUST_BY_NAME,
        "trusts a GitLab project by its path alone: if the project or its group is renamed, moved or deleted, whoever"
        " makes another one at that path inherits the trust",
        "GitLab's subjects cannot have the project's id: trust a protected branch, keep the group and the project where"
        f" they are, and accept {TRUST_BY_NAME} with who sees to that.",
    )


def _check_audience(expected: str, trust: Trust) -> _Reason | None:
    """Another audience than the one documented for the cloud, which ARM takes all the same.

    Source: Microsoft Entra documentation (considerations for federated identity credentials); recorded traffic.
    """
    if trust.audience == expected:
        return None
    return _Reason(
        "trust-audience",
        f"takes tokens for the audience `{trust.audience}`, which is not the cloud's `{expected}`: tokens that were"
        " asked for another purpose may be exchanged, and those of Azure's own logins are not",
        "Remove `audience`, unless the workload asks for tokens with exactly this one and nothing else does.",
    )


def _check_slash(issuer: str) -> _Reason | None:
    """A slash that may be one too many: issuers compare exactly, and a wrong one is kept without a word.

    Source: Microsoft Entra documentation (considerations for federated identity credentials).
    """
    if not issuer.endswith("/") or known_issuer(issuer) is not None:
        return None
    return _Reason(
        "trust-issuer-slash",
        f"trusts the issuer `{issuer}`, whose slash at the end most issuers do not have",
        "Compare it with the `iss` of a token, or with `issuer` in the issuer's well-known document.",
    )


def _check_host(issuer: str) -> _Reason | None:
    """An issuer that a reader takes for a known one."""
    why = why_similar(issuer)
    if why is None:
        return None
    return _Reason(
        "trust-issuer-similar",
        f"trusts the issuer `{issuer}`, {why}",
        "Compare it letter by letter with the `iss` of a token.",
    )


def _check_subject(trust: Trust) -> _Reason | None:
    """A subject that the issuer's service hardly sends; no more than a warning, since subjects can be customised."""
    doubt = doubtful_subject(trust.issuer, trust.subject)
    if doubt is None:
        return None
    check = "compare it with the `sub` of a token"
    meant = (
        f"Its form is `{doubt.form}`: {check}."
        if doubt.corrected is None
        else f"Write `{doubt.corrected}`; where the subject is customised, {check}."
    )
    message = f"trusts the subject `{trust.subject}`, which {doubt.service} hardly sends: {doubt.why}"
    return _Reason("trust-subject", message, meant)


def _find_shared(listed: tuple[_Listed, ...]) -> Iterator[Finding]:
    """Every credential whose issuer and subject an identity before it trusts too."""
    first: dict[tuple[str, str], tuple[DesiredIdentity, SourcePos]] = {}
    for identity, credential in listed:
        other, source = first.setdefault(credential.trust.who, (identity, credential.line))
        if other is not identity and other.resource_id != identity.resource_id:
            name = f"{other.resource_id.resource_group}/{other.resource_id.name}"
            message = (
                f"trusts the same issuer and subject as {name} at {source}: one workload can become both, and has the"
                " roles of both"
            )
            hint = "Give the workload one identity; or tell its jobs apart by branch, environment or service account."
            credential_id = CredentialId(identity.resource_id, credential.name)
            yield Finding("trust-shared", credential_id, credential.source, message, hint, given_by=credential.given_by)
