"""Azure Resource Graph: one question about every subscription that the caller may see.

Its index follows ARM with some delay and shows only what the caller may read, so that an answer can prove that
something is there and never that nothing is. Nothing is written on its word.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from reconciler.arm.http.answers import too_many_pages
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, object_list, optional_text
from reconciler.errors import ArmError

API_VERSION = "2024-04-01"
"""Source: Microsoft.ResourceGraph 2024-04-01 OpenAPI (resourcegraph.json)."""

_PATH = "/providers/Microsoft.ResourceGraph/resources"
_TOP = 1000
"""Rows of a page. Source: the same document (`$top` is 1 to 1000)."""

T = TypeVar("T")


def query(client: ArmClient, text: str, read: Callable[[JsonObject], T]) -> Iterator[T]:
    """Yield the rows of a query over the whole tenant, page after page: all of them, or an error.

    The query must order its rows by something unique, or pages may overlap.
    """
    seen: set[str] = set()
    token: str | None = None
    for _ in range(client.max_pages):
        options: dict[str, object] = {"resultFormat": "objectArray", "$top": _TOP}
        if token is not None:
            options["$skipToken"] = token
        body: JsonObject = {"query": text, "options": options}
        rows, token = client.query(_PATH, API_VERSION, body, lambda answer: _page(answer, read))
        yield from rows
        if token is None:
            return
        if token in seen:
            raise ArmError(f"querying {_PATH}: malformed answer (a page leads to one that was read before)")
        seen.add(token)
    raise too_many_pages(f"querying {_PATH}", client.max_pages)


def in_list(values: Sequence[str]) -> str:
    """Values as the right side of `in`: `('a', 'b')`.

    Source: the Kusto query language's documentation on string literals (a backslash escapes).
    """
    quoted = (value.replace("\\", "\\\\").replace("'", "\\'") for value in values)
    return "(" + ", ".join(f"'{value}'" for value in quoted) + ")"


def chunks(ids: Sequence[str], longest: int) -> Iterator[list[str]]:
    """The ids in as many parts as it takes that none has more characters in all."""
    chunk: list[str] = []
    length = 0
    for one in ids:
        if chunk and length + len(one) > longest:
            yield chunk
            chunk, length = [], 0
        chunk.append(one)
        length += len(one)
    if chunk:
        yield chunk


def _page(body: JsonObject, read: Callable[[JsonObject], T]) -> tuple[tuple[T, ...], str | None]:
    return tuple(read(row) for row in object_list(body, "data")), optional_text(body, "$skipToken")
