"""What is usually a mistake, though Azure and the manifest's rules admit it, and what the manifest says to it.

A finding is a warning: somebody may have meant it, and says so by `accept`, on the line itself or on what holds it.
Each stands at one credential, role, identity, group or document, so that a strict run can hold back that alone. All is
known from the manifest; nothing here asks Azure or GitHub.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredIdentity
from reconciler.manifest.expiry.soon import Ahead, find_expiring, role_id
from reconciler.manifest.finding import ACCEPTABLE_GUARDS, Acceptance, Finding, finding_documents, finding_violation
from reconciler.manifest.risky_trust import find_risky_trust
from reconciler.model import AnyId, AssignmentId, CredentialId, ResourceGroupId, is_within

__all__ = [
    "PRIVILEGED",
    "UNUSED",
    "Finding",
    "accepted_note",
    "find_accepted",
    "find_doubts",
    "find_doubts_and_accepted",
    "find_risky_trust",
    "finding_documents",
    "finding_violation",
]

UNUSED = "accept-unused"
"""The warning of an entry of `accept` that answers what nobody says."""


def find_doubts(desired: Desired, audience: str, ahead: Ahead | None = None) -> tuple[Finding, ...]:
    """Everything in a manifest that should be looked at again, in order of the ids; `audience` as below.

    Without what the manifest accepts, and with what it accepts to no purpose.

    Args:
        ahead: the days of which something is warned about that ends on them; None where nothing is.
    """
    return find_doubts_and_accepted(desired, audience, ahead)[0]


def find_accepted(desired: Desired, audience: str, ahead: Ahead | None = None) -> tuple[Finding, ...]:
    """What would have to be looked at again, had the manifest not accepted it; in order of the ids."""
    return find_doubts_and_accepted(desired, audience, ahead)[1]


def find_doubts_and_accepted(
    desired: Desired, audience: str, ahead: Ahead | None = None
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Both of them: every credential and role is looked at once."""
    findings = _all_findings(desired, audience, ahead)
    # What is known to end is answered for whenever it does.
    answers = (*findings, *_with_answers(desired, tuple(find_expiring(desired, None))))
    used = {(one.source, one.code) for finding in answers for one in finding.accepted_by}
    unused = {
        (one.source, one.code): _unused(holder.about, one)
        for holder in _holders(desired)
        for one in holder.own
        if one.code not in ACCEPTABLE_GUARDS and (one.source, one.code) not in used
    }
    left = (*(one for one in findings if not one.accepted_by), *unused.values())
    doubts = tuple(sorted(left, key=lambda finding: finding.key))
    return doubts, tuple(one for one in findings if one.accepted_by)


def accepted_note(accepted: Sequence[Finding]) -> tuple[str, ...]:
    """How much the manifest accepts, in a sentence; nothing where it accepts nothing."""
    counts = Counter(one.code for one in accepted)
    if not counts:
        return ()
    codes = ", ".join(f"{code} ({number})" for code, number in sorted(counts.items()))
    return (f"The manifest accepts {counts.total()} {'warning' if counts.total() == 1 else 'warnings'}: {codes}.",)


def _all_findings(desired: Desired, audience: str, ahead: Ahead | None) -> tuple[Finding, ...]:
    findings = (
        *desired.texts,
        *find_risky_trust(desired, audience),
        *_find_broad_roles(desired),
        *_find_unpinned(desired),
        *(() if ahead is None else find_expiring(desired, ahead)),
    )
    return tuple(sorted(_with_answers(desired, findings), key=lambda finding: finding.key))


def _with_answers(desired: Desired, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Every finding with the entries of `accept` that answer it; one of a whole document knows them already."""
    holders = _holders(desired) if findings else ()
    in_effect = {one.about: (*one.above, *one.own) for one in holders if one.about is not None}
    return (
        finding if finding.resource_id is None else _answered(finding, in_effect.get(finding.resource_id, ()))
        for finding in findings
    )


def _answered(finding: Finding, accept: tuple[Acceptance, ...]) -> Finding:
    return replace(finding, accepted_by=tuple(one for one in accept if one.code == finding.code))


@dataclass(frozen=True, slots=True)
class _Holder:
    """What can have a list `accept`: the entries of its `own`, and those of what stands above it."""

    about: AnyId | ResourceGroupId | None
    own: tuple[Acceptance, ...]
    above: tuple[Acceptance, ...] = ()


def _holders(desired: Desired) -> Iterator[_Holder]:
    """Every document (once for each of its groups), group, removal, identity and line that an entry is in effect for.

    An id is made of those alone: most manifests accept nothing.
    """
    for group in desired.groups:
        document, here = group.document_accept, (*group.document_accept, *group.accept)
        if here:
            yield _Holder(None, document)
            yield _Holder(group.group_id, group.accept, document)
        yield from (_Holder(one.resource_id, one.accept, here) for one in group.remove if here or one.accept)
        for identity in group.identities:
            yield from _holders_of_identity(identity, here)


def _holders_of_identity(identity: DesiredIdentity, here: tuple[Acceptance, ...]) -> Iterator[_Holder]:
    below = (*here, *identity.accept)
    if below:
        yield _Holder(identity.resource_id, identity.accept, here)
    for credential in identity.federated_credentials or ():
        if below or credential.accept:
            yield _Holder(CredentialId(identity.resource_id, credential.name), credential.accept, below)
    for role in identity.role_assignments or ():
        if below or role.accept:
            yield _Holder(role_id(identity, role), role.accept, below)


def _unused(about: AnyId | ResourceGroupId | None, entry: Acceptance) -> Finding:
    message = f"accepts the warning {entry.code}, which there is no reason for"
    return Finding(UNUSED, about, entry.source, message, "Remove that entry of `accept`.")


def _listed_assignments(desired: Desired) -> Iterator[tuple[AssignmentId, DesiredAssignment]]:
    for group in desired.groups:
        for identity in group.identities:
            for one in identity.role_assignments or ():
                yield role_id(identity, one), one


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
            yield _of_line("role-privileged", assignment_id, listed, message, hint)
        if not is_within(listed.scope, "/subscriptions"):
            message = f"gives the role {listed.role} at {listed.scope}, for every subscription below it"
            hint = "Name the subscriptions or resource groups that are meant."
            yield _of_line("role-above-subscriptions", assignment_id, listed, message, hint)
        elif _SUBSCRIPTION.fullmatch(listed.scope) and not is_privileged:
            message = f"gives the role {listed.role} in a whole subscription, what is made there later included"
            hint = "Name the resource groups or resources that are meant."
            yield _of_line("role-at-subscription", assignment_id, listed, message, hint)


def _of_line(code: str, about: AssignmentId, listed: DesiredAssignment, message: str, hint: str) -> Finding:
    return Finding(code, about, listed.source, message, hint, given_by=listed.given_by)


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
