"""Guardrails files on disk: which ones a run has, and that whoever edits its manifests cannot edit them.

They bound what others may ask for. So a file that could have come with what they ask for is refused: a link, one below
a path of the run, one in a git work tree that holds a manifest of the run.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import InputFileError
from reconciler.files.read import NotReadError, read_resolved, resolve
from reconciler.manifest.desired import Desired
from reconciler.manifest.yaml.files import STDIN_ARGUMENT, STDIN_NAME

if TYPE_CHECKING:
    from reconciler.guardrails.model import Guardrails

VARIABLE = "UAMI_GUARDRAILS"
"""The environment variable that makes guardrails mandatory; it names their file."""

MAX_BYTES = 1024 * 1024
"""Longest guardrails file that is read."""

_ELSEWHERE = (
    "Take it from where those who edit the manifests cannot write, such as the base branch, and put it outside of the"
    ' checkout (`git show origin/main:guardrails.yaml > "$RUNNER_TEMP/guardrails.yaml"`).'
)


def guardrail_files(flag: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The files whose rules a run has to keep: that of the environment, and that of `--guardrails`.

    Raises:
        InputFileError: the environment's variable is there and says nothing, as one of a workflow that was never set.
    """
    mandatory = environment.get(VARIABLE)
    if mandatory is not None and not mandatory.strip():
        raise InputFileError(
            f"{VARIABLE} is set and empty, and it makes guardrails mandatory.",
            "Set it to the path of the file; to run without guardrails, do not set it at all.",
        )
    return tuple(dict.fromkeys(one for one in (mandatory, flag) if one is not None))


def read_guardrails(files: Iterable[str], inputs: Iterable[str]) -> "tuple[Guardrails, ...]":
    """What the guardrails files say.

    Args:
        files: as the caller and the environment name them.
        inputs: what the run is about: manifests, directories of them, `-`, a saved plan or a journal, and the files
            that these name as their sources.

    Raises:
        InputFileError: one is missing, too long, a link, or lies where the inputs come from.
        GuardrailsError: one is damaged.
    """
    places = tuple(inputs)
    return tuple(_read(file, places) for file in files)


def sources_of(desired: Desired) -> tuple[str, ...]:
    """The files that manifests are from, as their places name them."""
    return tuple(sorted({group.source.file for group in desired.groups}))


def _read(file: str, inputs: Iterable[str]) -> "Guardrails":
    # Most runs have none.
    from reconciler.guardrails.read import parse_guardrails

    try:
        # First, since only this says in words why a path cannot be looked at.
        path = resolve(Path(file))
        if Path(file).is_symlink():
            raise NotReadError("link", "this is a link, and guardrails are not read through one", _ELSEWHERE)
        _check_place(path, inputs)
        content = read_resolved(path, MAX_BYTES)
    except NotReadError as refusal:
        raise InputFileError(f"The guardrails {file or repr(file)}: {refusal}.", refusal.hint) from refusal
    if len(content) > MAX_BYTES:
        raise InputFileError(
            f"The guardrails {file}: the file is longer than {MAX_BYTES // 1024} KiB.", "Say the same with patterns."
        )
    return parse_guardrails(file, content)


def _check_place(path: Path, inputs: Iterable[str]) -> None:
    """Raises NotReadError where the file may have come with what the run is about."""
    for folder, where in _closed_folders(inputs):
        if path.is_relative_to(folder):
            raise NotReadError("guardrails-inside", f"the file lies in {where}, which it has to limit", _ELSEWHERE)


def _closed_folders(inputs: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """In which folders no guardrails can be, and what these are: the inputs, and all work trees that hold one."""
    for name in dict.fromkeys(inputs):
        if name in (STDIN_ARGUMENT, STDIN_NAME):
            # Nobody knows where it is from; mostly from where the command runs.
            place = Path.cwd()
        else:
            try:
                place = resolve(Path(name))
            except NotReadError:
                # A source that a saved plan or a journal names, and that is not here.
                continue
            yield place, name
        trees = (one for one in (place, *place.parents) if os.path.lexists(one / ".git"))
        yield from ((tree, f"the git work tree {tree} of {name}") for tree in trees)
