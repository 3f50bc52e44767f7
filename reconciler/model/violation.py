"""A guard's reason to refuse part of a plan, and the error that carries every one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import ExitCode, ReconcilerError
from reconciler.model.ids import AnyId, ResourceGroupId


@dataclass(frozen=True, slots=True)
class Violation:
    """A guard's reason to refuse part of a plan.

    Attributes:
        about: what the refusal is about; None for the whole run.
        refused: the changes that are held back because of it, by their ids.
    """

    code: str
    about: AnyId | ResourceGroupId | None
    message: str
    hint: str
    refused: tuple[AnyId, ...] = ()

    @property
    def address(self) -> str:
        """The whole address of what it is about; empty for the whole run."""
        return "" if self.about is None else self.about.address


def count_guards(violations: Iterable[Violation]) -> str:
    """How many guards refuse, each counted once however many places it refuses: `1 guard`, `2 guards`."""
    number = len({one.code for one in violations})
    return f"{number} {'guard' if number == 1 else 'guards'}"


class PlanRefused(ReconcilerError):
    """Guards refuse the plan; carries every violation."""

    code = "plan-refused"
    exit_code = ExitCode.REFUSED

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(
            f"The plan is refused by {count_guards(violations)}; nothing was changed.",
            violations[0].hint if len(violations) == 1 else "Each refusal above says what to do about it.",
        )
        self.violations = violations
