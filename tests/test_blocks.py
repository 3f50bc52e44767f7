"""Every shell block of README.md and of the examples' READMEs is run as it stands, or is marked as one that cannot be.

Those of the examples with az and Terraform are run by test_example_clients, where these are installed. That every
`uami` command line parses, the marked ones included, is in test_github_actions.
"""

import json
import re
from pathlib import Path

import pytest

from tests.blocks import DOCUMENTS, MARKS, OWN_FOLDERS, ROOT, blocks_of, copy_of_repository, run_script

README = ROOT / "README.md"
WORKFLOWS = sorted((ROOT / "examples").glob("*/workflows/*.yml"))
RUN_HERE = [
    one for one in DOCUMENTS if one.parent.name not in OWN_FOLDERS and any(not block.mark for block in blocks_of(one))
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_shell_block_is_found_and_its_mark_is_one_that_is_known(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    blocks = blocks_of(document)

    assert len(blocks) == len(re.findall(r"^ *```(?:sh|bash|shell)\b", text, re.MULTILINE))
    assert [block.mark for block in blocks if block.mark not in ("", *MARKS)] == []


def test_documents_with_blocks_to_run_are_these() -> None:
    assert [name_of(one) for one in RUN_HERE] == [
        "README.md",
        "examples/guardrails/README.md",
        "examples/landing-zone/README.md",
        "examples/moving-in/README.md",
    ]


@pytest.mark.parametrize("document", [one for one in RUN_HERE if one != README], ids=name_of)
def test_blocks_of_an_example_do_what_they_show(document: Path, tmp_path: Path) -> None:
    script = "\n".join(block.text for block in blocks_of(document) if not block.mark)

    ended = run_script(script, copy_of_repository(tmp_path))

    assert ended.code == 0, ended
    assert "\nPlan: " in ended.stdout


def test_blocks_of_the_readme_do_what_they_show(tmp_path: Path) -> None:
    script = "\n".join(block.text for block in blocks_of(README) if not block.mark)
    folder = copy_of_repository(tmp_path)

    ended = run_script(script, folder)

    assert ended.code == 0, ended
    assert "Do you want to apply this plan?" in ended.screen
    assert "Apply complete! Resources: 2 added, 2 changed, 1 destroyed." in ended.stdout
    # Once over the file, and once over the server.
    assert ended.stdout.count("No changes. Live identities match the manifest.") == 2
    assert json.loads((folder / "manifest.schema.json").read_text(encoding="utf-8"))["title"].startswith(
        "uami manifest"
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_wait_of_a_document_ends(document: Path) -> None:
    assert [block.text for block in blocks_of(document) if re.search(r"\b(?:until|while)\b", block.text)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_every_wait_of_a_workflow_ends(workflow: Path) -> None:
    assert re.findall(r"\b(?:until|while) (?:\[|true|!)", workflow.read_text(encoding="utf-8")) == []


def serving_block(example: str) -> str:
    """The block of an example that starts the sandbox and waits for it."""
    blocks = blocks_of(ROOT / "examples" / example / "README.md")
    return next(block.text for block in blocks if "sandbox serve" in block.text)


@pytest.mark.parametrize("example", OWN_FOLDERS)
def test_server_that_starts_is_waited_for(example: str, tmp_path: Path) -> None:
    ended = run_script(f'{serving_block(example)}\necho "$URL"\nkill $sandbox', tmp_path, longest_s=60)

    assert ended.code == 0, ended
    assert ended.stdout.startswith("https://localhost:")


@pytest.mark.parametrize("example", OWN_FOLDERS)
def test_server_that_does_not_start_says_why_at_once(example: str, tmp_path: Path) -> None:
    stub = tmp_path / "bin" / "uami"
    stub.parent.mkdir()
    stub.write_text("#!/bin/sh\necho 'Error: no port is free.' >&2\nexit 1\n", encoding="utf-8")
    stub.chmod(0o755)

    ended = run_script(serving_block(example), tmp_path, first_on_path=(stub.parent,), longest_s=20)

    assert "Error: no port is free.\n" in ended.screen
