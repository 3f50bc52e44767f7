"""What a resource is given and never shows again: passwords, keys and the like.

ARM hands them to the provider, and no answer has them. Here nobody needs them, so that they are forgotten before a
resource is kept: then no answer, no query and no state file can hold one. Source: recorded traffic for
`osProfile.adminPassword` (azure-libraries-for-net, CanCRUDLocks); OpenAPI marks others as write-only or secret. The
names are ours to choose, since no list of all of them exists; a name that ends so is taken for a secret.
"""

_ENDINGS = (
    "password", "passphrase", "secret", "secretkey", "privatekey", "accesskey", "accountkey", "sharedkey", "primarykey",
    "secondarykey", "apikey", "accesstoken", "sastoken",
)  # fmt: skip
_NAMES = frozenset(("customdata", "userdata", "protectedsettings", "pfxblob", "securevalue", "secureparameters"))
"""Source: OpenAPI of Microsoft.Compute, Microsoft.Web and Microsoft.ContainerInstance (write-only there)."""

_LISTS = frozenset(("secrets",))
"""Lists of `{"name", "value"}` whose values are secret. Source: OpenAPI of Microsoft.App."""

_SECURE_TYPES = frozenset(("securestring", "secureobject"))
"""Objects that say of themselves that their `value` is secret. Source: OpenAPI of Microsoft.DataFactory."""


def without_secrets(value: object) -> object:
    """A value of a body without what ARM would never show; every other thing in it stays as it is."""
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_secure = str(value.get("type", "")).casefold() in _SECURE_TYPES
    return {
        name: _without_values(item) if name.casefold() in _LISTS else without_secrets(item)
        for name, item in value.items()
        if not _is_secret(name, item) and not (is_secure and name == "value")
    }


def _is_secret(name: str, value: object) -> bool:
    """A flag such as `disablePassword`, and an object such as a reference to a vault, is none."""
    folded = name.casefold()
    return folded in _NAMES or (folded.endswith(_ENDINGS) and isinstance(value, str))


def _without_values(value: object) -> object:
    if not isinstance(value, list):
        return without_secrets(value)
    return [
        {name: without_secrets(part) for name, part in item.items() if name != "value"}
        if isinstance(item, dict)
        else without_secrets(item)
        for item in value
    ]
