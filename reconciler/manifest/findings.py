"""What is usually a mistake, though Azure and the manifest's rules admit it: risky trust, broad roles, loose deletes.

A finding is a warning: somebody may have meant it, and says so by `accept` on that line. Each stands at one credential,
role or identity with the line that lists it, so that a strict run can hold back that alone. All is known from the
manifest; nothing here asks Azure or GitHub.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential
from reconciler.manifest.rules.issuers import known_issuer, why_similar
from reconciler.manifest.rules.trust_forms import has_lasting_subjects, is_by_name_only, is_github, is_pull_request
from reconciler.model import (
    AnyId,
    AssignmentId,
    CredentialId,
    JsonObject,
    Trust,
    Violation,
    is_within,
    source_document,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to look at a federated credential, a role, or an identity to remove, again.

    `message` goes on where its address stops: "trusts ...".
    """

    code: str
    resource_id: AnyId
    pos: SourcePos
    message: str
    hint: str

    @property
    def address(self) -> str:
        """The whole address of what it is about."""
        return self.resource_id.address


def find_doubts(desired: Desired, audience: str) -> tuple[Finding, ...]:
    """Everything in a manifest that should be looked at again, in order of the ids; `audience` as below.

    Without what its own line accepts, and with what a line accepts to no purpose.
    """
    accepted = _accepted(desired)
    findings = _all_doubts(desired, audience)
    found = {(one.pos, one.code) for one in findings}
    unused = [_unused(*line, code) for (pos, code), line in accepted.items() if (pos, code) not in found]
    left = (*(one for one in findings if (one.pos, one.code) not in accepted), *unused)
    return tuple(sorted(left, key=lambda finding: finding.resource_id.key))


def find_accepted(desired: Desired, audience: str) -> tuple[Finding, ...]:
    """What would have to be looked at again, had its own line not accepted it; in order of the ids."""
    accepted = _accepted(desired)
    return tuple(one for one in _all_doubts(desired, audience) if (one.pos, one.code) in accepted)


def accepted_note(accepted: Sequence[Finding]) -> tuple[str, ...]:
    """How much the manifest accepts, in a sentence; nothing where it accepts nothing."""
    counts = Counter(one.code for one in accepted)
    if not counts:
        return ()
    codes = ", ".join(f"{code} ({number})" for code, number in sorted(counts.items()))
    return (f"The manifest accepts {counts.total()} {'warning' if counts.total() == 1 else 'warnings'}: {codes}.",)


def _all_doubts(desired: Desired, audience: str) -> tuple[Finding, ...]:
    findings = (*find_risky_trust(desired, audience), *_find_broad_roles(desired), *_find_unpinned(desired))
    return tuple(sorted(findings, key=lambda finding: finding.resource_id.key))


_Line = tuple[AnyId, DesiredCredential | DesiredAssignment]

UNUSED = "accept-unused"
"""The warning of a line that accepts what nobody says of it."""

_OF_GUARDS = frozenset({"grant"})
"""What a line can accept that is no warning: whether it is needed follows from what lives."""


def _accepted(desired: Desired) -> dict[tuple[SourcePos, str], _Line]:
    """Lines by their place and the code of each warning that they accept."""
    lines: tuple[_Line, ...] = (*_listed_credentials(desired), *_listed_assignments(desired))
    return {
        (line.source, one.code): (resource_id, line)
        for resource_id, line in lines
        for one in line.accept
        if one.code not in _OF_GUARDS
    }


def _unused(resource_id: AnyId, line: DesiredCredential | DesiredAssignment, code: str) -> Finding:
    message = f"accepts the warning {code}, which there is no reason for"
    return Finding(UNUSED, resource_id, line.source, message, "Remove that entry of `accept`.")


def find_risky_trust(desired: Desired, audience: str) -> tuple[Finding, ...]:
    """Everything about the listed credentials that should be looked at again.

    Args:
        audience: what the cloud's own logins ask tokens for.

    Returns:
        In order of the credentials' ids; of one credential, in the order of the checks below.
    """
    listed = tuple(_listed_credentials(desired))
    checks = (_check_pull_request, _check_names, partial(_check_audience, audience), _check_slash, _check_host)
    findings = [
        Finding(reason.code, credential_id, credential.source, reason.message, reason.hint)
        for credential_id, credential in listed
        for check in checks
        if (reason := check(credential.trust)) is not None
    ]
    findings += _find_shared(listed)
    return tuple(sorted(findings, key=lambda finding: finding.resource_id.key))


def finding_violation(finding: Finding, refused: AnyId | None = None) -> Violation:
    """The refusal that a finding becomes where warnings are not let pass; it holds back what it is about.

    Args:
        refused: the id of the change that is meant, where the finding does not know all of it.
    """
    about = refused or finding.resource_id
    return Violation(finding.code, about, finding.message, finding.hint, (about,))


def finding_document(finding: Finding) -> JsonObject:
    """A finding in JSON."""
    return {
        "code": finding.code,
        "address": finding.address,
        "message": finding.message,
        "hint": finding.hint,
        "source": source_document(finding.pos),
    }


def _listed_credentials(desired: Desired) -> Iterator[tuple[CredentialId, DesiredCredential]]:
    for group in desired.groups:
        for identity in group.identities:
            for credential in identity.federated_credentials or ():
                yield CredentialId(identity.resource_id, credential.name), credential


def _listed_assignments(desired: Desired) -> Iterator[tuple[AssignmentId, DesiredAssignment]]:
    for group in desired.groups:
        for identity in group.identities:
            for one in identity.role_assignments or ():
                yield AssignmentId(identity.resource_id, one.role, "", one.scope), one


@dataclass(frozen=True, slots=True)
class _Reason:
    code: str
    message: str
    hint: str


def _check_pull_request(trust: Trust) -> _Reason | None:
    """Workflows of pull requests, whose code nobody has reviewed.

    Source: GitHub, "OpenID Connect reference", "Filtering for `pull_request` events" (the subject of all of them, but
    for jobs that name an environment); "Workflow syntax", `permissions` (a run for a fork has no write permission, and
    so no `id-token: write`, unless the repository sends write tokens to pull requests).
    """
    if not is_github(trust.issuer) or not is_pull_request(trust.subject):
        return None
    return _Reason(
        "trust-pull-request",
        "trusts every pull request of the repository: whoever can push a branch can become the identity with a workflow"
        " that nobody has reviewed, and so can forks that the repository sends write tokens to",
        "Trust a branch, or an environment with required reviewers; give pull requests an identity of their own, with"
        " no more than they need.",
    )


def _check_names(trust: Trust) -> _Reason | None:
    """Names that somebody else can take over.

    Source: GitHub, "OpenID Connect reference", "Immutable subject claims".
    """
    if not has_lasting_subjects(trust.issuer) or not is_by_name_only(trust.subject):
        return None
    return _Reason(
        "trust-by-name",
        "trusts a GitHub repository by name alone: if owner or repository are renamed or deleted, whoever takes the"
        " name inherits the trust",
        "Opt the repository in to immutable subject claims, and trust the subject with the ids of owner and repository"
        " (`ownerId` and `repositoryId` of the form `github`); list both until no workflow sends the old one.",
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


def _check_slash(trust: Trust) -> _Reason | None:
    """A slash that may be one too many: issuers compare exactly, and a wrong one is kept without a word.

    Source: Microsoft Entra documentation (considerations for federated identity credentials).
    """
    if not trust.issuer.endswith("/") or known_issuer(trust.issuer) is not None:
        return None
    return _Reason(
        "trust-issuer-slash",
        f"trusts the issuer `{trust.issuer}`, whose slash at the end most issuers do not have",
        "Compare it with the `iss` of a token, or with `issuer` in the issuer's well-known document.",
    )


def _check_host(trust: Trust) -> _Reason | None:
    """An issuer that a reader takes for a known one."""
    why = why_similar(trust.issuer)
    if why is None:
        return None
    return _Reason(
        "trust-issuer-similar",
        f"trusts the issuer `{trust.issuer}`, {why}",
        "Compare it letter by letter with the `iss` of a token.",
    )


PRIVILEGED = {
    "owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "user access administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "role based access control administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
}
"""Built-in roles whose holder can have every right, and their GUIDs. Source: Microsoft's list of privileged roles."""

_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)


def _find_broad_roles(desired: Desired) -> Iterator[Finding]:
    """Every role that says by its name, or by its scope, that it gives a lot."""
    for assignment_id, listed in _listed_assignments(desired):
        role = listed.role.casefold()
        is_privileged = role in PRIVILEGED or role in PRIVILEGED.values()
        if is_privileged:
            message = f"gives the role {listed.role}, whose holder can give itself and others any role there"
            hint = "Give the roles that the workload needs by name; who gives roles should be a pipeline of its own."
            yield Finding("role-privileged", assignment_id, listed.source, message, hint)
        if not is_within(listed.scope, "/subscriptions"):
            message = f"gives the role {listed.role} at {listed.scope}, for every subscription below it"
            hint = "Name the subscriptions or resource groups that are meant."
            yield Finding("role-above-subscriptions", assignment_id, listed.source, message, hint)
        elif _SUBSCRIPTION.fullmatch(listed.scope) and not is_privileged:
            message = f"gives the role {listed.role} in a whole subscription, what is made there later included"
            hint = "Name the resource groups or resources that are meant."
            yield Finding("role-at-subscription", assignment_id, listed.source, message, hint)


def _find_shared(listed: tuple[tuple[CredentialId, DesiredCredential], ...]) -> Iterator[Finding]:
    """Every credential whose issuer and subject an identity before it trusts too."""
    first: dict[tuple[str, str], tuple[CredentialId, DesiredCredential]] = {}
    for credential_id, credential in listed:
        other_id, other = first.setdefault(credential.trust.who, (credential_id, credential))
        if other_id != credential_id:
            identity = f"{other_id.identity.resource_group}/{other_id.identity.name}"
            message = (
                f"trusts the same issuer and subject as {identity} at {other.source}: one workload can become both, and"
                " has the roles of both"
            )
            hint = "Give the workload one identity; or tell its jobs apart by branch, environment or service account."
            yield Finding("trust-shared", credential_id, credential.source, message, hint)


def _find_unpinned(desired: Desired) -> Iterator[Finding]:
    """Every removal that names no principal: it would also delete another identity that gets this name."""
    for group in desired.groups:
        for removal in group.remove:
            if removal.principal_id is None:
                yield Finding(
                    "remove-unpinned",
                    removal.resource_id,
                    removal.source,
                    "names no principal under remove: while the entry stays, an identity that is created again"
                    " under this name is deleted too",
                    "Add `principalId:` with what `az identity show --query principalId` prints.",
                )
