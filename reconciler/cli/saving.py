"""`plan -o`: where a plan may go, and how exactly that one is applied."""

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.cli.options import Format
from reconciler.cli.output import print_note
from reconciler.errors import UsageError
from reconciler.files.kinds import FileKind
from reconciler.files.replace import output_file
from reconciler.plan.plan import Plan
from reconciler.saved_plan.content import format_plan
from reconciler.saved_plan.file import digest_of

_FORMATS = {*Format, "markdown", "html", "github", "yaml", "yamlc", "jsonc", "table", "tsv", "none", "-"}
"""Words that mean a format, here or with the `-o` of az, where that is what it takes."""


@contextmanager
def plan_output(out: str | None, inputs: Sequence[str]) -> Iterator[Callable[[Plan], str]]:
    """Yields what saves a plan in this file and returns the file's SHA-256; "" where no file was named.

    Raises:
        UsageError: `-o` names what cannot be a file, what looks like a format, or what is there and no saved plan.
        OutputError: the file cannot be written.
    """
    if out is None:
        yield lambda _plan: ""
        return
    if out in _FORMATS:
        raise UsageError(
            f"-o {out}: -o takes the file in which the plan is saved",
            f"For the report in another form pass --format, such as --format json; for a file of this name -o ./{out}.",
        )
    with output_file(Path(out), flag="-o", replaces=FileKind.SAVED_PLAN, inputs=inputs, subject="the plan") as write:

        def save(plan: Plan) -> str:
            content = format_plan(plan, time.time())
            write(content)
            return digest_of(content)

        yield save


def tell_saved(out: str, digest: str, flags: Sequence[str]) -> None:
    """Say on stderr how to apply a plan that was saved: with the `flags` that it was made with."""
    command = shlex.join(["uami", "apply", out, "--digest", digest, *flags])
    print_note(f"\nThe plan is saved. To apply exactly this one:\n  {command}\n")
