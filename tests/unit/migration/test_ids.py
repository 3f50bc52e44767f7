"""The file with the ids of repositories."""

import pytest

from reconciler.errors import InputFileError
from reconciler.migration.ids import RepositoryIds, read_ids


def test_ids_are_found_without_regard_to_case() -> None:
    assert read_ids("ids.json", b'{"Contoso/App": {"owner_id": 1, "repository_id": 2}}') == {
        "contoso/app": RepositoryIds(1, 2)
    }


def test_every_repository_that_is_wrong_is_named() -> None:
    content = (
        b'{"app": {}, "a/b": {"owner_id": 1}, "c/d": {"owner_id": 0, "repository_id": 1},'
        b' "E/f": {"owner_id": 1, "repository_id": 2}, "e/F": {"owner_id": 1, "repository_id": 2},'
        b' "g/h": {"owner_id": 1, "repository_id": true}}'
    )

    with pytest.raises(InputFileError) as raised:
        read_ids("ids.json", content)

    assert raised.value.message.splitlines() == [
        "ids.json: these repositories are wrong:",
        "  app: not OWNER/REPOSITORY",
        "  a/b: it needs owner_id and repository_id, and nothing else",
        "  c/d: owner_id is no whole number from 1",
        "  g/h: repository_id is no whole number from 1",
        "  E/f: listed twice, since names compare without case",
        "  e/F: listed twice, since names compare without case",
    ]


@pytest.mark.parametrize(("content", "why"), [(b"[]", "it is not a JSON object."), (b"{}", "it lists no repository.")])
def test_file_without_repositories_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(InputFileError, match=why):
        read_ids("ids.json", content)
