"""Texts that somebody would write to make a terminal, a CI system, a reader or a shell do something; and what printed
text must be like whatever it was made of.

Nothing of the package is used here: what is right is said once more, in other words.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

FORGED = "FORGED"
"""Begins every line that a hostile text would be, were its line breaks obeyed."""

TOKEN = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJ4In0.s1gn-ature_0123456789"

FRAGMENTS = (
    f"a\n{FORGED} line",
    f"a\r{FORGED}",
    f"a\x85{FORGED}\u2028{FORGED}\u2029{FORGED}\x0b{FORGED}",
    "::error::x",
    "\n::set-output name=a::b",
    " ::add-mask::x",
    "##vso[task.setvariable variable=a]b",
    "x ##[group]y",
    "###",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b1m\x07\x00\x7f",
    "\u202eesrever\u2066x",
    "\u200b\u3164\u2800\ufe0f\U000e0041\u00ad\u115f\ufeff",
    "$(touch x) `touch x`",
    "\"quo'ted\\",
    "[bold]{x}%s",
    "<script>x</script><img src=x onerror=y> </details>--> &amp;<!--",
    "[a](https://e.example/?q) ![b](c) <https://e.example> https://e.example www.e.example",
    "@octocat #12 GH-12 a@e.example _x_ *y* ~~z~~ | a | b |",
    "a`b``c```",
    "\n```\n# x\n> y\n---\n",
    "%0A::error::x%3A,;]%AZP25",
    "<script>x</script><a href='javascript:x' onclick=x>",
    '"><img src=x> {{ 7 * 7 }}&lt;',
    "😀é",
    TOKEN,
    base64.b64encode(f"a:{TOKEN}".encode()).decode(),
    quote(f"+{TOKEN}", safe=""),
)

ALL = " ".join(FRAGMENTS)

_NOT_DRAWN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def faults(text: str) -> list[str]:
    """The lines of what was printed, without colours, that something could obey or that nobody wrote."""
    lines = text.removesuffix("\n").split("\n")
    return [line for line in lines if not _is_right(line)]


def _is_right(line: str) -> bool:
    drawn = all(unicodedata.category(char) not in _HIDDEN_CATEGORIES for char in line) and not _NOT_DRAWN.search(line)
    begin = line.lstrip()
    commanded = "##" in line or begin.startswith("::")
    return drawn and not commanded and not begin.startswith(FORGED) and TOKEN[-20:] not in line


_OWN = {
    "github": re.compile(r"::(error|warning) (file=[^:,\n]*,line=\d+,)?title=[^:,\n]*::(?P<text>[^\n]*)"),
    "azure-devops": re.compile(
        r"#\#vso\[task\.(logissue type=(error|warning)(;sourcepath=[^];\n]*;linenumber=\d+)?"
        r"|setvariable variable=[a-z_]+;isOutput=true|uploadsummary)\](?P<text>[^\n]*)"
    ),
}


def without_own_commands(text: str, form: str) -> str:
    """What a form for a CI system has printed, with no more than the text of each command that is its own."""
    own = _OWN.get(form)
    lines = text.split("\n")
    found = [None if own is None else own.fullmatch(line) for line in lines]
    return "\n".join(line if match is None else f"- {match['text']}" for line, match in zip(lines, found, strict=True))


def json_faults(text: str) -> list[str]:
    """As `faults`, for a JSON document: besides, it is ASCII."""
    return faults(text) + [line for line in text.split("\n") if not line.isascii()]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS or any(name not in _ATTRIBUTES for name, _ in attrs):
            self.found.append(str(self.get_starttag_text()))
        self.found += [str(value) for name, value in attrs if name == "href" and not str(value).startswith("#")]


_TAGS = {
    *("html", "head", "title", "style", "body", "header", "main", "section", "h1", "h2", "h3", "p", "ul", "li", "dl"),
    *("div", "dt", "dd", "details", "summary", "span", "b", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "meta"),
}
_ATTRIBUTES = {
    *("class", "id", "href", "open", "scope", "lang", "charset", "content", "name", "http-equiv", "tabindex"),
    *("aria-hidden", "aria-labelledby"),
}


def html_faults(text: str) -> list[str]:
    """The tags and addresses in a page that no page of ours has."""
    tags = _Tags()
    tags.feed(text)
    tags.close()
    return tags.found


def without_token(value: Any) -> Any:
    """A JSON value as it is to be printed: all of it, but for the token."""
    hidden = json.dumps(value)
    for form in (TOKEN, quote(TOKEN, safe="")):
        hidden = hidden.replace(form, "[secret]")
    return json.loads(hidden)


def leaves(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all texts of a JSON document."""
    if isinstance(document, str):
        yield path
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield from leaves(value, (*path, key))


def with_text(document: Any, path: tuple[Any, ...], text: str) -> Any:
    """The document with something behind the text at a path, or, where the text begins with `=`, instead of it."""
    if not path:
        return text[1:] if text.startswith("=") else f"{document}{text}"
    key, *rest = path
    if isinstance(document, dict):
        return {**document, key: with_text(document[key], tuple(rest), text)}
    return [*document[:key], with_text(document[key], tuple(rest), text), *document[key + 1 :]]
