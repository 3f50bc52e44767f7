"""What the workers of a run learn from each other: what has failed, and what is therefore not started any more."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from reconciler.apply.result import ChangeResult, not_tried
from reconciler.errors import JournalError
from reconciler.journal import Outcome
from reconciler.model import AnyId, ResourceGroupId, describe_scope, identity_of
from reconciler.plan import WORDS, Change, IdentityChange, Need, Step, Work, needs_of_step

_UNAUTHORIZED = HTTPStatus.UNAUTHORIZED


@dataclass(slots=True)
class Failures:
    """Which groups something failed in, which rights ARM refused, and which identities are not as planned.

    Attributes:
        one_more: called once for each change that has ended, with its id.
        signed_out: the run has no valid token any more, so that every further call would be refused.
    """

    one_more: Callable[[AnyId], None] = lambda _: None
    signed_out: bool = False
    _ended: set[AnyId] = field(default_factory=set)
    _failed: dict[ResourceGroupId, str] = field(default_factory=dict)
    _not_made: set[AnyId] = field(default_factory=set)
    _refused: dict[tuple[str, str], str] = field(default_factory=dict)
    _unrecorded: str = ""
    _login_said: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, result: ChangeResult) -> None:
        """Learn how a change ended; of a role that was given back, for the second time."""
        with self._lock:
            is_new = result.change.resource_id not in self._ended
            self._ended.add(result.change.resource_id)
            self.signed_out |= result.signed_out
            # A write may have been refused for a token that is renewed for the next call, which begins with a read.
            self._login_said |= result.error is not None and result.error.status == _UNAUTHORIZED
        if is_new:
            self.one_more(result.change.resource_id)
        if isinstance(result.change, IdentityChange) and result.outcome is not Outcome.DONE:
            with self._lock:
                self._not_made.add(result.change.resource_id)
        if result.outcome in (Outcome.DONE, Outcome.NOT_TRIED, Outcome.SKIPPED):
            return
        resource_id = result.change.resource_id
        name = "/".join(part for part in (identity_of(resource_id).name, resource_id.below_identity) if part)
        with self._lock:
            self._failed.setdefault(resource_id.group_id, name)
            if result.error is not None and result.error.code == JournalError.code:
                self._unrecorded = result.because
            if result.refused is not None:
                self._refused.setdefault(result.refused.key, name)

    def why_skip(self, work: Work, step: Step) -> str:
        """Why a step of a piece of work is not started; empty where it is."""
        group_id = work.identity.group_id
        with self._lock:
            if self._unrecorded:
                return self._unrecorded
            refused = next((need for need in _needs_of(work, step) if need.key in self._refused), None)
            if refused is not None:
                what, place = WORDS[refused.action], describe_scope(refused.scope)
                return (
                    f"ARM refused the right to {what} at {place} ({refused.action}, for {self._refused[refused.key]})"
                )
            if work.is_deletion and group_id in self._failed:
                return f"nothing is deleted in a group where a change failed ({self._failed[group_id]})"
            if step.needs in self._not_made:
                return f"its scope could not be created ({step.needs.name})"
        return ""

    def said_once(self, result: ChangeResult) -> ChangeResult:
        """A result of a change of which no call went out; one that another has already said why it cannot be made
        is not tried."""
        if not result.signed_out:
            return result
        with self._lock:
            is_said, self._login_said = self._login_said, True
        return no_login(result.change) if is_said else result


def no_login(change: Change) -> ChangeResult:
    """The end of a change that was not started because every call would be refused."""
    return replace(not_tried(change, "the run is no longer signed in"), signed_out=True)


def _needs_of(work: Work, step: Step) -> Iterator[Need]:
    """The rights without which a step is not to begin: an identity that cannot be deleted keeps its roles."""
    steps = work.all_steps if work.is_deletion else (step,)
    return (need for one in steps for need in needs_of_step(one))
