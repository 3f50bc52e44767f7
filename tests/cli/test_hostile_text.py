"""Text that comes from Azure, a manifest, a file's name or the command line is shown, never obeyed.

What a terminal is made to do by such text: repaint (escape sequences, also in their one-character form), forge a line
(line breaks, Unicode's own among them), show a name backwards (bidirectional controls), hide (zero width).
"""

import json
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.inputs import write_manifest, write_state

HOSTILE = "a\x1b[2J\x9b1m\r\n + forged\u2028line\u202eesrever\u200b\x07b"
SHOWN = r"a\x1b[2J\x9b1m\r\n + forged\u2028line\u202eesrever\u200b\x07b"


def _unprintable(text: str) -> set[str]:
    return {char for char in text if not char.isprintable() and char != "\n"}


@pytest.fixture
def hostile_live(folder: Path) -> Path:
    """`m.yaml` and `s.json`, with hostile tags on what is updated and deleted, and a subscription of a hostile name."""
    write_manifest(
        folder / "m.yaml",
        {"rg-a": [{"name": "id-kept", "tags": {"note": "good"}}]},
    )
    state = write_state(
        folder / "s.json", {"rg-a": {"id-kept": {"note": HOSTILE}, "id-old": {"note": HOSTILE, "x\u202ey": "z"}}}
    )
    document = json.loads(state.read_text())
    document["subscriptions"][0]["displayName"] = HOSTILE
    state.write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize("command", [("plan",), ("drift",), ("apply", "-y"), ("plan", "--log-level", "debug")])
def test_live_text_is_shown_and_not_obeyed(uami: Uami, hostile_live: Path, command: tuple[str, ...]) -> None:
    ended = uami(*command, "m.yaml", "--sandbox", "s.json")

    assert _unprintable(ended.stdout + ended.stderr) == set()
    assert f"Subscription  {SHOWN} (0000" in ended.stdout
    assert f'     tags.note  "{SHOWN}"\n             -> "good"\n' in ended.stdout
    assert '"z"\n' in ended.stdout
    assert not [line for line in ended.stdout.splitlines() if line.startswith(" + ")]


def test_live_text_in_json_is_escaped_and_whole(uami: Uami, hostile_live: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "--format", "json")

    assert ended.stdout.isascii()
    assert _unprintable(ended.stdout) == set()
    assert ended.document["changes"][0]["before"]["tags"] == {"note": HOSTILE}


def test_manifest_text_is_shown_and_not_obeyed(uami: Uami, folder: Path) -> None:
    text = "a\u202eesrever\u200b\u2028 + forged"
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "tags": {"note": text}}]})
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y")

    assert _unprintable(ended.stdout + ended.stderr) == set()
    assert r"a\u202eesrever\u200b\u2028 + forged" in ended.stdout + ended.stderr


def test_offending_line_of_a_manifest_is_shown_and_not_obeyed(uami: Uami, folder: Path) -> None:
    (folder / "m.yaml").write_text('version: 1\nsub\u202escription: "\\e[2J"\nbad\u200b: [\x85\n', encoding="utf-8")

    ended = uami("validate", "m.yaml")

    assert ended.code == 65
    assert _unprintable(ended.stdout + ended.stderr) == set()


def test_name_of_a_file_is_shown_and_not_obeyed(uami: Uami, folder: Path) -> None:
    name = "m\x1b[2J\n.yaml"
    (folder / name).write_text("version: 2\n")

    ended = uami("validate", name)

    assert ended.code == 65
    assert _unprintable(ended.stderr) == set()
    assert ended.stderr.startswith(r"m\x1b[2J\n.yaml:1:")


@pytest.mark.parametrize(
    "arguments",
    [
        ("\x1b[2J",),
        ("plan", "m.yaml", "--\x1b[2J"),
        ("plan", "m.yaml", "--format", "\x1b[2J"),
        ("plan", "m.yaml", "--var", "\x1b[2J"),
        ("plan", "m.yaml", "--allow", "\x1b[2J"),
        ("plan", "m.yaml", "--api-version", "\x1b[2J"),
    ],
)
def test_argument_is_shown_and_not_obeyed(uami: Uami, folder: Path, arguments: tuple[str, ...]) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-a"]})

    ended = uami(*arguments)

    assert ended.code == 64
    assert _unprintable(ended.stdout + ended.stderr) == set()
    assert r"\x1b[2J" in ended.stderr


def test_value_cannot_end_its_own_quotation(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "tags": {"note": 'a" -> "b\\'}}]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {"note": ""}}})

    ended = uami("plan", "m.yaml", "--sandbox", "s.json")

    assert r'     tags.note  "" -> "a\" -> \"b\\"' + "\n" in ended.stdout
