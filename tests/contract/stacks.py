"""Which of our functions lie between a command and the wire, over the boundary between threads."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import reconciler
from reconciler.arm.http.client import ArmClient

PACKAGE = Path(reconciler.__file__).parent
UNCOUNTED = {PACKAGE / "parallel.py", PACKAGE / "cli" / "support" / "flag_groups.py"}
"""Thread pools, and the decorator that turns flags into groups."""

WRITES = {ArmClient.put.__code__: "PUT", ArmClient.patch.__code__: "PATCH", ArmClient.delete.__code__: "DELETE"}


def _ours(frame: FrameType | None) -> list[str]:
    """Our functions on a stack, the outermost first; comprehensions count for nothing."""
    found: list[str] = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        is_comprehension = frame.f_code.co_name.endswith("comp>")
        if path.is_relative_to(PACKAGE) and path not in UNCOUNTED and not is_comprehension:
            found.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return found[::-1]


@dataclass
class Stacks:
    """The stack of a call of each writing method of the client, behind that of whoever started its thread."""

    submitting: list[str] = field(default_factory=list)
    by_method: dict[str, list[str]] = field(default_factory=dict)

    def watch(self, frame: FrameType, event: str, _: object) -> None:
        """Keep what matters of a call; for `sys.setprofile`."""
        if event != "call":
            return
        if frame.f_code is threading.Thread.start.__code__:
            self.submitting = _ours(frame)
        elif frame.f_code in WRITES:
            self.by_method[WRITES[frame.f_code]] = [*self.submitting, *_ours(frame)]


@contextmanager
def watched() -> Iterator[Stacks]:
    """Keep the stacks of writes while the block runs, in this thread and in those that it starts."""
    stacks = Stacks()
    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(stacks.watch)
    sys.setprofile(stacks.watch)
    try:
        yield stacks
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)
