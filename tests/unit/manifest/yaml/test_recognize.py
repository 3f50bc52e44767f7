"""YAML of other tools is told from a manifest, and whatever could be one is not taken for another's."""

import json

import pytest

from reconciler.manifest.yaml.recognize import (
    GUARDRAILS,
    SHARED_WITH_GUARDRAILS,
    is_guardrails,
    is_of_another_tool,
    skipped_note,
)
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import decode_source
from reconciler.schemas import schema_text


def is_foreign(text: str | bytes) -> bool:
    """What is said of a file with this content."""
    content = text if isinstance(text, bytes) else text.encode()
    source, problems = decode_source("a.yaml", content)
    documents, mistakes = parse_documents(source) if source is not None else ([], [])
    said = [one for one in documents if one.data is not None]
    return is_of_another_tool(content, said, whole=not problems and not mistakes)


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
        "---\n# nothing\n---\napiVersion: v1\nkind: Service\n",
        "on: [push]\njobs: {a: {runs-on: x}}\n",
        "services: {a: {image: b}}\n",
        "version: '3.8'\nservices: {a: {image: b}}\n",
        "version: 2\nupdates: []\n",
        "openapi: 3.0.0\ninfo: {title: a, version: 1.0.0}\n",
        "- hosts: all\n  tasks: []\n",
        "- a\n- b\n",
        "trigger: none\nresources: {repositories: []}\nsteps: []\n",
        "resourceGroup: rg-a\nlocation: westeurope\n",
        "resourceGroupName: rg-a\n",
        "Resources: {A: !Sub 'x'}\n",
        "x: &a {b: 1}\ny: {<<: *a}\n",
        "apiVersion: v1\nkind: X\nspec:\n  a: {{ .Values.a }}\n",
        "{{- if .Values.on }}\napiVersion: v1\nkind: X\nspec:\n  version: 1\n{{- end }}\n",
        "caf\u00e9: 1\n".encode("cp1252"),
    ],
)
def test_yaml_of_another_tool(text: str | bytes) -> None:
    assert is_foreign(text)


WHOLE = """\
version: 1
subscription: 00000000-0000-0000-0000-000000000001
resourceGroups:
  rg: {identities: []}
"""


@pytest.mark.parametrize("key", ["version", "subscription", "resourceGroups"])
@pytest.mark.parametrize("slip", ["", "{}x", "x{}", "{}s", "{}_", "verison", "subscripton", "resourceGroup", "groups"])
def test_manifest_with_one_key_that_is_wrong_or_gone(key: str, slip: str) -> None:
    lines = WHOLE.replace(f"{key}:", f"{slip.format(key)}:" if slip else "# ")

    assert not is_foreign(lines)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# version: 2\n",
        "just a text\n",
        "version: 1\n",
        'version: "1"\nidentities: []\n',
        "Version: 1\nservices: {}\n",
        "resource_groups: {}\n",
        "resourcegroups:\n",
        "resourceGroups: []\n",
        "subscriptionId: x\nkind: y\n",
        "apiVersion: v1\nkind: X\nresourceGroups: {}\n",
        "- version: 1\n  resourceGroups: {}\n",
        "kind: X\n---\nresourceGroups: {}\n",
        '{"version": 1, "resourceGroups": {}}\n',
        "version: 1\nkind: [\n",
        "kind: x\nresourceGroups:\n\trg: {}\n",
        "kind: x\nresourceGroups: &g\n  rg: [\n",
        "  kind: x\n  version: 1\n   bad: [\n",
        '{kind: x, "resourceGroups": {rg: [}\n',
        WHOLE.encode("utf-16"),
        (WHOLE + "# caf\u00e9\n").encode("cp1252"),
    ],
)
def test_what_could_be_a_manifest_is_none_of_another_tool(text: str | bytes) -> None:
    assert not is_foreign(text)


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ([], ""),
        (["a.yml"], "Skipped 1 YAML file that is no uami manifest: a.yml. A file that is named itself is always read."),
        (
            ["a", "b", "c", "d", "e", "f", "g"],
            "Skipped 7 YAML files that are no uami manifests: a, b, c, d, e and 2 more. A file that is named itself is"
            " always read.",
        ),
    ],
)
def test_note_counts_the_files_and_names_the_first(files: list[str], note: str) -> None:
    assert skipped_note(files) == note


def are_rails(text: str) -> bool:
    """Whether a file with this content is guardrails."""
    source, _ = decode_source("a.yaml", text.encode())
    documents, _ = ([], []) if source is None else parse_documents(source)
    return is_guardrails(documents)


def test_guardrails_are_told_by_every_key_that_they_can_have() -> None:
    assert {*GUARDRAILS, *SHARED_WITH_GUARDRAILS} == {
        *json.loads(schema_text("guardrails.v1.schema.json"))["properties"]
    }


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nsubscriptions: [a]\n",
        "version: 1\ntenant: t\nresourceGroups: [rg-*]\nprotect: {lift: false}\n",
        "identities: {deny: [a]}\n",
    ],
)
def test_guardrails_in_a_folder_are_no_manifest(text: str) -> None:
    assert are_rails(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 1\n",
        "version: 1\nresourceGroups: [rg-*]\n",
        "version: 1\nsubscriptions: 00000000-0000-0000-0000-000000000001\nresourceGroups: {rg: {identities: []}}\n",
        "version: 1\nsubscriptions: 00000000-0000-0000-0000-000000000001\n",
        "version: 1\nsubscription: a\nidentities: {deny: [a]}\n",
        "version: 1\nidentities: [a]\n",
        "roles: []\nresourceGroups: {rg: {identities: []}}\n",
        "protect: {lift: false}\n---\nversion: 1\nresourceGroups: {rg: {identities: []}}\n",
    ],
)
def test_what_could_be_a_manifest_is_no_guardrails(text: str) -> None:
    assert not are_rails(text)
