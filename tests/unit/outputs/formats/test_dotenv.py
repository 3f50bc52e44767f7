"""Outputs as variables of a shell, read back by shells."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.outputs.formats.dotenv import DotenvForm
from tests.builders import SUBSCRIPTION, listed
from tests.unit.outputting import CLIENT, living, outputs_of

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh") if shutil.which(shell)]
PRINT = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("group", ["rg-app", "rg_(a).b(c)", "rg-Gruppe-\u00e9\u4e2d"])
def test_variables_survive_a_shell(tmp_path: Path, shell: str, group: str) -> None:
    outputs = outputs_of(
        [listed("id-a", group=group), listed("1st", group=group)],
        [
            living("id-a", 1, group=group),
            living("1st", 2, group=group),
        ],
    )
    path = tmp_path / "ids.env"
    path.write_text(DotenvForm().write(outputs), encoding="utf-8")

    completed = subprocess.run(
        [shell, "-c", f'set -a; . "$1"; {PRINT}', shell, str(path)],
        env={"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    seen = json.loads(completed.stdout)
    resources = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity"
    assert completed.stderr == ""
    assert (seen["ID_A_CLIENT_ID"], seen["_1ST_CLIENT_ID"]) == (CLIENT.format(1), CLIENT.format(2))
    assert seen["ID_A_RESOURCE_ID"] == f"{resources}/userAssignedIdentities/id-a"


def test_values_stand_bare_where_a_shell_lets_them() -> None:
    text = DotenvForm().write(outputs_of([listed("id-a")], [living("id-a", 1)]))

    assert text.startswith(f"ID_A_CLIENT_ID={CLIENT.format(1)}\nID_A_PRINCIPAL_ID=")
    assert "'" not in text


@pytest.mark.parametrize("group", ["rg\u115f", "rg-##[x]", "rg\nA"])
def test_text_that_cannot_be_printed_as_it_is_is_refused(group: str) -> None:
    outputs = outputs_of([listed("id-a", group=group)], [living("id-a", group=group)])

    with pytest.raises(UsageError, match="--format dotenv cannot write ID_A_RESOURCE_ID: "):
        DotenvForm().write(outputs)


def test_identities_of_the_same_variables_are_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="--format dotenv would give several identities the same name"):
        DotenvForm().check([listed("id-a"), listed("id_a")])


def test_missing_identity_is_noted() -> None:
    outputs = outputs_of([listed("id-a")], [])

    assert DotenvForm().write(outputs) == ""
    assert DotenvForm().notes(outputs) == ("rg-app/id-a is left out: it is not live yet (identities.yaml:5:9).",)
