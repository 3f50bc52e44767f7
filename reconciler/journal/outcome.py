"""What happened to each change of a plan: values that apply produces and reports read."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import ArmError, ExitCode, ReconcilerError
from reconciler.model.access import Fresh, Hanging, RoleAssignment, Trust
from reconciler.model.identity import Identity
from reconciler.plan.changes import Action, Change, PlannedIdentity


class Outcome(StrEnum):
    """How one change ended."""

    DONE = "done"
    FAILED = "failed"
    """ARM refused it; nothing was changed, unless `because` says that a credential was deleted to be created again."""
    STALE = "stale"
    """The live identity is no longer what the plan was made for; nothing was changed."""
    SKIPPED = "skipped"
    """Not begun because of what happened to another change."""
    NOT_TRIED = "not-tried"
    """Not begun because the run was asked to stop."""
    IN_DOUBT = "in-doubt"
    """A call went out and no answer said whether it took effect."""


@dataclass(frozen=True, slots=True)
class CallError:
    """Why a call failed, in ARM's words; `status` is None where no answer came."""

    status: int | None
    code: str
    message: str
    hint: str
    correlation_id: str


def call_error(error: ReconcilerError) -> CallError:
    """What is kept of an error."""
    if isinstance(error, ArmError):
        return CallError(error.status, error.arm_code, error.message, error.hint, error.correlation_id)
    # No token was to be had, so no call went out.
    return CallError(None, error.code, error.message, error.hint, "")


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The end of one change.

    `because` says why it is not done; `not_held` says, for a change that is done, what a later read showed otherwise.
    """

    change: Change
    outcome: Outcome
    because: str = ""
    error: CallError | None = None
    not_held: tuple[str, ...] = ()


def not_tried(change: Change, because: str = "the run was asked to stop") -> ChangeResult:
    """The end of a change that was not begun."""
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
    def complete(self) -> bool:
        """Whether every change is done and held when it was read again."""
        return all(one.outcome is Outcome.DONE and not one.not_held for one in self.results)

    @property
    def exit_code(self) -> ExitCode:
        """DONE or PARTIAL; what an interruption or a refusal makes of it is for the caller to say."""
        return ExitCode.DONE if self.complete else ExitCode.PARTIAL


class Moment(StrEnum):
    """A moment of one change that an onlooker may be told of."""

    STARTED = "started"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ApplyEvent:
    """Progress of a change: it started, waits for `at_most_s` seconds at most because of `reason`, or ended."""

    change: Change
    moment: Moment
    outcome: Outcome | None = None
    reason: str = ""
    at_most_s: float = 0.0


class JournalStep(StrEnum):
    """Before a call, or after it."""

    INTENT = "intent"
    OUTCOME = "outcome"


Wanted = PlannedIdentity | Trust | RoleAssignment | None
"""What a call is to leave behind; None where it deletes."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of a journal. An intent without an outcome names a call that may or may not have taken effect.

    Attributes:
        action: what the call does.
        before: all that is known at its time of what it touches, which is what an undo needs.
        after: what it is to leave behind.
        hanging: what goes with an identity that is deleted.
        made: the identity as ARM told of it, with the ids that only ARM can give.
    """

    step: JournalStep
    change: Change
    action: Action
    attempt: int
    before: Fresh
    after: Wanted = None
    hanging: Hanging | None = None
    outcome: Outcome | None = None
    error: CallError | None = None
    made: Identity | None = None
