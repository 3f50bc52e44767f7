"""Bytes of a manifest to text, with the parser's own idea of where lines end.

The text is checked here, before the parser sees it, because libyaml takes UTF-16 without a word and reports a
forbidden character without a line. Forbidden characters are replaced, not removed: every position stays true and
the rest of the file is still checked.
"""

import codecs
import re
from dataclasses import dataclass

from reconciler.errors import Diagnostic, SourcePos

MAX_BYTES = 32 * 1024 * 1024
"""Longest manifest file that is read."""

# Source: libyaml's IS_BREAK; `str.splitlines` also breaks at form feeds and other characters that libyaml reads over.
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# Source: YAML 1.2.2 specification, production c-printable; the byte order mark is taken off before.
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PRINTABLE_ASCII = bytes((9, 10, 13, *range(0x20, 0x7F)))

_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A manifest file as text: printable throughout, without byte order mark.

    `written` is the text before what is not printable was replaced in it.
    """

    file: str
    text: str
    written: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they are written, without breaks; split when asked for, as only a mistake is told with them."""
        return split_lines(self.written)


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text as the YAML parser counts them, so that line n of a position is item n - 1."""
    return tuple(_LINE_BREAK.split(text))


def decode_source(file: str, content: bytes) -> tuple[SourceText | None, list[Diagnostic]]:
    """Text of a file, strictly UTF-8; None where it cannot be read as text at all."""
    if len(content) > MAX_BYTES:
        return None, [_too_long(file)]
    encoding = _other_encoding(content)
    if encoding is not None:
        return None, [_not_utf8(SourcePos(file, 1, 1), f"the file is {encoding}, not UTF-8")]
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        pos = _position(file, content[: error.start].decode("utf-8"))
        return None, [_not_utf8(pos, f"byte 0x{content[error.start]:02x} is not UTF-8")]
    # All of ASCII that is printable is taken out in a tenth of the time that the expression needs to look at it.
    if not content.translate(None, _PRINTABLE_ASCII) or _NOT_PRINTABLE.search(text) is None:
        return SourceText(file, text, text), []
    source = SourceText(file, _NOT_PRINTABLE.sub("\ufffd", text), text)
    return source, _forbidden_characters(source)


def _position(file: str, before: str) -> SourcePos:
    lines = split_lines(before)
    return SourcePos(file, len(lines), len(lines[-1]) + 1)


def _other_encoding(content: bytes) -> str | None:
    for mark, name in _OTHER_ENCODINGS:
        if content.startswith(mark):
            return name
    # Without a mark the zero bytes tell: ASCII text has one in every pair of UTF-16, three in every four of UTF-32.
    if content[:4].count(0) == 3:
        return "UTF-32"
    return "UTF-16" if content[:2].count(0) == 1 else None


def _too_long(file: str) -> Diagnostic:
    return Diagnostic(
        code="file-too-long",
        pos=SourcePos(file, 1, 1),
        message=f"the file is longer than {MAX_BYTES // 1024 // 1024} MiB",
        hint="Split it: one manifest may be many files in a directory.",
    )


def _not_utf8(pos: SourcePos, message: str) -> Diagnostic:
    return Diagnostic(code="not-utf-8", pos=pos, message=message, hint="Save the file as UTF-8.")


def _forbidden_characters(source: SourceText) -> list[Diagnostic]:
    """One diagnostic for the first forbidden character of each line: a binary file would otherwise fill the screen."""
    found = []
    for number, line in enumerate(source.lines, start=1):
        match = _NOT_PRINTABLE.search(line)
        if match is not None:
            found.append(_forbidden_character(SourcePos(source.file, number, match.start() + 1), match.group()))
    return found


def _forbidden_character(pos: SourcePos, character: str) -> Diagnostic:
    return Diagnostic(
        code="forbidden-character",
        pos=pos,
        message=f"character U+{ord(character):04X} may not stand in YAML",
        hint='Remove it; inside double quotes an escape such as "\\x07" can stand for it.',
    )
