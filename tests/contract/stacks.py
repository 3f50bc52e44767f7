"""Which of our functions lie between a command and the wire, over the boundary between threads."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import httpx

import reconciler

PACKAGE = Path(reconciler.__file__).parent
PARALLEL = PACKAGE / "parallel.py"


def _ours(frame: FrameType | None) -> list[str]:
    """Our functions on a stack, the outermost first; thread pools and comprehensions count for nothing."""
    found: list[str] = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        is_comprehension = frame.f_code.co_name.endswith("comp>")
        if path.is_relative_to(PACKAGE) and path != PARALLEL and not is_comprehension:
            found.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return found[::-1]


@dataclass
class Stacks:
    """The stack of each request, behind that of the thread that submitted its work."""

    submitting: list[str] = field(default_factory=list)
    by_method: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, request: httpx.Request) -> None:
        """Keep the stack of a request; for httpx's event hooks."""
        stack = [*self.submitting, *_ours(sys._getframe())]
        sent_by = f"ArmClient.{request.method.casefold()}"
        if sent_by in stack:
            self.by_method[request.method] = stack[: stack.index(sent_by) + 1]


@contextmanager
def watched(client: httpx.Client) -> Iterator[Stacks]:
    """Keep the stacks of a client's requests, as far as the method that sends them."""
    stacks = Stacks()

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is ThreadPoolExecutor.submit.__code__:
            stacks.submitting = _ours(frame)

    client.event_hooks["request"].append(stacks.keep)
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield stacks
    finally:
        sys.setprofile(before)
