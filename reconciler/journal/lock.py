"""Tells a file that a living process still writes from one that a dead process has left behind.

The lock goes with the process however it ends, which a process id in the file would not. Where the system has no such
lock (Windows), every file counts as left behind.
"""

import sys

if sys.platform == "win32":

    def hold(_descriptor: int) -> None:
        """Nothing to hold."""

    def is_held(_descriptor: int) -> bool:
        """Never."""
        return False

else:
    import fcntl

    def hold(descriptor: int) -> None:
        """Lock an open file until it is closed or the process ends; raises OSError where another process has it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def is_held(descriptor: int) -> bool:
        """Whether another process has locked an open file; file systems without locks say no."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
