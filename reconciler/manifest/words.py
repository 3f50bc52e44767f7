"""What to say about a value that the schema refuses, by the title of the schema that refused it.

The schema is written for machines and editors; jsonschema's own messages quote regular expressions. Each rule is
said once here, as code, message and hint, so that a rule checked in code and the same rule in the schema speak
alike.
"""

from dataclasses import dataclass

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.document import Plain

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for one kind of text: `wanted` finishes the sentence "`x` is not ..."."""

    code: str
    wanted: str
    hint: str


RULES = {
    "Subscription id": Rule(
        "subscription-id",
        "the id of a subscription",
        "Write its GUID, as `az account show --query id` prints it; a subscription's name will not do.",
    ),
    "Tenant id": Rule(
        "tenant-id",
        "the id of a tenant",
        "Write its GUID, as `az account show --query tenantId` prints it; a domain name will not do.",
    ),
    "Owner": Rule(
        "owner-invalid",
        "an owner",
        "Write 1 to 256 characters that can be seen; or remove the key to manage identities without an owner.",
    ),
    "Location": Rule(
        "location-invalid", "an Azure region", "Write a region such as `westeurope`: letters, digits and spaces only."
    ),
    "Resource group name": Rule(
        "resource-group-name",
        "the name of a resource group",
        "Use 1 to 90 letters, digits, `-`, `_`, `.`, `(` and `)`; a dot may not come last.",
    ),
    "Identity name": Rule(
        "identity-name",
        "the name of an identity",
        "Use 3 to 128 letters, digits, `-` and `_`, beginning with a letter or digit.",
    ),
    "Tag name": Rule(
        "tag-name",
        "the name of a tag",
        "Use 1 to 512 characters, none of them a control character or one of `<>%&\\?/`.",
    ),
    "Tag value": Rule("tag-value", "the value of a tag", "Shorten it to 256 characters or fewer."),
    "Ignore pattern": Rule(
        "ignore-pattern",
        "a pattern",
        "Write a name with `*` or `?` in it, or remove the entry: an empty one matches nothing.",
    ),
}
"""By the `title` of a definition in the schema.

Source: Azure resource naming rules (Microsoft.ManagedIdentity), Microsoft.Resources 2024-07-01 OpenAPI (names of
resource groups), Azure Resource Manager documentation on tags (512 and 256 characters, forbidden characters).
"""

_EMPTY_HINTS = {
    "Identities": "To say that the group has no identities, write `identities: []`.",
    "Resource group": "Write `identities:` below it; `identities: []` empties the group.",
    "Resource groups": "List the resource groups below it.",
}
_GENERAL_EMPTY_HINT = "Write a value after the colon, or remove the key."

_WANTED = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
}


def broken_rule(rule: Rule, value: str, pos: SourcePos) -> Diagnostic:
    """The diagnostic for a text that breaks a rule."""
    return Diagnostic(rule.code, pos, f"{quoted(value)} is not {rule.wanted}", rule.hint)


def quoted(text: str) -> str:
    """Text between backticks, cut where it would bury the message."""
    if not text:
        return "an empty text"
    return f"`{text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + '...'}`"


def wanted_type(expected: str, title: str) -> str:
    """What a JSON type is called in a manifest."""
    if title == "Identity":
        return "a name or a mapping with a `name`"
    return _WANTED[expected]


def found_type(value: Plain, spelling: str) -> str:
    """What a value is called in a message; `spelling` is how it is written, where it is not text."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the boolean {spelling}"
    if isinstance(value, int | float):
        return f"the number {spelling}"
    if isinstance(value, str):
        return f"the text {quoted(value)}" if value else "an empty text"
    return "a list" if isinstance(value, list) else "a mapping"


def type_hint(expected: str, title: str, value: Plain, spelling: str) -> str:
    """How to mend a value of the wrong type."""
    if value is None:
        return _EMPTY_HINTS.get(title, _GENERAL_EMPTY_HINT)
    if isinstance(value, bool | int | float) and (expected == "string" or title == "Identity"):
        return f'Quote it: "{spelling}".'
    if title == "Identity":
        return "Write its name, or a mapping that begins with `name:`."
    if expected == "array" and isinstance(value, dict):
        return "Begin each entry with `- `."
    if expected == "array":
        return "Write a list: one entry a line, each behind `- `, or `[first, second]`."
    if expected == "object" and isinstance(value, list):
        return "Remove the `- `: these are keys, not entries of a list."
    if expected == "object":
        return "Write `key: value` lines below the key."
    if expected == "integer" and isinstance(value, str):
        return "Write digits without quotes; a variable always gives text, so none can stand here."
    return f"Write {_WANTED[expected]}."
