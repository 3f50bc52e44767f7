"""A guard's reason to refuse part of a plan, and the error that carries every one of them."""

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


class PlanRefused(ReconcilerError):
    """Guards refuse the plan; carries every violation."""

    code = "plan-refused"
    exit_code = ExitCode.REFUSED

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        count = len(violations)
        super().__init__(
            f"The plan is refused by {count} {'guard' if count == 1 else 'guards'}; nothing was changed.",
            violations[0].hint if count == 1 else "Each refusal above names what lifts it.",
        )
        self.violations = violations
