"""The ids of repositories and their owners, which only GitHub knows: a JSON file that names each repository once.

    {"contoso/payments": {"owner_id": 1234, "repository_id": 5678}}

Source: GitHub, REST API, "Get a repository" (`full_name`, `id`, `owner.id`).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import InputFileError, Lines
from reconciler.files.strict_json import parse_object

MAX_BYTES = 16 * 1024 * 1024

HINT = 'Write it as {"OWNER/REPOSITORY": {"owner_id": 1, "repository_id": 2}}; README.md has the `gh api` line.'

_REPOSITORY = re.compile(r"[^/@:\s]+/[^/@:\s]+")
_KEYS = ("owner_id", "repository_id")


@dataclass(frozen=True, slots=True)
class RepositoryIds:
    """The ids of a repository and of its owner."""

    owner_id: int
    repository_id: int


def read_ids(name: str, content: bytes) -> Mapping[str, RepositoryIds]:
    """The ids by `OWNER/REPOSITORY` in lower case.

    Args:
        name: of the file, for messages.

    Raises:
        InputFileError: it is no such document; names every repository that is wrong.
    """
    try:
        document = parse_object(content)
    except ValueError as error:
        raise InputFileError(f"{name}: {error}.", HINT) from error
    wrong = [f"  {one}: {why}" for one, value in document.items() if (why := _why_wrong(one, value))]
    times = Counter(one.casefold() for one in document)
    again = "listed twice, since names compare without case"
    wrong += [f"  {one}: {again}" for one in document if times[one.casefold()] > 1]
    if wrong or not document:
        lines: Lines = (f"{name}: {'these repositories are wrong:' if wrong else 'it lists no repository.'}", *wrong)
        raise InputFileError(lines, HINT)
    return {one.casefold(): RepositoryIds(*(value[key] for key in _KEYS)) for one, value in document.items()}


def _why_wrong(name: str, value: object) -> str:
    if _REPOSITORY.fullmatch(name) is None:
        return "not OWNER/REPOSITORY"
    if not isinstance(value, dict) or set(value) != set(_KEYS):
        return f"it needs {' and '.join(_KEYS)}, and nothing else"
    bad = [key for key in _KEYS if not isinstance(value[key], int) or isinstance(value[key], bool) or value[key] < 1]
    return f"{bad[0]} is no whole number from 1" if bad else ""
