"""A key of a manifest or of guardrails, for people."""

import textwrap
from collections.abc import Iterator
from typing import Any

import yaml

from reconciler.manifest.rules.keys import Key
from reconciler.report.visible import SafeText, safe_lines

_COLUMN = 10


def render_key(key: Key, width: int) -> SafeText:
    """What the key is for, what it takes, an example, and the keys below it; lines of up to `width` characters."""
    title = key.path or "The manifest"
    paragraphs = [textwrap.fill(one, width) for one in key.description.split("\n\n")]
    parts = ["\n\n".join([title, *paragraphs]), "\n".join(_facts(key, width))]
    if key.values:
        parts.append("\n".join(["Values", *_rows(key.values, width)]))
    if key.example is not None:
        parts.append("\n".join(["Example", textwrap.indent(_as_yaml(key, key.example), "  ").rstrip("\n")]))
    if key.children:
        rows = [(f"{one.name}{'*' if one.required else ''}", one.summary) for one in key.children]
        parts.append("\n".join(["Keys below it (* must be there)", *_rows(rows, width)]))
    return safe_lines("\n\n".join(part for part in parts if part).split("\n"))


def _facts(key: Key, width: int) -> Iterator[str]:
    facts = [("Type", f"{key.kind[0].upper()}{key.kind[1:]}.")]
    if key.name:
        facts.append(("Required", "Yes." if key.required else "No."))
    if key.default is not None:
        facts.append(("Default", _inline(key.default)))
    facts += [("Rule", rule) for rule in key.rules]
    for name, text in facts:
        yield textwrap.fill(text, width, initial_indent=f"{name:<{_COLUMN}}", subsequent_indent=" " * _COLUMN)


def _rows(rows: Any, width: int) -> Iterator[str]:
    rows = list(rows)
    column = max(len(name) for name, _ in rows) + 4
    if column > width // 2:
        for name, text in rows:
            yield f"  {name}"
            yield textwrap.fill(text, width, initial_indent=" " * 6, subsequent_indent=" " * 6)
        return
    for name, text in rows:
        first = f"  {name}".ljust(column)
        yield textwrap.fill(text, width, initial_indent=first, subsequent_indent=" " * column).rstrip()


def _as_yaml(key: Key, value: Any) -> str:
    document = {key.name: value} if key.name else value
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=False, width=10_000)


def _inline(value: Any) -> str:
    flow = yaml.safe_dump(value, sort_keys=False, default_flow_style=True, width=10_000)
    return flow.removesuffix("\n").removesuffix("\n...")
