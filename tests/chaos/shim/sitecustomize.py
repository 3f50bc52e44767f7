"""Python imports this at its start where the folder is on its path: waits become short, and the wall clock jumps.

It changes how long the command waits and what time it believes, and nothing of the command itself.

    CHAOS_SPEED   how many times shorter waits are
    CHAOS_CLOCK   jumps of the wall clock, `AT:BY` in seconds since the start, with commas between
"""

import os
import threading
import time

_SHORTEST_S = 0.15
"""Waits up to this are left as they are: a thread that looks up every tenth of a second would be busy otherwise."""


def _install() -> None:
    speed = float(os.environ.get("CHAOS_SPEED", "1"))
    texts = [one.split(":") for one in os.environ.get("CHAOS_CLOCK", "").split(",") if one]
    jumps = [(float(at), float(by)) for at, by in texts]
    began_s, wall, sleep, wait = time.monotonic(), time.time, time.sleep, threading.Event.wait

    def jumping() -> float:
        passed_s = time.monotonic() - began_s
        return wall() + sum(by for at, by in jumps if passed_s >= at)

    def short_sleep(seconds: float) -> None:
        sleep(seconds / speed if seconds > _SHORTEST_S else seconds)

    def short_wait(event: threading.Event, timeout: float | None = None) -> bool:
        short = timeout is None or timeout <= _SHORTEST_S
        return wait(event, timeout if short else max(_SHORTEST_S / speed, timeout / speed))  # type: ignore[operator]

    time.time = jumping
    time.sleep = short_sleep  # type: ignore[assignment]
    threading.Event.wait = short_wait  # type: ignore[assignment,method-assign]


_install()
