"""One call that changes something, as a journal keeps it: what it does, what it met, and how it ended.

The same value is on its way into a journal and comes out of one, so that what is written and what is read cannot
differ. Apply knows only the protocol `Journal`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from reconciler.errors import SourcePos
from reconciler.model import (
    AnyId,
    CallError,
    Children,
    FederatedCredential,
    Identity,
    PlannedIdentity,
    RoleAssignment,
    Trust,
)
from reconciler.plan import Action


class Outcome(StrEnum):
    """How a change, or one call of it, ended; a call is done, failed, stale or in doubt."""

    DONE = "done"
    FAILED = "failed"
    """ARM refused it; nothing was changed, unless `because` says that a credential was deleted to be created again."""
    STALE = "stale"
    """What lives is no longer what the plan was made for, or a create met something that had appeared meanwhile."""
    SKIPPED = "skipped"
    """Not started because of what happened to another change; or a role that was given back because of it."""
    NOT_TRIED = "not-tried"
    """Not started because the run was asked to stop."""
    IN_DOUBT = "in-doubt"
    """A call went out and no answer said whether it took effect."""


Before = Identity | FederatedCredential | RoleAssignment | None
"""What the read right before a call showed; None where there was nothing."""

After = PlannedIdentity | Trust | RoleAssignment | None
"""What a call leaves behind where it takes effect; None where it deletes."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. A call without an outcome may or may not have taken effect.

    Attributes:
        action: what the call does; not always its change's, where a credential is deleted and created again.
        attempt: from 1, within its step.
        before: all that was known of the resource right before the call, which is what an undo needs.
        children: of an identity that the call deletes.
        number: from 1, in the order in which the calls went out; the journal gives it, and the times `at` and
            `ended_at`, UTC as ISO 8601.
        outcome: None where the run ended before an answer was written down.
        made: the identity that ARM returned, with the ids that only ARM can give.
        expires: the day, in UTC, from which on what the call is about must not exist; None where no line says one.
    """

    resource_id: AnyId
    action: Action
    attempt: int
    source: SourcePos
    before: Before
    after: After
    children: Children | None = None
    number: int = 0
    at: str = ""
    ended_at: str | None = None
    outcome: Outcome | None = None
    error: CallError | None = None
    made: Identity | None = None
    expires: date | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether nothing says if it took effect."""
        return self.outcome in (None, Outcome.IN_DOUBT)


class Journal(Protocol):
    """Where apply records calls; both methods are called from several threads."""

    def begin(self, call: Call) -> int:
        """Record a call before it goes out, as durably as the journal promises.

        Returns:
            The number that the journal gave it.

        Raises:
            JournalError: it cannot be kept; then the call must not be made.
        """

    def end(self, number: int, outcome: Outcome, error: CallError | None, made: Identity | None) -> None:
        """Record how a call ended, or, for one that was in doubt, what a later read showed; raises JournalError."""
