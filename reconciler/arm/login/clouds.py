"""Where each Azure cloud answers: ARM's endpoint, the scope a token is asked for, who issues it, who trusts assertions.

One value rather than many settings, because they belong together: a token of one cloud sent to another's endpoint is at
best refused.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a cloud beside ARM, with tokens of its own.

    Attributes:
        name: as people call it.
        endpoint: base URL, without a trailing slash.
    """

    name: str
    endpoint: str

    @property
    def scope(self) -> str:
        """What a token for it is asked for: each service here is the audience of its tokens by its own address.

        Source: Microsoft Graph documentation (national clouds); Azure SDK for Go, `azlogs` (cloud configuration).
        """
        return f"{self.endpoint}/.default"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One Azure cloud.

    Attributes:
        name: as `az cloud list` spells it.
        endpoint: base URL of ARM, without a trailing slash.
        scope: what a token for ARM is asked for.
        authority: host that issues tokens.
        exchange_audience: whom an assertion of another issuer must be made for, to be exchanged for a token here.
        graph: Microsoft Graph.
        logs: what queries to Log Analytics workspaces are sent to, where ARM does not serve them.
    """

    name: str
    endpoint: str
    scope: str
    authority: str
    exchange_audience: str
    graph: Service
    logs: Service


_GRAPH = "Microsoft Graph"
_LOGS = "Log Analytics"

AZURE_CLOUD = Cloud(
    name="AzureCloud",
    endpoint="https://management.azure.com",
    scope="https://management.azure.com/.default",
    authority="login.microsoftonline.com",
    exchange_audience="api://AzureADTokenExchange",
    graph=Service(_GRAPH, "https://graph.microsoft.com"),
    logs=Service(_LOGS, "https://api.loganalytics.io"),
)
AZURE_US_GOVERNMENT = Cloud(
    name="AzureUSGovernment",
    endpoint="https://management.usgovcloudapi.net",
    # Not the endpoint's own host, unlike the other two.
    scope="https://management.core.usgovcloudapi.net/.default",
    authority="login.microsoftonline.us",
    exchange_audience="api://AzureADTokenExchangeUSGov",
    graph=Service(_GRAPH, "https://graph.microsoft.us"),
    logs=Service(_LOGS, "https://api.loganalytics.us"),
)
AZURE_CHINA_CLOUD = Cloud(
    name="AzureChinaCloud",
    endpoint="https://management.chinacloudapi.cn",
    scope="https://management.chinacloudapi.cn/.default",
    authority="login.chinacloudapi.cn",
    exchange_audience="api://AzureADTokenExchangeChina",
    graph=Service(_GRAPH, "https://microsoftgraph.chinacloudapi.cn"),
    logs=Service(_LOGS, "https://api.loganalytics.azure.cn"),
)

CLOUDS = {cloud.name: cloud for cloud in (AZURE_CLOUD, AZURE_US_GOVERNMENT, AZURE_CHINA_CLOUD)}
"""Every cloud by its name, the default first.

Source: azure-mgmt-core 1.6.0 `get_arm_endpoints` (endpoints and scopes); azure-identity 1.27.0 `AzureAuthorityHosts`;
azure-cli-core `cloud.py` (names); Microsoft's considerations for federated identity credentials (audiences); Microsoft
Graph documentation, "National cloud deployments" (Graph; of US Government the cloud L4); Azure SDK for Go, `azlogs`
(Log Analytics). Azure Monitor documentation calls api.loganalytics.azure.com the newer name of api.loganalytics.io, and
has tokens for either asked for the older one: so it is the older one here, which is supported on and is their audience.
"""

MICROSOFT_AUTHORITIES = frozenset(
    {
        *(cloud.authority for cloud in CLOUDS.values()),
        "login-us.microsoftonline.com",
        "login.microsoft.com",
        "login.partner.microsoftonline.cn",
        "login.usgovcloudapi.net",
        "login.windows.net",
        "sts.windows.net",
    }
)
"""Hosts that issue tokens for these clouds, by every name they have.

Source: MSAL for Python 1.39, its well-known authorities without those of other clouds.
"""
