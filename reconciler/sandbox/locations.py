"""The Azure regions that the sandbox has, and their one canonical spelling."""

REGIONS = (
    "australiacentral", "australiaeast", "australiasoutheast", "austriaeast", "belgiumcentral", "brazilsouth",
    "brazilsoutheast", "canadacentral", "canadaeast", "centralindia", "centralus", "centraluseuap", "chilecentral",
    "chinaeast2", "chinaeast3", "chinanorth2", "chinanorth3", "eastasia", "eastus", "eastus2", "eastus2euap",
    "francecentral", "francesouth", "germanynorth", "germanywestcentral", "indonesiacentral", "israelcentral",
    "italynorth", "japaneast", "japanwest", "jioindiacentral", "jioindiawest", "koreacentral", "koreasouth",
    "malaysiawest", "mexicocentral", "newzealandnorth", "northcentralus", "northeurope", "norwayeast", "norwaywest",
    "polandcentral", "qatarcentral", "southafricanorth", "southafricawest", "southcentralus", "southindia",
    "southeastasia", "spaincentral", "swedencentral", "swedensouth", "switzerlandnorth", "switzerlandwest",
    "uaecentral", "uaenorth", "uksouth", "ukwest", "usdodcentral", "usdodeast", "usgovarizona", "usgovtexas",
    "usgovvirginia", "westcentralus", "westeurope", "westindia", "westus", "westus2", "westus3",
)  # fmt: skip
"""Region names of the public, US Government and China clouds.

Source: assumed to be the whole list; Microsoft adds regions, and no list of those of Microsoft.ManagedIdentity is
published.
"""


def normalize_location(location: str) -> str:
    """The canonical name of a region: `Central US` becomes `centralus`.

    Source: recorded traffic (azure-powershell, an identity created with `Central US`).
    """
    return location.replace(" ", "").lower()
