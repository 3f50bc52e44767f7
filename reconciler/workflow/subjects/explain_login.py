"""`uami explain-login`: hold a token's claims against the manifest's credentials, and against those that live."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from reconciler.errors import CallFailed, OutOfTime
from reconciler.live.azure import Azure
from reconciler.logins.claims import Claims
from reconciler.logins.compare import Candidate, compare
from reconciler.logins.verdict import LoginReport, listed_candidates
from reconciler.model import CredentialId, FederatedCredential, Identity, Part, is_guid, same_name
from reconciler.outputs.collect import listed_identities
from reconciler.workflow.declare import Declaration
from reconciler.workflow.subjects.listed_credentials import read_listed_credentials

Open = Callable[[], AbstractContextManager[Azure]]
"""Connects to ARM."""

NOT_ASKED = "Live credentials were not compared; --live signs in and reads them."
OF_ANY = "A match may be of another identity than the login names, by its client id"


@dataclass(frozen=True, slots=True)
class Login:
    """The login that fails.

    Attributes:
        source: where its token was found.
        tenant, client_id: that it names, None where nobody says; a tenant by its id, or by a domain's name.
        at_s: when it is tried, in epoch seconds.
    """

    claims: Claims
    source: str
    tenant: str | None
    client_id: str | None
    at_s: float
    audience_was_asked: bool = False


def explain_login(declaration: Declaration, login: Login, connect: Open | None) -> LoginReport:
    """Compare, with what lives too where `connect` is given; what cannot be read then is said, and is no error.

    Raises:
        UsageError: a target that the manifest does not list.
        OutOfTime, Interrupted: while reading.
    """
    entries = {one.resource_id for one in listed_identities(declaration.desired, declaration.targets)}
    listed = [one for one in listed_candidates(declaration.desired) if one.credential_id.identity in entries]
    # Entra takes a domain's name for a tenant as well, and only it knows which tenant that is.
    tenant = login.tenant if is_guid(login.tenant or "") else None
    unknown = () if tenant == login.tenant else (f"Not compared: the tenant {login.tenant}, which is no id.",)
    # Which identity a client id is of, no manifest says.
    of_any = () if login.client_id is None else (f"{OF_ANY} {login.client_id}.",)
    report = LoginReport(
        login.source,
        login.claims,
        login.audience_was_asked,
        login.at_s,
        compare(login.claims, listed, tenant, login.at_s),
        None,
        (NOT_ASKED, *of_any, *unknown),
    )
    if connect is None:
        return report
    try:
        with connect() as azure:
            live = [_lived(*pair) for pair in read_listed_credentials(declaration, azure)]
    except OutOfTime:
        raise
    except CallFailed as error:
        return replace(report, notes=(f"Live credentials were not read: {error.message}", *of_any, *unknown))
    found, notes = _candidates(live, {one.credential_id: one for one in listed}, login.client_id)
    return replace(report, live=compare(login.claims, found, tenant, login.at_s), notes=(*notes, *unknown))


@dataclass(frozen=True, slots=True)
class _Lived:
    """A listed identity that lives, its credentials, and what of them is not compared."""

    identity: Identity
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]


def _lived(identity: Identity, part: Part[FederatedCredential]) -> _Lived:
    address = identity.resource_id.address
    notes = [f"Not read: the federated credentials of {address}: {part.not_checked}."] if part.not_checked else []
    candidates = []
    for one in part.found:
        if one.trust is None:
            notes.append(f"Not compared: {one.credential_id.address}, which has an expression or several audiences.")
        else:
            candidates.append(Candidate(one.credential_id, one.trust, tenant=identity.tenant_id, is_live=True))
    return _Lived(identity, tuple(candidates), tuple(notes))


def _candidates(
    live: list[_Lived], listed: Mapping[CredentialId, Candidate], client_id: str | None
) -> tuple[list[Candidate], list[str]]:
    """What lives of the identity that the login names, or of all, each with the manifest's lines for it."""
    named = [one for one in live if client_id is not None and same_name(one.identity.client_id, client_id)]
    notes = [note for one in named or live for note in one.notes]
    if client_id is not None and not named:
        notes.append(f"The client id {client_id} is of no identity that the manifest lists and that lives.")
    return [_with_lines(candidate, listed) for one in named or live for candidate in one.candidates], notes


def _with_lines(one: Candidate, listed: Mapping[CredentialId, Candidate]) -> Candidate:
    entry = listed.get(one.credential_id)
    return one if entry is None else replace(one, place=entry.place, places=entry.places)
