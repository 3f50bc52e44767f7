"""Text from a manifest or from ARM, made safe to print: shown, never obeyed.

A tag value can hold an escape sequence that repaints the terminal, a line break that forges a line of the report, or a
bidirectional override that shows a name backwards. Whatever a terminal would not simply draw is written as an escape.
"""


def visible(text: str) -> str:
    """The text with every character that is not printable written as `\\x1b`, `\\n` or `\\u202e`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def visible_lines(text: str) -> str:
    """As `visible`, for our own messages of several lines: their line breaks stay."""
    return "\n".join(visible(line) for line in text.split("\n"))


def quoted(text: str) -> str:
    """A value between double quotes, such that it cannot end its own quotation."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'
