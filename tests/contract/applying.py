"""What the tests of apply share: a plan for groups as they are now, and a run of it that keeps what happened."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.apply.step import ApplyTools, apply_plan
from reconciler.guards import Allowances, judge
from reconciler.journal.file import MemoryJournal
from reconciler.journal.outcome import ApplyEvent, ApplyResult, JournalEntry, Outcome
from reconciler.manifest.desired import Desired, DesiredGroup
from reconciler.parallel import Pool
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.plan import Plan, make_plan
from tests.builders import label, unused
from tests.contract.arm import CORRELATION_ID, Arm

MANY_DELETES = Allowances(max_deletes=1000, max_delete_percent=100)


def plan_now(arm: Arm, *groups: DesiredGroup, allowances: Allowances = MANY_DELETES) -> Plan:
    """The plan for these groups against what lives now, where nothing uses what is to go."""
    desired = Desired(groups)
    live = arm.read(desired)
    changes = unused(diff_states(desired, live))
    return make_plan(desired, live, changes, judge(changes, allowances), cloud="AzureCloud", targets=())


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


def entries(journal: MemoryJournal) -> list[tuple[str, str, int, Outcome | None]]:
    """Step, name, attempt and outcome of each entry of a journal."""
    return [_short(entry) for entry in journal.entries]


def _short(entry: JournalEntry) -> tuple[str, str, int, Outcome | None]:
    return (entry.step.value, label(entry.change), entry.attempt, entry.outcome)
