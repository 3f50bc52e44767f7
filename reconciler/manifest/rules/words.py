"""What to say about a value that the schema refuses, by the title of the schema that refused it.

The schema is written for machines and editors; jsonschema's own messages quote regular expressions. Each rule is
said once here, as code, message and hint, so that a rule checked in code and the same rule in the schema speak
alike.
"""

import unicodedata
from dataclasses import dataclass

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.document import Plain

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for one kind of text: `meaning` finishes the sentence "`x` is not ..."."""

    code: str
    meaning: str
    hint: str


RULES = {
    "Variable name": Rule(
        "variable-name",
        "the name of a variable",
        "Use letters, digits and `_`, beginning with no digit; `subscription` is the document's own.",
    ),
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
        "Write 1 to 120 letters, digits and `. _ / # @ : -`; or remove the key to manage identities without an owner.",
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
    "Principal id": Rule(
        "principal-id",
        "the id of a principal",
        "Write its GUID, as `az identity show --query principalId` prints it; the client id is another one.",
    ),
    "Hold": Rule(
        "hold-invalid",
        "a reason to hold an identity",
        "Write why in one line of 1 to 256 characters that can be seen; to end the hold, remove the key.",
    ),
    "Date": Rule("date-invalid", "a day of the calendar", "Write it as `2027-01-31`: year, month and day, in UTC."),
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
    "Credential name": Rule(
        "credential-name",
        "the name of a federated credential",
        "Use 3 to 120 letters, digits, `-` and `_`, beginning with a letter or digit.",
    ),
    "Issuer": Rule(
        "issuer-invalid",
        "an issuer",
        "Write the tokens' `iss` as it is: an https URL of up to 600 ASCII characters, without query, fragment or"
        " blanks.",
    ),
    "Subject": Rule(
        "subject-invalid",
        "a subject",
        "Write the tokens' `sub` as it is: 1 to 600 characters that can be seen, without blanks at its ends.",
    ),
    "Audience": Rule(
        "audience-invalid",
        "an audience",
        "Write 1 to 600 characters that can be seen, without blanks at their ends; or remove the key.",
    ),
    "GitHub repository": Rule(
        "github-repository", "a repository", "Write `OWNER/REPOSITORY` as GitHub spells it, without a URL before it."
    ),
    "GitHub id": Rule(
        "github-id",
        "an id of GitHub's",
        "Write the number that `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` prints: the owner's comes first.",
    ),
    "GitHub branch": Rule(
        "github-branch",
        "the name of a branch",
        "Write one name, without `refs/heads/`. Patterns never match: list a credential for each branch, or let the"
        " jobs name an environment and trust that.",
    ),
    "GitHub tag": Rule(
        "github-tag",
        "the name of a tag",
        "Write one name, without `refs/tags/`. Patterns never match: let the jobs name an environment and trust that.",
    ),
    "GitHub environment": Rule(
        "github-environment",
        "the name of an environment",
        "Write one name of 1 to 255 characters that can be seen, without blanks at its ends; patterns never match.",
    ),
    "Kubernetes namespace": Rule(
        "kubernetes-namespace",
        "the name of a namespace",
        "Use 1 to 63 lower-case letters, digits and `-`, with a letter or digit at both ends.",
    ),
    "Service account name": Rule(
        "kubernetes-service-account",
        "the name of a service account",
        "Use up to 253 lower-case letters, digits, `-` and `.`; between dots, letters or digits come first and last.",
    ),
    "Acceptance reason": Rule(
        "accept-reason",
        "a reason",
        "Write in 1 to 500 characters why this is meant, for whoever reviews the line.",
    ),
    "Role": Rule(
        "role-invalid",
        "the name or the GUID of a role",
        "Write the role's name, such as `Storage Blob Data Reader`, or the GUID at the end of its id.",
    ),
    "Condition": Rule(
        "condition-invalid",
        "a condition",
        "Write it without blanks or line breaks at its ends (`>-` before lines of it); or `null` for none.",
    ),
    "Assignment description": Rule(
        "description-invalid",
        "a description",
        "Write it without blanks or line breaks at its ends; or `null` for none.",
    ),
    "Delegated identity": Rule(
        "delegated-identity",
        "the id of an identity",
        "Write its ARM id, as `az identity show --query id` prints it; or `null` for none.",
    ),
    "Scope": Rule(
        "scope-invalid",
        "the scope of a role",
        "Write the id of a management group, a subscription, a resource group or a resource, beginning with"
        " `/providers/Microsoft.Management/managementGroups/` or `/subscriptions/`; or `/` for the whole tenant; or, in"
        " the document's subscription, `GROUP`, `GROUP/IDENTITY` or `subscription`.",
    ),
}
"""By the `title` of a definition in the schema.

Source: Azure resource naming rules (Microsoft.ManagedIdentity), Microsoft.Resources 2024-07-01 OpenAPI (names of
resource groups), Azure Resource Manager documentation on tags (512 and 256 characters, forbidden characters),
Microsoft.ManagedIdentity 2024-11-30 OpenAPI (names of credentials), Microsoft Entra documentation (considerations for
federated identity credentials: 600 characters, no blanks at the ends, no wildcards), GitHub documentation (names of
environments; branches and tags as `git check-ref-format` has them), Kubernetes documentation on object names, Azure
documentation on custom roles (512 characters).
"""


SUBJECT_WILDCARD = Rule(
    "subject-wildcard",
    "a subject: it has a wildcard, and Azure compares subjects as they are",
    "Write one whole subject, and a credential for each.",
)
"""Source: Microsoft Entra documentation (considerations for federated identity credentials)."""

MISSING_HINTS = {
    "version": "Add `version: 1` as the first line.",
    "subscription": "Add `subscription:` with the id of the subscription that holds the groups.",
    "resourceGroups": "Add `resourceGroups:` with the groups and their identities; without it nothing is declared.",
    "identities": "List its identities; `identities: []` says that the group has none, and empties it.",
    "name": "Add `name:`; every identity and every federated credential needs one.",
    "issuer": "Add `issuer:` with the `iss` of the tokens.",
    "subject": "Add `subject:` with the `sub` of the tokens.",
    "repository": "Add `repository:` with `OWNER/REPOSITORY`.",
    "ownerId": "Add `ownerId:` with what `gh api repos/OWNER/REPOSITORY --jq .owner.id` prints.",
    "repositoryId": "Add `repositoryId:` with what `gh api repos/OWNER/REPOSITORY --jq .id` prints.",
    "namespace": "Add `namespace:` with that of the service account.",
    "serviceAccount": "Add `serviceAccount:` with its name.",
    "role": "Add `role:` with the name or the GUID of a role.",
    "scope": "Add `scope:` with the id of what the role is given on.",
    "reason": "Add `reason:` with why this is meant, for whoever reviews the line.",
    "principalId": "Add `principalId:` with what `az identity show --query principalId` prints.",
    "code": "Add `code:` with that of the warning or of the guard that is meant.",
    "expires": "Add `expires:` with the day from which on the guard stops it again; or write the code alone.",
}
"""What to say about a key that has to be there."""

_EMPTY_HINTS = {
    "Identities": "To say that the group has no identities, write `identities: []`.",
    "Resource group": "Write `identities:` below it; `identities: []` empties the group.",
    "Resource groups": "List the resource groups below it.",
    "Federated credentials": (
        "To say that nobody may become the identity, write `federatedCredentials: []`; to manage none, `null`."
    ),
    "Role assignments": (
        "To say that the identity has no role from here, write `roleAssignments: []`; to manage none, `null`."
    ),
    "Acceptances": "List what is meant here, each with `code` and `reason`, or remove the key.",
    "Removals": "List what is to be deleted below it, or remove the key.",
}
_GENERAL_EMPTY_HINT = "Write a value after the colon, or remove the key."
EMPTY_ENTRY_HINT = "Write a value behind the `- `, or remove the entry."
"""What to say about an entry of a list that has no value."""

_TYPE_NAMES = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
}


_NAMES_OF_CHOICES = {
    "Identity": "a name or a mapping with a `name`",
    "Allowance": "a code or a mapping with a `code`",
}
"""What is called by both of its forms, by title."""

_NO_LIST_HINT = "Write `key: value` lines below the key, without `- ` or `[...]`: this is no list."
_LITERAL_HINT = "without quotes; a variable always gives text, so none can stand here."

_TYPE_HINTS: dict[tuple[str, type | None], str] = {
    ("Resource group", list): "Write `identities:` below the group, and the list below that.",
    ("Identity", None): "Write its name, or a mapping that begins with `name:`.",
    ("Audience", list): "Write one text: a federated credential has exactly one audience.",
    ("Removal", list): _NO_LIST_HINT,
    ("Hold", bool): "Write why the identity is held, as text; to end the hold, remove the key.",
    ("Allowance", None): "Write a code such as `in-use`, or `{code: in-use, expires: 2027-01-31}`.",
    ("Removal", None): "Write a mapping that begins with `name:`, with the identity's `principalId` beside it.",
    ("array", dict): "Begin each entry with `- `.",
    ("array", None): "Write a list: one entry a line, each behind `- `, or `[first, second]`.",
    ("object", list): _NO_LIST_HINT,
    ("object", None): "Write `key: value` lines below the key.",
    ("boolean", str): f"Write `true` or `false` {_LITERAL_HINT}",
    ("integer", str): f"Write digits {_LITERAL_HINT}",
}
"""By the title or the JSON type of what belongs there, and the type of what is there; None stands for any other."""


def issuer_not_ascii(issuer: str, pos: SourcePos) -> Diagnostic:
    """The diagnostic for an issuer with a character beyond ASCII, which may look like another one."""
    char = next(char for char in issuer if not char.isascii())
    return Diagnostic(
        "issuer-not-ascii",
        pos,
        f"{quoted(issuer)} has the character `{char}` (U+{ord(char):04X} {unicodedata.name(char, 'without a name')})",
        "Write the tokens' `iss` in ASCII: with a letter of another script, even one that looks the same, it is the"
        " issuer of somebody else.",
    )


def broken_rule(rule: Rule, value: str, pos: SourcePos) -> Diagnostic:
    """The diagnostic for a text that breaks a rule."""
    return Diagnostic(rule.code, pos, f"{quoted(value)} is not {rule.meaning}", rule.hint)


def quoted(text: str) -> str:
    """Text between backticks, cut where it would bury the message."""
    if not text:
        return "an empty text"
    return f"`{text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + '...'}`"


def type_name(expected: str, title: str) -> str:
    """What a JSON type is called in a manifest."""
    return _NAMES_OF_CHOICES.get(title) or _TYPE_NAMES[expected]


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
    """How to fix a value of the wrong type."""
    if value is None:
        return _EMPTY_HINTS.get(title, _GENERAL_EMPTY_HINT)
    # A document's own mappings and lists know their places as well.
    kind = next((one for one in (dict, list) if isinstance(value, one)), type(value))
    if (title, kind) in _TYPE_HINTS:
        return _TYPE_HINTS[title, kind]
    if isinstance(value, bool | int | float) and (expected == "string" or title == "Identity"):
        return f'Quote it: "{spelling}".'
    for key in ((title, None), (expected, kind), (expected, None)):
        if key in _TYPE_HINTS:
            return _TYPE_HINTS[key]
    return f"Write {_TYPE_NAMES[expected]}."
