"""What Markdown must not make of what others wrote, looked at with a parser that is not ours."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKER = re.compile(r"<!-- uami:[A-Za-z0-9._]+(-[A-Za-z0-9._]+)* -->\n?")
_FOLDED = re.compile(r"<details><summary>[^<>]*(<code>[^<>]*</code>[^<>]*)?</summary>\n?|</details>\n?")
_LINKED = re.compile(r"@\w|#\d|\bGH-\d|://|\bwww\.|\b[0-9a-f]{7,}\b|[\w.]+@[\w.]+")
"""What GitHub makes a link or a mention of, in text that is no code."""

_OBEYED = ("link_open", "image", "html_inline", "heading_open", "blockquote_open", "table_open", "hr")
"""What no report of ours has."""


def markdown_faults(text: str) -> list[str]:
    """Tokens that nothing but a name, a tag or a message could have made."""
    return [*_faults(MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(text))]


def _faults(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in _OBEYED:
            yield f"{token.type}: {token.content or token.attrs}"
        if token.type == "html_block" and not (_MARKER.fullmatch(token.content) or _FOLDED.fullmatch(token.content)):
            yield f"html_block: {token.content}"
        if token.type == "text" and _LINKED.search(token.content):
            yield f"text: {token.content}"
        yield from _faults(token.children or [])
