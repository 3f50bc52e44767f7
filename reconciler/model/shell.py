"""Commands that are printed so that somebody runs them: each word is one word to a shell, whatever it holds.

A name or a scope comes from a manifest, a file or ARM, and whoever pastes the command has more rights than its author.
"""

import shlex


def shell_command(*words: str) -> str:
    """A command as a POSIX shell reads it, or the rest of one."""
    return shlex.join(words)
