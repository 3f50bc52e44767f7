"""Which characters of a text are drawn, so that nobody takes for nothing, or for something else, what is there."""

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
        (0x16FE4, 0x16FE4),
        (0x1D159, 0x1D159),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
"""Characters that count as printable and are drawn as nothing.

Source: Unicode Character Database, DerivedCoreProperties.txt (Default_Ignorable_Code_Point), as far as Python calls
them printable; and the Braille pattern without a dot, the filler of Khitan and the note without a head.
"""


def is_drawn(char: str) -> bool:
    """Whether a character is one that a terminal or an editor simply draws."""
    return char.isprintable() and char not in _BLANK
