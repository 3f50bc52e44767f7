"""Reads a Terraform state: a state file of version 4, or what `terraform show -json` prints.

A state holds secrets in plain text. Of it only addresses, types and ids are kept, and no message quotes a value.
Source: hashicorp/terraform 1.11.4, internal/states/statefile/version4.go; developer.hashicorp.com/terraform/internals/
json-format, "State Representation" and "Values Representation".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.errors import InputFileError
from reconciler.files.read import read_argument
from reconciler.files.strict_json import parse_object
from reconciler.model import CredentialId, ResourceId
from reconciler.terraform.values import (
    StateAssignment,
    StateInstance,
    StateObject,
    instance_key,
    resource_address,
    without_keys,
)

MAX_BYTES = 64 * 1024 * 1024
"""A state of tens of thousands of resources; a larger one is slow for Terraform itself."""

MAX_DEPTH = 200
"""Levels of lists and objects: attributes of any provider lie in a state, and `show -json` nests modules."""

IDENTITY_TYPE = "azurerm_user_assigned_identity"
CREDENTIAL_TYPE = "azurerm_federated_identity_credential"
ASSIGNMENT_TYPE = "azurerm_role_assignment"
TYPES = (IDENTITY_TYPE, CREDENTIAL_TYPE, ASSIGNMENT_TYPE)
"""What a manifest can list."""

_TAKE = "Take the file of `terraform state pull`, or of `terraform show -json`."
_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class TerraformState:
    """Every instance of resources and data sources that a state holds, in order of their addresses."""

    instances: tuple[StateInstance, ...]

    @property
    def identities(self) -> tuple[ResourceId, ...]:
        """The identities that Terraform manages."""
        found = (one.object for one in self.instances if one.is_managed)
        return tuple(one for one in found if isinstance(one, ResourceId))


class _StateError(ValueError):
    """What is wrong with a state; the reason goes on behind the file's name."""

    def __init__(self, reason: str, hint: str = _TAKE) -> None:
        super().__init__(reason)
        self.hint = hint


def read_state(path: Path) -> TerraformState:
    """The state that a file holds.

    Raises:
        InputFileError: the file cannot be read, is no state, one of a version that is not read, or a damaged one.
    """
    content = read_argument(str(path), MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise InputFileError(f"{path}: larger than {MAX_BYTES // 1024 // 1024} MiB, which no state should be.", _TAKE)
    return parse_state(content, str(path))


def parse_state(content: bytes, name: str) -> TerraformState:
    """As `read_state`, for content that is there already; `name` is the file's, for messages."""
    try:
        document = _document(content)
        found = [*_instances(document)]
    except _StateError as error:
        raise InputFileError(f"{name}: {error}.", error.hint) from error
    if not any(isinstance(one.object, ResourceId) and one.is_managed for one in found):
        hint = "Name the state of the configuration that has the identities; for anything else leave out --tfstate."
        raise InputFileError(f"{name}: this state holds no {IDENTITY_TYPE}, so there is nothing to hand over.", hint)
    return TerraformState(tuple(sorted(found, key=lambda one: (one.resource, one.address))))


def _document(content: bytes) -> dict[str, Any]:
    if content.startswith(_UTF_16):
        raise _StateError("this is UTF-16, as PowerShell writes", "Write it with `| Out-File -Encoding utf8 FILE`.")
    try:
        return parse_object(content.removeprefix(_MARK), max_depth=MAX_DEPTH, fractions=True)
    except ValueError as error:
        raise _StateError(f"this is no Terraform state: {error}") from error


def _instances(document: dict[str, Any]) -> Iterator[StateInstance]:
    if "encrypted_data" in document:
        pull = "Write it in plain text with `tofu state pull >FILE`, and remove that file afterwards."
        raise _StateError("this state is encrypted by OpenTofu", pull)
    if "planned_values" in document or "resource_changes" in document:
        raise _StateError("this is a plan, which says what may be, and not a state")
    if "version" in document:
        _check_version(document["version"])
        return _of_state_file(document)
    if isinstance(document.get("values"), dict):
        _check_format(document.get("format_version"))
        return _of_module(_mapping(document["values"].get("root_module", {}), "`root_module`"), "")
    if "terraform_version" in document or [*document] == ["format_version"]:
        raise _StateError("this state is empty")
    raise _StateError("this is no Terraform state: it has neither `version` nor `values`")


def _check_version(version: object) -> None:
    if version == 4 and not isinstance(version, bool):
        return
    if isinstance(version, int) and not isinstance(version, bool) and version < 4:
        raise _StateError(
            f"this is a state of version {version}, and only version 4 is read",
            "Terraform 0.13 or newer rewrites it: run `terraform apply -refresh-only`, then `terraform state pull`.",
        )
    if isinstance(version, int) and not isinstance(version, bool):
        raise _StateError(
            f"this is a state of version {version}, and only version 4 is read",
            "Take the file of `terraform show -json` in its place, or a newer uami.",
        )
    raise _StateError("this is no Terraform state: its `version` is no number")


def _check_format(version: object) -> None:
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise _StateError(
            "its `format_version` is none of 1.x",
            "Print it with Terraform 1.1 or newer, or take the file of `terraform state pull`.",
        )


def _of_state_file(document: dict[str, Any]) -> Iterator[StateInstance]:
    for number, resource in enumerate(_sequence(document.get("resources", []), "`resources`")):
        place = f"`resources[{number}]`"
        one = _mapping(resource, place)
        for instance in _sequence(one.get("instances", []), f"`instances` of {place}"):
            values = _mapping(instance, f"an instance of {place}")
            attributes = values.get("attributes")
            depends_on = values.get("dependencies", values.get("depends_on"))
            yield _instance(
                {**one, "index": values.get("index_key"), "deposed": values.get("deposed")},
                module=_text(one.get("module", ""), f"`module` of {place}"),
                attributes=attributes if isinstance(attributes, dict) else {},
                depends_on=depends_on,
                place=place,
            )


def _of_module(module: dict[str, Any], place: str) -> Iterator[StateInstance]:
    address = _text(module.get("address", ""), f"`address` of {place or 'the root module'}")
    for number, resource in enumerate(_sequence(module.get("resources", []), f"`resources` of {address!r}")):
        where = f"`resources[{number}]` of {address or 'the root module'}"
        one = _mapping(resource, where)
        values = one.get("values")
        yield _instance(
            {**one, "deposed": one.get("deposed_key")},
            module=address,
            attributes=values if isinstance(values, dict) else {},
            depends_on=one.get("depends_on"),
            place=where,
        )
    for child in _sequence(module.get("child_modules", []), f"`child_modules` of {address!r}"):
        yield from _of_module(_mapping(child, "a child module"), "a child module")


def _instance(
    resource: dict[str, Any], *, module: str, attributes: dict[str, Any], depends_on: object, place: str
) -> StateInstance:
    type_, name = (_text(resource.get(key), f"`{key}` of {place}") for key in ("type", "name"))
    is_managed, key = resource.get("mode") == "managed", resource.get("index")
    if isinstance(key, bool) or not isinstance(key, int | str | None):
        raise _StateError(f"the key of an instance of {place} is neither a text nor a whole number")
    try:
        plain = resource_address(without_keys(module), name, type_, is_managed=is_managed)
        address = resource_address(module, name, type_, is_managed=is_managed) + instance_key(key)
    except ValueError as error:
        raise _StateError(f"{place}: {error}") from error
    managed_here = is_managed and type_ in TYPES
    if managed_here and resource.get("deposed") is not None:
        raise _StateError(
            f"{address} has an object that Terraform has replaced and still has to delete (it is deposed)",
            "Run `terraform apply`, so that it is deleted, and take the state after that.",
        )
    listed = depends_on if isinstance(depends_on, list) else []
    return StateInstance(
        plain,
        address,
        type_,
        is_managed,
        _object(type_, attributes, address) if managed_here else None,
        frozenset(one for one in listed if isinstance(one, str)),
    )


def _object(type_: str, attributes: dict[str, Any], address: str) -> StateObject:
    """What an instance of one of our types is in Azure."""
    text = _text(attributes.get("id"), f"`id` of {address}")
    try:
        if type_ == IDENTITY_TYPE:
            return ResourceId.parse(text)
        if type_ == CREDENTIAL_TYPE:
            return CredentialId.parse(text)
        # azurerm writes the tenant of a delegated assignment behind its id.
        # Source: hashicorp/terraform-provider-azurerm, internal/services/authorization/parse/role_assignment.go.
        return StateAssignment.parse(text.partition("|")[0])
    except ValueError as error:
        raise _StateError(f"the `id` of {address} is no ARM id of that type") from error


def _mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _StateError(f"{what} is no JSON object")
    return value


def _sequence(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _StateError(f"{what} is no list")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise _StateError(f"{what} is no text")
    return value
