"""Edits a manifest's text: adds an entry beside one that is there, or removes one, and touches no other line.

The file is never written again from what it means: ruamel.yaml says where in the text each node begins and ends, and
everything else stays as it is, letter by letter.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.errors import SourcePos
from reconciler.manifest.finding import TRUST_BY_NAME
from reconciler.migration.choose import Change, Step, with_ids

_KEY = "federatedCredentials"
_DASH = re.compile(r"[ ]*-[ ]+")
_AROUND_ITEM = re.compile(r"[ ]*,(?![ ]*#)[ ]*|[ ]*,")
"""The comma behind an entry, with the blanks that the next one does not need: a comment needs one before it."""


class NotEdited(Exception):
    """A line that nobody but a person can change; its text ends a sentence."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of a list: its node, the list's, and where its text ends, without a comment behind it."""

    node: MappingNode
    within: SequenceNode
    end: int

    @property
    def start(self) -> int:
        return int(self.node.start_mark.index)


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


def edit_text(text: str, changes: Iterable[Change]) -> tuple[str, Mapping[SourcePos, str]]:
    """The text with these changes, all of them of this one file.

    Returns:
        The new text, and the lines that were left as they are, each with the reason, which ends a sentence.
    """
    # ruamel.yaml refuses a tab between a value and a comment, which YAML allows; no position changes by this.
    read = text.replace("\t", " ")
    try:
        entries = {_place(one.node): one for root in YAML().compose_all(read) for one in _entries(root, text)}
    except YAMLError:
        return text, {one.line: "the file could not be read for editing" for one in changes}
    splices, left = [], {}
    removed: dict[int, int] = {}
    for change in changes:
        try:
            entry = entries.get((change.line.line, change.line.column))
            if entry is None:
                raise NotEdited("its list is shared, or not written at this place")
            if change.step is Step.ADD:
                splices.append(_addition(text, entry, change))
            else:
                gone = removed[id(entry.within)] = removed.get(id(entry.within), 0) + 1
                if gone == len(entry.within.value):
                    raise NotEdited("it is the last entry of its list, and a list without entries means another thing")
                splices.append(_removal(text, entry))
        except NotEdited as why:
            left[change.line] = str(why)
    for splice in sorted(splices, key=lambda one: one.start, reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text, left


def _place(node: Node) -> tuple[int, int]:
    """Line and column, counted from 1 as in every place of a manifest."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def _entries(node: Node, text: str) -> Iterator[_Entry]:
    """The entries of all lists of credentials that are written where they stand."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == _KEY and isinstance(value, SequenceNode):
                yield from (
                    _Entry(one, value, _end(one, text))
                    for one in value.value
                    if isinstance(one, MappingNode) and _is_within(one, value)
                )
            elif _is_within(value, node):
                yield from _entries(value, text)
    elif isinstance(node, SequenceNode):
        for one in node.value:
            if _is_within(one, node):
                yield from _entries(one, text)


def _is_within(node: Node, parent: Node) -> bool:
    """Whether a node is written below another: an alias stands for a node that is written elsewhere."""
    begin, end = parent.start_mark.index, parent.end_mark.index
    return bool(begin <= node.start_mark.index < end and node.end_mark.index <= end)


def _end(node: Node, text: str) -> int:
    """Where the text of a node ends: of what is written in lines, with its last value."""
    if isinstance(node, ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        end = int(node.end_mark.index)
        # A text in lines of its own ends with the line break behind it.
        return len(text[:end].rstrip()) if isinstance(node, ScalarNode) else end
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last, text)


def _addition(text: str, entry: _Entry, change: Change) -> _Splice:
    copied = _copy(text, entry, change)
    if entry.within.flow_style:
        return _Splice(entry.end, entry.end, f", {copied}")
    lead = text[_line_start(text, entry.start) : entry.start]
    if _DASH.fullmatch(lead) is None:
        raise NotEdited("it does not begin with a dash on a line of its own")
    end = _line_end(text, entry.end)
    return _Splice(end, end, f"{_line_break(text, end)}{lead}{copied}")


def _copy(text: str, entry: _Entry, change: Change) -> str:
    """The text of the entry with another name, and with the ids of the repository."""
    if "&" in text[entry.start : entry.end] or "*" in text[entry.start : entry.end]:
        raise NotEdited("it has an anchor or an alias, or a sign of one")
    values = {str(key.value): (key, value) for key, value in entry.node.value}
    splices = [_renamed(text, values["name"][1], change.suffix)]
    if "github" in values:
        splices += _form_with_ids(text, values["github"][1], change)
    else:
        splices.append(_subject_with_ids(text, values["subject"][1], change))
    splices += _without_acceptance(text, entry)
    copied = text[entry.start : entry.end]
    # Of two that begin at one place, what is taken away is taken before anything is put there.
    for one in sorted(splices, key=lambda one: (one.start, one.end), reverse=True):
        copied = copied[: one.start - entry.start] + one.text + copied[one.end - entry.start :]
    return copied


def _renamed(text: str, name: ScalarNode, suffix: str) -> _Splice:
    end = _end(name, text) - (1 if name.style in ("'", '"') else 0)
    return _Splice(end, end, suffix)


def _subject_with_ids(text: str, subject: ScalarNode, change: Change) -> _Splice:
    begin, end = int(subject.start_mark.index), _end(subject, text)
    if subject.style in (">", "|"):
        begin = _line_end(text, begin)  # where a comment may stand
    old = f"repo:{change.repository}:"
    if old not in text[begin:end]:
        raise NotEdited("its subject is put together from variables or escapes")
    at = text.index(old, begin)
    return _Splice(at, at + len(old), f"repo:{with_ids(change.repository, change.ids)}:")


def _form_with_ids(text: str, form: MappingNode, change: Change) -> Iterator[_Splice]:
    """The ids in the place of `legacySubject`."""
    values = {str(key.value): (key, value) for key, value in form.value}
    if "legacySubject" not in values or str(values["repository"][1].value) != change.repository:
        raise NotEdited("its form is put together from variables, or has no `legacySubject`")
    key, value = values["legacySubject"]
    ids = [f"ownerId: {change.ids.owner_id}", f"repositoryId: {change.ids.repository_id}"]
    indent = " " * int(key.start_mark.column)
    end = _end(value, text)
    between = ", " if form.flow_style else f"{_line_break(text, _line_end(text, end))}{indent}"
    yield _Splice(int(key.start_mark.index), end, between.join(ids))


def _without_acceptance(text: str, entry: _Entry) -> Iterator[_Splice]:
    """Without an answer to the warning that the new subject does not raise; one to others stays."""
    pairs = entry.node.value
    at = next((number for number, (key, _) in enumerate(pairs) if key.value == "accept"), None)
    if at is None:
        return
    value = pairs[at][1]
    codes = {str(of.value) for one in value.value for name, of in one.value if name.value == "code"}
    if codes != {TRUST_BY_NAME}:
        raise NotEdited("its `accept` answers more than this")
    if at == 0:
        raise NotEdited("its `accept` stands before everything else")
    # From the end of the value before it on: its line break, or its comma, goes with it. In lines, up to the next key,
    # since a comment that stayed there could become a part of a text of several lines above it.
    begin, end = _end(pairs[at - 1][1], text), _end(value, text)
    if not entry.node.flow_style:
        following = pairs[at + 1][0].start_mark.index if at + 1 < len(pairs) else None
        begin = _line_end(text, begin)
        end = entry.end if following is None else _line_end(text, _line_start(text, following) - 1)
    yield _Splice(begin, end, "")


def _removal(text: str, entry: _Entry) -> _Splice:
    if entry.within.flow_style:
        behind = _AROUND_ITEM.match(text, entry.end)
        if behind is not None:
            return _Splice(entry.start, behind.end(), "")
        ahead = text[: entry.start].rstrip(" ").removesuffix(",")
        return _Splice(len(ahead), entry.end, "")
    start = _line_start(text, entry.start)
    if _DASH.fullmatch(text[start : entry.start]) is None:
        raise NotEdited("it does not begin with a dash on a line of its own")
    end = text.find("\n", entry.end)
    return _Splice(start, len(text) if end < 0 else end + 1, "")


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """The end of a line, before its line break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _line_break(text: str, end: int) -> str:
    """The line break at the end of a line; of the last line, which has none, that of the line before it."""
    at = text.find("\n", end) if end < len(text) else text.rfind("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
