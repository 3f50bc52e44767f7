"""What is said of generated histories: sign-ins, silence, identities that are made again, clocks that are wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import httpx
from hypothesis import given
from hypothesis import strategies as st

from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.live.azure import Azure
from reconciler.outputs.unused.judge import LONGEST_SILENCE_DAYS, JudgedIdentity, Verdict
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.state import Identity
from reconciler.workflow.plan import run_plan
from reconciler.workflow.unused import run_unused
from tests.contract.arm import Arm, contents, open_arm, there
from tests.contract.faults import ALWAYS, Fault, FaultyTransport, answer
from tests.contract.test_sign_in_logs import HEAD, QUERY, codes, declared, logged, with_log
from tests.sandbox.arm import Clock

NAMES = ("id-api", "id-b", "id-c")
LISTED = HEAD + "".join(f"      - {name}\n" for name in NAMES)
ONE_LISTED = f"{HEAD}      - id-api\n"
KEPT_DAYS = 90

EVENTS = st.sampled_from(["sign in", "sign in", "sign in", "make again"])
HISTORY = st.lists(
    st.tuples(st.one_of(st.integers(0, 2), st.integers(0, 20)), EVENTS, st.sampled_from(NAMES)), max_size=20
)
"""Days that pass, and what then happens to whom."""


@dataclass
class World:
    """An emulator and what happened in it.

    Attributes:
        last: days of the last sign-in of each identity, as it is now: another one of the same name is not it.
        days: of any sign-in of anybody.
    """

    arm: Arm
    clock: Clock
    wire: SandboxTransport
    last: dict[str, date] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)

    @property
    def today(self) -> date:
        return self.clock.now.date()

    @property
    def azure(self) -> Azure:
        """The live side, the log named, with Log Analytics at the same place."""
        azure, client = logged(self.arm), ArmClient(self.arm.client.http, self.arm.time.wall)
        return replace(azure, resources=replace(azure.resources, logs=OtherService(lambda: client)))

    def play(self, history: list[tuple[int, str, str]], days_after: int) -> None:
        for days, what, name in history:
            self.clock.advance(days * 86_400)
            if what == "sign in":
                self._sign_in(name)
            else:
                self.arm.recreate(name)
                self.last.pop(name, None)
        self.clock.advance(days_after * 86_400)

    def _sign_in(self, name: str) -> None:
        (identity,) = [one for one in self.arm.application.state.shelf(Identity) if one.name == name]
        asked = {"client_id": identity.client_id, "resource": "https://vault.azure.net"}
        with httpx.Client(transport=self.wire, base_url="http://localhost") as host:
            assert host.get("/msi/token", params=asked, headers={"X-IDENTITY-HEADER": "any"}).status_code == 200
        self.last[name] = self.today
        self.days.add(self.today)

    def is_recent(self, name: str, days: int) -> bool:
        """Whether an identity has signed in within so many last days."""
        return name in self.last and (self.today - self.last[name]).days <= days

    def reach(self, silence: int) -> int:
        """For how many days the log goes back without so many days on end in which nobody signed in."""
        ages = sorted(age for day in self.days if (age := (self.today - day).days) < KEPT_DAYS)
        reach = 0
        for age in ages:
            # Today is not over, so that it is no day of silence.
            if age - max(reach, 1) >= (silence + 1 if reach else silence):
                break
            reach = age
        return reach


@contextmanager
def world(*, served: bool) -> Iterator[World]:
    """An emulator in which nobody has signed in; `served` says whether ARM serves queries."""
    clock = Clock()
    application = Application(with_log(contents(*map(there, NAMES))), clock=clock)
    wire = SandboxTransport(application)
    faults = () if served else (Fault("POST", QUERY, answer(404, "InvalidResourceType"), times=ALWAYS),)
    opened = open_arm(application, "https://management.azure.com", FaultyTransport(wire, faults), wire)
    with opened.client.http, opened.others:
        yield World(opened, clock, wire)


def claims_days(one: JudgedIdentity, days: int) -> bool:
    """Whether it is said of an identity that it had no sign-in for so many days."""
    return f"no sign-in for {days} day" in one.words(days)


AFTER = st.one_of(st.integers(0, 2), st.integers(0, 40))
DAYS = st.one_of(st.integers(1, 9), st.integers(1, 45))
SKEWS = st.integers(-60, 60)


@given(HISTORY, AFTER, DAYS, SKEWS, st.booleans())
def test_identity_is_unused_only_as_far_as_the_log_tells_by_whatever_way_and_clock(
    history: list[tuple[int, str, str]], days_after: int, days: int, skew: int, served: bool
) -> None:
    with world(served=served) as here:
        here.play(history, days_after)

        found = run_unused(declared(LISTED, here.today + timedelta(days=skew)), here.azure, days)

        for one in found.identities:
            name = one.identity.resource_id.name
            assert (one.verdict is Verdict.USED) is here.is_recent(name, days)
            assert claims_days(one, days) is (one.verdict is Verdict.UNUSED)
            if one.verdict is Verdict.UNUSED:
                assert here.reach(min(days, LONGEST_SILENCE_DAYS)) > days


@given(HISTORY, AFTER, SKEWS, st.booleans())
def test_delete_of_whoever_signed_in_within_30_days_is_refused_whatever_our_clock_says(
    history: list[tuple[int, str, str]], days_after: int, skew: int, served: bool
) -> None:
    with world(served=served) as here:
        here.play(history, days_after)

        plan = run_plan(declared(ONE_LISTED, here.today + timedelta(days=skew)), here.azure)

        recent = [("recently-used", name) for name in NAMES[1:] if here.is_recent(name, 30)]
        assert codes(plan) == recent
