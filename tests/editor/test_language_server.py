"""What somebody sees who writes a manifest in an editor with yaml-language-server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.manifest.rules.choices import CHOICES
from reconciler.manifest.rules.words import RULES
from reconciler.schemas import schema_text
from tests.editor.language_server import SERVER, Editor, open_editor, why_not

WHY_NOT = why_not(SERVER)
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

TOP = """\
# yaml-language-server: $schema=manifest.schema.json
version: 1
subscription: 00000000-0000-0000-0000-000000000001
"""
IDENTITIES = f"{TOP}resourceGroups:\n  rg-a:\n    identities:\n"
IDENTITY = f"{IDENTITIES}      - name: id-abc\n        "
CREDENTIAL = f"{IDENTITY}federatedCredentials:\n          - name: abc\n            "


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor in a folder that has what `uami schema > manifest.schema.json` writes."""
    folder = tmp_path_factory.mktemp("editor")
    (folder / "manifest.schema.json").write_text(schema_text("manifest.v1.schema.json"), encoding="utf-8")
    with open_editor(folder) as editor:
        yield editor


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{TOP}ow|ner: a\n", "Who these identities belong to."),
        (f"{TOP}ow|ner: ${{OWNER}}\n", "Who these identities belong to."),
        (f"{TOP}ten|ant: nobody\n", "Id of the tenant that the subscription belongs to"),
        (f"{TOP}defaults:\n  loca|tion: westeurope\n", "Region in which new identities are created"),
        (f"{IDENTITY}loca|tion: westeurope\n", "Region in which the identity must live."),
        (f"{CREDENTIAL}sub|ject: a\n", "The \\`sub\\` of the tokens"),
        (f"{IDENTITY}roleAssignments: [{{role: Reader, sc|ope: /}}]\n", "Id of what the role is given on"),
        (f"{TOP}policy: {{identities: ow|ned}}\n", "What happens to live identities of a listed group"),
    ],
)
def test_hover_tells_what_a_key_is_for(editor: Editor, text: str, shown: str) -> None:
    title, _, rest = editor.hover(text).partition("\n\n")

    assert title.startswith("#### ")
    assert rest.startswith(shown)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (
            f"{IDENTITIES}      - |\n",
            {
                "id-payments-api": "id-payments-api",
                "An identity with tags": "name: id-payments-worker\n  tags:\n    tier: backend",
            },
        ),
        (
            f"{TOP}resourceGroups:\n  rg-a:\n    identities: |\n",
            {"An identity with tags": "\n  - name: id-payments-worker\n    tags:\n      tier: backend"},
        ),
        (
            f"{IDENTITY}federatedCredentials:\n          - |\n",
            {
                "GitHub": "name: github-prod\n  github:\n    repository: contoso/payments\n    ownerId: 1234\n"
                "    repositoryId: 5678\n    environment: production"
            },
        ),
        (f"{IDENTITY}tags: |\n", {"A tag": "\n  tier: backend"}),
        (
            f"{IDENTITY}roleAssignments:\n          - role: |\n",
            {"Reader": "Reader", "Key Vault Secrets User": "Key Vault Secrets User"},
        ),
        (f"{TOP}defaults:\n  location: |\n", {"swedencentral": "swedencentral"}),
        (f"{TOP}policy:\n  identities: |\n", {"exact": "exact", "owned": "owned", "merge": "merge"}),
    ],
)
def test_completion_offers_what_can_be_read_and_kept(editor: Editor, text: str, offered: dict[str, str]) -> None:
    items = editor.completions(text)

    assert {label: items[label]["textEdit"]["newText"] for label in offered if label in items} == offered
    assert [label for label in items if "object Object" in label or "undefined" in label] == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (f"{CREDENTIAL}\n", CHOICES["Federated credential"].hint),
        (f"{CREDENTIAL}issuer: https://example.com\n", CHOICES["Federated credential"].hint),
        (f"{CREDENTIAL}github: {{repository: a/b, branch: main}}\n", CHOICES["GitHub ids"].hint),
        (f"{CREDENTIAL}github: {{repository: a/b, legacySubject: true}}\n", CHOICES["GitHub context"].hint),
        (f"{IDENTITIES}      - i!d\n", f"Not the name of an identity. {RULES['Identity name'].hint}"),
        (f"{TOP}owner: ''\nresourceGroups: {{rg: {{identities: []}}}}\n", f"Not an owner. {RULES['Owner'].hint}"),
        (
            f"{TOP}policy: {{identities: all}}\nresourceGroups: {{rg: {{identities: []}}}}\n",
            'Value is not accepted. Valid values: "exact", "owned", "merge".',
        ),
    ],
)
def test_mistake_is_marked_once_with_how_to_fix_it(editor: Editor, text: str, marked: str) -> None:
    assert editor.diagnostics(text) == [marked]


def test_manifest_of_an_example_is_marked_nowhere(editor: Editor) -> None:
    example = Path(__file__).parents[2] / "examples" / "workload-identity" / "identities.yaml"
    lines = [line for line in example.read_text(encoding="utf-8").splitlines() if "$schema" not in line]

    assert editor.diagnostics("\n".join([TOP.splitlines()[0], *lines, ""])) == []
