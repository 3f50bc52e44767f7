"""Finds the JSON Schema files that ship with the tool.

They live in `schemas/` at the top of the repository, where editors and people look for them, and travel inside the
package in a wheel. Which of the two holds is decided here only, so that a wheel, a zipped wheel, an editable
install and a bare checkout all read the same file.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Any

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parent.parent / "schemas"

EDITOR_KEYWORDS = (
    "markdownDescription",
    "markdownEnumDescriptions",
    "patternErrorMessage",
    "errorMessage",
    "defaultSnippets",
)
"""Keywords of our schemas that JSON Schema does not have.

Source: documentation of Visual Studio Code on JSON and of yaml-language-server on its extensions of JSON Schema.
"""


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


def plain_schema_text(name: str) -> str:
    """The same schema without the keywords that only editors know, which strict validators such as ajv refuse.

    Raises:
        FileNotFoundError: no schema has this name.
    """
    return json.dumps(without_editor_keywords(json.loads(schema_text(name))), indent=2, ensure_ascii=False) + "\n"


def without_editor_keywords(schema: Any) -> Any:
    """A part of a schema without them; no key that a schema describes has such a name."""
    if isinstance(schema, list):
        return [without_editor_keywords(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_editor_keywords(part) for key, part in schema.items() if key not in EDITOR_KEYWORDS}
