"""The whole way from paths to Desired, and every problem of it in one run."""

import sys
from pathlib import Path
from subprocess import run

import pytest

from reconciler.errors import Diagnostic, ManifestError, SourcePos
from reconciler.manifest.load import load_manifest
from tests.steps import steps_of
from tests.unit.manifest.manifests import EXACT, GROUP, HEAD, diagnostics_of, load_text, places_of


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "--- # x\n...\n", "~\n", "null\n"])
def test_manifest_that_says_nothing_is_refused(text: str) -> None:
    (found,) = diagnostics_of(text)

    assert (found.code, found.pos) == ("empty-manifest", SourcePos("<stdin>", 1, 1))


@pytest.mark.parametrize("end", ["---\n", "---\n# nothing\n", "---\n...\n", "...\n"])
def test_empty_document_at_the_end_is_passed_over(end: str) -> None:
    assert len(load_text(HEAD + GROUP + end).groups) == 1


def test_empty_document_elsewhere_is_refused() -> None:
    assert places_of(f"---\n---\n{HEAD}{GROUP}") == [("empty-manifest", 1, 1)]


def test_null_at_the_end_is_not_an_empty_document() -> None:
    assert places_of(f"{HEAD}{GROUP}--- ~\n") == [("empty-manifest", 4, 5)]


@pytest.mark.parametrize("text", ["- a\n", "text\n", "4711\n"])
def test_manifest_that_is_no_mapping_is_refused(text: str) -> None:
    assert places_of(text) == [("wrong-type", 1, 1)]


def test_every_problem_of_every_file_is_reported_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m").mkdir()
    Path("m/b.yaml").write_text(f"{HEAD}{GROUP}---\n{HEAD}owner: ''\n{GROUP}---\na: [\n")
    Path("m/a.yaml").write_bytes(b"\xff\xfev\x00")
    Path("m/c.yaml").write_text(f"{HEAD}x: ${{Y}}\n{GROUP}")

    with pytest.raises(ManifestError) as caught:
        load_manifest(["m", "gone", "m/b.yaml"], {}, {}, bytes)

    assert [(found.code, str(found.pos)) for found in caught.value.diagnostics] == [
        ("file-unreadable", "gone:1:1"),
        ("not-utf-8", "m/a.yaml:1:1"),
        ("owner-invalid", "m/b.yaml:7:8"),
        ("group-claimed-twice", "m/b.yaml:8:18"),
        ("yaml-syntax", "m/b.yaml:10:4"),
        ("unknown-key", "m/c.yaml:3:1"),
        ("variable-unset", "m/c.yaml:3:4"),
        ("group-claimed-twice", "m/c.yaml:4:18"),
    ]


def test_mistake_in_shared_text_is_reported_once() -> None:
    text = (
        f"{HEAD}defaults: {{tags: &t {{a: 1}}}}\nresourceGroups: {{rg: {{defaults: {{tags: *t}}, identities: []}}}}\n"
        + EXACT
    )

    assert places_of(text) == [("wrong-type", 3, 25)]


def test_diagnostic_quotes_the_line_as_the_parser_counts_it() -> None:
    (found,) = diagnostics_of(f"# a\u2028# b\n{HEAD}{GROUP}x: y\r\n")

    assert (found.pos.line, found.source_line) == (6, "x: y")


def test_diagnostic_of_bytes_quotes_no_line() -> None:
    (found,) = diagnostics_of(b"a: \xff")

    assert found == Diagnostic(
        "not-utf-8", SourcePos("<stdin>", 1, 4), "byte 0xff is not UTF-8", "Save the file as UTF-8."
    )


def test_windows_line_breaks_and_byte_order_mark_change_nothing() -> None:
    text = f"{HEAD}owner: x\nresourceGroups:\n  rg:\n    identities:\n      - id-a\n"

    assert load_text(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == load_text(text)


def test_loading_takes_no_more_steps_for_an_identity_however_many_there_are() -> None:
    def load(number: int) -> int:
        entries = "".join(f"      - {{name: id-{one}, tags: {{a: b}}}}\n" for one in range(number))
        text = f"{HEAD}resourceGroups:\n  rg:\n    identities:\n{entries}{EXACT}"
        return steps_of(lambda: load_text(text))

    load(1)
    once, more = load(100), load(400)

    assert once < more < 4.5 * once


def test_loading_needs_no_network_library() -> None:
    program = "import sys, reconciler.manifest.load; sys.exit(bool({'httpx', 'azure', 'typer'} & sys.modules.keys()))"

    assert run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    "line", ["x: a\0AZURE_CLIENT_SECRET=s3cr3t\0", "x: " + "y" * 200, "a\0b: \x07"], ids=["zero byte", "long", "both"]
)
def test_line_that_nobody_wrote_to_be_read_is_not_quoted(line: str) -> None:
    found = diagnostics_of(f"{HEAD}{GROUP}{line}\n")

    assert {diagnostic.source_line for diagnostic in found} == {None}


def test_line_of_two_hundred_characters_is_quoted() -> None:
    line = "x: " + "y" * 197

    assert {found.source_line for found in diagnostics_of(f"{HEAD}{GROUP}{line}\n")} == {line}


def test_diagnostics_of_a_file_are_bounded_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(HEAD + GROUP + "".join(f"k{number}: 1\n" for number in range(250)))
    Path("b.yaml").write_text(
        f"{HEAD}x: 1\npolicy: {{identities: exact}}\nresourceGroups: {{rg-b: {{identities: []}}}}\n"
    )

    with pytest.raises(ManifestError) as caught:
        load_manifest(["a.yaml", "b.yaml"], {}, {}, bytes)

    first, second = (
        [found for found in caught.value.diagnostics if found.pos.file == file] for file in ("a.yaml", "b.yaml")
    )
    assert [found.code for found in first] == ["unknown-key"] * 200 + ["more-problems"]
    assert (first[-1].message, str(first[-1].pos)) == ("50 more problems in this file", "a.yaml:204:1")
    assert [found.code for found in second] == ["unknown-key"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"format_vers1on": "1.0", "tool_version": "0.1.0", "desired": {}, "cha', "not-a-manifest"),
        (b'{"version": 1, "tenantId": "x", "resourceGroups": []}', "not-a-manifest"),
        (b'{"kind":"run","run_id":"x"}\n{"kind":"intent"}\n', "not-a-manifest"),
    ],
)
def test_file_of_ours_is_never_read_as_a_manifest(content: bytes, code: str) -> None:
    assert [found.code for found in diagnostics_of(content)] == [code]


def test_guardrails_beside_manifests_are_passed_over_and_named_themselves_are_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m").mkdir()
    Path("m/a.yaml").write_text(f"{HEAD}{GROUP}{EXACT}")
    Path("m/guardrails.yaml").write_text("version: 1\nsubscriptions: [x]\nroles: []\nprotect: {lift: false}\n")

    desired = load_manifest(["m"], {}, {}, bytes)
    with pytest.raises(ManifestError) as caught:
        load_manifest(["m/guardrails.yaml"], {}, {}, bytes)

    assert desired.skipped_files == ("m/guardrails.yaml",)
    assert [(one.code, one.message) for one in caught.value.diagnostics] == [
        ("not-a-manifest", "this is a guardrails file, not a manifest")
    ]
