"""The kinds of login that azure-identity has a class for: what each needs, how it is built, what to do where it fails.

What a kind needs is a table, so that all that is missing is reported at once and by name, before anything is asked.
Microsoft's logins are imported only where one of them is built, since importing them takes longer than most commands
run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.arm.http.retry import Retries
from reconciler.arm.login.clouds import MICROSOFT_AUTHORITIES, Cloud
from reconciler.arm.login.github_assertion import request_assertion

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

TENANT_FLAG = "--tenant"
"""Stands among the names of variables where the flag can take a variable's place."""

SECRETS = (
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_SECRET",
    "AZURE_PASSWORD",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "SYSTEM_ACCESSTOKEN",
)
"""Variables whose values are in no output. Source: azure-identity 1.27.0 `EnvironmentVariables`; the pipelines' own."""

# `az` starts a Python of its own: on a busy machine the library's 10 s are too few.
_CLI_TIMEOUT_S = 60

Setting = tuple[str, ...]
"""Names of variables, of which the first that is set counts."""

_TENANT: Setting = (TENANT_FLAG, "AZURE_TENANT_ID")
_CLIENT: Setting = ("AZURE_CLIENT_ID",)
_SECRET_OR_CERTIFICATE: Setting = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")
_TOKEN_FILE: Setting = ("AZURE_FEDERATED_TOKEN_FILE",)
_ACTIONS_URL: Setting = ("ACTIONS_ID_TOKEN_REQUEST_URL",)
_ACTIONS_TOKEN: Setting = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN",)

# A task that is given a service connection sets the first of each pair; they belong together, whatever else the agent's
# own environment holds. Source: azure-pipelines-tasks (AzureCLI, AzurePowerShell).
_PIPELINE_TENANT: Setting = (TENANT_FLAG, "AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID")
_PIPELINE_CLIENT: Setting = ("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID")
_SERVICE_CONNECTION: Setting = ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "AZURE_SERVICE_CONNECTION_ID")
_PIPELINE_TOKEN: Setting = ("SYSTEM_ACCESSTOKEN",)
_PIPELINE_URL: Setting = ("SYSTEM_OIDCREQUESTURI",)


@dataclass(frozen=True, slots=True)
class Login:
    """What a login starts from.

    Attributes:
        environment: what azure-identity looks up by itself (IDENTITY_ENDPOINT, PATH) it finds in the process's.
        tenant: id of the tenant to sign in to; None leaves it to the settings.
        retries: for requests that are not azure-identity's own; its wall clock is that of the tokens.
    """

    cloud: Cloud
    environment: Mapping[str, str] = field(repr=False)
    retries: Retries
    tenant: str | None = None

    def get(self, setting: Setting) -> str:
        """The value of a setting, or "" where none of its names is set."""
        given = ((self.tenant if name == TENANT_FLAG else self.environment.get(name)) for name in setting)
        return next((value for value in given if value), "")

    @property
    def options(self) -> dict[str, Any]:
        """Where to sign in, as keywords of azure-identity.

        AZURE_AUTHORITY_HOST goes first: the workload identity webhook sets it for every pod.
        Source: azure-identity 1.27.0, EnvironmentVariables.
        """
        # Whether a host is a login's, azure-identity asks login.microsoftonline.com, which knows none but Microsoft's
        # own and cannot be reached from where the others are (a private cloud, a sandbox). Whoever names such a host
        # has to vouch for that host, and the log names it.
        vouched = {"disable_instance_discovery": True} if self.foreign_authority else {}
        return {"authority": self._authority, **vouched}

    @property
    def foreign_authority(self) -> str:
        """The host to sign in at, where it is none of Microsoft's; empty where it is."""
        text = self._authority
        host = urlsplit(text if "://" in text else f"https://{text}").hostname
        return "" if host in MICROSOFT_AUTHORITIES else host or text

    @property
    def _authority(self) -> str:
        return self.environment.get("AZURE_AUTHORITY_HOST") or self.cloud.authority


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of login.

    Attributes:
        needs: settings without which there is no sense in trying.
        build: makes the credential, of settings that are there.
        hint: what to do when there is no token.
        header: a setting that is sent in a header, and so must be fit for one.
        address: a setting that says where that header goes.
        signs_in: it sends what it has to the authority itself; the others leave that to `az` or the machine.
        chooses: it is several logins, and must stay with the one that it has chosen: a run has one principal.
        again: what to do where ARM refused a token of it, or the token is of another tenant than `{tenant}`.
    """

    name: str
    needs: tuple[Setting, ...]
    build: Callable[[Login], "TokenCredential"]
    hint: str
    again: str
    header: Setting = ()
    address: Setting = ()
    signs_in: bool = False
    chooses: bool = False


def _build_default(login: Login) -> "TokenCredential":
    from azure.identity import DefaultAzureCredential

    # It refuses a `tenant_id`: the tenant comes with each request for a token, and is allowed here. It keeps the
    # authority from WorkloadIdentityCredential, which follows AZURE_AUTHORITY_HOST alone.
    tenants = [login.tenant] if login.tenant else []
    return DefaultAzureCredential(process_timeout=_CLI_TIMEOUT_S, additionally_allowed_tenants=tenants, **login.options)


def _build_cli(login: Login) -> "TokenCredential":
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=login.tenant or "", process_timeout=_CLI_TIMEOUT_S)


def _build_environment(login: Login) -> "TokenCredential":
    # Not EnvironmentCredential, whose tenant is AZURE_TENANT_ID whatever --tenant says.
    from azure.identity import CertificateCredential, ClientSecretCredential

    tenant, client, environment = login.get(_TENANT), login.get(_CLIENT), login.environment
    secret = environment.get("AZURE_CLIENT_SECRET")
    if secret:
        return ClientSecretCredential(tenant, client, secret, **login.options)
    return CertificateCredential(
        tenant,
        client,
        environment["AZURE_CLIENT_CERTIFICATE_PATH"],
        password=environment.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        send_certificate_chain=bool(environment.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")),
        **login.options,
    )


def _build_workload_identity(login: Login) -> "TokenCredential":
    from azure.identity import WorkloadIdentityCredential

    return WorkloadIdentityCredential(
        tenant_id=login.get(_TENANT),
        client_id=login.get(_CLIENT),
        token_file_path=login.get(_TOKEN_FILE),
        **login.options,
    )


def _build_managed_identity(login: Login) -> "TokenCredential":
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=login.environment.get("AZURE_CLIENT_ID"))


def _build_azure_pipelines(login: Login) -> "TokenCredential":
    from azure.identity import AzurePipelinesCredential

    return AzurePipelinesCredential(
        tenant_id=login.get(_PIPELINE_TENANT),
        client_id=login.get(_PIPELINE_CLIENT),
        service_connection_id=login.get(_SERVICE_CONNECTION),
        system_access_token=login.get(_PIPELINE_TOKEN),
        **login.options,
    )


def _build_github(login: Login) -> "TokenCredential":
    from azure.identity import ClientAssertionCredential

    def assertion() -> str:
        address, request_token = login.get(_ACTIONS_URL), login.get(_ACTIONS_TOKEN)
        return request_assertion(address, request_token, login.cloud.exchange_audience, login.retries)

    return ClientAssertionCredential(login.get(_TENANT), login.get(_CLIENT), assertion, **login.options)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "auto",
            (),
            _build_default,
            "Sign in with `az login`, or name the credential to use with --credential.",
            "Sign in again to {tenant} (`az login --tenant {id}`), or name the credential to use with --credential.",
            signs_in=True,
            chooses=True,
        ),
        Kind(
            "cli",
            (),
            _build_cli,
            "Sign in with `az login`, and check it with `az account get-access-token`.",
            "Sign in again to {tenant}: `az login --tenant {id}`.",
        ),
        Kind(
            "environment",
            (_TENANT, _CLIENT, _SECRET_OR_CERTIFICATE),
            _build_environment,
            "Set them to the service principal's; its secret or certificate may have expired.",
            "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or certificate to a service principal of {tenant}.",
            signs_in=True,
        ),
        Kind(
            "workload-identity",
            (_TENANT, _CLIENT, _TOKEN_FILE),
            _build_workload_identity,
            "In AKS the admission webhook sets all of them for a pod with the label azure.workload.identity/use.",
            "Renew the token in AZURE_FEDERATED_TOKEN_FILE, and check that AZURE_CLIENT_ID and AZURE_TENANT_ID name an"
            " identity of {tenant}.",
            signs_in=True,
        ),
        Kind(
            "managed-identity",
            (),
            _build_managed_identity,
            "Run where a managed identity is assigned; for a user-assigned one set AZURE_CLIENT_ID to its client id.",
            "Run where a managed identity of {tenant} is assigned; for a user-assigned one set AZURE_CLIENT_ID to its"
            " client id.",
            header=("IDENTITY_HEADER",),
        ),
        Kind(
            "azure-pipelines",
            (_PIPELINE_TENANT, _PIPELINE_CLIENT, _SERVICE_CONNECTION, _PIPELINE_TOKEN, _PIPELINE_URL),
            _build_azure_pipelines,
            "Run it in an AzureCLI@2 step that is given the service connection, with"
            " `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`.",
            "Run the job again, with a service connection of {tenant}: what it was given ends with the job.",
            header=_PIPELINE_TOKEN,
            address=_PIPELINE_URL,
            signs_in=True,
        ),
        Kind(
            "github",
            (_TENANT, _CLIENT, _ACTIONS_URL, _ACTIONS_TOKEN),
            _build_github,
            "Give the job `permissions: id-token: write`, which sets the ACTIONS_ variables, and set the others to the"
            " identity whose federated credential trusts this workflow.",
            "Run the job again, with AZURE_TENANT_ID and AZURE_CLIENT_ID of an identity of {tenant} that trusts this"
            " workflow.",
            header=_ACTIONS_TOKEN,
            address=_ACTIONS_URL,
            signs_in=True,
        ),
    )
}
"""Every kind by its name, the default first."""
