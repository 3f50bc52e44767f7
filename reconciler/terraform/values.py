"""Resources of a Terraform state as frozen values, and addresses spelled as Terraform spells them.

A state comes from outside, and its names end up in a configuration that somebody applies: a name that is no identifier
of Terraform's language is refused, so that no address can be anything but an address.
"""

import re
from dataclasses import dataclass

from reconciler.model import CredentialId, ResourceId, RoleAssignment, is_guid, normalize_scope

_MODULE = re.compile(r'module\.(?P<name>[^.\[\]"]+)(?P<key>\[(?:\d+|"(?:[^"\\]|\\.)*")\])?(?:\.|\Z)')

_ASSIGNMENTS = "/providers/microsoft.authorization/roleassignments/"

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class StateAssignment:
    """A role assignment in a state, by where it is and its GUID; in lower case, since ARM compares both without."""

    scope: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "StateAssignment":
        """Read ARM's id of a role assignment; raises ValueError where the text is none."""
        scope, separator, name = text.casefold().rpartition(_ASSIGNMENTS)
        if not separator or not is_guid(name):
            raise ValueError(f"not the id of a role assignment: {text!r}")
        return cls(normalize_scope(scope), name)

    @classmethod
    def of(cls, assignment: RoleAssignment) -> "StateAssignment":
        """What a state says of a live role assignment."""
        return cls(normalize_scope(assignment.scope), assignment.name.casefold())


StateObject = ResourceId | CredentialId | StateAssignment


@dataclass(frozen=True, slots=True)
class StateInstance:
    """One instance of a resource or of a data source.

    Attributes:
        resource: the address of the resource that it is of, without any instance key, as a `removed` block takes it.
        address: its own address, instance keys included, as `terraform state list` prints it.
        object: what it is in Azure; None where that is nothing a manifest lists.
        depends_on: addresses of resources, without keys; Terraform records those that others depend on in turn, too.
    """

    resource: str
    address: str
    type: str
    is_managed: bool
    object: StateObject | None
    depends_on: frozenset[str] = frozenset()


def is_identifier(name: str) -> bool:
    """Whether a name is one of Terraform's: letters, digits, `_` and `-`, with no digit and no `-` first.

    Source: developer.hashicorp.com/terraform/language/syntax/configuration, "Identifiers" (Unicode's, and `-`).
    """
    return not name.startswith("-") and name.replace("-", "_").isidentifier()


def resource_address(module: str, name: str, type_: str, *, is_managed: bool = True) -> str:
    """The address of a resource in a module, with the keys that the module's address has; "" is the root module.

    Raises:
        ValueError: a part is no name of Terraform's; the reason ends a sentence.
    """
    for one in (type_, name):
        if not is_identifier(one):
            raise ValueError(f"{one!r} is no name of Terraform's")
    kind = type_ if is_managed else f"data.{type_}"
    return f"{module}{'.' if module else ''}{kind}.{name}"


def without_keys(module: str) -> str:
    """The address of a module without the keys of its instances.

    Raises:
        ValueError: it is no address of a module; the reason ends a sentence.
    """
    names, at = [], 0
    while at < len(module):
        found = _MODULE.match(module, at)
        if found is None or not is_identifier(found["name"]):
            raise ValueError(f"{module!r} is no address of a module")
        names.append(f"module.{found['name']}")
        at = found.end()
    if module.endswith("."):
        raise ValueError(f"{module!r} is no address of a module")
    return ".".join(names)


def instance_key(key: int | str | None) -> str:
    """What the address of an instance has behind its resource's: nothing, `[0]` or `["key"]`.

    Source: hashicorp/terraform, internal/addrs/instance_key.go, `toHCLQuotedString`; `terraform state list` of 1.11.4.
    """
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{quoted_text(key)}]"


def quoted_text(text: str) -> str:
    """A text as Terraform's language writes it, with its quotes; it cannot end them, and begins no template."""
    escaped = "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(char)) for char in text)
    return '"' + re.sub(r"[$%](?=\{)", r"\g<0>\g<0>", escaped) + '"'


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
