"""The Azure regions that the sandbox has, with their names for programs and for people."""

from dataclasses import dataclass

from reconciler.sandbox.gateway import Call, by_gateway


@dataclass(frozen=True, slots=True)
class Region:
    """A region: `West Europe` to people, in the geography group `Europe`."""

    display_name: str
    group: str

    @property
    def name(self) -> str:
        """What programs call it."""
        return normalize_location(self.display_name)


def require_location(call: Call, body: dict[str, object]) -> str:
    """The location that a body must name. Source: text as quoted by users."""
    location = call.text_field(body, "location")
    if not location:
        raise by_gateway(400, "LocationRequired", "The location property is required for this definition.")
    return location


def normalize_location(location: str) -> str:
    """The canonical name of a region: `Central US` becomes `centralus`.

    Source: recorded traffic (azure-powershell, an identity created with `Central US`).
    """
    return location.replace(" ", "").lower()


_DISPLAY_NAMES = {
    "Africa": ("South Africa North", "South Africa West"),
    "Asia Pacific": (
        "Australia Central", "Australia East", "Australia Southeast", "Central India", "China East 2", "China East 3",
        "China North 2", "China North 3", "East Asia", "Indonesia Central", "Japan East", "Japan West",
        "Jio India Central", "Jio India West", "Korea Central", "Korea South", "Malaysia West", "New Zealand North",
        "South India", "Southeast Asia", "West India",
    ),
    "Canada": ("Canada Central", "Canada East"),
    "Europe": (
        "Austria East", "Belgium Central", "France Central", "France South", "Germany North", "Germany West Central",
        "Italy North", "North Europe", "Norway East", "Norway West", "Poland Central", "Spain Central",
        "Sweden Central", "Sweden South", "Switzerland North", "Switzerland West", "UK South", "UK West",
        "West Europe",
    ),
    "Mexico": ("Mexico Central",),
    "Middle East": ("Israel Central", "Qatar Central", "UAE Central", "UAE North"),
    "South America": ("Brazil South", "Brazil Southeast", "Chile Central"),
    "US": (
        "Central US", "Central US EUAP", "East US", "East US 2", "East US 2 EUAP", "North Central US",
        "South Central US", "West Central US", "West US", "West US 2", "West US 3",
    ),
    "US Government": ("US DoD Central", "US DoD East", "US Gov Arizona", "US Gov Texas", "US Gov Virginia"),
}  # fmt: skip
"""Region names of the public, US Government and China clouds, by geography group.

Source: assumed to be the whole list; Microsoft adds regions, and no list of those of Microsoft.ManagedIdentity is
published. The groups are those of Azure documentation and of `az account list-locations` as quoted by users; that of
the US Government's regions is assumed.
"""

REGION_LIST = tuple(
    sorted(
        (Region(name, group) for group, names in _DISPLAY_NAMES.items() for name in names),
        key=lambda region: region.name,
    )
)
"""Every region, in the order of their names."""

REGIONS = tuple(region.name for region in REGION_LIST)
"""What programs call them."""
