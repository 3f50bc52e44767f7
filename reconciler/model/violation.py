"""A reason to refuse part of a plan, and the error that carries every one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import ExitCode, ReconcilerError
from reconciler.model.ids import AnyId, ResourceGroupId


@dataclass(frozen=True, slots=True)
class Violation:
    """A reason to refuse part of a plan: a guard's, or a warning about the manifest where --strict lets none pass.

    Attributes:
        about: what the refusal is about; None for the whole run.
        refused: the changes that are held back because of it, by their ids.
        is_warning: it is such a warning, which `accept` answers and no `--allow` lifts.
    """

    code: str
    about: AnyId | ResourceGroupId | None
    message: str
    hint: str
    refused: tuple[AnyId, ...] = ()
    is_warning: bool = False

    @property
    def address(self) -> str:
        """The whole address of what it is about; empty for the whole run."""
        return "" if self.about is None else self.about.address


def refused_by(violations: Iterable[Violation]) -> str:
    """What refuses, in numbers: `2 guards`, `1 guard and 3 warnings`.

    A guard counts once, however many places it refuses; a warning is about one place, and each counts.
    """
    violations = tuple(violations)
    guards = len({one.code for one in violations if not one.is_warning})
    warnings = sum(one.is_warning for one in violations)
    counts = ((guards, "guard"), (warnings, "warning"))
    return " and ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts if number)


class PlanRefused(ReconcilerError):
    """Guards refuse the plan; carries every violation."""

    code = "plan-refused"
    exit_code = ExitCode.REFUSED

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(
            f"The plan is refused by {refused_by(violations)}; nothing was changed.",
            violations[0].hint if len(violations) == 1 else "Each refusal above says what to do about it.",
        )
        self.violations = violations
