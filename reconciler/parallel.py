"""Several calls at once, all of their errors together, and an end that does not wait for what was not begun."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from reconciler.errors import ReconcilerError

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_parallel(function: Callable[[Item], Result], items: Iterable[Item], parallelism: int) -> list[Result]:
    """Call the function for each item, up to `parallelism` at a time; results in order of the items.

    Raises:
        ReconcilerError: the first failure in order of the items, with the messages of the others added: what an
            administrator must mend is said in one run.
    """
    pool = ThreadPoolExecutor(max_workers=parallelism)
    try:
        futures = [pool.submit(function, item) for item in items]
        errors = [error for error in map(_error_of, futures) if error is not None]
        if errors:
            raise _together(errors)
        return [future.result() for future in futures]
    finally:
        # After Ctrl-C the process must not wait for reads that nobody needs any more.
        pool.shutdown(wait=False, cancel_futures=True)


def _error_of(future: "Future[Result]") -> ReconcilerError | None:
    error = future.exception()
    if error is None or isinstance(error, ReconcilerError):
        return error
    raise error


def _together(errors: list[ReconcilerError]) -> ReconcilerError:
    first, *others = errors
    messages = list(dict.fromkeys(error.message for error in others if error.message != first.message))
    if messages:
        first.message = "\n".join([first.message, *messages])
    return first
