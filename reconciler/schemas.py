"""Finds the JSON Schema files that ship with the tool.

They live in `schemas/` at the top of the repository, where editors and people look for them, and travel inside the
package in a wheel. Which of the two holds is decided here only, so that a wheel, a zipped wheel, an editable
install and a bare checkout all read the same file.
"""

from importlib import resources
from pathlib import Path

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parent.parent / "schemas"


def schema_text(name: str) -> str:
    """The text of a schema file, named as it is in `schemas/` (`manifest.v1.schema.json`).

    Raises:
        FileNotFoundError: no schema has this name.
    """
    # The package comes first: beside an installed package lie other people's folders.
    shipped = resources.files("reconciler") / "schemas" / name
    if shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    return (_BESIDE_THE_PACKAGE / name).read_text(encoding="utf-8")
