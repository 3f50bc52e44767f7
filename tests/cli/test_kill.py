"""`kill -9` in the midst of an apply of thirty changes: the journal explains what happened, and running it again does
the rest, and only the rest."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.arm_server import ArmServer
from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.deadly_proxy import Wire, deadly_wire
from tests.cli.inputs import group_scope, write_manifest, write_state

TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
GROUP = "rg-a"
ISSUER = "https://issuer.example"

BOUNDARIES = [
    ("PUT", "identity", 3),
    ("PATCH", "identity", 2),
    ("DELETE", "identity", 2),
    ("PUT", "credential", 4),
    ("DELETE", "credential", 1),
    ("PUT", "role", 2),
    ("DELETE", "role", 1),
    ("DELETE", "role", 3),
]
"""Calls of every kind, early and late in the run."""


def _identity(name: str, subjects: dict[str, str] | None = None, *, role: bool = False, **tags: str) -> object:
    entry: dict[str, object] = {"name": name, "tags": tags}
    if subjects is not None:
        entry["federatedCredentials"] = [
            {"name": one, "issuer": ISSUER, "subject": subject} for one, subject in subjects.items()
        ]
    entry["roleAssignments"] = [{"role": "Reader", "scope": group_scope(GROUP)}] if role else []
    return entry


def _first() -> list[object]:
    changed = [_identity(f"id-change-{number}", env="test") for number in range(4)]
    rotated = [_identity(f"id-rotate-{number}", {"main": "old", "gone": "g"}, role=True) for number in range(2)]
    return [*changed, *rotated, *(_identity(f"id-old-{number}", role=True) for number in range(2))]


def _second() -> list[object]:
    """Six creates with a credential and a role each, four updates, two credentials changed and one deleted, one role
    taken away, two identities deleted and their roles before them: thirty."""
    made = [_identity(f"id-new-{number}", {"main": "m"}, role=True) for number in range(6)]
    changed = [_identity(f"id-change-{number}", env="prod") for number in range(4)]
    rotated = [
        _identity("id-rotate-0", {"main": "new", "gone": "g"}, role=True),
        _identity("id-rotate-1", {"main": "new"}),
    ]
    return [*made, *changed, *rotated]


@pytest.fixture(scope="session")
def started_from(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state in which the first manifest was applied, and the second one beside it."""
    folder = tmp_path_factory.mktemp("thirty")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    write_state(folder / "s.json", {GROUP: {}})
    write_manifest(folder / "first.yaml", {GROUP: _first()}, owner="us")
    write_manifest(folder / "m.yaml", {GROUP: _second()}, owner="us")
    ended = Uami(folder, environment)("apply", "first.yaml", "--sandbox", "s.json", "-y", "--no-verify")
    assert ended.code == 0, ended.stderr
    return folder


@pytest.fixture
def thirty(started_from: Path, folder: Path) -> Path:
    """`m.yaml` and `s.json`, whose plan has thirty changes."""
    for name in ("m.yaml", "s.json"):
        shutil.copy(started_from / name, folder)
    return folder


def _killed(uami: Uami, wire: Wire, *flags: str) -> Ended:
    with uami.started("apply", "m.yaml", *wire.flags, "-y", "--no-verify", *flags, environment=TOKEN) as run:
        wire.victim = run.process
        return run.end()


def _again(uami: Uami, wire: Wire) -> Ended:
    return uami("apply", "m.yaml", *wire.flags, "-y", "--no-verify", environment=TOKEN)


def _journals(folder: Path) -> list[Path]:
    return sorted((folder.parent / "home" / ".local" / "state" / "uami" / "journals").glob("*.jsonl"))


def _effects(arm: ArmServer) -> Counter[tuple[str, str]]:
    """How often each write had an effect."""
    return Counter((method, path) for method, path, status in arm.writes if status in (200, 201))


@pytest.mark.parametrize("arrives", [False, True], ids=["before it arrives", "before its answer"])
@pytest.mark.parametrize("boundary", BOUNDARIES, ids=lambda boundary: "-".join(map(str, boundary)))
def test_apply_killed_at_a_call_is_made_up_for_by_the_next(
    uami: Uami, thirty: Path, serve: Serve, boundary: tuple[str, str, int], arrives: bool
) -> None:
    arm = serve("s.json")
    with deadly_wire(arm.url) as wire:
        wire.arm(*boundary, arrives=arrives)

        killed = _killed(uami, wire, "--parallelism", "1")
        (journal,) = _journals(thirty)
        shown = uami("show", str(journal), "--format", "json").document
        again = _again(uami, wire)
        once_more = _again(uami, wire)

    (doubtful,) = (call for call in shown["calls"] if call["call"] in shown["in_doubt"])
    told = f"plan is made from the live state now:\n  {_line_of(doubtful)}\n"
    assert (killed.code, shown["end"]) == (-9, None)
    assert wire.killed_at.rpartition("/")[2] in (doubtful["address"].rpartition("/")[2], _name_of(doubtful))
    assert (again.code, told in again.stderr) == (0, True)
    assert "No changes." in once_more.stdout
    assert "was cut short" not in once_more.stderr
    effects = _effects(arm)
    assert (len(effects), set(effects.values())) == (30, {1})


def _line_of(call: dict[str, str]) -> str:
    """How a later run names a call in doubt: by short names, a credential or a role with its identity behind it."""
    group, identity, *child = call["address"].split("/", 4)[1:]
    match child:
        case ["federatedCredentials", name]:
            return f"{call['action']} credential {name} of {group}/{identity}"
        case ["roleAssignments", role]:
            return f"{call['action']} role {role.partition('@')[0]} on {GROUP} of {group}/{identity}"
    return f"{call['action']} {group}/{identity}"


def _name_of(call: dict[str, dict[str, str] | None]) -> str:
    """The name of a role assignment that a call is about."""
    state = call["before"] or call["after"] or {}
    return state.get("name", "")


def test_apply_killed_among_many_calls_is_made_up_for_by_the_next(uami: Uami, thirty: Path, serve: Serve) -> None:
    arm = serve("s.json", "--latency-ms", "20")
    with deadly_wire(arm.url) as wire:
        wire.arm("PUT", "credential", 3, arrives=True)

        killed = _killed(uami, wire)
        shown = uami("show", str(_journals(thirty)[0]), "--format", "json").document
        again = _again(uami, wire)

    assert (killed.code, again.code) == (-9, 0)
    assert len(shown["in_doubt"]) > 1
    assert all(f"  {_line_of(call)}\n" in again.stderr for call in shown["calls"] if call["call"] in shown["in_doubt"])
    assert set(_effects(arm).values()) == {1}
