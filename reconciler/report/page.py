"""A page of styled lines that is safe text in the end, whatever it is printed on."""

import io
from typing import TYPE_CHECKING

from reconciler.report.visible import SafeText, safe_parts

if TYPE_CHECKING:
    from rich.console import Console


class Page:
    """Lines with styles, joined into one text; without colour the styles leave no trace.

    The page makes every part of a line safe itself, line breaks included: whoever writes on it hands in plain text.
    """

    def __init__(self, *, color: bool) -> None:
        self._buffer = io.StringIO()
        # A line without colour is its text: that needs no library, which would take longer to import than to draw.
        self._console = _colored(self._buffer) if color else None

    def line(self, *parts: str | tuple[str, str]) -> None:
        """A line of parts, each plain or (text, style)."""
        texts = safe_parts([part if isinstance(part, str) else part[0] for part in parts])
        if self._console is None:
            self._buffer.write("".join(texts) + "\n")
            return
        from rich.text import Text

        styles = ["" if isinstance(part, str) else part[1] for part in parts]
        self._console.print(Text.assemble(*zip(texts, styles, strict=True)))

    def add(self, lines: SafeText) -> None:
        """Lines of another page, as they are."""
        self._buffer.write(lines)

    def text(self) -> SafeText:
        """All lines, each with its line break."""
        return SafeText(self._buffer.getvalue())


def _colored(buffer: io.StringIO) -> "Console":
    from rich.console import Console

    return Console(
        file=buffer,
        force_terminal=True,
        color_system="standard",
        # Whether to colour was decided already; rich would look at NO_COLOR once more.
        no_color=False,
        soft_wrap=True,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )


def width(text: str) -> int:
    """Columns that a terminal needs for the text."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.text import Text

    return Text(text).cell_len
