"""Files are told by what is in them, damaged or not."""

import pytest

from reconciler.files.kinds import FileKind, kind_of


@pytest.mark.parametrize(
    "content",
    [
        b'{"format_version": "1.0"}',
        b' \n{\n  "format_version" : "9',
        b'{"cloud": "AzureCloud", "format_version": "1.0"}',
    ],
)
def test_document_of_ours_is_a_saved_plan_whole_or_not(content: bytes) -> None:
    assert kind_of(content) is FileKind.SAVED_PLAN


@pytest.mark.parametrize("content", [b'{"kind":"run","format_version":"1.0"}\n{"kind":"end"', b'{"kind":"run",'])
def test_journal_is_told_from_a_saved_plan(content: bytes) -> None:
    assert kind_of(content) is FileKind.JOURNAL


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version: 1\n",
        b'{"version": 1, "owner": "\\"format_version\\":"}',
        b'{"version": 1, "tags": {"format_version": "1.0"}}',
        b'[{"format_version": "1.0"}]',
        b'{"a": "format_version',
        b'{"format_version"' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_anything_else_is_not(content: bytes) -> None:
    assert kind_of(content) is FileKind.OTHER
