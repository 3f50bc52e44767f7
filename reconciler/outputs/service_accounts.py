"""The Kubernetes service accounts that a manifest's identities trust.

A federated credential names one by its subject, whether it was written with the form `kubernetes` or as issuer and
subject. Of which cluster it is, the issuer alone says, and a manifest for a cluster does not: so two identities for one
service account are refused here, whatever their issuers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.errors import Diagnostic, ManifestError, UsageError
from reconciler.manifest.desired import DesiredCredential, DesiredIdentity
from reconciler.manifest.rules.subjects import doubtful_subject
from reconciler.manifest.rules.trust_forms import service_account_subject
from reconciler.model import ResourceId, shell_command
from reconciler.outputs.collect import addresses_of

_BEGINNING = service_account_subject("", "").removesuffix(":")


@dataclass(frozen=True, slots=True, order=True)
class ServiceAccount:
    """A service account of a cluster."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


_Trusted = dict[ServiceAccount, dict[ResourceId, DesiredCredential]]
"""By service account and identity, the credential that trusts it; the first of several."""


def service_accounts_of(listed: Sequence[DesiredIdentity]) -> dict[ServiceAccount, ResourceId]:
    """The identity that each service account is to become, in order of namespaces and names.

    Raises:
        ManifestError: a subject names what cannot be a service account.
        UsageError: several identities trust the same one; names all of them.
    """
    found: _Trusted = {}
    problems = []
    for identity in listed:
        for credential in identity.federated_credentials or ():
            subject = credential.trust.subject
            if not subject.startswith(_BEGINNING):
                continue
            # Whatever the issuer: clusters have issuers of every kind.
            doubt = doubtful_subject("", subject)
            if doubt is not None:
                hint = "" if doubt.corrected is None else f"Probably meant: {doubt.corrected}"
                message = f"the subject of {credential.name} names no service account: {doubt.why}"
                problems.append(Diagnostic("service-account-name", credential.source, message, hint))
                continue
            account = ServiceAccount(*subject.removeprefix(_BEGINNING).split(":"))
            found.setdefault(account, {}).setdefault(identity.resource_id, credential)
    if problems:
        raise ManifestError(tuple(sorted(problems, key=lambda one: one.pos)))
    _check_one_each(found, listed)
    return {account: next(iter(found[account])) for account in sorted(found)}


def _check_one_each(found: _Trusted, listed: Sequence[DesiredIdentity]) -> None:
    shared = {account: trusted for account, trusted in sorted(found.items()) if len(trusted) > 1}
    if not shared:
        return
    book = addresses_of(listed)
    first = book.short(next(iter(next(iter(shared.values())))))
    raise UsageError(
        (
            "A service account can become one identity, and several trust the same:",
            *(
                f"  {account}: {', '.join(f'{book.short(one)} ({by.source})' for one, by in trusted.items())}"
                for account, trusted in shared.items()
            ),
        ),
        "Where they are of several clusters, write the identities of each cluster by themselves, as with"
        f" {shell_command('--target', first)}.",
    )
