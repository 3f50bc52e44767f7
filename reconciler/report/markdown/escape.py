"""Text from a manifest, ARM or a file in Markdown: shown, never obeyed. Every Markdown of ours goes through here.

A backslash is not enough: GitHub looks for mentions (`@somebody`), references (`#12`) and addresses in the HTML that
Markdown has become. In code it looks for none, and neither does CommonMark for links, images and tags. So a value is
code, and of a sentence every word is that is more than a plain English one.
"""

import html
import re
from collections.abc import Iterable

from reconciler.report.visible import safe_parts

_WORD = re.compile(r"[(\"']*[A-Za-z]+(?:['-][A-Za-z]+)*[\"')]*[.,;:?]?[\"')]*")
_NUMBER = re.compile(r"\d{1,9}%?[,;:]?")
_COMMIT = re.compile(r"[A-Fa-f]{7,}")
"""What GitHub takes for a commit, where there is one that begins so."""

_QUOTED = re.compile(r"`([^`]+)`([.,;:?)]*)")
_TAIL = re.compile(r"(?P<word>.*[\w*/])(?P<tail>[.,;:?]{0,2})", re.DOTALL)
"""A word, and the sentence's own signs behind it."""


def code(text: str) -> str:
    """A value as a code span; the fence is longer than any within, so that nothing ends it."""
    (shown,) = safe_parts([clipped(text)])
    if not shown:
        return '""'
    longest = max((len(one) for one in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence of ours, of which any word may be a value; what it quotes in backticks is code already."""
    parts: list[str] = []
    at = 0
    for match in _QUOTED.finditer(text):
        parts += [*_words(text[at : match.start()], first=not parts), f"{code(match[1])}{match[2]}"]
        at = match.end()
    return " ".join((*parts, *_words(text[at:], first=not parts)))


def _words(text: str, *, first: bool) -> Iterable[str]:
    for word in text.split():
        yield word if _is_plain(word, first=first) else _code_word(word)
        first = False


def _code_word(word: str) -> str:
    match = _TAIL.fullmatch(word)
    return code(word) if match is None else f"{code(match['word'])}{match['tail']}"


def _is_plain(word: str, *, first: bool) -> bool:
    if _WORD.fullmatch(word):
        return _COMMIT.search(word) is None
    # A number with a point at the beginning would begin a list.
    return _NUMBER.fullmatch(word if first else word.lstrip("(").rstrip(".,;:)")) is not None


def html_code(text: str) -> str:
    """A value in a line of HTML, such as the title of what is folded."""
    (shown,) = safe_parts([clipped(text)])
    return f"<code>{html.escape(shown)}</code>"


def fenced(lines: Iterable[str]) -> tuple[str, ...]:
    """Lines as a block of code, such as a part of the text report."""
    shown = tuple(lines)
    longest = max((len(one) for line in shown for one in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return (f"{fence}text", *shown, fence)


_LONGEST = 2_000
"""Characters of one text, such as a message that quotes an answer; a tag has 256."""


def clipped(text: str) -> str:
    """The text, or as much of one that nobody would read to its end; it says so."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text) - _LONGEST:,} more characters)"
