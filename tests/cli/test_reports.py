"""The text reports, compared whole with files in `golden/`; and what a terminal and its width may change of them.

To renew a golden file, write the new report there by hand or by copying it, and read it as a user would.
"""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.inputs import SUBSCRIPTION, add_to_state, group_scope, identity_scope, write_manifest, write_state

EXAMPLES = Path(__file__).parents[2] / "examples"
GOLDEN = Path(__file__).parent / "golden"
QUICKSTART = ("identities.yaml", "--sandbox", "sandbox.json")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def _golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


def test_plan_reads_as_it_should(uami: Uami, quickstart: Path) -> None:
    assert uami("plan", *QUICKSTART).stdout == _golden("plan.txt")


def test_apply_reads_as_it_should(uami: Uami, quickstart: Path) -> None:
    ended = uami("apply", *QUICKSTART, "-y", "--parallelism", "1", "--journal", "run.jsonl")

    digest = hashlib.sha256((quickstart / "run.jsonl").read_bytes()).hexdigest()
    assert (ended.stdout, ended.stderr.replace(digest, "DIGEST")) == (
        _golden("apply.txt"),
        _golden("apply-progress.txt"),
    )


def test_drift_reads_as_it_should(uami: Uami, quickstart: Path) -> None:
    assert uami("drift", *QUICKSTART).stdout == _golden("drift.txt")


def test_refused_plan_reads_as_it_should(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [], "rg-b": ["id-new"], "rg-missing": ["id-new"]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {"id-one": {"uami-owner": "us"}}, "rg-b": {"id-old": {}}})

    ended = uami("plan", "m.yaml", "--sandbox", "s.json")

    assert ended.stdout == _golden("refused.txt")


def test_credentials_and_roles_read_as_they_should(uami: Uami, folder: Path) -> None:
    for name in QUICKSTART[::2]:
        shutil.copy(EXAMPLES / "workload-identity" / name, folder)

    assert uami("plan", *QUICKSTART).stdout == _golden("access.txt")


def test_impact_of_deletes_reads_as_it_should(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-api"]})
    names = ("id-api", "id-allowed", "id-free", "id-locked", "id-used")
    write_state(folder / "s.json", {"rg-a": {name: {} for name in names}})
    add_to_state(
        folder / "s.json",
        resources=[_attached("Microsoft.Compute/virtualMachines", "vm-a", "id-allowed", "id-used")],
        federatedIdentityCredentials=[_credential("id-used", "main"), _credential("id-allowed", "dev")],
        roleAssignments=[_reader("0b2c0000-0000-4000-8000-000000000001")],
        locks=[_lock("id-locked", "keep")],
    )

    allow = ("--allow", "in-use=rg-a/id-allowed", "--allow", "trusted=rg-a/id-allowed", "--max-deletes", "80%")
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", *allow)

    assert (ended.code, ended.stdout) == (3, _golden("impact.txt"))


def _attached(kind: str, name: str, *identities: str) -> dict[str, object]:
    block = {"type": "UserAssigned", "userAssignedIdentities": {identity_scope("rg-a", one): {} for one in identities}}
    resource_id = f"{group_scope('rg-a')}/providers/{kind}/{name}"
    return {"id": resource_id, "name": name, "type": kind, "location": "westeurope", "identity": block}


def _credential(identity: str, name: str) -> dict[str, object]:
    properties = {"issuer": "https://issuer.example", "subject": name, "audiences": ["api://AzureADTokenExchange"]}
    return {
        "id": f"{identity_scope('rg-a', identity)}/federatedIdentityCredentials/{name}",
        "properties": properties,
    }


def _reader(principal_id: str) -> dict[str, object]:
    scope, reader = group_scope("rg-a"), "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    properties = {
        "scope": scope,
        "roleDefinitionId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{reader}",
        "principalId": principal_id,
        "principalType": "ServicePrincipal",
    }
    name = "00000000-0000-0000-0000-0000000000a1"
    return {"id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", "properties": properties}


def _lock(identity: str, name: str) -> dict[str, object]:
    lock_id = f"{identity_scope('rg-a', identity)}/providers/Microsoft.Authorization/locks/{name}"
    return {"id": lock_id, "properties": {"level": "CanNotDelete"}}


def test_second_apply_finds_nothing_to_do(uami: Uami, quickstart: Path) -> None:
    uami("apply", *QUICKSTART, "-y")

    again = uami("apply", *QUICKSTART, "-y")

    assert (again.code, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1] == "No changes. Live identities match the manifest."


def test_validate_reads_as_it_should(uami: Uami, quickstart: Path) -> None:
    ended = uami("validate", "identities.yaml")

    assert ended.stdout == "The manifest is valid: 5 identities in 2 resource groups.\n"


def test_report_is_coloured_at_a_terminal_and_otherwise_the_same(uami: Uami, quickstart: Path) -> None:
    with uami.at_terminal("plan", *QUICKSTART, screen=True) as run:
        ended = run.end()

    assert "\x1b[32m + \x1b[0m" in ended.screen
    assert STYLE.sub("", ended.screen) == _golden("plan.txt")


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (("--no-color",), {}),
        (("--color", "never"), {"FORCE_COLOR": "1"}),
        ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
        ((), {"TERM": "dumb"}),
    ],
    ids=["--no-color", "--color never", "NO_COLOR", "dumb terminal"],
)
def test_report_without_colour_has_no_trace_of_it(
    uami: Uami, quickstart: Path, flags: tuple[str, ...], environment: dict[str, str]
) -> None:
    with uami.at_terminal("plan", *QUICKSTART, *flags, screen=True, environment=environment) as run:
        ended = run.end()

    assert ended.screen == _golden("plan.txt")


def test_empty_no_color_variable_means_nothing(uami: Uami, quickstart: Path) -> None:
    with uami.at_terminal("plan", *QUICKSTART, screen=True, environment={"NO_COLOR": ""}) as run:
        ended = run.end()

    assert "\x1b[" in ended.screen


@pytest.mark.parametrize(
    ("flags", "environment"),
    [(("--color", "always"), {"NO_COLOR": "1", "TERM": "dumb"}), ((), {"FORCE_COLOR": "1"})],
    ids=["--color always", "FORCE_COLOR"],
)
def test_report_in_a_pipe_is_coloured_where_that_is_asked_for(
    uami: Uami, quickstart: Path, flags: tuple[str, ...], environment: dict[str, str]
) -> None:
    ended = uami("plan", *QUICKSTART, *flags, environment=environment)

    assert "\x1b[32m + \x1b[0m" in ended.stdout
    assert STYLE.sub("", ended.stdout) == _golden("plan.txt")


@pytest.mark.parametrize("arguments", [("plan", "nowhere.yaml"), ("plan", "--bogus")], ids=["input", "usage"])
def test_errors_are_coloured_as_reports_are(uami: Uami, arguments: tuple[str, ...]) -> None:
    plain = uami(*arguments, "--color=never").stderr

    coloured = uami(*arguments, "--color=always").stderr

    assert "\x1b[1;31mError: \x1b[0m" in coloured
    assert STYLE.sub("", coloured) == plain


def test_narrow_terminal_neither_wraps_nor_cuts_lines(uami: Uami, quickstart: Path) -> None:
    ended = uami("plan", *QUICKSTART, environment={"COLUMNS": "20", "LINES": "5"})

    assert ended.stdout == _golden("plan.txt")


def test_error_at_a_narrow_terminal_is_neither_wrapped_nor_cut(uami: Uami, quickstart: Path) -> None:
    ended = uami("plan", *QUICKSTART, "--target", "rg-nowhere", environment={"COLUMNS": "20"})

    assert ended.stderr.startswith("Error: --target rg-nowhere: the manifest has no resource group 'rg-nowhere'\n")


def test_encoding_that_lacks_a_character_shows_its_escape(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "tags": {"city": "Zürich 東京"}}]})
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami("plan", "m.yaml", "--sandbox", "s.json", environment={"PYTHONIOENCODING": "ascii"})

    assert (ended.code, ended.stderr) == (0, "")
    assert '     tags.city    "Z\\xfcrich \\u6771\\u4eac"\n' in ended.stdout
