"""Where a file stands in the checkout that it is part of: the name by which reviewers' tools know it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkout:
    """The root of a checkout, and the folder in which the run was started; both absolute.

    Both are "" where the working directory is gone: names then stay as they are.
    """

    root: str
    here: str

    def relative(self, name: str) -> str:
        """A path as the user named it, from the root on, with forward slashes and without links.

        Code scanning shows nothing in a file that it is given by a link. Source: GitHub documentation, "SARIF support
        for code scanning".
        """
        if not self.root or "\0" in name:  # which no file's name has, but what a saved plan names as its source may
            return name
        try:
            place = os.path.realpath(Path(self.here, name))
        except ValueError:
            # A saved plan can name what no system can have.
            return name
        return os.path.relpath(place, self.root).replace(os.sep, "/")


def find_checkout() -> Checkout:
    """The checkout that the working directory is in: the nearest folder with `.git`, else that directory itself.

    `.git` is a file in a worktree and in a submodule. Source: gitrepository-layout(5).
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return Checkout("", "")
    root = next((one for one in (here, *here.parents) if (one / ".git").exists()), here)
    return Checkout(str(root), str(here))
