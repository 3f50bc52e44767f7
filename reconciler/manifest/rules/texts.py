"""Values that were hardly meant as they are: placeholders of other tools, invisible characters, typographic quotes.

Azure takes each of them as it is, and the tag, the owner or the subject is then another one than its author reads. All
values of a document are looked at once its own variables are replaced, so that what comes from the environment or a
file is seen too; of the keys, the names of tags. What the schema refuses is an error already, and what stands under
`accept` is prose that may quote all of this.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.manifest.declared_access import read_acceptances
from reconciler.manifest.finding import Acceptance, Finding
from reconciler.manifest.reading import items, mapping
from reconciler.manifest.yaml.document import GIVEN, Document, Path, Plain
from reconciler.model import AnyId, AssignmentId, CredentialId, ResourceGroupId

# Source: Azure Pipelines documentation (macro syntax `$(NAME)`), Helm and Jinja documentation (`{{ ... }}`), Windows
# command line documentation (`%NAME%`).
_MACRO = re.compile(r"\$\((?P<name>[A-Za-z_][\w.\-]*)\)")
_TEMPLATE = re.compile(r"\{\{-?\s*(?P<name>[^{}]*?)\s*-?\}\}")
# `%E4%BD%A0` is percent-encoded text, whatever letters stand between two of its signs.
_SHELL = re.compile(r"(?<![0-9])%(?![0-9A-Fa-f]{2}%)(?P<name>[A-Za-z_]\w*)%(?![0-9A-Fa-f]{2})")
_PLACEHOLDERS = (
    (_MACRO, "Azure Pipelines"),
    (_TEMPLATE, "Helm, Jinja and their like"),
    (_SHELL, "the Windows command line"),
)
_OWN_NAME = re.compile(r"[A-Za-z_]\w*")

# Control characters, and those that show nothing or turn the text around. Source: Unicode, general categories Cc and
# Cf; joiners are left out, which scripts and emoji need.
_INVISIBLE = r"\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
_CONTROL = re.compile(f"[{_INVISIBLE}]")
_CONTROL_BUT_LINES = re.compile(f"(?![\\t\\n\\r])[{_INVISIBLE}]")
_OF_LINES = ("condition", "description")
"""Keys whose value may have several lines."""

_OPENING, _CLOSING = "\u201c\u201e\u2018\u201a\u00ab\u201d", "\u201d\u201c\u2019\u2018\u00bb"

_SUSPECT = re.compile(rf"[{_INVISIBLE}{_OPENING}]|^\s|\s$|\$\(|\{{\{{|%.*%", re.DOTALL)
"""What every text has that anything here is found in."""

_HARMLESS = re.compile(r"[A-Za-z0-9_./:@#-]*")
"""What most texts are made of; nothing here is found in one of these, and to see that takes half the time."""

_LONGEST_REPEATED = 600
"""Characters of a corrected value that a hint repeats."""

_UNREAD = "accept"
_UNREAD_LISTS = (_UNREAD, GIVEN)
"""Besides what is accepted, the copies of defaults, which say what the defaults say."""


@dataclass(frozen=True, slots=True)
class _Oddity:
    """What is odd about a text; the message goes on where an address stops."""

    code: str
    message: str
    hint: str


def find_doubtful_texts(document: Document) -> tuple[Finding, ...]:
    """Every value of a document that was hardly meant as it is, at the identity or the group that has it.

    What stands above all groups is about the document, with what that accepts.
    """
    root = mapping(document.data)
    accepted = read_acceptances(document, (), root)
    return tuple(
        _finding(document, path, is_key, oddity, accepted)
        for path, text, is_key in _suspects(document.data)
        if path and path not in (document.broken_keys if is_key else document.broken_values)
        for oddity in _oddities(text, _label(path, is_key=is_key), spans_lines=path[-1] in _OF_LINES)
    )


_Suspect = tuple[Path, str, bool]
"""Path and text of what has to be looked at; the last part says whether the key itself is meant."""


def _suspects(value: Plain) -> list[_Suspect]:
    found: list[_Suspect] = []
    if isinstance(value, dict | list):
        _look_below(value, (), found)
    return found


def _is_suspect(text: str) -> bool:
    return _HARMLESS.fullmatch(text) is None and _SUSPECT.search(text) is not None


def _look_below(value: dict[str, Plain] | list[Plain], path: Path, found: list[_Suspect]) -> None:
    is_harmless = _HARMLESS.fullmatch
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, str):
            # Letters and digits alone are the quickest to tell, and many texts have no more.
            if not inner.isalnum() and is_harmless(inner) is None and key != _UNREAD and _SUSPECT.search(inner):
                found.append(((*path, key), inner, False))
        elif isinstance(inner, dict):
            if key == "tags":
                found += [((*path, key, name), name, True) for name in inner if _is_suspect(name)]
            if key != _UNREAD:
                _look_below(inner, (*path, key), found)
        elif isinstance(inner, list) and key not in _UNREAD_LISTS:
            _look_below(inner, (*path, key), found)


def _label(path: Path, *, is_key: bool) -> str:
    """How a message names the value."""
    name = path[-1] if path else ""
    if isinstance(name, int):
        return f"entry {name + 1} of `{path[-2]}`"
    if len(path) > 1 and path[-2] == "tags":
        return f"the name of the tag `{name}`" if is_key else f"the tag `{name}`"
    return f"`{name}`"


def _oddities(text: str, label: str, *, spans_lines: bool) -> Iterator[_Oddity]:
    bare = text.strip()
    control = _CONTROL_BUT_LINES if spans_lines else _CONTROL
    shown = json.dumps(text if len(text) <= _LONGEST_REPEATED else f"{text[:_LONGEST_REPEATED]}...", ensure_ascii=True)
    repaired = _unquoted(control.sub("", bare).strip())
    write = f"Write `{repaired}`" if len(repaired) <= _LONGEST_REPEATED else "Remove what should not be there"
    if bare != text:
        hint = f"{write}; where it comes from a variable, a file or a block (`|`), take them off there (`|-`)."
        yield _Oddity("value-blanks", f"has blanks or line breaks at the ends of {label}: {shown}", hint)
    found = control.search(bare)
    if found is not None:
        message = f"has the invisible character U+{ord(found.group()):04X} in {label}: {shown}"
        yield _Oddity("value-control-character", message, f"{write}.")
    if _unquoted(bare) != bare:
        message = f"has typographic quotes around {label}, which become part of it: {shown}"
        yield _Oddity("value-quotes", message, f"{write}: YAML knows only \" and '.")
    for pattern, tool in _PLACEHOLDERS:
        match = pattern.search(text)
        if match is not None:
            message = f"has `{match.group()}` in {label}: a placeholder of {tool}, which nothing replaces here"
            yield _Oddity("value-placeholder", message, _ours(text, match))


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] in _OPENING and text[-1] in _CLOSING
    return text[1:-1].strip() if quoted else text


def _ours(text: str, placeholder: re.Match[str]) -> str:
    """The hint for a placeholder: the same with a variable of ours, by the last part of its name."""
    name = re.split(r"[^\w]+", placeholder["name"].strip())[-1]
    if _OWN_NAME.fullmatch(name) is None or len(text) > _LONGEST_REPEATED:
        return "Let that tool replace it before uami reads the file, or write `${NAME}` and pass `--var NAME=VALUE`."
    right = text.replace(placeholder.group(), f"${{{name}}}").strip()
    return f"Write `{right}` and pass `--var {name}=VALUE`, or let that tool replace it before uami reads the file."


def _finding(
    document: Document, path: Path, is_key: bool, oddity: _Oddity, accepted: tuple[Acceptance, ...]
) -> Finding:
    about = _about(mapping(document.data), path)
    return Finding(
        oddity.code,
        about,
        document.key_pos(path) if is_key else document.value_pos(path),
        oddity.message,
        oddity.hint,
        () if about is not None else tuple(one for one in accepted if one.code == oddity.code),
    )


def _about(root: dict[str, Plain], path: Path) -> AnyId | ResourceGroupId | None:
    """The innermost thing with an id that holds a value; None where no group does."""
    subscription_id = root.get("subscription")
    if not isinstance(subscription_id, str) or len(path) < 2 or path[0] != "resourceGroups":
        return None
    group_id = ResourceGroupId(subscription_id, str(path[1]))
    entry = _at(root, path[:4]) if len(path) > 3 and path[2] in ("identities", "remove") else None
    name = entry if isinstance(entry, str) else mapping(entry).get("name")
    if not isinstance(name, str):
        return group_id
    identity, line = group_id.identity(name), mapping(_at(root, path[:6])) if len(path) > 5 else {}
    match path[4:5], line:
        case ("federatedCredentials",), {"name": str(credential)}:
            return CredentialId(identity, credential)
        case ("roleAssignments",), {"role": str(role), "scope": str(scope)}:
            return AssignmentId(identity, role, "", scope.rstrip("/") or "/")
    return identity


def _at(value: Plain, path: Path) -> Plain:
    for part in path:
        value = items(value)[part] if isinstance(part, int) else mapping(value)[part]
    return value
