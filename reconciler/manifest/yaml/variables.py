"""`${NAME}` in a document, replaced once.

Replacing happens on plain data, after YAML and before the schema: a value can never add structure to a manifest,
and what it brings in is checked like what is written. A replaced value is always text, and is not looked at for
variables again.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.rules.claims import claimed_twice
from reconciler.manifest.yaml.document import Document, Path, Plain

ENVIRONMENT_PREFIX = "UAMI_VAR_"
"""An environment variable of this prefix gives a variable that the command line does not."""

GROUPS = "resourceGroups"

# An escape, a whole variable, or the start of one that is not well formed; the order decides.
_REFERENCE = re.compile(r"(?P<escape>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{(?P<rest>[^}]*\}?)")


def replace_variables(
    document: Document, variables: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[Document, list[Diagnostic]]:
    """A document with every variable of its values and group names replaced, and what could not be.

    Args:
        variables: names and values from the command line.
        environment: asked for `UAMI_VAR_NAME` where the command line is silent.
    """
    replacer = _Replacer(document, variables, environment)
    data = replacer.value(document.data, ())
    broken = replace(document, data=data, broken_values=document.broken_values | replacer.broken_values)
    return _rename_groups(broken, replacer), replacer.diagnostics


class _Replacer:
    """Replaces in one document and collects what is wrong."""

    def __init__(self, document: Document, variables: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._document = document
        self._variables = variables
        self._environment = environment
        self.diagnostics: list[Diagnostic] = []
        self.broken_values: set[Path] = set()

    def value(self, value: Plain, path: Path) -> Plain:
        """A value with the variables of every text below it replaced; keys stay as they are."""
        if isinstance(value, str):
            return self._text_value(value, path) if "${" in value else value
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            for key in value:
                if "${" in key and path != (GROUPS,):
                    self._report_key(key, (*path, key))
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        return value

    def text(self, text: str, pos: SourcePos) -> str | None:
        """A text with its variables replaced; None where one of them cannot be."""
        known = len(self.diagnostics)
        result = _REFERENCE.sub(lambda match: self._replacement(match, pos), text)
        return result if len(self.diagnostics) == known else None

    def _text_value(self, text: str, path: Path) -> str:
        result = self.text(text, self._document.value_pos(path))
        if result is None:
            self.broken_values.add(path)
            return text
        return result

    def _replacement(self, match: re.Match[str], pos: SourcePos) -> str:
        if match["escape"]:
            return "${"
        name = match["name"]
        if name is None:
            self._report_malformed(match.group(), pos)
            return ""
        value = self._variables.get(name, self._environment.get(ENVIRONMENT_PREFIX + name))
        if not value:
            state = "is not set" if value is None else "is empty"
            hint = f"Pass `--var {name}=VALUE`, or set {ENVIRONMENT_PREFIX}{name} in the environment."
            self._report(
                "variable-empty" if value == "" else "variable-unset", pos, f"the variable `{name}` {state}", hint
            )
        return value or ""

    def _report_malformed(self, text: str, pos: SourcePos) -> None:
        hint = "Write `${NAME}`, NAME of letters, digits and `_`; `$${` stands for the two characters themselves."
        if text.endswith("}"):
            self._report("variable-name", pos, f"`{text}` does not name a variable", hint)
        else:
            self._report("variable-unterminated", pos, f"`{text}` has no closing brace", hint)

    def _report_key(self, key: str, path: Path) -> None:
        message = f"a variable cannot stand in the key `{key}`"
        hint = "Variables are replaced in values and in the names of resource groups."
        self._report("variable-in-key", self._document.key_pos(path), message, hint)

    def _report(self, code: str, pos: SourcePos, message: str, hint: str) -> None:
        self.diagnostics.append(Diagnostic(code, pos, message, hint))


def _rename_groups(document: Document, replacer: _Replacer) -> Document:
    """The document with the variables in its group names replaced, in its data and in its places alike."""
    data = document.data
    groups = data.get(GROUPS) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(groups, dict) or not any("${" in name for name in groups):
        return document
    names, broken = _new_names(document, list(groups), replacer)

    def moved(path: Path) -> Path:
        return (GROUPS, names[path[1]], *path[2:]) if len(path) > 1 and path[0] == GROUPS and path[1] in names else path

    return replace(
        document,
        data={**data, GROUPS: {names[name]: group for name, group in groups.items()}},
        key_marks={moved(path): mark for path, mark in document.key_marks.items()},
        value_marks={moved(path): mark for path, mark in document.value_marks.items()},
        spellings={moved(path): text for path, text in document.spellings.items()},
        broken_keys=frozenset(map(moved, document.broken_keys)) | broken,
        broken_values=frozenset(map(moved, document.broken_values)),
    )


def _new_names(
    document: Document, names: list[str], replacer: _Replacer
) -> tuple[dict[str | int, str], frozenset[Path]]:
    """Old to new name of each group; one that cannot be replaced keeps its old name and is broken."""
    places = {name: document.key_pos((GROUPS, name)) for name in names if "${" not in name}
    renamed: dict[str | int, str] = {name: name for name in places}
    broken = set()
    for name in names:
        if name in renamed:
            continue
        path = (GROUPS, name)
        pos = document.key_pos(path)
        new = replacer.text(name, pos)
        if new is None or new in places:
            if new is not None:
                replacer.diagnostics.append(claimed_twice(new, pos, places[new]))
            renamed[name] = name
            broken.add(path)
            continue
        renamed[name] = new
        places[new] = pos
    # In the order of the document, so that its first claim stays the first.
    return {name: renamed[name] for name in names}, frozenset(broken)
