"""`${NAME}` in a document, replaced once.

Replacing happens on plain data, after YAML and before the schema: a value can never add structure to a manifest,
and what it brings in is checked like what is written. A replaced value is always text, and is not looked at for
variables again. Names that an identity has of itself, such as `${identity.name}`, are replaced inside of it; a text of
`defaults` that has one is left as a template, which each identity fills in.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.reading import mapping
from reconciler.manifest.rules.claims import claimed_twice
from reconciler.manifest.yaml.document import Document, OwnName, Path, Plain, Template, with_places, with_places_of_list

ENVIRONMENT_PREFIX = "UAMI_VAR_"
"""An environment variable of this prefix gives a variable that the command line does not."""

GROUPS, IDENTITIES, DEFAULTS, VARS = "resourceGroups", "identities", "defaults", "vars"

# An escape, a whole variable, or the start of one that is not well formed; the order decides.
_REFERENCE = re.compile(
    r"(?P<escape>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\}|\$\{(?P<rest>[^}]*\}?)"
)

_OWN_NAMES = ", ".join(f"`${{{one}}}`" for one in OwnName)
_ALIKE = 0.7

Names = Mapping[OwnName, str | None]
"""What an identity knows of itself; None where that has a diagnostic of its own."""


def replace_variables(
    document: Document, variables: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[Document, list[Diagnostic]]:
    """A document with every variable of its values and group names replaced, and what could not be.

    Args:
        variables: names and values from the command line.
        environment: asked for `UAMI_VAR_NAME` where the command line is silent; `vars` of the document where both are.
    """
    if not document.may_have_variables or not _has_references(document.data):
        return document, []
    replacer = _Replacer(document, variables, environment)
    data = replacer.value(document.data, ())
    replaced = replace(
        document,
        data=data,
        broken_values=document.broken_values | replacer.broken_values,
        templates=replacer.templates,
    )
    return _rename_groups(replaced, replacer), replacer.diagnostics


def _has_references(value: Plain) -> bool:
    """Whether a text or a key has the beginning of a variable; where none has, there is nothing to replace."""
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, dict):
        return any("${" in key for key in value) or any(map(_has_references, value.values()))
    return isinstance(value, list) and any(map(_has_references, value))


def filled(template: Template, names: Names) -> str | None:
    """A template at an identity; None where a name that it needs has a diagnostic already."""
    parts = [names[part] if isinstance(part, OwnName) else part for part in template]
    return None if None in parts else "".join(part or "" for part in parts)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands: which of an identity's own names are known there, or become known at each identity."""

    names: Names = field(default_factory=dict)
    is_default: bool = False

    def knows(self, name: OwnName) -> bool:
        return self.is_default or name in self.names


_ELSEWHERE = _Place()


class _Replacer:
    """Replaces in one document and collects what is wrong."""

    def __init__(self, document: Document, variables: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._document = document
        self._variables = variables
        self._environment = environment
        self.diagnostics: list[Diagnostic] = []
        self.broken_values: set[Path] = set()
        self.templates: dict[Path, Template] = {}
        self._vars = self._read_vars()

    def _read_vars(self) -> dict[str, str]:
        """The values that the document itself gives; those that are no text have a diagnostic of the schema."""
        texts = mapping(mapping(self._document.data).get(VARS)).items()
        return {name: value.replace("$${", "${") for name, value in texts if isinstance(value, str)}

    def value(self, value: Plain, path: Path, place: _Place = _ELSEWHERE) -> Plain:
        """A value with the variables of every text below it replaced; keys stay as they are."""
        place = self._place(value, path, place)
        if isinstance(value, str):
            return self._text_value(value, path, place) if "${" in value else value
        if isinstance(value, list):
            items = [self.value(item, (*path, index), place) for index, item in enumerate(value)]
            return with_places_of_list(items, value)
        if isinstance(value, dict):
            for key in value:
                if "${" in key and path != (GROUPS,):
                    self._report_key(key, (*path, key))
            return with_places({key: self.value(item, (*path, key), place) for key, item in value.items()}, value)
        return value

    def _place(self, value: Plain, path: Path, above: _Place) -> _Place:
        match path:
            case ("defaults",) | ("resourceGroups", _, "defaults"):
                return _Place(is_default=True)
            case ("resourceGroups", group, "identities", int()) if "${" in str(value):
                return self._place_of_identity(value, path, str(group))
            case ("resourceGroups", _, "identities", int(), "name"):
                return _without_name(above)
        return above

    def _place_of_identity(self, entry: Plain, path: Path, group: str) -> _Place:
        """What an identity knows of itself; a bare name knows all but its name."""
        known = len(self.diagnostics)
        around: dict[OwnName, str | None] = {OwnName.SUBSCRIPTION: None, OwnName.GROUP: None}
        subscription = mapping(self._document.data).get(OwnName.SUBSCRIPTION)
        if isinstance(subscription, str) and (OwnName.SUBSCRIPTION,) not in self._document.broken_values:
            around[OwnName.SUBSCRIPTION] = self.text(subscription, self._document.value_pos((OwnName.SUBSCRIPTION,)))
        around[OwnName.GROUP] = self.text(group, self._document.key_pos(path[:2]))
        if isinstance(entry, str):
            return _Place(around)
        name = mapping(entry).get("name")
        named = self.text(name, self._document.value_pos(path), _Place(around)) if isinstance(name, str) else None
        # Each of these texts is looked at in its own place.
        del self.diagnostics[known:]
        return _Place({**around, OwnName.IDENTITY: named})

    def text(self, text: str, pos: SourcePos, place: _Place = _ELSEWHERE) -> str | None:
        """A text with its variables replaced; None where one of them cannot be."""
        template = self._template(text, pos, place)
        return None if template is None else filled(template, place.names)

    def _text_value(self, text: str, path: Path, place: _Place) -> str:
        pos = self._document.value_pos(path)
        if path[:1] == (VARS,):
            self._check_plain(text, pos)
            return text.replace("$${", "${")
        template = self._template(text, pos, place)
        if template is not None and place.is_default and any(isinstance(part, OwnName) for part in template):
            self.templates[path] = template
            return "".join(f"${{{part}}}" if isinstance(part, OwnName) else part for part in template)
        result = None if template is None else filled(template, place.names)
        if result is None:
            self.broken_values.add(path)
            return text
        return result

    def _template(self, text: str, pos: SourcePos, place: _Place) -> Template | None:
        known, start = len(self.diagnostics), 0
        parts: list[str | OwnName] = []
        for match in _REFERENCE.finditer(text):
            parts += (text[start : match.start()], self._part(match, pos, place))
            start = match.end()
        return (*parts, text[start:]) if len(self.diagnostics) == known else None

    def _part(self, match: re.Match[str], pos: SourcePos, place: _Place) -> str | OwnName:
        if match["escape"]:
            return "${"
        name = match["name"]
        if name is None:
            self._report_malformed(match.group(), pos)
            return ""
        if name in frozenset(OwnName):
            if not place.knows(OwnName(name)):
                self._report_misplaced(OwnName(name), pos, place)
            return OwnName(name)
        if "." in name:
            self._report_unknown(name, pos)
            return ""
        return self._given(name, pos)

    def _given(self, name: str, pos: SourcePos) -> str:
        """What the command line, the environment or the document gives a variable, in this order."""
        value = self._variables.get(name, self._environment.get(ENVIRONMENT_PREFIX + name, self._vars.get(name)))
        if not value:
            state = "is not set" if value is None else "is empty"
            hint = (
                f"Pass `--var {name}=VALUE`, set {ENVIRONMENT_PREFIX}{name} in the environment, or write it in a"
                " `--var-file` or under `vars`."
            )
            self._report(
                "variable-empty" if value == "" else "variable-unset", pos, f"the variable `{name}` {state}", hint
            )
        return value or ""

    def _check_plain(self, text: str, pos: SourcePos) -> None:
        """Values of `vars` are literal: what they stand for must not depend on the order of their lines."""
        if any(not match["escape"] for match in _REFERENCE.finditer(text)):
            hint = "Write the value itself; `$${` stands for the two characters `${`."
            self._report("variable-in-vars", pos, "a value of `vars` has no variables", hint)

    def _report_malformed(self, text: str, pos: SourcePos) -> None:
        hint = "Write `${NAME}`, NAME of letters, digits and `_`; `$${` stands for the two characters themselves."
        if text.endswith("}"):
            self._report("variable-name", pos, f"`{text}` does not name a variable", hint)
        else:
            self._report("variable-unterminated", pos, f"`{text}` has no closing brace", hint)

    def _report_unknown(self, name: str, pos: SourcePos) -> None:
        """A name with a dot, which nobody can give a value to."""
        by_lower_case = {one.lower(): one for one in OwnName}
        close = difflib.get_close_matches(name.lower()[:100], by_lower_case, n=1, cutoff=_ALIKE)
        hint = f"Did you mean `${{{by_lower_case[close[0]]}}}`?" if close else f"Inside an identity: {_OWN_NAMES}."
        self._report("variable-unknown", pos, f"there is no variable `{name}`", hint)

    def _report_misplaced(self, name: OwnName, pos: SourcePos, place: _Place) -> None:
        where = "in the name of its own identity" if place.names else "here"
        hint = "It is known inside an entry of `identities`, but for its name, and in `defaults`."
        if name is not OwnName.IDENTITY:
            hint = "It is known inside an entry of `identities`, and in `defaults`."
        self._report("variable-misplaced", pos, f"`${{{name}}}` cannot stand {where}", hint)

    def _report_key(self, key: str, path: Path) -> None:
        message = f"a variable cannot stand in the key `{key}`"
        hint = "Variables are replaced in values and in the names of resource groups."
        self._report("variable-in-key", self._document.key_pos(path), message, hint)

    def _report(self, code: str, pos: SourcePos, message: str, hint: str) -> None:
        self.diagnostics.append(Diagnostic(code, pos, message, hint))


def _without_name(place: _Place) -> _Place:
    return _Place({name: text for name, text in place.names.items() if name is not OwnName.IDENTITY})


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
        templates={moved(path): template for path, template in document.templates.items()},
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
