"""A bounded pool of threads that is fair to the places it works for, and collects every error.

Work is begun a window at a time, so that what it costs to wait for an end does not grow with what is still to do. Each
place (a subscription, say) has a lane: one whose calls wait for their turn fills its own lane and keeps nobody from
working for the others. How many calls are in flight at once is decided where they are sent.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    """Items under way in threads, from the beginning of the block to its end; by index, what has become of them.

    A thread that has ended an item takes the next one by itself: whoever waits for thousands is woken once.
    """

    def __init__(
        self, parallelism: int, function: Callable[[Item], Result], items: Sequence[Item], lane_of: LaneOf[Item]
    ) -> None:
        # One by one is in order.
        self._names = [lane_of(item) if parallelism > 1 else "" for item in items]
        self._lanes = Lanes(self._names, parallelism, parallelism * min(_MOST_LANES, len(set(self._names)) or 1))
        self._items, self._function = items, function
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._results: dict[int, Result] = {}
        self._errors: dict[int, BaseException] = {}

    def __enter__(self) -> "Window[Item, Result]":
        if not self._items:
            self._over.set()
        # Threads that have begun take what comes next meanwhile; only what nobody has taken needs another one.
        while (index := self._next()) is not None:
            threading.Thread(target=self._work, args=(index,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for nobody: after Ctrl-C, the process must not wait for calls that nobody needs any more."""
        self._over.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether all has ended, or an error has left no use in going on; False where the time is over first."""
        return self._over.wait(timeout_s)

    @property
    def results(self) -> list[Result]:
        """Of what has ended so far, in order of the items."""
        with self._lock:
            return [result for _, result in sorted(self._results.items(), key=_index)]

    @property
    def errors(self) -> list[BaseException]:
        """As `results`."""
        with self._lock:
            return [error for _, error in sorted(self._errors.items(), key=_index)]

    def _next(self, ended: int | None = None) -> int | None:
        with self._lock:
            if ended is not None:
                self._lanes.end(self._names[ended])
            return None if self._over.is_set() else self._lanes.begin()

    def _work(self, first: int) -> None:
        index: int | None = first
        while index is not None:
            self._do(index)
            index = self._next(index)

    def _do(self, index: int) -> None:
        try:
            result = self._function(self._items[index])
        except BaseException as error:
            with self._lock:
                self._errors[index] = error
            is_last = isinstance(error, Interrupted) or not isinstance(error, ReconcilerError)
        else:
            with self._lock:
                self._results[index] = result
            is_last = False
        if is_last or len(self._results) + len(self._errors) == len(self._items):
            self._over.set()


def _index(pair: tuple[int, object]) -> int:
    return pair[0]


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
        with self.window(function, tuple(items), lane_of) as window:
            window.wait()
        if window.errors:
            raise _together(_ours(window.errors))
        return window.results

    def pairs(
        self, function: Callable[[Item], Result], items: Iterable[Item], lane_of: LaneOf[Item] = one_lane
    ) -> list[tuple[Item, Result]]:
        """Each item with what the function says of it; otherwise as `map`."""
        return self.map(lambda item: (item, function(item)), items, lane_of)

    def window(
        self, function: Callable[[Item], Result], items: Sequence[Item], lane_of: LaneOf[Item] = one_lane
    ) -> Window[Item, Result]:
        """For whoever must look up from waiting."""
        return Window(self.parallelism, function, items, lane_of)


ONE_BY_ONE = Pool(1)


def both(first: Callable[[], Item], second: Callable[[], Result]) -> tuple[Item, Result]:
    """The results of two functions that run side by side; errors as of `Pool.map`."""
    executor = ThreadPoolExecutor(max_workers=2)
    try:
        one, other = executor.submit(first), executor.submit(second)
        errors = [error for error in (one.exception(), other.exception()) if error is not None]
        if errors:
            raise _together(_ours(errors))
        return one.result(), other.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _ours(errors: Iterable[BaseException]) -> list[ReconcilerError]:
    """All of the errors; raises the first one that is none of ours."""
    ours = []
    for error in errors:
        if not isinstance(error, ReconcilerError):
            raise error
        ours.append(error)
    return ours


def _together(errors: list[ReconcilerError]) -> ReconcilerError:
    first, *others = errors
    others_lines = dict.fromkeys(error.lines for error in others if error.lines != first.lines)
    first.lines = (*first.lines, *(line for lines in others_lines for line in lines))
    return first
