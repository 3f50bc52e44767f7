"""The token by which a job or a pod says who it is, wherever its runner keeps it; it is given to nobody.

Looked for in the order in which a login would be made of it: what the caller names, GitHub Actions, a file of workload
identity (Kubernetes), GitLab CI, Azure Pipelines.

Source: GitHub's documentation of OpenID Connect; Azure Workload Identity (`AZURE_FEDERATED_TOKEN_FILE`); GitLab's
documentation of ID tokens (`id_tokens` gives each a variable of a name of the job's own choice) and of predefined
variables; azure-identity 1.27.0 (`AzurePipelinesCredential`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from reconciler.arm.login.auth import claims_in
from reconciler.arm.login.credentials import check_settings
from reconciler.arm.login.github_assertion import request_assertion
from reconciler.arm.login.logins import KINDS, Login
from reconciler.arm.login.pipelines_assertion import request_pipelines_assertion
from reconciler.errors import InputFileError, LoginError
from reconciler.files.read import read_argument

_MAX_BYTES = 256 * 1024
_TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105  the name of a variable


@dataclass(frozen=True, slots=True)
class RunnerToken:
    """A token, and where it was found, for people; `audience_was_asked` where it is for whom this run asked."""

    text: str = field(repr=False)
    source: str
    audience_was_asked: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look for the token.

    Attributes:
        audience: for whom it is asked for, where it can be; among several that a job has, the one for it is taken.
        file, variable: named by the caller; at most one of them.
    """

    login: Login
    audience: str
    file: str | None = None
    variable: str | None = None


def find_token(search: Search) -> RunnerToken:
    """The first token that there is.

    Raises:
        LoginError: there is none, or its host gave none.
        InputFileError: a file that is named cannot be read.
    """
    for look in (_named, _of_github, _of_workload_identity, _of_gitlab, _of_pipelines):
        found = look(search)
        if found is not None:
            return found
    raise LoginError("No token of this job or pod was found.", _hint(search.login.environment.get))


def _named(search: Search) -> RunnerToken | None:
    if search.file is not None:
        return RunnerToken(_read(search.file), f"file {search.file}")
    if search.variable is None:
        return None
    text = search.login.environment.get(search.variable, "").strip()
    if not text:
        raise LoginError(f"{search.variable} is not set.", "Name the variable that holds the token.")
    return RunnerToken(text, f"variable {search.variable}")


def _of_github(search: Search) -> RunnerToken | None:
    kind = replace(KINDS["github"], needs=(KINDS["github"].address, KINDS["github"].header))
    address, token = search.login.get(kind.address), search.login.get(kind.header)
    if not address or not token:
        return None
    check_settings(kind, search.login)
    text = request_assertion(address, token, search.audience, search.login.retries)
    return RunnerToken(text, "GitHub Actions", audience_was_asked=True)


def _of_workload_identity(search: Search) -> RunnerToken | None:
    file = search.login.environment.get(_TOKEN_FILE)
    return RunnerToken(_read(file), f"file {file} ({_TOKEN_FILE})") if file else None


def _of_gitlab(search: Search) -> RunnerToken | None:
    """A token of the job's own GitLab; if it has several, one for the audience, else the first by name."""
    environment = search.login.environment
    issuer = environment.get("CI_SERVER_URL", "").rstrip("/")
    if not environment.get("GITLAB_CI") or not issuer:
        return None
    found = [
        (name, text, claims)
        for name, text in sorted(environment.items())
        if (claims := claims_in(text)) is not None and str(claims.get("iss", "")).rstrip("/") == issuer
    ]
    if not found:
        return None
    name, text, _ = min(found, key=lambda one: search.audience not in _audiences(one[2].get("aud")))
    return RunnerToken(text, f"variable {name}")


def _audiences(value: object) -> Iterator[object]:
    yield from value if isinstance(value, list) else [value]


def _of_pipelines(search: Search) -> RunnerToken | None:
    # The last three of what the login needs: a tenant and a client are for whoever signs in.
    kind = replace(KINDS["azure-pipelines"], needs=KINDS["azure-pipelines"].needs[2:])
    connection, token, address = map(search.login.get, kind.needs)
    if not address:
        return None
    check_settings(kind, search.login)
    text = request_pipelines_assertion(address, token, connection, search.login.retries)
    return RunnerToken(text, "Azure Pipelines")


def _read(file: str) -> str:
    content = read_argument(file, _MAX_BYTES)
    if len(content) > _MAX_BYTES:
        raise InputFileError(f"{file}: no token is longer than {_MAX_BYTES // 1024} KiB.", "Name the token's file.")
    try:
        return content.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{file}: it is no token, which has plain letters only.", "Name the token's file."
        ) from error


def _hint(get: Callable[[str], str | None]) -> str:
    if get("GITHUB_ACTIONS"):
        return "Give the job `permissions: id-token: write`, without which GitHub makes no token for it."
    if get("GITLAB_CI"):
        return "Give the job `id_tokens: {AZURE_ID_TOKEN: {aud: api://AzureADTokenExchange}}`."
    if get("TF_BUILD"):
        return KINDS["azure-pipelines"].hint
    return "Run it in the job or the pod whose login fails, or name a file with --token-file or --claims-file."
