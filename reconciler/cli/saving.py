"""`plan -o`: checks where a plan is to go before anything is read, and tells how to apply exactly that one."""

import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from reconciler.cli.options import Format
from reconciler.cli.output import print_note
from reconciler.errors import UsageError
from reconciler.plan.plan import Plan
from reconciler.saved_plan.content import format_plan
from reconciler.saved_plan.file import check_writable, digest_of, write_plan_file

_FORMATS = {*Format, "markdown", "html", "github", "yaml", "yamlc", "jsonc", "table", "tsv", "none", "-"}
"""Words that mean a format, here or with the `-o` of az, where that is what it takes."""


def check_out(out: str) -> None:
    """Raises UsageError where `-o` names what cannot be a file, or what looks like a format."""
    if out in _FORMATS:
        raise UsageError(
            f"-o {out}: -o takes the file in which the plan is saved",
            f"For the report in another form pass --format, such as --format json; for a file of this name -o ./{out}.",
        )
    check_writable(Path(out))


def save_plan(plan: Plan, out: str, flags: Sequence[str]) -> None:
    """Write the plan to its file, and say on stderr how to apply it: with the `flags` that it was made with."""
    content = format_plan(plan, time.time())
    write_plan_file(Path(out), content)
    command = shlex.join(["uami", "apply", out, "--digest", digest_of(content), *flags])
    print_note(f"\nThe plan is saved. To apply exactly this one:\n  {command}\n")
