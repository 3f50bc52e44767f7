"""What makes a thing fast, counted rather than timed: a busy machine takes longer for a step, and no more steps."""

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

HANG_S = 120.0
"""Longer than anything that ends takes, however busy the machine is."""


def steps_of(work: Callable[[], object]) -> int:
    """How many functions, of Python and of C, are called while something works."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def that_ends(work: Callable[[], T]) -> T:
    """What something comes to; an error where it does not end, though it never gives control back."""
    ended: list[T] = []
    thread = threading.Thread(target=lambda: ended.append(work()), daemon=True)
    thread.start()
    thread.join(HANG_S)
    assert not thread.is_alive(), f"it goes on after {HANG_S} s"
    (result,) = ended
    return result
