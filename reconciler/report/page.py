"""A page of styled lines that is a plain string in the end, whatever it is printed on."""

import io

from rich.console import Console
from rich.text import Text


class Page:
    """Lines with styles, joined into one string; without colour the styles leave no trace."""

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
        self._console.print(Text.assemble(*parts))

    def text(self) -> str:
        """All lines, each with its line break."""
        return self._buffer.getvalue()


def width(text: str) -> int:
    """Columns that a terminal needs for the text."""
    return Text(text).cell_len
