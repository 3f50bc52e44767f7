"""What of the documents was seen, told in a few lines or operation by operation."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tests.conformance.documents import Operation
from tests.conformance.observer import Seen


def short_report(operations: Sequence[Operation], seen: Seen) -> Iterator[str]:
    """One line about what was seen, then one for each document with what was not.

    Where only some tests ran, what they did not ask for is no news.
    """
    answered = {label for label, _ in seen}
    yield f"{sum(seen.values())} answers judged, of {len(answered)} of the {len(operations)} documented operations"
    if len(answered) < len(operations):
        return
    for document, members in groupby(operations, _document):
        missing = [f"{one.name} {_numbers(_unseen(one, seen))}" for one in members if _unseen(one, seen)]
        if missing:
            yield f"not seen of {document}: {', '.join(missing)}"


def long_report(operations: Sequence[Operation], seen: Seen) -> Iterator[str]:
    """One line for each operation, with the statuses that it was answered with and the documented ones that it was
    not."""
    width = max(len(one.name) for one in operations)
    for document, members in groupby(operations, _document):
        yield document
        for one in members:
            times = {status: count for (label, status), count in sorted(seen.items()) if label == one.label}
            told = [f"{status} x{count}" for status, count in times.items()]
            told += [f"{status} not seen" for status in _unseen(one, seen)]
            yield f"  {one.name:{width}}  {', '.join(told)}"


def _document(operation: Operation) -> str:
    return f"{operation.namespace} {operation.api_version}"


def _unseen(operation: Operation, seen: Seen) -> list[int]:
    return [status for status in operation.statuses if not seen[operation.label, status]]


def _numbers(statuses: Sequence[int]) -> str:
    return "/".join(str(status) for status in statuses)
