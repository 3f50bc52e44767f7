"""What kind of file a path leads to, by its content: a name can be anything, and `-o` takes any.

A manifest may be JSON too, so what tells a file of ours is the keys that our documents have and no manifest has. A
damaged file counts as what it was: it is refused by that name, and never read as something else.
"""

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum

_FORMAT_VERSION = "format_version"
_PLAN_KEYS = {_FORMAT_VERSION, "tool_version", "created_at", "desired", "changes", "violations", "fingerprint"}
_STATE_KEYS = {"tenantId", "subscriptions", "identities", "federatedIdentityCredentials", "roleDefinitions"}
_JOURNAL_KEYS = {"kind", "run_id"}
_MANIFEST_KEY = "resourceGroups"

_BEGINS_A_JOURNAL = re.compile(rb'\s*\{\s*"kind"\s*:\s*"run"\s*[,}]')
_MANIFEST = re.compile(rb"^resourceGroups[ \t]*:", re.MULTILINE)
_BEGINS_METRICS = b"# HELP uami_drift_"
_MARK = b"\xef\xbb\xbf"
# A text without an end is one token too: looked for again from each quote in it, it would take the square of its time.
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*+)"?([ \t\r\n]*:)?|[{}\[\]]', re.DOTALL)
_LOOKED_AT = 64 * 1024
"""Bytes of a damaged file in which its keys are looked for."""


class FileKind(Enum):
    """What a file is taken for."""

    SAVED_PLAN = "a saved plan"
    JOURNAL = "a run's journal"
    SANDBOX_STATE = "a sandbox state"
    GUARDRAILS = "a guardrails file"
    """Told by its reader alone: `kind_of` does not read YAML."""
    MANIFEST = "a manifest"
    METRICS = "a file of drift metrics"
    TEXT_REPORT = "a text report of uami"
    JSON_REPORT = "a JSON report of uami"
    SARIF_REPORT = "a SARIF log of uami"
    GITLAB_REPORT = "a GitLab report of uami"
    HTML_REPORT = "an HTML report of uami"
    MARKDOWN_REPORT = "a Markdown report of uami"
    OTHER = "something else"


NOT_MANIFESTS = (FileKind.SAVED_PLAN, FileKind.JOURNAL, FileKind.SANDBOX_STATE, FileKind.METRICS)
"""Files of ours that are never read as a manifest."""


def kind_of(content: bytes) -> FileKind:
    """What bytes are taken for."""
    content = content.removeprefix(_MARK)
    if content.startswith(_BEGINS_METRICS):
        return FileKind.METRICS
    if not content.lstrip().startswith(b"{"):
        return FileKind.MANIFEST if _MANIFEST.search(content) else FileKind.OTHER
    keys = _keys_of(content)
    if _BEGINS_A_JOURNAL.match(content) or keys >= _JOURNAL_KEYS:
        return FileKind.JOURNAL
    if _FORMAT_VERSION in keys or len(keys & _PLAN_KEYS) > 1:
        return FileKind.SAVED_PLAN
    if keys & _STATE_KEYS:
        return FileKind.SANDBOX_STATE
    return FileKind.MANIFEST if _MANIFEST_KEY in keys else FileKind.OTHER


TEXT_REPORT_BEGINS = "Report of uami"
"""The first line of a text report that is a file."""

HTML_REPORT_BEGINS = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="uami">
"""
"""The first lines of an HTML report."""

_NO_REPORT_HAS = {"created_at", "fingerprint", "kind"}
"""What saved plans and journals have, damaged ones too."""


def _is_json_report(content: bytes) -> bool:
    keys = _keys_of(content) if content.lstrip().startswith(b"{") else set()
    return _FORMAT_VERSION in keys and not keys & _NO_REPORT_HAS


def _is_sarif_report(content: bytes) -> bool:
    is_object = content.lstrip().startswith(b"{")
    return is_object and _keys_of(content) >= {"$schema", "runs"} and b'"name": "uami"' in content


_GITLAB_KEYS = (
    {"create", "update", "delete"},
    {"error"},
    {"description", "check_name", "fingerprint", "severity", "location"},
)


def _is_gitlab_report(content: bytes) -> bool:
    """Whether bytes are three counts, an error, or a list of problems, which may be empty."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    parts = document if isinstance(document, list) else [document]
    return all(isinstance(one, dict) and {*one} in _GITLAB_KEYS for one in parts)


_IS_REPORT: Mapping[FileKind, Callable[[bytes], bool]] = {
    FileKind.TEXT_REPORT: lambda content: content.startswith(f"{TEXT_REPORT_BEGINS}\n".encode()),
    FileKind.JSON_REPORT: _is_json_report,
    FileKind.SARIF_REPORT: _is_sarif_report,
    FileKind.GITLAB_REPORT: _is_gitlab_report,
    FileKind.HTML_REPORT: lambda content: content.startswith(HTML_REPORT_BEGINS.encode()),
    FileKind.MARKDOWN_REPORT: lambda content: content.startswith(b"<!-- uami:"),
}
"""How a file with an earlier report is known again, by its form; a form that goes to files has its line here."""


def is_kind(content: bytes, kind: FileKind) -> bool:
    """Whether bytes are of a kind, such that a new file of that kind may replace them.

    Reports are told from each other here alone: to whoever reads a file that is named as something else they are, as
    ever, what `kind_of` takes them for.
    """
    is_report = _IS_REPORT.get(kind)
    return kind_of(content) is kind if is_report is None else is_report(content.removeprefix(_MARK))


def _keys_of(content: bytes) -> set[str]:
    """The keys of the JSON object that the bytes begin, as far as they can be made out."""
    try:
        return set(json.loads(content))
    except (ValueError, RecursionError):
        return _keys_of_damaged(content[:_LOOKED_AT])


def _keys_of_damaged(content: bytes) -> set[str]:
    """Keys one level deep in what is no whole JSON: it is cut off, or one line of several."""
    depth, keys = 0, set()
    for token in _TOKEN.finditer(content):
        if token[0] in b"{[":
            depth += 1
        elif token[0] in b"}]":
            depth -= 1
        elif depth == 1 and token[2] is not None:
            keys.add(token[1].decode("utf-8", "replace"))
    return keys
