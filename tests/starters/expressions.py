"""Expressions of GitHub Actions, as far as the starters use them.

Source: GitHub documentation, "Evaluate expressions in workflows and actions" (operators, status functions, what is
absent is an empty text, texts compare without case).
"""

import re
from collections.abc import Mapping
from typing import Any

Context = Mapping[str, Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)(?P<call>\(\))?|(?P<sign>&&|\|\||==|!=|[!()]))"
)


def evaluate(expression: str, context: Context, status: Mapping[str, bool]) -> object:
    """The value of an expression; `status` has the value of each status function, such as `always`."""
    words, at, text = [], 0, expression.strip()
    values: list[object] = []
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, text[at:]
        at = match.end()
        if match["sign"]:
            words.append({"&&": " and ", "||": " or ", "!": " not "}.get(match["sign"], match["sign"]))
            continue
        values.append(_value(match, context, status))
        words.append(f"v[{len(values) - 1}]")
    return eval("".join(words), {"v": values})


def _value(match: re.Match[str], context: Context, status: Mapping[str, bool]) -> object:
    if match["text"]:
        return match["text"][1:-1].replace("''", "'").casefold()
    if match["call"]:
        return status[match["name"]]
    found = look_up(match["name"], context)
    return found.casefold() if isinstance(found, str) else found


def look_up(name: str, context: Context) -> object:
    """What a dotted name stands for; what is not there is empty."""
    value: object = context
    for part in name.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


def interpolate(text: str, context: Context) -> str:
    """The text with each `${{ name }}` replaced by what the name stands for."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: str(look_up(match[1], context)), text)


def names_status(expression: str) -> bool:
    """Whether an expression says itself how much it cares about what failed before."""
    return re.search(r"\b(?:always|success|failure|cancelled)\(\)", expression) is not None
