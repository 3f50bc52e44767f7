"""From paths to bytes: what is read, under which name, and what is refused unread."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.files import ManifestFile, no_manifest, read_files
from reconciler.manifest.yaml.text import MAX_BYTES


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the working directory; `m` below it is what tests read."""
    (tmp_path / "m").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def no_stdin() -> bytes:
    raise AssertionError("the standard input was read")


def names_and_codes(paths: list[str], stdin: Callable[[], bytes] = no_stdin) -> tuple[list[str], list[tuple[str, str]]]:
    files, problems = read_files(paths, stdin)
    return [file.name for file in files], [(problem.code, problem.pos.file) for problem in problems]


def test_file_is_named_as_the_user_named_it(repository: Path) -> None:
    (repository / "m" / "a.yaml").write_bytes(b"a: 1")

    files, problems = read_files(["m/../m/a.yaml"], no_stdin)

    assert (files, problems) == ([ManifestFile("m/../m/a.yaml", b"a: 1")], [])


def test_file_named_by_the_user_may_have_any_suffix(repository: Path) -> None:
    (repository / "m" / "manifest").write_bytes(b"a: 1")

    assert names_and_codes(["m/manifest"]) == (["m/manifest"], [])


def test_file_says_below_which_directory_it_was_found_unless_it_is_named_itself(repository: Path) -> None:
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (repository / "m" / name).write_bytes(b"a: 1")

    files, _ = read_files(["m/a.yaml", "m", "m/c.yaml"], no_stdin)

    assert [(file.name, file.directory) for file in files] == [("m/a.yaml", ""), ("m/b.yaml", "m"), ("m/c.yaml", "")]


def test_directory_without_a_manifest_is_told_why(repository: Path) -> None:
    found = no_manifest("m")

    assert (found.code, found.pos) == ("no-manifest", SourcePos("m", 1, 1))
    assert "none of its YAML files" in found.message


@pytest.mark.parametrize("argument", ["m", "m/"])
def test_directory_is_every_manifest_below_it_in_order(repository: Path, argument: str) -> None:
    (repository / "m" / "sub").mkdir()
    for name in ("z.yaml", "a.yml", "notes.txt", "sub/b.yaml", "README", "a.yaml.bak"):
        (repository / "m" / name).write_bytes(b"a: 1")

    assert names_and_codes([argument]) == (["m/a.yml", "m/sub/b.yaml", "m/z.yaml"], [])


def test_standard_input_is_named_so_and_read_once(repository: Path) -> None:
    contents = iter([b"a: 1"])

    files, problems = read_files(["-", "-"], lambda: next(contents))

    assert (files, problems) == ([ManifestFile("<stdin>", b"a: 1")], [])


def test_file_that_two_arguments_reach_is_read_once(repository: Path) -> None:
    (repository / "m" / "a.yaml").write_bytes(b"a: 1")

    assert names_and_codes(["m/a.yaml", "m", str(repository / "m" / "a.yaml")]) == (["m/a.yaml"], [])


def test_missing_path_is_reported_beside_the_others(repository: Path) -> None:
    (repository / "m" / "a.yaml").write_bytes(b"a: 1")

    files, problems = read_files(["gone.yaml", "m"], no_stdin)

    hint = "Check the path, and the folder in which the command runs."
    message = "no such file"
    assert [file.name for file in files] == ["m/a.yaml"]
    assert problems == [Diagnostic("file-unreadable", SourcePos("gone.yaml", 1, 1), message, hint)]


def test_directory_without_a_manifest_is_an_error(repository: Path) -> None:
    (repository / "m" / "notes.txt").write_bytes(b"a: 1")

    assert names_and_codes(["m"]) == ([], [("no-manifest", "m")])


def test_link_to_a_file_outside_is_refused_unread(repository: Path) -> None:
    (repository / "secret.yaml").write_bytes(b"password: x")
    (repository / "m" / "a.yaml").symlink_to(repository / "secret.yaml")

    assert names_and_codes(["m"]) == ([], [("link-outside", "m/a.yaml")])


def test_link_to_a_directory_outside_is_refused_unread(repository: Path) -> None:
    (repository / "other").mkdir()
    (repository / "other" / "b.yaml").write_bytes(b"a: 1")
    (repository / "m" / "a.yaml").write_bytes(b"a: 1")
    (repository / "m" / "link").symlink_to(repository / "other", target_is_directory=True)

    assert names_and_codes(["m"]) == (["m/a.yaml"], [("link-outside", "m/link")])


def test_directory_whose_name_begins_alike_is_outside(repository: Path) -> None:
    (repository / "m2").mkdir()
    (repository / "m2" / "b.yaml").write_bytes(b"a: 1")
    (repository / "m" / "a.yaml").symlink_to(repository / "m2" / "b.yaml")

    assert names_and_codes(["m"]) == ([], [("link-outside", "m/a.yaml")])


def test_links_inside_show_each_file_once(repository: Path) -> None:
    (repository / "m" / "data").mkdir()
    (repository / "m" / "data" / "a.yaml").write_bytes(b"a: 1")
    (repository / "m" / "link").symlink_to("data", target_is_directory=True)
    (repository / "m" / "z.yaml").symlink_to("link/a.yaml")

    assert names_and_codes(["m"]) == (["m/data/a.yaml"], [])


def test_link_inside_to_another_suffix_is_read_under_its_own_name(repository: Path) -> None:
    (repository / "m" / "data").write_bytes(b"a: 1")
    (repository / "m" / "z.yaml").symlink_to("data")

    assert names_and_codes(["m"]) == (["m/z.yaml"], [])


def test_link_named_by_the_user_is_followed(repository: Path) -> None:
    (repository / "real.yaml").write_bytes(b"a: 1")
    (repository / "m" / "link.yaml").symlink_to(repository / "real.yaml")

    assert names_and_codes(["m/link.yaml"]) == (["m/link.yaml"], [])


def test_link_that_leads_nowhere_is_reported(repository: Path) -> None:
    (repository / "m" / "a.yaml").symlink_to("gone")

    assert names_and_codes(["m"]) == ([], [("file-unreadable", "m/a.yaml")])


@pytest.mark.parametrize("argument", ["m", "m/a.yaml"])
def test_loop_of_links_is_reported(repository: Path, argument: str) -> None:
    (repository / "m" / "a.yaml").symlink_to("b.yml")
    (repository / "m" / "b.yml").symlink_to("a.yaml")

    names, problems = names_and_codes([argument])

    assert (names, {code for code, _ in problems}) == ([], {"file-unreadable"})


def test_directory_that_links_to_itself_ends(repository: Path) -> None:
    (repository / "m" / "a.yaml").write_bytes(b"a: 1")
    (repository / "m" / "again").symlink_to(".", target_is_directory=True)

    assert names_and_codes(["m"]) == (["m/a.yaml"], [])


@pytest.mark.parametrize("argument", ["m", "m/a.yaml"])
def test_pipe_is_refused_unread(repository: Path, argument: str) -> None:
    os.mkfifo(repository / "m" / "a.yaml")

    assert names_and_codes([argument]) == ([], [("not-a-file", "m/a.yaml")])
    (problem,) = read_files([argument], no_stdin)[1]
    assert problem.hint == "Name a file or a directory; for a pipe pass `-`."


def test_path_that_no_system_can_have_is_reported(repository: Path) -> None:
    assert names_and_codes(["a\0b"]) == ([], [("file-unreadable", "a\0b")])


def test_standard_input_that_cannot_be_read_is_reported(repository: Path) -> None:
    def closed() -> bytes:
        raise OSError(9, "Bad file descriptor")

    assert names_and_codes(["-"], closed) == ([], [("file-unreadable", "<stdin>")])


def test_directory_that_vanishes_is_reported(repository: Path) -> None:
    shutil.rmtree(repository / "m")

    assert names_and_codes(["m"]) == ([], [("file-unreadable", "m")])


def test_no_more_is_read_of_a_long_file_than_shows_it_is_too_long(repository: Path) -> None:
    with (repository / "m" / "a.yaml").open("wb") as file:
        file.truncate(MAX_BYTES * 3)

    ((_, content),) = [(file.name, file.content) for file in read_files(["m"], no_stdin)[0]]

    assert len(content) == MAX_BYTES + 1


def test_suffix_counts_in_any_case(repository: Path) -> None:
    for name in ("a.YAML", "b.Yml"):
        (repository / "m" / name).write_bytes(b"a: 1")

    assert names_and_codes(["m"]) == (["m/a.YAML", "m/b.Yml"], [])


def test_hidden_folders_and_those_of_packages_are_not_looked_into(repository: Path) -> None:
    for folder in (".git", "node_modules", "sub/node_modules", "sub"):
        (repository / "m" / folder).mkdir(parents=True, exist_ok=True)
        (repository / "m" / folder / "a.yaml").write_bytes(b"a: 1")
    (repository / "m" / ".linked").symlink_to(repository, target_is_directory=True)
    (repository / "m" / ".hidden.yaml").write_bytes(b"a: 1")

    assert names_and_codes(["m"]) == (["m/.hidden.yaml", "m/sub/a.yaml"], [])
    assert names_and_codes(["m/.git"]) == (["m/.git/a.yaml"], [])


def test_folders_may_be_nested_deeper_than_calls_can(repository: Path) -> None:
    folders = [repository / "m"]
    for _ in range(1200):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    (folders[-1] / "a.yaml").write_bytes(b"a: 1")
    try:
        ((name,), problems) = names_and_codes(["m"])
    finally:
        # What pytest would take it away with is recursive.
        (folders[-1] / "a.yaml").unlink()
        for folder in reversed(folders):
            folder.rmdir()

    assert (name.count("/d"), problems) == (1200, [])


@pytest.mark.parametrize("argument", ["link", "./link", "m/../link", "link/sub"])
def test_directory_argument_that_leads_outside_is_refused_unread(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, argument: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "sub").mkdir()
    (outside / "sub" / "a.yaml").write_bytes(b"a: 1")
    (repository / "link").symlink_to(outside, target_is_directory=True)

    assert names_and_codes([argument]) == ([], [("link-outside", argument)])


def test_file_argument_that_leads_outside_is_refused_unread(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_bytes(b"password")
    (repository / "m" / "a.yaml").symlink_to(secret)

    assert names_and_codes(["m/a.yaml"]) == ([], [("link-outside", "m/a.yaml")])


def test_path_longer_than_any_name_is_reported(repository: Path) -> None:
    assert names_and_codes(["a" * 300]) == ([], [("file-unreadable", "a" * 300)])
