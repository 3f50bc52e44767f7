"""Tells a manifest from the YAML of other tools that lies in the same folder, as at the root of a repository.

A manifest that is taken for something else is not applied, and under the policy of another document its identities may
be extras. So a file is another tool's only where nothing at its top speaks for a manifest: neither `resourceGroups` nor
`subscription`, nor a key that differs from these by a slip, nor `version: 1`. A manifest needs all three, so that a
slip in one of them, or in two, leaves the others to tell it by. What says nothing at its top is in doubt, and is read.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from reconciler.manifest.yaml.document import Document, Plain

_CLOSE = 0.8
_GROUPS, _SUBSCRIPTION, _VERSION = "resourcegroups", "subscription", "version"

_NAME = rb"""["']?(?P<key>[A-Za-z_\x80-\xff][\w\x80-\xff-]*)["']?[ ]*:(?:[ ]+(?P<value>[^\s,]+))?"""
_KEY = re.compile(rb"^(?P<indent>[ ]*)" + _NAME, re.MULTILINE)
_KEY_IN_BRACES = re.compile(rb"[{,]\s*(?P<indent>)" + _NAME)


def is_of_another_tool(content: bytes, documents: Sequence[Document], *, whole: bool) -> bool:
    """Whether a file says by its keys that it is no manifest.

    Args:
        documents: those of its documents that say something and could be read.
        whole: these are all that the file has; otherwise its lines are looked at too.
    """
    tops = [top for document in documents for top in _tops(document.data)]
    if not whole:
        tops.append(_keys_in_lines(content))
    keys = [pair for top in tops for pair in top]
    return bool(keys) and not any(_is_mark(key, value) for key, value in keys)


GUARDRAILS: dict[str, type] = {
    "subscriptions": list,
    "identities": dict,
    "owners": list,
    "locations": list,
    "trust": list,
    "roles": list,
    "deletes": dict,
    "revokes": dict,
    "protect": dict,
}
"""Keys that guardrails have and no manifest has, and what stands there."""

SHARED_WITH_GUARDRAILS = ("version", "tenant", "resourceGroups")


def is_guardrails(documents: Sequence[Document]) -> bool:
    """Whether a file is guardrails, which may lie in the repository whose manifests they bound.

    Each key has to say so: a manifest with a slip in it is none.
    """
    return bool(documents) and all(_has_rules(document.data) for document in documents)


def _has_rules(data: Plain) -> bool:
    if not isinstance(data, dict) or isinstance(data.get("resourceGroups"), dict):
        return False
    rules = [key for key in data if key not in SHARED_WITH_GUARDRAILS]
    return bool(rules) and all(isinstance(data[key], GUARDRAILS.get(key, ())) for key in rules)


def skipped_note(skipped: Sequence[str]) -> str:
    """What to say of files that are not read, in a line; empty where there are none."""
    if not skipped:
        return ""
    files = "1 YAML file that is no uami manifest" if len(skipped) == 1 else _count(len(skipped))
    more = f" and {len(skipped) - _MOST_NAMED} more" if len(skipped) > _MOST_NAMED else ""
    return f"Skipped {files}: {', '.join(skipped[:_MOST_NAMED])}{more}. A file that is named itself is always read."


_MOST_NAMED = 5


def _count(number: int) -> str:
    return f"{number} YAML files that are no uami manifests"


_Top = list[tuple[str, Plain]]


def _tops(data: Plain) -> Iterator[_Top]:
    """The keys at the top of a document with their values, of each entry where it is a list."""
    if isinstance(data, dict):
        yield list(data.items())
    elif isinstance(data, list):
        yield [("", None)]  # a list says that it is no manifest, even one of texts
        yield from (list(one.items()) for one in data if isinstance(one, dict))


def _keys_in_lines(content: bytes) -> _Top:
    """The outermost keys of a text that is not YAML throughout, by their indentation."""
    in_braces = re.match(rb"\s*\{(?!\{)", content) is not None
    found = list((_KEY_IN_BRACES if in_braces else _KEY).finditer(content))
    least = min((len(match["indent"]) for match in found), default=0)
    outermost = (match for match in found if len(match["indent"]) == least)
    return [(_text(match["key"]), _value(match["value"])) for match in outermost]


def _text(content: bytes) -> str:
    return content.decode("latin-1")


def _value(content: bytes | None) -> Plain:
    text = None if content is None else _text(content).strip("\"',}")
    return None if text is None or text.startswith(("{", "[", "#", "&", "*", "|", ">")) else text


def _is_mark(key: str, value: Plain) -> bool:
    """Whether a key at the top speaks for a manifest. The groups of one are no text, as the name of a group is."""
    plain = re.sub(r"[^a-z0-9]", "", key.casefold())
    if _is_close(plain, (_GROUPS,)):
        return not isinstance(value, str)
    return _is_close(plain, (_SUBSCRIPTION,)) or (_is_close(plain, (_VERSION,)) and value in (1, "1"))


def _is_close(plain: str, known: Iterable[str]) -> bool:
    return bool(difflib.get_close_matches(plain, list(known), n=1, cutoff=_CLOSE))
