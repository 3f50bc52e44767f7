"""Where tokens come from: one source for each kind of credential that the command line names.

Whatever goes wrong in a login, be it Microsoft's code or a setting of the caller's, becomes one error that says what to
do for that kind, and repeats nothing that was secret.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from reconciler.arm.http.endpoints import TOKEN_KIND, is_loopback
from reconciler.arm.http.redaction import redact_login
from reconciler.arm.login.logins import KINDS, SECRETS, Kind, Login
from reconciler.errors import LoginError, UsageError

_log = logging.getLogger("reconciler.arm")

TOKEN_VARIABLE = "UAMI_ACCESS_TOKEN"  # noqa: S105 - the name of a variable, not a secret


_TOKEN_AGAIN = (
    f"Set {TOKEN_VARIABLE} to a new token of {{tenant}}"
    " (`az account get-access-token --tenant {id} --query accessToken -o tsv`)."
)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, kept out of repr; `expires_at_s` is in epoch seconds, infinite where nobody said."""

    text: str = field(repr=False)
    expires_at_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Something that yields tokens; `renewable` where asking again may yield another one.

    `fetch` may take seconds (it may start `az`) and raises LoginError. `asking_for` is the same login for another
    scope; None where there is but one token.
    """

    fetch: Callable[[], Token] = field(repr=False)
    renewable: bool
    asking_for: "Callable[[str], TokenSource] | None" = field(default=None, repr=False)


def fixed_token(text: str) -> TokenSource:
    """A source of one token that is already there, as for an emulator; raises LoginError as `check_token` does."""
    check_token(text)
    return TokenSource(lambda: Token(text), renewable=False)


def token_source(kind: str, login: Login) -> TokenSource:
    """The source for a kind of credential.

    Args:
        kind: one of `credential_kinds()`.
        login: its tenant is asked for wherever a kind can ask; what comes is for `auth` to check.

    Raises:
        UsageError: no such kind.
        LoginError: the kind lacks what it needs; all of it is named.
    """
    if kind == TOKEN_KIND:
        return fixed_token(_given_token(login))
    if kind not in KINDS:
        raise UsageError(f"There is no credential {kind!r}.", f"Known credentials: {', '.join(credential_kinds())}.")
    return _identity_source(KINDS[kind], login)


def credential_kinds() -> tuple[str, ...]:
    """Every kind that can be named, the default first."""
    return (*KINDS, TOKEN_KIND)


def sign_in_hint(kind: str, tenant: str = "") -> str:
    """What to do where a token of this kind of credential was refused or had ended, or is not of `tenant`, an id."""
    again = KINDS[kind].again if kind in KINDS else _TOKEN_AGAIN
    if tenant:
        return again.replace("{tenant}", f"the tenant {tenant}").replace("{id}", tenant)
    return again.replace("{tenant}", "the tenant of the subscription").replace(" --tenant {id}", "")


def foreign_authority(kind: str, login: Login) -> str:
    """The host that this kind of login would send its secret to, where it is none of Microsoft's; else empty."""
    return login.foreign_authority if kind in KINDS and KINDS[kind].signs_in else ""


def check_token(text: str) -> None:
    """Refuse what cannot be sent as a bearer token, without showing it.

    An HTTP library quotes a header that it cannot send, so such a token must not get that far.

    Raises:
        LoginError: empty, or with a blank, a control character or one beyond ASCII.
    """
    if not text or " " in text or not text.isascii() or not text.isprintable():
        raise LoginError(
            "The access token is empty, or holds a blank, a line break or a character beyond ASCII.",
            "Give the token alone, without quotes, a prefix or a line break at its end.",
        )


def _given_token(login: Login) -> str:
    text = login.environment.get(TOKEN_VARIABLE, "")
    if not text:
        raise LoginError(
            f"{TOKEN_VARIABLE} is not set.",
            f"Set {TOKEN_VARIABLE} to a token for ARM (`az account get-access-token`), or pass another --credential.",
        )
    return text


def check_settings(kind: Kind, login: Login) -> None:
    """Raises LoginError where a kind lacks settings, all of which it names, or has one that cannot be used.

    What it says of an address and a header holds for whoever sends the one to the other.
    """
    missing = [" or ".join(setting) for setting in kind.needs if not login.get(setting)]
    if missing:
        raise LoginError(f"The credential {kind.name!r} lacks {_listed(missing)}.", kind.hint)
    value = login.get(kind.header)
    # The HTTP libraries quote a header that they cannot send, and this one is a secret.
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise LoginError(f"{kind.header[0]} holds what no header can carry.", kind.hint)
    _check_address(kind, login.get(kind.address))


def _check_address(kind: Kind, text: str) -> None:
    if not text:
        return
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise LoginError(f"{kind.address[0]} is not a URL.", kind.hint) from None
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host)):
        raise LoginError(f"{kind.address[0]} is not an https URL; {kind.header[0]} is not sent there.", kind.hint)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _identity_source(kind: Kind, login: Login) -> TokenSource:
    check_settings(kind, login)
    authority = foreign_authority(kind.name, login)
    if authority:
        _log.warning("AZURE_AUTHORITY_HOST: %s is none of Microsoft's hosts; this login is sent there.", authority)
    with _explained(kind, login):
        credential = kind.build(login)
    # A chain goes on from what is not set up, and ends with the first that is and fails.
    links = len(getattr(credential, "credentials", ()))

    def source(scope: str) -> TokenSource:
        def fetch() -> Token:
            with _explained(kind, login, links):
                # azure-identity's own cache would give again a token that is about to end, or that ARM has refused.
                asked = credential if kind.chooses else kind.build(login)
                answer = asked.get_token(scope, tenant_id=login.tenant)
            check_token(answer.token)
            return Token(answer.token, float(answer.expires_on))

        # What chooses among several logins has to stay with the one that it has chosen, whatever the scope.
        return TokenSource(fetch, renewable=True, asking_for=source)

    return source(login.cloud.scope)


@contextmanager
def _explained(kind: Kind, login: Login, links: int = 0) -> Iterator[None]:
    from azure.core.exceptions import AzureError

    # azure-identity answers wrong settings with ValueError or TypeError and an unreadable token file with OSError.
    try:
        yield
    except (AzureError, ValueError, TypeError, OSError) as error:
        secrets = (login.environment.get(name, "") for name in SECRETS)
        reason = redact_login(str(error), secrets)
        raise _no_token(kind, reason, links) from error


_TRIED = re.compile(r"^\t(\w+)Credential: ", re.MULTILINE)
"""How azure-identity 1.27.0 lists what a chain tried: name and reason, a line each."""


def _no_token(kind: Kind, reason: str, links: int) -> LoginError:
    """The error for a login that failed, of a chain for what ended it; `links` is how many a whole chain tries."""
    tried = list(_TRIED.finditer(reason))
    if tried and len(tried) == links:
        _log.info("%s", " ".join(reason.split()))
        names = ", ".join(one[1] for one in tried)
        return LoginError(
            "Not signed in to Azure.",
            f"Run `az login`, or pass --credential. (Tried: {names}; details with --log-level info)",
        )
    ended_by = reason[tried[-1].start() :].partition("\nTo mitigate")[0] if tried else reason
    return LoginError(f"The credential {kind.name!r} gave no token: {' '.join(ended_by.split())}", kind.hint)
