"""Files are told by what is in them, damaged or not."""

import pytest

from reconciler.files.kinds import HTML_REPORT_BEGINS, FileKind, is_kind, kind_of


@pytest.mark.parametrize(
    "content",
    [
        b'{"format_version": "1.0"}',
        b' \n{\n  "format_version" : "9',
        b'{"cloud": "AzureCloud", "format_version": "1.0"}',
        b'\xef\xbb\xbf{"format_version": "1.0"}',
        b'{"format_versiXn": "1.0", "tool_version": "0.1.0", "cloud": "AzureCloud", "desired": {}, "changes": []}',
        b'{"format_versiXn": "1.0", "tool_version": "0.1.0", "created_at": "2026-01-31T08:30:00Z", "clo',
        b'{"form\xffat": "1.0", "tool_version": "0.1.0", "desired": {"a": ["\\"}"]}, "changes": [{"address": ',
        b'{"changes": [], "cloud": "AzureCloud", "fingerprint": "sha256:x"}',
    ],
)
def test_document_of_ours_is_a_saved_plan_whole_or_not(content: bytes) -> None:
    assert kind_of(content) is FileKind.SAVED_PLAN


@pytest.mark.parametrize(
    "content",
    [
        b'{"kind":"run","format_version":"1.0"}\n{"kind":"end"',
        b'{"kind":"run",',
        b'{"kXnd":"run","format_version":"1.0","run_id":"x","kind":"run"',
    ],
)
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
        b'{"' + b'\\"' * 1_000_000,
        b'{"version": 1, "tags": {"changes": "x", "desired": "y", "fingerprint": "z"}, ',
        b"\xff\xfe",
    ],
)
def test_anything_else_is_not(content: bytes) -> None:
    assert kind_of(content) is FileKind.OTHER


@pytest.mark.parametrize(
    "content",
    [
        b"version: 1\nresourceGroups: {}\n",
        b"# ours\nresourceGroups:\n  rg: []",
        b'{"version": 1, "resourceGroups": {}}',
        b'{version: 1, "resourceGroups": {',
    ],
)
def test_manifest_is_told(content: bytes) -> None:
    assert kind_of(content) is FileKind.MANIFEST


@pytest.mark.parametrize("content", [b'{"version": 1, "tenantId": "x", "resourceGroups": []}', b'{"subscriptions": [{'])
def test_sandbox_state_is_told_from_a_manifest(content: bytes) -> None:
    assert kind_of(content) is FileKind.SANDBOX_STATE


REPORTS = {
    FileKind.TEXT_REPORT: [b"Report of uami\nNo changes.\n"],
    FileKind.JSON_REPORT: [b'{"format_version": "1.0", "error": {}}'],
    FileKind.MARKDOWN_REPORT: [b"<!-- uami:plan -->\n# Plan\n"],
    FileKind.HTML_REPORT: [HTML_REPORT_BEGINS.encode() + b"\n"],
    FileKind.SARIF_REPORT: [b'{"$schema": "x", "runs": [{"tool": {"driver": {"name": "uami"}}}]}'],
    FileKind.GITLAB_REPORT: [
        b'{"create": 1, "update": 0, "delete": 0}',
        b'{"error": {}}',
        b"[]",
        b'[{"description": "", "check_name": "", "fingerprint": "", "severity": "", "location": {}}]',
    ],
}


@pytest.mark.parametrize("kind", REPORTS)
def test_report_is_known_again_as_its_own_kind_alone(kind: FileKind) -> None:
    for content in REPORTS[kind]:
        assert [one for one in REPORTS if is_kind(content, one)] == [kind]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"format_version": "1.0", "created_at": "x"}',
        b'{"format_version": "1.0", "kind": "run"}',
        b"Report of uami plan\n",
        b"# <!-- uami:x -->\n",
        b"resourceGroups: {}\n",
        b'[{"description": ""}]',
        b'{"create": 1}',
        b'{"$schema": "x", "runs": [{"tool": {"driver": {"name": "other"}}}]}',
        b"[" * 100_000,
        b'[{"description": "", "check_name": "", "fingerprint": "", "severity": "", "location": {}}, 1]',
    ],
)
def test_file_of_another_tool_is_no_report(content: bytes) -> None:
    assert [one for one in REPORTS if is_kind(content, one)] == []
