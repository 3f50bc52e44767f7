"""What happened to each change of a plan: values that apply produces and reports read."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import ExitCode
from reconciler.journal import Outcome
from reconciler.model import CallError, RoleAssignment
from reconciler.plan import Action, Change, Need


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The end of one change.

    Attributes:
        because: why it is not done.
        not_held: of a change that is done, what a later read showed otherwise.
        refused: the right that the caller lacked, where ARM refused a call for that.
        given_back: the role that was taken away before its identity, and given back since the identity stays.
        signed_out: on the way it was seen that the run has no valid token any more, and so no call will have one.
    """

    change: Change
    outcome: Outcome
    because: str = ""
    error: CallError | None = None
    not_held: tuple[str, ...] = ()
    refused: Need | None = None
    given_back: RoleAssignment | None = None
    signed_out: bool = False


def not_tried(change: Change, because: str = "the run was asked to stop") -> ChangeResult:
    """The end of a change that was not started."""
    return ChangeResult(change, Outcome.NOT_TRIED, because)


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The end of a run: one result for each change that was to be applied, in the plan's order."""

    results: tuple[ChangeResult, ...]
    correlation_id: str
    interrupted: bool = False
    verified: bool = True

    def count(self, action: Action) -> int:
        """How many changes of this action are done."""
        return sum(1 for one in self.results if one.outcome is Outcome.DONE and one.change.action is action)

    def ended(self, outcome: Outcome) -> tuple[ChangeResult, ...]:
        """The results with this outcome, in order."""
        return tuple(one for one in self.results if one.outcome is outcome)

    @property
    def counts(self) -> tuple[tuple[Outcome, int], ...]:
        """How many changes ended with each outcome."""
        return tuple((outcome, len(self.ended(outcome))) for outcome in Outcome)

    @property
    def complete(self) -> bool:
        """Whether every change is done and held when it was read again."""
        return all(one.outcome is Outcome.DONE and not one.not_held for one in self.results)

    @property
    def exit_code(self) -> ExitCode:
        """DONE or PARTIAL; what an interruption or a refusal makes of it is for the caller to say."""
        return ExitCode.DONE if self.complete else ExitCode.PARTIAL


class Moment(StrEnum):
    """A moment of one change that is shown while a run goes on."""

    STARTED = "started"
    WAITING = "waiting"
    BUSY = "busy"
    """As WAITING, for another writer."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ApplyEvent:
    """Progress of a change: it started, waits for `at_most_s` seconds at most because of `reason`, or ended.

    At the end, `reason` says more than `outcome` does where a role was given back.
    """

    change: Change
    moment: Moment
    outcome: Outcome | None = None
    reason: str = ""
    at_most_s: float = 0.0
