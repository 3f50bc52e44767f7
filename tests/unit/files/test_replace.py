"""Outputs: written whole or not at all, and over nothing but an earlier file of the same kind."""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.files.kinds import FileKind
from reconciler.files.replace import OutputError, check_directory, check_output, check_room, hint_for, output_file

PLAN = b'{"format_version": "1.0"}'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, content: bytes = b"new", *, replaces: FileKind | None = FileKind.SAVED_PLAN) -> None:
    with output_file(Path(name), flag="-o", replaces=replaces) as save:
        save(content)


def refusal_of(name: str, inputs: Sequence[str] = (), replaces: FileKind | None = FileKind.SAVED_PLAN) -> str:
    with pytest.raises(UsageError) as caught:
        check_output(Path(name), flag="-o", replaces=replaces, inputs=inputs)
    return caught.value.message


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


@pytest.mark.parametrize("there", [None, PLAN, b""])
def test_saved_plan_or_nothing_is_replaced_for_its_owner_only(there: bytes | None) -> None:
    if there is not None:
        Path("p").write_bytes(there)
        Path("p").chmod(0o644)

    write("p")

    assert (Path("p").read_bytes(), stat.S_IMODE(Path("p").stat().st_mode)) == (b"new", 0o600)
    assert names() == ["p"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"version: 1\nresourceGroups: {}\n", "a manifest"),
        (b'{"version": 1, "tenantId": "x"}', "a sandbox state"),
        (b'{"kind":"run","format_version":"1.0"}\n', "a run's journal"),
        (b"precious", "something else"),
    ],
)
def test_any_other_file_stays_and_is_named(content: bytes, kind: str) -> None:
    Path("p").write_bytes(content)

    with pytest.raises(UsageError) as caught:
        write("p")

    assert caught.value.message == f"-o p: {kind} is there already, and only a saved plan is replaced"
    assert caught.value.hint == "Name another file, or remove this one."
    assert (Path("p").read_bytes(), names()) == (content, ["p"])


def test_nothing_is_replaced_where_nothing_may_be_there() -> None:
    Path("p").write_bytes(b"")

    assert refusal_of("p", replaces=None) == "-o p: a file is there already, and is not written over"


@pytest.mark.parametrize("target", ["plan", "nowhere", "link"])
def test_link_is_neither_replaced_nor_followed(target: str) -> None:
    Path("plan").write_bytes(PLAN)
    Path("link").symlink_to(target)

    assert refusal_of("link") == "-o link: this is a link, and none is replaced or followed"


@pytest.mark.parametrize("name", ["none/p", "plan/p", "a" * 300, "a\0b", ".", "", "pipe", "loop/p"])
def test_place_where_no_file_can_be_is_refused_and_nothing_is_made(name: str) -> None:
    Path("plan").write_bytes(PLAN)
    Path("loop").symlink_to("loop")
    os.mkfifo("pipe")

    assert refusal_of(name).startswith("-o ")
    assert names() == ["loop", "pipe", "plan"]


@pytest.mark.parametrize("given", ["plan", "./plan", "sub/../plan", "{tmp}/plan", "link", "hard", "sub/link"])
@pytest.mark.parametrize("name", ["plan", "sub/../plan", "{tmp}/plan"])
def test_input_is_no_output_however_either_is_spelled(folder: Path, given: str, name: str) -> None:
    Path("sub").mkdir()
    Path("plan").write_bytes(PLAN)
    Path("link").symlink_to("plan")
    Path("sub/link").symlink_to("../plan")
    Path("hard").hardlink_to("plan")
    given, name = given.format(tmp=folder), name.format(tmp=folder)

    assert refusal_of(name, [given]) == f"-o {name}: this is where the run reads {given}, and is not written over"


def test_input_that_is_not_there_yet_is_no_output() -> None:
    assert "this is where the run reads ./m.yaml" in refusal_of("m.yaml", ["./m.yaml"])


@pytest.mark.parametrize("given", ["m", "./m/", "m/sub", "link"])
def test_output_must_not_become_a_manifest_of_the_next_run(given: str) -> None:
    Path("m/sub").mkdir(parents=True)
    Path("link").symlink_to("m")

    assert "this is where the run reads" in refusal_of("m/sub/plan.YAML", [given])
    check_output(Path("m/sub/plan.json"), flag="-o", replaces=FileKind.SAVED_PLAN, inputs=[given])


def test_input_that_cannot_be_looked_at_is_for_its_reader_to_tell() -> None:
    Path("loop").symlink_to("loop")

    check_output(Path("p"), flag="-o", inputs=["a\0b", "a" * 300, "loop", "-"])


def test_nothing_has_changed_where_nothing_is_written() -> None:
    Path("p").write_bytes(PLAN)

    with output_file(Path("p"), flag="-o", replaces=FileKind.SAVED_PLAN):
        assert len(names()) == 2

    assert (names(), Path("p").read_bytes()) == (["p"], PLAN)


def test_name_as_long_as_names_can_be_is_written() -> None:
    write("a" * 255)

    assert names() == ["a" * 255]


@pytest.mark.parametrize("replaces", [None, FileKind.SAVED_PLAN])
def test_file_that_comes_to_be_meanwhile_is_not_written_over(replaces: FileKind | None) -> None:
    with (
        pytest.raises(UsageError, match="is there already"),
        output_file(Path("p"), flag="-o", replaces=replaces) as save,
    ):
        Path("p").write_bytes(b"precious")
        save(b"new")

    assert (names(), Path("p").read_bytes()) == (["p"], b"precious")


def test_folder_that_goes_away_meanwhile_is_told() -> None:
    Path("sub").mkdir()

    with pytest.raises(UsageError, match="there is no directory sub"), output_file(Path("sub/p"), flag="-o") as save:
        for path in Path("sub").iterdir():
            path.unlink()
        Path("sub").rmdir()
        save(b"new")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_may_not_be_written_is_told_before_the_block() -> None:
    Path("sub").mkdir(mode=0o500)

    with pytest.raises(OutputError, match="Permission denied"), output_file(Path("sub/p"), flag="-o"):
        pytest.fail("the block began")


def test_room_is_tried_and_left_as_it_was() -> None:
    check_room(Path())

    assert names() == []
    with pytest.raises(FileNotFoundError):
        check_room(Path("none"))


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "Make room on that disk, and run the same command again."),
        (errno.EDQUOT, "Make room on that disk, and run the same command again."),
        (errno.EACCES, "Elsewhere, and run the same command again."),
        (errno.EROFS, "Elsewhere, and run the same command again."),
    ],
)
def test_hint_fits_the_cause(number: int, hint: str) -> None:
    assert hint_for(OSError(number, "x"), "Elsewhere") == hint


def test_directory_to_write_below_has_to_be_one() -> None:
    Path("there").mkdir()
    Path("linked").symlink_to("there")
    Path("file").write_bytes(b"")
    said = {}
    for name in ("there", "linked", "missing", "file", "file/below"):
        try:
            check_directory(Path(name), flag="-o")
        except UsageError as error:
            said[name] = error.message

    assert said == {
        "missing": "-o missing: there is no directory missing",
        "file": "-o file: it is no directory, and what is written are several files",
        "file/below": "-o file/below: it cannot be looked at: Not a directory",
    }
