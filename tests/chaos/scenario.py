"""One scenario, from its seed to what does not hold: a world, a plan, an apply in which things go wrong, and the way
back to where another apply finds nothing to do.
"""

import base64
import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

from tests.chaos.evidence import Asked, Document, Evidence, Journal, asked_of, read_journals
from tests.chaos.invariants import Finding, check, check_only_reads, check_output
from tests.chaos.mishaps import Script, make_script
from tests.chaos.process import QUIET, Condition, Ended, Strike, environment_of, run, start
from tests.chaos.worlds import World, make_world, move_in, write_inputs
from tests.cli.arm_server import served
from tests.cli.command import TIMEOUT_S

MODES = {
    "plain": 30,
    "saved-plan": 14,
    "signal": 16,
    "last-moments": 6,
    "kill": 10,
    "target": 6,
    "clock": 5,
    "full-disk": 5,
    "two-applies": 4,
    "embedded": 3,
    "closed-stdout": 3,
}
"""How often each is drawn, of 102."""

ATTEMPTS = 4
"""Applies without faults after which there must be nothing left to do."""


@dataclass(slots=True)
class Played:
    """What became of a scenario: what does not hold, and how much happened, so that a chaos without any is noticed.

    Attributes:
        codes: of the applies in which things went wrong.
        calls: that their journals hold.
        struck: faults that answered in ARM's place, and signals that met a run.
    """

    findings: list[Finding] = field(default_factory=list)
    codes: list[int | None] = field(default_factory=list)
    calls: int = 0
    struck: int = 0


@dataclass(slots=True)
class Stage:
    """Where a scenario plays.

    Attributes:
        where: the flags that point a command at the emulator.
        steer: sends a request below `/_sandbox/`; None where the emulator lies in each command itself.
    """

    rng: Random
    folder: Path
    world: World
    where: tuple[str, ...]
    steer: Callable[[str, str, object], Document] | None
    played: Played

    def run(self, *arguments: str, condition: Condition = QUIET, who: str = "one") -> Ended:
        """Run a command against the emulator."""
        return run(self.folder, (*arguments, *self.where), self._as(who, condition))

    def start(self, *arguments: str, condition: Condition = QUIET, who: str = "one") -> Callable[[], Ended]:
        """Begin one."""
        return start(self.folder, (*arguments, *self.where), self._as(who, condition))

    def _as(self, who: str, condition: Condition) -> Condition:
        return replace(condition, environment={**condition.environment, "UAMI_ACCESS_TOKEN": token_of(who)})

    @property
    def state(self) -> Document:
        """What lives."""
        if self.steer is None:
            return json.loads((self.folder / "s.json").read_text(encoding="utf-8"))
        return self.steer("GET", "state", None)

    @property
    def asked(self) -> list[Asked] | None:
        """The log, None where there is none."""
        return None if self.steer is None else asked_of(self.steer("GET", "requests", None))

    def forget(self) -> None:
        """Begin another log."""
        if self.steer is not None:
            self.steer("DELETE", "requests", None)

    def break_things(self, script: Script) -> None:
        """Begin a script of faults."""
        if self.steer is not None:
            self.steer("PUT", "faults", {"faults": list(script.faults)})

    def mend_things(self) -> None:
        """End it."""
        if self.steer is not None:
            self.steer("DELETE", "faults", None)

    def forget_journals(self) -> None:
        """Let what follows begin without a past."""
        shutil.rmtree(self.folder / "home" / ".local", ignore_errors=True)


def token_of(who: str) -> str:
    """A token that names a principal; its signature is what must not be printed."""
    claims = json.dumps({"oid": f"0b1ec7-{who}", "appid": "app"}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2VjcmV0LW9mLWNoYW9z{who}"


PRINCIPALS = frozenset({"0b1ec7-one", "0b1ec7-two"})


def mode_of(seed: int) -> str:
    """What a seed draws."""
    return Random(f"mode {seed}").choices(list(MODES), list(MODES.values()))[0]


def play(seed: int, folder: Path, mode: str | None = None) -> Played:
    """Play one scenario in an empty folder."""
    mode = mode or mode_of(seed)
    rng = Random(f"{mode} {seed}")
    world = make_world(rng)
    write_inputs(world, folder)
    first = run(folder, ("apply", "first.yaml", "--sandbox", "s.json", "-y", "--no-verify"))
    if first.code != 0:
        return Played([f"the first apply: exit code {first.code}: {first.said[-800:]}"])
    move_in(rng, world, folder / "s.json")
    with _stage(rng, folder, world, mode) as stage:
        stage.forget_journals()
        _Scenario(stage, mode).play()
        return stage.played


@contextmanager
def _stage(rng: Random, folder: Path, world: World, mode: str) -> Iterator[Stage]:
    if mode == "embedded":
        yield Stage(rng, folder, world, ("--sandbox", "s.json"), None, Played())
        return
    rates = ("--rates", "x200") if rng.random() < 0.2 else ()
    with served(folder / "s.json", environment_of(folder, {}), "--random-seed", "7", *rates) as server:

        def steer(method: str, name: str, body: object) -> Document:
            data = None if body is None else json.dumps(body).encode()
            request = Request(f"{server.url}/_sandbox/{name}", data, method=method)
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                content = answer.read()
            return json.loads(content) if content else None

        yield Stage(rng, folder, world, server.flags, steer, Played())


class _Scenario:
    """What happens on a stage."""

    def __init__(self, stage: Stage, mode: str) -> None:
        self._stage = stage
        self._mode = mode
        self._rng = stage.rng
        self._as_json = self._rng.random() < 0.5
        self._skips_refused = self._rng.random() < 0.7
        self._target = self._draw_target() if mode == "target" else None
        quiet = mode in ("embedded", "last-moments")
        self._script = Script((), competes=False) if quiet else make_script(self._rng, stage.world)

    def play(self) -> None:
        """Look, apply while things go wrong, and mend."""
        stage = self._stage
        plan = self._look()
        before = stage.state
        stage.forget()
        stage.break_things(self._script)
        runs = self._apply()
        stage.mend_things()
        played, asked = stage.played, stage.asked or []
        played.codes += [one.code for one in runs]
        played.calls += sum(len(one.calls) for one in self._journals())
        played.struck += sum(1 for one in asked if one.fault) + sum(len(one.struck) for one in runs)
        if not all(one.code is None for one in runs):
            stage.played.findings += check(self._evidence(plan, before, runs))
        self._show()
        self._converge()

    def _evidence(self, plan: Document | None, before: Document, runs: list[Ended]) -> Evidence:
        stage = self._stage
        return Evidence(
            stage.world,
            before,
            stage.state,
            stage.asked,
            runs,
            self._journals(),
            plan,
            self._script.competes,
            self._target,
            (token_of("one"), token_of("two")),
            self._mode == "full-disk",
            PRINCIPALS,
        )

    def _journals(self) -> list[Journal]:
        return read_journals(self._stage.folder)

    def _draw_target(self) -> str:
        group = self._rng.choice(self._stage.world.groups)
        return group if self._rng.random() < 0.5 else f"{group}/id-{self._rng.randint(0, 2)}"

    @property
    def _flags(self) -> tuple[str, ...]:
        """What decides which changes there are."""
        limited = () if self._target is None else ("--target", self._target)
        return (*self._stage.world.allowances, *limited)

    def _look(self) -> Document | None:
        """Plan, and whatever else only reads; the plan's document."""
        stage = self._stage
        saved = ("-o", "plan.json") if self._mode == "saved-plan" else ()
        stage.forget()
        planned = stage.run("plan", "m.yaml", "--format", "json", *self._flags, *saved)
        others = []
        if self._rng.random() < 0.25:
            others.append(stage.run(self._rng.choice(["drift", "doctor"]), "m.yaml"))
        for one in (planned, *others):
            stage.played.findings += check_output(one, (token_of("one"),))
            stage.played.findings += check_only_reads(stage.asked or [], one)
        if planned.code not in (0, 3, 64):
            stage.played.findings.append(f"plan without faults: exit code {planned.code}: {planned.said[-800:]}")
        return json.loads(planned.stdout) if planned.code in (0, 3) else None

    def _apply(self) -> list[Ended]:
        stage, condition = self._stage, self._condition()
        what = ("plan.json", "-y") if self._mode == "saved-plan" else ("m.yaml", "-y", *self._limits)
        arguments = ("apply", *what, *self._stage.world.allowances, *self._habits())
        if self._mode != "two-applies":
            return [stage.run(*arguments, condition=condition)]
        begun = [stage.start(*arguments, who=who) for who in ("one", "two")]
        return [end() for end in begun]

    @property
    def _limits(self) -> tuple[str, ...]:
        return () if self._target is None else ("--target", self._target)

    def _habits(self) -> tuple[str, ...]:
        """Flags that decide how, and not what."""
        rng = self._rng
        return (
            *(("--skip-refused",) if self._skips_refused else ()),
            *(("--no-verify",) if rng.random() < 0.3 else ()),
            *(("--format", "json") if self._as_json else ()),
            *("--parallelism", str(rng.choice([1, 2, 4, 10]))),
            *(("--timeout", f"{rng.randint(2, 8)}s") if rng.random() < 0.08 else ()),
            *(("--log-level", "debug") if self._mode in ("signal", "kill") or rng.random() < 0.2 else ()),
        )

    def _condition(self) -> Condition:
        rng = self._rng
        match self._mode:
            case "signal":
                strikes = [_strike(rng, rng.choice([signal.SIGINT, signal.SIGTERM]))]
                return Condition(tuple(strikes * rng.choice([1, 1, 2])))
            case "last-moments":
                text = '"journal"' if self._as_json else "Resources:"
                signum, delay_s = rng.choice([signal.SIGINT, signal.SIGTERM]), rng.uniform(0, 0.06)
                return Condition((Strike(signum, "stdout", text=text, delay_s=delay_s),))
            case "kill":
                return Condition((_strike(rng, signal.SIGKILL),))
            case "clock":
                jumps = [f"{rng.uniform(0.5, 3):.2f}:{rng.choice([-45, -3600, 45, 3600, 86400])}" for _ in range(2)]
                return Condition(environment={"CHAOS_CLOCK": ",".join(jumps)})
            case "full-disk":
                return Condition(largest_file=rng.choice([1, 512, 1024, 4096, 8192]))
            case "closed-stdout":
                return Condition(closes_stdout=True)
        return QUIET

    def _show(self) -> None:
        """A journal can be read, whatever it went through."""
        for journal in self._journals():
            shown = run(self._stage.folder, ("show", str(journal.path)))
            if shown.code != 0:
                self._stage.played.findings.append(f"show of a journal: exit code {shown.code}: {shown.said[-500:]}")

    def _converge(self) -> None:
        """Without faults, applies come to where there is nothing left to do but what guards refuse."""
        stage, flags = self._stage, (*self._stage.world.allowances, "-y", "--skip-refused")
        codes = []
        for _ in range(ATTEMPTS):
            stage.forget()
            ended = stage.run("apply", "m.yaml", *flags)
            codes.append(ended.code)
            stage.played.findings += check_output(ended)
            if ended.code == 0 or (ended.code == 3 and not any(one.is_write for one in stage.asked or [])):
                break
        else:
            stage.played.findings.append(f"does not converge: {codes}: {ended.said[-1500:]}")
            return
        left = stage.run("plan", "m.yaml", *stage.world.allowances, "--detailed-exitcode")
        if left.code != ended.code:
            stage.played.findings.append(
                f"apply ends with {ended.code}, and plan with {left.code}: {left.said[-1500:]}"
            )


def _strike(rng: Random, signum: signal.Signals) -> Strike:
    """A signal at some line of a log that has one for each request, or just after a write begins."""
    delay_s = rng.choice([0.0, rng.uniform(0, 0.3)])
    if rng.random() < 0.5:
        return Strike(signum, lines=rng.randint(1, 120), delay_s=delay_s)
    text = rng.choice(["creating...", "updating...", "destroying...", "created", "destroyed"])
    return Strike(signum, text=text, delay_s=delay_s)
