"""Text from a manifest or from ARM, made safe to print: shown, never obeyed.

A tag value can hold an escape sequence that repaints the terminal, a line break that forges a line of the report, or a
bidirectional override that shows a name backwards. Whatever a terminal would not simply draw is written as an escape,
and so is what it draws as nothing: two names that look the same are not the same.
"""

_BLANK = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
"""Characters that count as printable and are drawn as nothing.

Source: Unicode Character Database, DerivedCoreProperties.txt (Default_Ignorable_Code_Point), as far as Python calls
them printable; and U+2800, the Braille pattern without a dot.
"""


def _is_drawn(char: str) -> bool:
    return char.isprintable() and char not in _BLANK


def visible(text: str) -> str:
    """The text with every character that is not drawn written as `\\x1b`, `\\n` or `\\u202e`."""
    return "".join(char if _is_drawn(char) else char.encode("unicode_escape").decode("ascii") for char in text)


def visible_lines(text: str) -> str:
    """As `visible`, for our own messages of several lines: their line breaks stay."""
    return "\n".join(visible(line) for line in text.split("\n"))


def quoted(text: str) -> str:
    """A value between double quotes, such that it cannot end its own quotation."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'
