"""Where each Azure cloud answers: ARM's endpoint, the scope a token is asked for, who issues it, who trusts assertions.

One value rather than four settings, because the four belong together: a token of one cloud sent to another's endpoint
is at best refused.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """One Azure cloud.

    Attributes:
        name: as `az cloud list` spells it.
        endpoint: base URL of ARM, without a trailing slash.
        scope: what a token for ARM is asked for.
        authority: host that issues tokens.
        exchange_audience: whom an assertion of another issuer must be made for, to be exchanged for a token here.
        graph: base URL of Microsoft Graph, without a trailing slash.
    """

    name: str
    endpoint: str
    scope: str
    authority: str
    exchange_audience: str
    graph: str

    @property
    def graph_scope(self) -> str:
        """What a token for Microsoft Graph is asked for. Source: Microsoft Graph documentation (national clouds)."""
        return f"{self.graph}/.default"


AZURE_CLOUD = Cloud(
    name="AzureCloud",
    endpoint="https://management.azure.com",
    scope="https://management.azure.com/.default",
    authority="login.microsoftonline.com",
    exchange_audience="api://AzureADTokenExchange",
    graph="https://graph.microsoft.com",
)
AZURE_US_GOVERNMENT = Cloud(
    name="AzureUSGovernment",
    endpoint="https://management.usgovcloudapi.net",
    # Not the endpoint's own host, unlike the other two.
    scope="https://management.core.usgovcloudapi.net/.default",
    authority="login.microsoftonline.us",
    exchange_audience="api://AzureADTokenExchangeUSGov",
    graph="https://graph.microsoft.us",
)
AZURE_CHINA_CLOUD = Cloud(
    name="AzureChinaCloud",
    endpoint="https://management.chinacloudapi.cn",
    scope="https://management.chinacloudapi.cn/.default",
    authority="login.chinacloudapi.cn",
    exchange_audience="api://AzureADTokenExchangeChina",
    graph="https://microsoftgraph.chinacloudapi.cn",
)

CLOUDS = {cloud.name: cloud for cloud in (AZURE_CLOUD, AZURE_US_GOVERNMENT, AZURE_CHINA_CLOUD)}
"""Every cloud by its name, the default first.

Source: azure-mgmt-core 1.6.0 `get_arm_endpoints` (endpoints and scopes); azure-identity 1.27.0 `AzureAuthorityHosts`;
azure-cli-core `cloud.py` (names); Microsoft's considerations for federated identity credentials (audiences); Microsoft
Graph documentation, "National cloud deployments" (Graph; of US Government the cloud L4).
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
