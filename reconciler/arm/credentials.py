"""Where tokens come from: one source for each kind of credential that the command line names.

Microsoft's logins are imported only where one of them is built, since importing them takes longer than most commands
run. Whatever goes wrong in them becomes one error that says what to do for that kind.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.arm.clouds import Cloud
from reconciler.arm.endpoints import TOKEN_KIND
from reconciler.errors import AuthError, UsageError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

TOKEN_VARIABLE = "UAMI_ACCESS_TOKEN"  # noqa: S105 - the name of a variable, not a secret
# `az` starts a Python of its own: on a busy machine the library's 10 s are too few.
_CLI_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, kept out of repr; `expires_at_s` is in epoch seconds, infinite where nobody said."""

    text: str = field(repr=False)
    expires_at_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Something that yields tokens; `renewable` where asking again may yield another one.

    `fetch` may take seconds (it may start `az`) and raises AuthError.
    """

    fetch: Callable[[], Token] = field(repr=False)
    renewable: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """`build` makes a credential of azure-identity; `hint` says what to do when it yields no token."""

    name: str
    build: Callable[[Cloud, Mapping[str, str]], "TokenCredential"]
    hint: str


def fixed_token(text: str) -> TokenSource:
    """A source of one token that is already there, as for an emulator; raises AuthError as `check_token` does."""
    check_token(text)
    return TokenSource(lambda: Token(text), renewable=False)


def token_source(kind: str, cloud: Cloud, environment: Mapping[str, str]) -> TokenSource:
    """The source for a kind of credential.

    Args:
        kind: one of `credential_kinds()`.
        environment: UAMI_ACCESS_TOKEN, AZURE_CLIENT_ID and AZURE_AUTHORITY_HOST are taken from here; what
            azure-identity looks up by itself (AZURE_CLIENT_SECRET, IDENTITY_ENDPOINT, PATH) it finds in the process's.

    Raises:
        UsageError: no such kind.
        AuthError: the kind lacks what it needs; the hint names it.
    """
    if kind == TOKEN_KIND:
        return fixed_token(_given_token(environment))
    if kind not in _KINDS:
        raise UsageError(f"There is no credential {kind!r}.", f"Known credentials: {', '.join(credential_kinds())}.")
    return _identity_source(_KINDS[kind], cloud, environment)


def credential_kinds() -> tuple[str, ...]:
    """Every kind that can be named, the default first."""
    return (*_KINDS, TOKEN_KIND)


def check_token(text: str) -> None:
    """Refuse what cannot be sent as a bearer token, without showing it.

    An HTTP library quotes a header that it cannot send, so such a token must not get that far.

    Raises:
        AuthError: empty, or with a blank, a control character or one beyond ASCII.
    """
    if not text or " " in text or not text.isascii() or not text.isprintable():
        raise AuthError(
            "The access token is empty, or holds a blank, a line break or a character beyond ASCII.",
            "Give the token alone, without quotes, a prefix or a line break at its end.",
        )


def _given_token(environment: Mapping[str, str]) -> str:
    text = environment.get(TOKEN_VARIABLE, "")
    if not text:
        raise AuthError(
            f"{TOKEN_VARIABLE} is not set.",
            f"Set {TOKEN_VARIABLE} to a token for ARM (`az account get-access-token`), or pass another --credential.",
        )
    return text


def _identity_source(kind: _Kind, cloud: Cloud, environment: Mapping[str, str]) -> TokenSource:
    with _explained(kind):
        credential = kind.build(cloud, environment)

    def fetch() -> Token:
        with _explained(kind):
            answer = credential.get_token(cloud.scope)
        check_token(answer.token)
        return Token(answer.token, float(answer.expires_on))

    return TokenSource(fetch, renewable=True)


@contextmanager
def _explained(kind: _Kind) -> Iterator[None]:
    from azure.core.exceptions import AzureError

    # azure-identity answers missing settings with ValueError or TypeError and an unreadable token file with OSError.
    try:
        yield
    except (AzureError, ValueError, TypeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise AuthError(f"No token could be had from the credential {kind.name!r}: {reason}", kind.hint) from error


def _authority(cloud: Cloud, environment: Mapping[str, str]) -> str:
    # Set for every pod by the workload identity webhook; Source: azure-identity 1.27.0, EnvironmentVariables.
    return environment.get("AZURE_AUTHORITY_HOST") or cloud.authority


def _build_default(cloud: Cloud, environment: Mapping[str, str]) -> "TokenCredential":
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(authority=_authority(cloud, environment), process_timeout=_CLI_TIMEOUT_S)


def _build_cli(_cloud: Cloud, _environment: Mapping[str, str]) -> "TokenCredential":
    from azure.identity import AzureCliCredential

    return AzureCliCredential(process_timeout=_CLI_TIMEOUT_S)


def _build_environment(cloud: Cloud, environment: Mapping[str, str]) -> "TokenCredential":
    from azure.identity import EnvironmentCredential

    return EnvironmentCredential(authority=_authority(cloud, environment))


def _build_workload_identity(cloud: Cloud, environment: Mapping[str, str]) -> "TokenCredential":
    from azure.identity import WorkloadIdentityCredential

    return WorkloadIdentityCredential(
        tenant_id=environment.get("AZURE_TENANT_ID"),
        client_id=environment.get("AZURE_CLIENT_ID"),
        token_file_path=environment.get("AZURE_FEDERATED_TOKEN_FILE"),
        authority=_authority(cloud, environment),
    )


def _build_managed_identity(_cloud: Cloud, environment: Mapping[str, str]) -> "TokenCredential":
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=environment.get("AZURE_CLIENT_ID"))


_KINDS = {
    kind.name: kind
    for kind in (
        _Kind("auto", _build_default, "Sign in with `az login`, or name the credential to use with --credential."),
        _Kind("cli", _build_cli, "Sign in with `az login`, and check it with `az account get-access-token`."),
        _Kind(
            "environment",
            _build_environment,
            "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.",
        ),
        _Kind(
            "workload-identity",
            _build_workload_identity,
            "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE; in AKS the admission webhook does.",
        ),
        _Kind(
            "managed-identity",
            _build_managed_identity,
            "Run where a managed identity is assigned; for a user-assigned one set AZURE_CLIENT_ID to its client id.",
        ),
    )
}
