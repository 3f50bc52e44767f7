"""Who approves a plan before it is carried out: the flags of the command line, or somebody at a terminal.

What a file holds never does: whoever can write a file must not thereby decide that nobody is asked.
"""

import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.support.inputs import STANDARD_INPUT
from reconciler.cli.support.output import chosen_format, print_note, print_question
from reconciler.cli.support.signals import clean_up
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan import Action, IdentityChange, Plan


class Declined(ReconcilerError):
    """The answer was no, or there was nobody to ask."""

    code = "declined"


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether the command line approves; `flags` is the hint that says which flags do."""

    given: bool
    flags: str


def check_somebody_to_ask(approval: Approval, report: ReportFlags, paths: Sequence[str] = ()) -> None:
    """Raises UsageError, or Declined without a terminal, where the run could not ask for confirmation."""
    if approval.given:
        return
    if not chosen_format(report).streams:
        what = f"--format {report.on_stdout}"
    elif STANDARD_INPUT in paths:
        what = "a manifest from standard input"
    else:
        return
    if not sys.stdin.isatty():
        raise _nobody_to_ask(approval)
    raise UsageError(f"{what} leaves no way to ask for confirmation", approval.flags)


def ask(plan: Plan, approval: Approval) -> None:
    """Return only where the answer is `yes`; raises Declined where it is not, or where there is no terminal."""
    if not sys.stdin.isatty():
        raise _nobody_to_ask(approval)
    deletes = sum(isinstance(one, IdentityChange) and one.action is Action.DELETE for one in plan.applicable)
    if deletes:
        what = "1 identity" if deletes == 1 else f"{deletes} identities"
        print_note("", f"{what} will be destroyed. A deleted identity cannot be restored.")
    print_note("", "Do you want to apply this plan? Only 'yes' is accepted.", "")
    answer = _answer("  Answer: ")
    if answer.strip() != "yes":
        raise Declined("Apply cancelled; nothing was changed.")


def _answer(question: str) -> str:
    """What somebody types; where a signal ends the process meanwhile, its last words begin on a line of their own."""
    is_open = threading.Event()
    is_open.set()
    clean_up(lambda: print_note("") if is_open.is_set() else None)
    print_question(question)
    answer = sys.stdin.readline()
    print_note("")
    is_open.clear()
    return answer


def _nobody_to_ask(approval: Approval) -> Declined:
    return Declined("There is no terminal to ask for confirmation on; nothing was changed.", approval.flags)
