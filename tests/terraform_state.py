"""Terraform states of the shapes that Terraform 1.11.4 writes, made of the same rows: a state file and `show -json`."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TERRAFORM = shutil.which("terraform")

SECRET = "hunter2-hunter2"
"""Lies in the attributes of every row."""


@dataclass(frozen=True, slots=True)
class Row:
    """One instance; `module` is the address of its module with keys, `key` the instance's own."""

    type: str
    name: str
    attributes: Mapping[str, object]
    key: str | int | None = None
    module: str = ""
    depends_on: tuple[str, ...] = ()
    mode: str = "managed"
    more: Mapping[str, object] = field(default_factory=dict)
    """Further keys of the instance."""


def state_file(rows: Iterable[Row]) -> dict[str, Any]:
    """A state file of version 4: instances below their resource, which is of one module instance."""
    resources: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        module = {"module": row.module} if row.module else {}
        resource = resources.setdefault(
            (row.module, row.mode, row.type, row.name),
            {
                **module,
                "mode": row.mode,
                "type": row.type,
                "name": row.name,
                "provider": 'provider["registry.terraform.io/hashicorp/azurerm"]',
                "instances": [],
            },
        )
        key = {} if row.key is None else {"index_key": row.key}
        depends_on = {"dependencies": [*row.depends_on]} if row.depends_on else {}
        attributes = {**row.attributes, "secret": SECRET, "share": 0.5}
        resource["instances"].append(
            {**key, "schema_version": 0, "attributes": attributes, "sensitive_attributes": [], **depends_on, **row.more}
        )
    head = {"version": 4, "terraform_version": "1.11.4", "serial": 29, "lineage": "6f2c", "outputs": {}}
    return {**head, "resources": [*resources.values()], "check_results": None}


def shown(rows: Sequence[Row]) -> dict[str, Any]:
    """What `terraform show -json` prints: every instance is a resource, and modules lie in their parents."""
    root: dict[str, Any] = {"resources": []}
    modules = {"": root}
    for row in rows:
        index = {} if row.key is None else {"index": row.key}
        depends_on = {"depends_on": [*row.depends_on]} if row.depends_on else {}
        _module_at(row.module, modules)["resources"].append(
            {
                "address": "read from the other keys",
                "mode": row.mode,
                "type": row.type,
                "name": row.name,
                **index,
                "provider_name": "registry.terraform.io/hashicorp/azurerm",
                "schema_version": 0,
                "values": {**row.attributes, "secret": SECRET, "share": 0.5},
                "sensitive_values": {"secret": True},
                **depends_on,
                **row.more,
            }
        )
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root}}


def _module_at(address: str, modules: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if address not in modules:
        parent = _module_at(address.rpartition(".module.")[0], modules)
        made: dict[str, Any] = {"address": address, "resources": []}
        parent.setdefault("child_modules", []).append(made)
        modules[address] = made
    return modules[address]


def content(document: object) -> bytes:
    """A document as a file has it."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
