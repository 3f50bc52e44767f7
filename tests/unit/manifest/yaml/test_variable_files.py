"""Files of variables: what they say, and every problem of theirs in its place."""

from pathlib import Path

import pytest

from reconciler.errors import InputFileError, ManifestError
from reconciler.manifest.yaml.variable_files import read_variable_files


def written(folder: Path, *texts: str) -> list[str]:
    """The names of files that say this."""
    files = [folder / f"{number}.yaml" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return [str(file) for file in files]


def test_last_file_wins_and_values_are_literal(tmp_path: Path) -> None:
    files = written(tmp_path, "a: one\nb: '${a} $${a}'\n", "# more\na: 'two'\n")

    assert read_variable_files(files) == {"a": "two", "b": "${a} $${a}"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: 5\nb: true\n", [("wrong-type", 1, 4), ("wrong-type", 2, 4)]),
        ("a:\n", [("empty-value", 1, 1)]),
        ("a-b: x\nsubscription: x\n", [("variable-name", 1, 1), ("variable-name", 2, 1)]),
        ("- a\n", [("wrong-type", 1, 1)]),
        ("", [("empty-variables", 1, 1)]),
        ("# nothing\n", [("empty-variables", 1, 1)]),
        ("a: x\n---\nb: y\n", [("several-documents", 3, 1)]),
        ("a: x\na: y\n", [("duplicate-key", 2, 1)]),
        ("a: 'x\n", [("yaml-syntax", 1, 4)]),
    ],
)
def test_what_is_no_map_of_names_to_texts_is_refused_in_its_place(
    tmp_path: Path, text: str, places: list[tuple[str, int, int]]
) -> None:
    with pytest.raises(ManifestError) as refusal:
        read_variable_files(written(tmp_path, text))

    found = refusal.value.diagnostics
    assert [(one.code, one.pos.line, one.pos.column) for one in found] == places


def test_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as refusal:
        read_variable_files(written(tmp_path, "a: 5\n", "b: 6\n"))

    assert [one.source_line for one in refusal.value.diagnostics] == ["a: 5", "b: 6"]


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"missing\.yaml: no such file"):
        read_variable_files([str(tmp_path / "missing.yaml")])
