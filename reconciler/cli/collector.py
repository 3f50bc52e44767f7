"""Python's collector of reference cycles, which a command does not need before it talks to anybody.

A manifest becomes millions of small values, none of which refers back to what holds it, and all of which are needed to
the end. The collector would look through them again and again, for a third of a command's time, and find nothing. What
runs for long, and makes calls whose errors do refer to themselves, has it back.

Source: Python documentation on `gc` (`gc.freeze`, `gc.set_threshold`).
"""

import gc

_THRESHOLDS = (50_000, 20, 20)
"""New values between two looks at those that are new, and how many of these looks come to one at all others."""


def pause_collector() -> None:
    """From now on nothing is looked for."""
    gc.disable()


def resume_collector() -> None:
    """From now on cycles are found again, among what is made from now on."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()
