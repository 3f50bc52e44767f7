"""A bounded pool of threads that is fair to the places it works for, and collects every error.

Work is begun a window at a time, so that what it costs to wait for an end does not grow with what is still to do. Each
place (a subscription, say) has a lane: one whose calls wait for their turn fills its own lane and keeps nobody from
working for the others. How many calls are in flight at once is decided where they are sent.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from reconciler.errors import Interrupted, ReconcilerError

Item = TypeVar("Item")
Result = TypeVar("Result")

LaneOf = Callable[[Item], str]

_MOST_LANES = 16
"""How many lanes may be full at once. Azure's rates for a tenant are those of five of its subscriptions at most."""


def one_lane(_: object) -> str:
    """For items that all concern one place, or that nobody waits for."""
    return ""


class Lanes:
    """Which of many items is begun next: that of the lane in which fewest are under way, and of those in turn."""

    def __init__(self, lanes: Iterable[str], most_in_lane: int, most: int) -> None:
        """All items wait; they are named by their index in `lanes`."""
        self._waiting: dict[str, deque[int]] = {}
        for index, lane in enumerate(lanes):
            self._waiting.setdefault(lane, deque()).append(index)
        self._under_way = dict.fromkeys(self._waiting, 0)
        self._turn = {lane: number for number, lane in enumerate(self._waiting)}
        self._turns = len(self._turn)
        self._most_in_lane, self._most = most_in_lane, most
        self._begun = 0
        self._next = [(0, number, lane) for lane, number in self._turn.items()]

    def begin(self) -> int | None:
        """The next item, which is under way from now on; None where none may begin before another has ended."""
        if self._begun >= self._most:
            return None
        while self._next:
            count, turn, lane = heapq.heappop(self._next)
            # Entries of a lane that has gone on since are stale; it has another one.
            is_live = (count, turn) == (self._under_way[lane], self._turn[lane])
            if is_live and count < self._most_in_lane and self._waiting[lane]:
                self._turns += 1
                self._turn[lane] = self._turns
                self._move(lane, 1)
                return self._waiting[lane].popleft()
        return None

    def end(self, lane: str) -> None:
        """An item of a lane has ended."""
        self._move(lane, -1)

    def _move(self, lane: str, by: int) -> None:
        self._begun += by
        self._under_way[lane] += by
        heapq.heappush(self._next, (self._under_way[lane], self._turn[lane], lane))


class Window(Generic[Item, Result]):
    """Items under way in threads; begun, and heard of, by the thread that asks for what has ended."""

    def __init__(
        self, parallelism: int, function: Callable[[Item], Result], items: Sequence[Item], lane_of: LaneOf[Item]
    ) -> None:
        """Nothing begins before `next_ended` is called."""
        # One by one is in order.
        names = [lane_of(item) if parallelism > 1 else "" for item in items]
        most = parallelism * min(_MOST_LANES, len(set(names)) or 1)
        self._lanes = Lanes(names, parallelism, most)
        self._names, self._items, self._function = names, items, function
        self._executor = ThreadPoolExecutor(max_workers=most)
        self._ended: SimpleQueue[tuple[int, Future[Result]]] = SimpleQueue()
        self._left = len(items)

    @property
    def is_over(self) -> bool:
        """Whether every item has ended and was heard of."""
        return self._left == 0

    def next_ended(self, timeout_s: float | None = None) -> "tuple[int, Future[Result]] | None":
        """Begin what may begin, and wait for an end; None where the time is over first. The index is the item's."""
        while (index := self._lanes.begin()) is not None:
            self._submit(index)
        try:
            index, future = self._ended.get(timeout=timeout_s)
        except Empty:
            return None
        self._left -= 1
        self._lanes.end(self._names[index])
        return index, future

    def close(self) -> None:
        """Wait for nobody: after Ctrl-C, the process must not wait for calls that nobody needs any more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _submit(self, index: int) -> None:
        future = self._executor.submit(self._function, self._items[index])
        future.add_done_callback(lambda ended: self._ended.put((index, ended)))


@dataclass(frozen=True, slots=True)
class Pool:
    """How much may be under way at once in each lane; each `map` has threads of its own."""

    parallelism: int

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], lane_of: LaneOf[Item] = one_lane
    ) -> list[Result]:
        """Call the function for each item, side by side; results in order of the items.

        Raises:
            ReconcilerError: the first failure in order of the items, with the messages of the others added: what an
                administrator must fix is said in one run.
        """
        window = self.window(function, tuple(items), lane_of)
        ended: dict[int, Future[Result]] = {}
        try:
            while not window.is_over and (one := window.next_ended()) is not None:
                index, future = one
                ended[index] = future
                if isinstance(_error_of(future), Interrupted):
                    break
        finally:
            window.close()
        in_order = [future for _, future in sorted(ended.items())]
        errors = [error for error in map(_error_of, in_order) if error is not None]
        if errors:
            raise _together(errors)
        return [future.result() for future in in_order]

    def pairs(
        self, function: Callable[[Item], Result], items: Iterable[Item], lane_of: LaneOf[Item] = one_lane
    ) -> list[tuple[Item, Result]]:
        """Each item with what the function says of it; otherwise as `map`."""
        return self.map(lambda item: (item, function(item)), items, lane_of)

    def window(
        self, function: Callable[[Item], Result], items: Sequence[Item], lane_of: LaneOf[Item] = one_lane
    ) -> Window[Item, Result]:
        """For whoever must look up from waiting; it is to be closed."""
        return Window(self.parallelism, function, items, lane_of)


ONE_BY_ONE = Pool(1)


def both(first: Callable[[], Item], second: Callable[[], Result]) -> tuple[Item, Result]:
    """The results of two functions that run side by side; errors as of `Pool.map`."""
    executor = ThreadPoolExecutor(max_workers=2)
    try:
        one, other = executor.submit(first), executor.submit(second)
        errors = [error for error in (_error_of(one), _error_of(other)) if error is not None]
        if errors:
            raise _together(errors)
        return one.result(), other.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


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
