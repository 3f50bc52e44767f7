"""Outputs as one document, in JSON and in YAML: every identity that is listed, `null` for what it has not got yet."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from reconciler import __version__
from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import FORMAT_VERSION, JsonObject
from reconciler.outputs.collect import Outputs
from reconciler.report.visible import SafeText, safe_json, safe_yaml


class JsonForm:
    """The document that `schemas/output.v1.schema.json` describes."""

    def check(self, listed: Sequence[DesiredIdentity]) -> None:
        """Nothing to say: each identity has its address."""

    def write(self, outputs: Outputs) -> SafeText:
        """The document in JSON."""
        return safe_json(json.dumps(_document(outputs), indent=2) + "\n")

    def notes(self, _: Outputs) -> tuple[str, ...]:
        """Nothing: nothing is left out."""
        return ()


class YamlForm(JsonForm):
    """The same document in YAML."""

    def write(self, outputs: Outputs) -> SafeText:
        """The document in YAML."""
        return yaml_text([_document(outputs)])


def yaml_text(documents: Iterable[JsonObject]) -> SafeText:
    """YAML documents, `---` between them; texts stand in double quotes, so that no reader takes one for a number."""
    dumped = yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=float("inf"), default_flow_style=False)
    return safe_yaml(dumped)


def _document(outputs: Outputs) -> JsonObject:
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": outputs.cloud,
        "identities": [
            {"address": one.listed.resource_id.address, "live": one.live is not None, **one.values}
            for one in outputs.identities
        ],
    }


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _in_quotes(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')


def _mapping(dumper: yaml.SafeDumper, data: JsonObject) -> yaml.MappingNode:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", data)
    for key, _ in node.value:
        # Keys are ours, and read better bare; one that YAML would misread is quoted all the same.
        key.style = None
    return node


# Of every kind of text: the name of a cloud is a member of an enumeration.
_Dumper.add_multi_representer(str, _in_quotes)
_Dumper.add_representer(str, _in_quotes)
_Dumper.add_representer(dict, _mapping)
