"""`uami trust --migrate-github`: a diff that `git apply` takes, and nothing is written by itself."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.inputs import write_state

MANIFEST = """\
# kept
version: 1
subscription: 00000000-0000-0000-0000-000000000001
policy: {identities: exact}
resourceGroups:
  rg-a:
    identities:
      - name: id-a
        federatedCredentials:
          - name: main # the branch
            github: {repository: contoso/app, legacySubject: true, branch: main}
"""
ARGUMENTS = ("trust", "m.yaml", "--sandbox", "s.json", "--migrate-github", "ids.json")


@pytest.fixture
def world(folder: Path) -> Path:
    """A manifest with one subject by name, its sandbox, and the repository's ids."""
    (folder / "m.yaml").write_text(MANIFEST)
    (folder / "ids.json").write_text(json.dumps({"contoso/app": {"owner_id": 12, "repository_id": 34}}))
    write_state(folder / "s.json", {"rg-a": {"id-a": {}}})
    return folder


def apply_diff(folder: Path, diff: str) -> None:
    """As `uami trust ... | git apply` does."""
    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff.encode(), check=True)


def test_rounds_end_with_subjects_with_ids_alone(uami: Uami, world: Path) -> None:
    added = uami(*ARGUMENTS)
    apply_diff(world, added.stdout)
    waiting = uami(*ARGUMENTS)
    applied = uami("apply", "m.yaml", "--sandbox", "s.json", "-y")
    removed = uami(*ARGUMENTS)
    apply_diff(world, removed.stdout)
    done = uami(*ARGUMENTS)

    assert [one.code for one in (added, waiting, applied, removed, done)] == [0] * 5
    assert "1 credential to add: both subjects are trusted then." in added.stderr
    assert (waiting.stdout, "the new one does not live" in waiting.stderr) == ("", True)
    assert "apply this only once GitHub sends the subject with ids" in removed.stderr
    assert (done.stdout, done.stderr.startswith("Nothing to propose")) == ("", True)
    assert (world / "m.yaml").read_text() == MANIFEST.replace("name: main #", "name: main-ids #").replace(
        "legacySubject: true", "ownerId: 12, repositoryId: 34"
    )


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("path", ["m.yaml", "./m.yaml", "", "m y.yaml"])
def test_git_takes_the_diff_whatever_the_file_is_called_and_however_its_lines_end(
    uami: Uami, world: Path, path: str, line_break: str
) -> None:
    text = MANIFEST.replace("# the", "##\tthe")
    file = world / (path or "m.yaml")
    file.write_text(text.replace("\n", line_break), newline="")

    added = uami("trust", path or str(file), *ARGUMENTS[2:])
    subprocess.run(["git", "apply", "-"], cwd=world, input=added.stdout.encode(), check=True)

    lines = text + text[text.index("          - name: main") :].replace("main #", "main-ids #").replace(
        "legacySubject: true", "ownerId: 12, repositoryId: 34"
    )
    assert file.read_bytes().decode() == lines.replace("\n", line_break)


def test_what_no_diff_can_say_is_left_and_said(uami: Uami, world: Path) -> None:
    (world / "m.yaml").write_text(MANIFEST.replace("the branch", "the \u202e branch"))
    (world / "sub").mkdir()

    hidden = uami(*ARGUMENTS)
    (world / "m.yaml").write_text(MANIFEST)
    outside = Uami(world / "sub", uami.environment)(
        "trust", "../m.yaml", *(f"../{one}" if "." in one else one for one in ARGUMENTS[2:])
    )

    assert [(one.code, one.stdout) for one in (hidden, outside)] == [(0, "")] * 2
    assert hidden.stderr.startswith("Note: m.yaml: left as it is: a line beside an edit has what no report prints")
    assert outside.stderr.startswith("Note: ../m.yaml: left as it is: `git apply` changes no file outside")


@pytest.mark.parametrize(
    ("ids", "flags", "code", "message"),
    [
        ("{}", (), 65, "ids.json: it lists no repository."),
        ("[", (), 65, "ids.json: it is not JSON"),
        (None, (), 65, "ids.json: no such file."),
        ('{"a/b": {"owner_id": 1, "repository_id": 2}}', ("--format", "mermaid"), 64, "is a diff"),
        ('{"a/b": {"owner_id": 1, "repository_id": 2}}', ("-",), 64, "takes no -"),
    ],
)
def test_bad_input_ends_with_its_own_code(
    uami: Uami, world: Path, ids: str | None, flags: tuple[str, ...], code: int, message: str
) -> None:
    (world / "ids.json").unlink()
    if ids is not None:
        (world / "ids.json").write_text(ids)

    ended = uami(*ARGUMENTS, *flags)

    assert (ended.code, ended.stdout) == (code, "")
    assert message in ended.stderr
    assert (world / "m.yaml").read_text() == MANIFEST
