"""The rules for what is printed: text from a manifest, a file, a command line or ARM is shown, never obeyed.

A tag value can hold an escape sequence that repaints the terminal, a line break that forges a line of the report, a
bidirectional override that shows a name backwards, or a word that a CI system obeys where it stands in a log. Whatever
a terminal would not simply draw is written as an escape, and so is what it draws as nothing: two names that look the
same are not the same. The words of CI systems are broken up by an escape.

These rules hold for a whole line, so they are applied where lines are made (`page.Page`, and the functions below whose
names begin with `safe_`), and what is printed is `SafeText`, which nothing else makes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from reconciler.files.drawn import is_drawn


class SafeText(str):
    """Whole lines, each with its line break, that keep the rules; a `str` that was put together elsewhere is none."""

    __slots__ = ()


NOTHING = SafeText("")


def joined(*texts: SafeText) -> SafeText:
    """Whole lines behind whole lines."""
    return SafeText("".join(texts))


def visible(text: str) -> str:
    """The text with every character that is not drawn written as `\\x1b`, `\\n` or `\\u202e`; twice is the same."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if is_drawn(char) else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def quoted(text: str) -> str:
    """A value between double quotes, such that it cannot end its own quotation."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'


def safe_parts(parts: Sequence[str]) -> list[str]:
    """The parts of one line as they may be printed one behind the other; twice is the same.

    `##` anywhere and `::` as the first that is not blank begin a command to a CI system, also where two parts meet.
    Source: actions/runner, ActionCommand.cs (`::` after blanks are trimmed, `##[` anywhere); azure-pipelines-agent,
    Command.cs (`##vso[` and `##[` anywhere, on stdout and stderr).
    """
    whole = "".join(parts)
    # Blanks other than the space are escaped, so nobody trims those.
    begin = whole.lstrip(" ")
    first = len(whole) - len(begin) if begin.startswith("::") else None
    if first is None and "##" not in whole:
        return [visible(part) for part in parts]
    safe, last, at = [], "", 0
    for part in parts:
        shown = []
        for char in part:
            broken = at == first or char == last == "#"
            last = "" if broken else char
            shown.append(f"\\x{ord(char):02x}" if broken else char)
            at += 1
        safe.append(visible("".join(shown)))
    return safe


def safe_line(*parts: str) -> SafeText:
    """One line, with its line break."""
    return SafeText("".join(safe_parts(parts)) + "\n")


def safe_lines(lines: Iterable[str]) -> SafeText:
    """A line for each text."""
    return SafeText("".join(map(safe_line, lines)))


def safe_patch_line(line: str) -> SafeText | None:
    """A line of a patch letter by letter, with its line break; None where it may not be printed so.

    A tab within it and a carriage return at its end move no cursor to where it could do harm, and only `##vso[` and
    `##[` are obeyed, not every `##`: else no file with CRLF, or with a comment that begins so, could be patched.
    """
    shown = line.removesuffix("\r").replace("\t", " ")
    if visible(shown) != shown or shown.lstrip().startswith("::") or _OBEYED.search(shown):
        return None
    return SafeText(f"{line}\n")


_OBEYED = re.compile(r"##(?:vso)?\[", re.IGNORECASE)


def safe_open_line(text: str, *, again: bool = False) -> SafeText:
    """A line that is not ended: a question, or, with `again`, one that is written over what the line has held."""
    return SafeText(("\r" if again else "") + "".join(safe_parts([text])))


def safe_json(text: str) -> SafeText:
    """The text of a JSON document in plain ASCII and without `##`, by JSON's own escapes: it is the same document.

    Its line breaks stay: JSON has none inside a string.
    """
    if not text.isascii() or "\x7f" in text:
        text = "".join(char if char == "\n" or " " <= char <= "~" else _json_escape(char) for char in text)
    return SafeText(text.replace("##", "#\\u0023"))


def safe_yaml(text: str) -> SafeText:
    """The text of a YAML document whose texts all stand in double quotes, likewise, by YAML's escapes.

    Source: YAML 1.2, 5.7 (`\\xNN` and `\\UNNNNNNNN` in double quotes).
    """
    escaped = "".join(char if char == "\n" or " " <= char <= "~" else f"\\U{ord(char):08x}" for char in text)
    return SafeText(escaped.replace("##", "#\\x23"))


def safe_html(text: str) -> SafeText:
    """The text of an HTML document without `##`, and with no line that `::` begins, by HTML's own references.

    It is the same document. What is not drawn is written as an escape, though whoever makes HTML does so before: only
    there is a line break within a value one.
    """
    lines = "\n".join(visible(line) for line in text.split("\n"))
    return SafeText(_BEGINS_COMMAND.sub(r"\1&#58;:", lines.replace("##", "#&#35;")))


_BEGINS_COMMAND = re.compile("^( *)::", re.MULTILINE)


def _json_escape(char: str) -> str:
    """A character of a JSON string as JSON's own escape: two of them beyond the first 65,536."""
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def github_command(name: str, properties: Mapping[str, str], message: str) -> SafeText:
    """A line that GitHub Actions obeys: the one that is asked for, whatever is in its values.

    Source: actions/toolkit, packages/core/src/command.ts (`escapeData`, `escapeProperty`).
    """
    values = ",".join(f"{key}={_percent(_shown(value), '%:,')}" for key, value in properties.items())
    return SafeText(f"::{name}{' ' if values else ''}{values}::{_percent(_shown(message), '%')}\n")


def azure_command(name: str, properties: Mapping[str, str], message: str) -> SafeText:
    """A line that Azure Pipelines obeys, likewise.

    Source: Microsoft Learn, "Logging commands", "Formatting commands": `%` is `%AZP25`, `;` is `%3B`, `]` is `%5D`.
    """
    values = ";".join(f"{key}={_azure(value, '];')}" for key, value in properties.items())
    return SafeText(f"##vso[{name}{' ' if values else ''}{values}]{_azure(message, '')}\n")


def _azure(text: str, special: str) -> str:
    return _percent(_shown(text).replace("%", "%AZP25"), special)


def _shown(text: str) -> str:
    """A value of a command as it may stand in any line; it has no line break to be escaped any more."""
    return "".join(safe_parts([text]))


def _percent(text: str, special: str) -> str:
    for char in special:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
