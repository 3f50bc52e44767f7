"""A page of styled lines that is safe text in the end, whatever it is printed on."""

import io

from rich.console import Console
from rich.text import Text

from reconciler.report.visible import SafeText, safe_parts


class Page:
    """Lines with styles, joined into one text; without colour the styles leave no trace.

    The page makes every part of a line safe itself, line breaks included: whoever writes on it hands in plain text.
    """

    def __init__(self, *, color: bool) -> None:
        self._buffer = io.StringIO()
        self._console = Console(
            file=self._buffer,
            force_terminal=color,
            color_system="standard" if color else None,
            # Whether to colour was decided already; rich would look at NO_COLOR once more.
            no_color=not color,
            soft_wrap=True,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
        )

    def line(self, *parts: str | tuple[str, str]) -> None:
        """A line of parts, each plain or (text, style)."""
        texts = safe_parts([part if isinstance(part, str) else part[0] for part in parts])
        styles = ["" if isinstance(part, str) else part[1] for part in parts]
        self._console.print(Text.assemble(*zip(texts, styles, strict=True)))

    def add(self, lines: SafeText) -> None:
        """Lines of another page, as they are."""
        self._buffer.write(lines)

    def text(self) -> SafeText:
        """All lines, each with its line break."""
        return SafeText(self._buffer.getvalue())


def width(text: str) -> int:
    """Columns that a terminal needs for the text."""
    return Text(text).cell_len
