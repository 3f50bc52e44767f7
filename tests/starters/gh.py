"""What the starters need of `gh api`, over a JSON file in place of GitHub.

Source: manual of gh, `gh api` (`-F NAME=@FILE` reads a file, `--jq` filters each page), GitHub's REST API (comments of
an issue, issues, environments). `--jq` is jq itself, with the environment, as gh has it.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import jq

BOT = {"login": "github-actions[bot]"}


def main(words: list[str], github: str) -> int:
    """Answer one call of `gh api`."""
    assert words.pop(0) == "api"
    method, filter_, fields, place = "GET", None, {}, ""
    while words:
        match words.pop(0):
            case "--paginate" | "--silent":
                pass
            case "--method":
                method = words.pop(0)
            case "--jq":
                filter_ = words.pop(0)
            case "-f" | "-F" as flag:
                name, _, value = words.pop(0).partition("=")
                is_file = flag == "-F" and value.startswith("@")
                fields[name] = Path(value[1:]).read_text(encoding="utf-8") if is_file else value
            case word:
                place = word
    path = Path(github)
    document = json.loads(path.read_text(encoding="utf-8"))
    answer = _answer(document, method, place, fields)
    path.write_text(json.dumps(document), encoding="utf-8")
    if answer is None:
        print("gh: Not Found (HTTP 404)", file=sys.stderr)
        return 1
    if filter_ is not None:
        for one in jq.compile(filter_).input_value(answer):
            print(one if isinstance(one, str) else json.dumps(one))
    return 0


def _answer(document: dict[str, Any], method: str, place: str, fields: dict[str, str]) -> Any:
    path = place.partition("?")[0].removeprefix("repos/contoso/identities/")
    if match := re.fullmatch(r"environments/([\w-]+)", path):
        return document["environments"].get(match[1])
    if match := re.fullmatch(r"issues/comments/(\d+)", path):
        return _change(document["comments"], "id", int(match[1]), fields)
    if re.fullmatch(r"issues/\d+/comments", path):
        return _list_or_add(document["comments"], "id", method, fields)
    if match := re.fullmatch(r"issues/(\d+)", path):
        return _change(document["issues"], "number", int(match[1]), fields)
    assert path == "issues", place
    if method == "GET":
        assert "state=open" in place
        return [one for one in document["issues"] if one["state"] == "open"]
    return _list_or_add(document["issues"], "number", method, {"state": "open", **fields})


def _list_or_add(things: list[dict[str, Any]], key: str, method: str, fields: dict[str, str]) -> Any:
    if method == "GET":
        return things
    assert method == "POST"
    things.append({key: len(things) + 1, "user": BOT, **fields})
    return things[-1]


def _change(things: list[dict[str, Any]], key: str, value: int, fields: dict[str, str]) -> Any:
    for one in things:
        if one[key] == value:
            one.update(fields)
            return one
    return None
