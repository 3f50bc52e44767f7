"""Where each Azure cloud answers: ARM's endpoint, the scope a token is asked for, and who issues it.

One value rather than three settings, because the three belong together: a token of one cloud sent to another's endpoint
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
    """

    name: str
    endpoint: str
    scope: str
    authority: str


AZURE_CLOUD = Cloud(
    name="AzureCloud",
    endpoint="https://management.azure.com",
    scope="https://management.azure.com/.default",
    authority="login.microsoftonline.com",
)
"""The public cloud. Source: azure-mgmt-core 1.6.0 `get_arm_endpoints`; azure-identity 1.27.0 `_constants`."""
