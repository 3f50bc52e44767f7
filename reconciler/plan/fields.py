"""The fields of a resource that a comparison looks at, by the names that documents and messages have for them."""

from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What of a resource can differ, as documents name it; `owner` is whose mark a role assignment has."""

    LOCATION = "location"
    TAG = "tags"
    ISOLATION_SCOPE = "isolation_scope"
    ISSUER = "issuer"
    SUBJECT = "subject"
    AUDIENCE = "audience"
    CONDITION = "condition"
    CONDITION_VERSION = "condition_version"
    DESCRIPTION = "description"
    DELEGATED_IDENTITY = "delegated_managed_identity_resource_id"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; of a tag, `name` is its name, and None is where it is absent."""

    kind: Field
    before: str | None
    after: str | None
    name: str = ""


def field_text(field: FieldChange) -> str:
    """How documents and messages name a field: `isolation_scope`, or `tags.NAME`."""
    return f"{field.kind}.{field.name}" if field.kind is Field.TAG else str(field.kind)


def value_text(value: str | None) -> str:
    """A field's value in a sentence."""
    return "absent" if value is None else repr(value)
