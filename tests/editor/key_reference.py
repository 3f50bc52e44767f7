"""The reference of every manifest key in README.md, written from the schema: a table for each mapping.

A mapping that stands in several places, such as a federated credential, has one table, under all of its paths.
"""

from collections.abc import Iterator

import yaml

from reconciler.manifest.rules.keys import Key, all_keys

BEGIN = "<!-- keys: written by `python -m tests.editor` -->"
END = "<!-- end of keys -->"

_VALUES = "one of the values below"
_VARIABLE = "; may have variables"
_MOST_PLACES = 4


def with_key_tables(text: str) -> str:
    """A document with the tables between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    assert after, "the marks are missing"
    return "".join([before, BEGIN, "\n\n", *_tables(), END, after])


def _tables() -> Iterator[str]:
    by_rows: dict[tuple[str, ...], list[str]] = {}
    for path, key in all_keys().items():
        if key.children and path.partition(".")[0] != "guardrails":
            by_rows.setdefault(tuple(map(_row, key.children)), []).append(path)
    for rows, paths in by_rows.items():
        yield f"{_title(paths)}\n\n"
        yield "| key | value | default | what it is for |\n| --- | --- | --- | --- |\n"
        yield from rows
        yield "\n"


def _title(paths: list[str]) -> str:
    """The mapping that a table is of, and where it stands; in so many places that nobody reads them, simply that."""
    parent, _, name = paths[0].rpartition(".")
    if not name:
        return "**The document**"
    if not parent and len(paths) == 1:
        return f"**`{name}`**"
    if len(paths) > _MOST_PLACES:
        return f"**`{name}`**, wherever it stands"
    parents = (path.rpartition(".")[0] for path in paths)
    return f"**`{name}`** of {', '.join(f'`{one}`' if one else 'the document' for one in parents)}"


def _row(key: Key) -> str:
    cells = (f"`{key.name}`", _value(key), _default(key), key.summary)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _value(key: Key) -> str:
    kind = key.kind.replace(_VALUES, ", ".join(f"`{value}`" for value, _ in key.values))
    return kind.replace(_VARIABLE, " or `${NAME}`")


def _default(key: Key) -> str:
    if key.required:
        return "required"
    if key.default is None:
        return ""
    flow = yaml.safe_dump(key.default, default_flow_style=True, sort_keys=False, width=10_000)
    # A value that is no mapping stands on a line of its own, before the end of its document.
    return f"`{flow.splitlines()[0]}`"
