"""Plans as files: where `plan -o` may write one and how it is applied, and what `apply` takes one for."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.cli.flags.groups import FlagGroup, command_line
from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.flags.shared import ApplyRunFlags, AzureFlags
from reconciler.cli.support.approval import Approval, check_somebody_to_ask
from reconciler.cli.support.output import check_no_token, print_note
from reconciler.cli.support.signals import settle
from reconciler.errors import UsageError
from reconciler.files.digest import check_digest_flag, digest_of
from reconciler.files.kinds import FileKind
from reconciler.files.replace import output_file
from reconciler.model import shell_command
from reconciler.plan import Plan
from reconciler.report.formats import Format
from reconciler.saved_plan.content import format_plan
from reconciler.saved_plan.file import find_plan_file, read_plan_file
from reconciler.workflow.declare import Declaration, Request, declare_saved, load_declaration

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
            f"-o {out}: -o needs a file name",
            f"For the report in another form pass --format, such as --format json; for a file of this name -o ./{out}.",
        )
    with output_file(Path(out), flag="-o", replaces=FileKind.SAVED_PLAN, inputs=inputs, subject="the plan") as write:

        def save(plan: Plan) -> str:
            content = format_plan(plan, time.time())
            check_no_token(content.decode(), "the plan")
            settle()
            write(content)
            return digest_of(content)

        yield save


def show_what_was_saved(out: str, digest: str, plan: Plan, groups: Iterable[FlagGroup]) -> None:
    """Say on stderr how to apply a plan that was saved, with the flags that it was made with, if it can be applied."""
    if plan.violations:
        print_note(
            "",
            "The plan is saved, and refused as it stands: fix what is refused, and plan again. To see it again:",
            f"  {command_line('show', [out])}",
            f"Its sha256: {digest}",
        )
        return
    command = command_line("apply", [out], ApplyRunFlags(digest=digest), *groups)
    print_note("", "The plan is saved. To apply exactly this one:", f"  {command}")


def find_saved_plan(paths: Sequence[str], digest: str | None) -> str | None:
    """The saved plan that is to be applied; with a digest, nothing else can be meant, whatever has become of it."""
    if digest is None:
        return find_plan_file(paths)
    if len(paths) > 1:
        raise UsageError("--digest is that of one saved plan, and these are several paths", "Name the plan alone.")
    return paths[0]


def approve_apply(plan_file: str | None, run: ApplyRunFlags, report: ReportFlags, paths: Sequence[str]) -> Approval:
    """Whether the command line approves: with `-y`, and for a saved plan with the digest of the one that was read.

    Raises:
        UsageError, Declined: it does not, and nobody can be asked.
    """
    if plan_file is None:
        approval = Approval(run.auto_approve, "Add --auto-approve.")
    else:
        approval = Approval(
            run.auto_approve or run.digest is not None,
            "Add --digest with the sha256 of the plan that was reviewed, which `plan -o` printed"
            f" (`{shell_command('sha256sum', plan_file)}` prints this file's), or --auto-approve.",
        )
    check_somebody_to_ask(approval, report, paths)
    return approval


def declare(plan_file: str | None, digest: str | None, request: Request, azure: AzureFlags) -> Declaration:
    """What the saved plan declares, or, without one, the manifests.

    Raises:
        UsageError: a flag says what the plan says already, or the digest is none.
    """
    if plan_file is None:
        return load_declaration(request)
    given = {
        "--var or --var-file": request.variables,
        "--target": request.targets,
        "--subscription": request.subscriptions,
        "--only": request.expired_only,
    }
    for flag in (flag for flag, value in given.items() if value):
        raise UsageError(f"{flag} belongs to `uami plan`: a saved plan holds what it was given", f"Leave {flag} out.")
    check_digest_flag(digest)
    saved = read_plan_file(plan_file, digest)
    return declare_saved(saved.plan, request, cloud=azure.cloud.value, tenant=azure.tenant)
