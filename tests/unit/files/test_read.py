"""Files that an argument names: read where they may lie, and nowhere else."""

import os
from pathlib import Path

import pytest

from reconciler.errors import InputFileError
from reconciler.files.read import NotReadError, check_argument, read_argument, read_resolved, resolve_inside, root_of


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory; beside it lies `secret`, which is none of its files."""
    (tmp_path / "secret").write_bytes(b"password")
    (tmp_path / "checkout" / "sub").mkdir(parents=True)
    (tmp_path / "checkout" / "sub" / "real").write_bytes(b"content")
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"


def refusal_of(name: str) -> str:
    with pytest.raises(InputFileError) as caught:
        read_argument(name, 100)
    return caught.value.message


@pytest.mark.parametrize(
    ("argument", "root"),
    [
        ("sub/real", "."),
        ("sub/../sub/real", "."),
        ("../secret", ".."),
        ("sub/../../secret", ".."),
        ("{tmp}/secret", ".."),
        ("{tmp}/checkout/sub/real", "sub"),
    ],
)
def test_root_is_the_working_directory_or_the_files_own_folder(checkout: Path, argument: str, root: str) -> None:
    argument = argument.format(tmp=checkout.parent)

    assert root_of(argument) == Path(root).resolve()
    assert read_argument(argument, 100) in (b"content", b"password")


@pytest.mark.parametrize("argument", ["link", "sub/../link", "{tmp}/checkout/link"])
def test_argument_that_is_a_link_to_the_outside_is_refused_unread(checkout: Path, argument: str) -> None:
    Path("link").symlink_to(checkout.parent / "secret")
    argument = argument.format(tmp=checkout.parent)

    assert refusal_of(argument).startswith(f"{argument}: this link leads outside ")
    with pytest.raises(InputFileError):
        check_argument(argument)


def test_folder_on_the_way_that_is_a_link_to_the_outside_is_refused(checkout: Path) -> None:
    (checkout.parent / "other").mkdir()
    (checkout.parent / "other" / "plan.json").write_bytes(b"{}")
    Path("folder").symlink_to(checkout.parent / "other")

    assert "folder/plan.json: this link leads outside the working directory" in refusal_of("folder/plan.json")


def test_link_within_the_root_is_followed(checkout: Path) -> None:
    Path("link").symlink_to("sub/real")

    assert read_argument("link", 100) == b"content"


def test_link_put_in_place_of_a_file_that_was_looked_at_is_not_followed(checkout: Path) -> None:
    Path("link").symlink_to(checkout.parent / "secret")

    with pytest.raises(NotReadError):
        read_resolved(checkout / "link", 100)


@pytest.mark.parametrize("name", ["pipe", "sub", "sub/real/x", "nothing", "a" * 300, "a\0b", "loop"])
def test_what_is_no_file_is_told(checkout: Path, name: str) -> None:
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")

    assert refusal_of(name).startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["pipe", "sub"])
def test_what_takes_one_file_asks_for_one(checkout: Path, name: str) -> None:
    os.mkfifo("pipe")

    with pytest.raises(InputFileError) as caught:
        read_argument(name, 100)

    assert caught.value.hint == "Name a file."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look at everything")
def test_folder_that_may_not_be_looked_into_is_told(checkout: Path) -> None:
    (checkout / "sub").chmod(0)
    try:
        message = refusal_of("sub/real")
    finally:
        (checkout / "sub").chmod(0o700)

    assert message == "sub/real: cannot be read: Permission denied."


def test_no_more_is_read_than_one_byte_beyond_the_limit(checkout: Path) -> None:
    assert read_argument("sub/real", 3) == b"cont"


def test_folder_of_a_similar_name_is_outside(checkout: Path) -> None:
    (checkout.parent / "checkout2").mkdir()

    with pytest.raises(NotReadError):
        resolve_inside(checkout.parent / "checkout2", checkout)
