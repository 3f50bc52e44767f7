"""What the tests of apply share: a plan for groups as they are now, and a run of it that keeps what happened."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.apply.apply import apply_plan
from reconciler.apply.result import ApplyEvent, ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.guards import Allowances, judge
from reconciler.journal.call import Call, Outcome
from reconciler.manifest.desired import Desired, DesiredGroup
from reconciler.model.access import Children, FederatedCredential
from reconciler.model.call_error import CallError
from reconciler.model.identity import Identity
from reconciler.model.impact import Part
from reconciler.parallel import Pool
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.plan import Plan, make_plan
from tests.builders import TODAY, label, unused
from tests.contract.arm import CORRELATION_ID, Arm

Line = tuple[str, str, int, Outcome | None]
"""Of a journal: `begin` or `end`, the resource's name, the attempt, and how the call ended."""

MANY_DELETES = Allowances(max_deletes=1000, max_delete_percent=100)


def plan_now(arm: Arm, *groups: DesiredGroup, allowances: Allowances = MANY_DELETES) -> Plan:
    """The plan for these groups against what lives now, where nothing uses what is to go."""
    desired = Desired(groups)
    live = arm.read(desired)
    changes = unused(diff_states(desired, live, judged_on=TODAY))
    return make_plan(desired, live, changes, judge(changes, allowances), cloud="AzureCloud", targets=())


class MemoryJournal:
    """A journal that lasts as long as the test: its calls by number, and its lines in the order of their writing."""

    def __init__(self) -> None:
        self.calls: dict[int, Call] = {}
        self.lines: list[Line] = []
        self._lock = threading.Lock()

    def begin(self, call: Call) -> int:
        """Keep a call before it goes out."""
        with self._lock:
            number = len(self.calls) + 1
            self.calls[number] = replace(call, number=number)
            self.lines.append(("begin", label(call), call.attempt, None))
            return number

    def end(self, number: int, outcome: Outcome, error: CallError | None, made: Identity | None) -> None:
        """Keep how a call ended."""
        with self._lock:
            call = replace(self.calls[number], outcome=outcome, error=error, made=made)
            self.calls[number] = call
            self.lines.append(("end", label(call), call.attempt, outcome))


def no_children(_: Identity, __: Part[FederatedCredential]) -> Children:
    """For a run whose journal nobody will undo."""
    return Children(unread=("nothing was asked",))


@dataclass
class Run:
    """A run of apply: its journal, its events, and how to begin it. One worker unless a test says otherwise."""

    arm: Arm
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    events: list[ApplyEvent] = field(default_factory=list)
    on_event: Callable[[ApplyEvent], None] = lambda _: None

    def tools(self, parallelism: int = 1) -> ApplyTools:
        """What apply works with."""
        return ApplyTools(
            replace(self.arm.resources, pool=Pool(parallelism)),
            self.journal,
            self.arm.stop,
            self.arm.retries,
            self._note,
            CORRELATION_ID,
            no_children,
            sleep_to_finish=self.arm.time.sleep,
        )

    def apply(self, plan: Plan, parallelism: int = 1) -> ApplyResult:
        """Carry the plan out."""
        return apply_plan(plan, self.tools(parallelism))

    def _note(self, event: ApplyEvent) -> None:
        self.events.append(event)
        self.on_event(event)


def apply_now(arm: Arm, plan: Plan, parallelism: int = 1) -> ApplyResult:
    """Carry a plan out, for a test that asks only how it ended."""
    return Run(arm).apply(plan, parallelism)


def endings(result: ApplyResult) -> list[tuple[str, Outcome, str]]:
    """Name, outcome and reason of each change."""
    return [(label(one.change), one.outcome, one.because) for one in result.results]


def outcomes(result: ApplyResult) -> list[tuple[str, Outcome]]:
    """Name and outcome of each change."""
    return [(label(one.change), one.outcome) for one in result.results]
