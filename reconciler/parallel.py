"""A bounded thread pool that collects every error and, on interrupt, drops calls not yet started."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from reconciler.errors import ReconcilerError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Pool:
    """How many calls may be under way at once; each `map` has threads of its own."""

    parallelism: int

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Call the function for each item, side by side; results in order of the items.

        Raises:
            ReconcilerError: the first failure in order of the items, with the messages of the others added: what an
                administrator must fix is said in one run.
        """
        executor = ThreadPoolExecutor(max_workers=self.parallelism)
        try:
            futures = [executor.submit(function, item) for item in items]
            errors = [error for error in map(_error_of, futures) if error is not None]
            if errors:
                raise _together(errors)
            return [future.result() for future in futures]
        finally:
            # After Ctrl-C the process must not wait for reads that nobody needs any more.
            executor.shutdown(wait=False, cancel_futures=True)

    def pairs(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[tuple[Item, Result]]:
        """Each item with what the function says of it; otherwise as `map`."""
        return self.map(lambda item: (item, function(item)), items)


ONE_BY_ONE = Pool(1)


def _error_of(future: "Future[Result]") -> ReconcilerError | None:
    error = future.exception()
    if error is None or isinstance(error, ReconcilerError):
        return error
    raise error


def _together(errors: list[ReconcilerError]) -> ReconcilerError:
    first, *others = errors
    others_lines = dict.fromkeys(error.lines for error in others if error.lines != first.lines)
    first.lines = (*first.lines, *(line for lines in others_lines for line in lines))
    return first
