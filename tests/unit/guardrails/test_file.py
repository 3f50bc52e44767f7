"""Which guardrails files a run has, and where none can lie."""

from pathlib import Path

import pytest

from reconciler.errors import GuardrailsError, InputFileError
from reconciler.guardrails import guardrail_files, read_guardrails
from reconciler.guardrails.file import MAX_BYTES

TEXT = "version: 1\nowners: [us]\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkout, `repository/manifests/a.yaml`, and guardrails beside it; the command runs there."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "manifests").mkdir()
    (tmp_path / "repository" / "manifests" / "a.yaml").write_text("version: 1\n")
    (tmp_path / "g.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(file: str, *inputs: str) -> str:
    with pytest.raises(InputFileError) as caught:
        read_guardrails((file,), inputs)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("flag", "environment", "files"),
    [
        (None, {}, ()),
        ("g.yaml", {}, ("g.yaml",)),
        (None, {"UAMI_GUARDRAILS": "m.yaml"}, ("m.yaml",)),
        ("g.yaml", {"UAMI_GUARDRAILS": "m.yaml"}, ("m.yaml", "g.yaml")),
        ("g.yaml", {"UAMI_GUARDRAILS": "g.yaml"}, ("g.yaml",)),
    ],
)
def test_files_of_a_run_are_that_of_the_environment_and_that_of_the_flag(
    flag: str | None, environment: dict[str, str], files: tuple[str, ...]
) -> None:
    assert guardrail_files(flag, environment) == files


@pytest.mark.parametrize("value", ["", " "])
def test_variable_that_is_set_and_says_nothing_is_an_error(value: str) -> None:
    with pytest.raises(InputFileError) as caught:
        guardrail_files("g.yaml", {"UAMI_GUARDRAILS": value})

    assert caught.value.message == "UAMI_GUARDRAILS is set and empty, and it makes guardrails mandatory."


def test_file_beside_the_checkout_is_read(place: Path) -> None:
    (read,) = read_guardrails(("g.yaml",), ("repository/manifests", "repository/manifests/a.yaml", "gone.yaml"))

    assert (read.file, read.owners and read.owners.values) == ("g.yaml", ("us",))


@pytest.mark.parametrize("file", ["gone.yaml", "", "g.yaml/x", "repository", "x\0y"])
def test_what_is_no_file_is_refused(place: Path, file: str) -> None:
    assert refusal(file).startswith("The guardrails ")


def test_damaged_file_is_refused_with_every_problem(place: Path) -> None:
    (place / "g.yaml").write_text("version: 1\nowner: us\nx: y\n")

    with pytest.raises(GuardrailsError) as caught:
        read_guardrails(("g.yaml",), ())

    assert [str(one.pos) for one in caught.value.diagnostics] == ["g.yaml:2:1", "g.yaml:3:1"]
    assert caught.value.message == "2 problems in the guardrails"


def test_file_that_is_too_long_is_refused(place: Path) -> None:
    (place / "g.yaml").write_bytes(TEXT.encode() + b"#" * MAX_BYTES)

    assert refusal("g.yaml") == "The guardrails g.yaml: the file is longer than 1024 KiB."


def test_link_is_refused_wherever_it_leads(place: Path) -> None:
    (place / "link.yaml").symlink_to("g.yaml")

    assert refusal("link.yaml") == "The guardrails link.yaml: this is a link, and guardrails are not read through one."


@pytest.mark.parametrize("file", ["repository/g.yaml", "repository/other/g.yaml", "repository/manifests/a.yaml"])
@pytest.mark.parametrize("given", ["repository/manifests", "repository/manifests/a.yaml"])
def test_file_in_the_work_tree_of_a_manifest_is_refused(place: Path, file: str, given: str) -> None:
    (place / "repository" / "other").mkdir()
    if not (place / file).exists():
        (place / file).write_text(TEXT)

    assert "which it has to limit" in refusal(file, given)


def test_folder_that_leads_into_the_work_tree_by_a_link_is_seen_through(place: Path) -> None:
    (place / "repository" / "g.yaml").write_text(TEXT)
    (place / "elsewhere").symlink_to("repository")

    assert "the git work tree" in refusal("elsewhere/g.yaml", "repository/manifests")


def test_manifest_is_where_it_really_is(place: Path) -> None:
    (place / "repository" / "g.yaml").write_text(TEXT)
    (place / "m").symlink_to("repository/manifests")

    assert "the git work tree" in refusal("repository/g.yaml", "m/a.yaml")


def test_work_tree_of_a_submodule_counts_as_the_one_around_it_does(place: Path) -> None:
    inner = place / "repository" / "manifests" / "module"
    inner.mkdir()
    (inner / ".git").write_text("gitdir: ../../.git/modules/module\n")
    (inner / "b.yaml").write_text("version: 1\n")
    (place / "repository" / "g.yaml").write_text(TEXT)

    assert "the git work tree" in refusal("repository/g.yaml", "repository/manifests/module/b.yaml")


def test_file_below_a_path_is_refused_without_any_git(place: Path) -> None:
    (place / "plain").mkdir()
    (place / "plain" / "g.yaml").write_text(TEXT)

    assert refusal("plain/g.yaml", "plain") == (
        "The guardrails plain/g.yaml: the file lies in plain, which it has to limit."
    )
    assert read_guardrails(("plain/g.yaml",), ("g.yaml",))


@pytest.mark.parametrize("given", ["-", "<stdin>"])
def test_standard_input_counts_as_of_the_working_directory(
    place: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "repository" / "g.yaml").write_text(TEXT)
    monkeypatch.chdir(place / "repository" / "manifests")

    assert "the git work tree" in refusal("../g.yaml", given)
    assert read_guardrails(("../../g.yaml",), (given,))
