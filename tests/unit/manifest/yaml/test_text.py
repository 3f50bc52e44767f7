"""Bytes to text: encodings, forbidden characters, and where lines end."""

import codecs

import pytest

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.yaml.text import MAX_BYTES, decode_source, split_lines


def test_utf_8_is_read_as_it_is() -> None:
    source, problems = decode_source("m.yaml", "owner: Zoë\n".encode())

    assert source is not None
    assert (source.text, source.lines, problems) == ("owner: Zoë\n", ("owner: Zoë", ""), [])


def test_utf_8_byte_order_mark_is_taken_off() -> None:
    source, problems = decode_source("m.yaml", codecs.BOM_UTF8 + b"a: 1")

    assert source is not None
    assert (source.text, problems) == ("a: 1", [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_other_encodings_are_refused_by_name(encoding: str) -> None:
    source, problems = decode_source("m.yaml", "version: 1".encode(encoding))

    message = f"the file is {encoding[:6].upper()}, not UTF-8"
    expected = Diagnostic("not-utf-8", SourcePos("m.yaml", 1, 1), message, "Save the file as UTF-8.")
    assert (source, problems) == (None, [expected])


def test_byte_that_is_not_utf_8_is_located() -> None:
    source, problems = decode_source("m.yaml", "a: ä\nb: ".encode() + b"\xe9t\xe9")

    message = "byte 0xe9 is not UTF-8"
    expected = Diagnostic("not-utf-8", SourcePos("m.yaml", 2, 4), message, "Save the file as UTF-8.")
    assert (source, problems) == (None, [expected])


def test_longest_file_is_read() -> None:
    _, problems = decode_source("m.yaml", b"#" * MAX_BYTES)

    assert problems == []


def test_file_one_byte_longer_is_refused() -> None:
    source, problems = decode_source("m.yaml", b"#" * (MAX_BYTES + 1))

    assert source is None
    assert [problem.code for problem in problems] == ["file-too-long"]


def test_forbidden_character_is_located_once_a_line() -> None:
    _, problems = decode_source("m.yaml", b"a: \x07\x07\nb: ok\nc: \x00")

    assert [(problem.code, problem.pos.line, problem.pos.column) for problem in problems] == [
        ("forbidden-character", 1, 4),
        ("forbidden-character", 3, 4),
    ]


def test_forbidden_character_leaves_every_other_in_its_place() -> None:
    source, _ = decode_source("m.yaml", b"a: \x07b")

    assert source is not None
    assert source.text == "a: \ufffdb"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_lines_end_where_the_parser_ends_them(line_break: str) -> None:
    assert split_lines(f"a{line_break}b") == ("a", "b")


@pytest.mark.parametrize("other", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_lines_do_not_end_where_only_python_ends_them(other: str) -> None:
    assert split_lines(f"a{other}b") == (f"a{other}b",)
