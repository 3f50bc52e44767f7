"""Whole runs against a served sandbox, each beside its floor in the same run: what Azure's documented rates allow, or
what a bare HTTP client takes for the same requests.

    python -m tests.benchmarks speed [--runs N] [--json FILE] [SCENARIO...]

A scenario is one or more words of its name (`creates`, `x4`); without one all are run, which takes an hour of waiting.
An apply's clock runs from its first write, as its journal has it, to its last write's answer.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.figures import HEAD, Figure, Measure, document_of, line_of, share_refused
from tests.benchmarks.served import (
    OWNER,
    Ended,
    Request,
    Scene,
    bare_s,
    identity_id,
    pages_s,
    served,
)
from tests.benchmarks.terraform import SKIPPED, TERRAFORM, beside_azurerm, beside_azurerm_at_rates
from tests.contract.throttled import apply_through_storm_s

BURST_S = 20
WRITES_A_SECOND, LISTS_A_SECOND, USES_A_SECOND = 2, 5, 1
THREADS = 10
PAGES = ("--latency-ms", "40", "--page-size", "100")


def bound_s(calls: float, a_second: float, speed: float = 1.0) -> float:
    """How long so many calls take at least; a bucket holds what it fills in 20 seconds of Azure's."""
    return max(0.0, calls / a_second - BURST_S) / speed


def _writes(name: str, scene: Scene, floor_s: float, most: float, *flags: str) -> Figure:
    with served(scene, *flags) as server:
        ended = server.run("apply", scene.manifest())
        refused = share_refused(server.counts())
    _show_errors(ended)
    return Figure(name, ended.writes_s, floor_s, "s", most, refused, ended.code)


def _creates(count: int) -> Measure:
    floor_s = bound_s(count, WRITES_A_SECOND)
    return lambda: [_writes(f"apply of {count} creates", Scene(count), floor_s, 1.05, "--rates", "azure")]


def _create_with_children() -> list[Figure]:
    scene = Scene(100, credentials=5, roles=2)
    name = "apply of 100 with 5 credentials and 2 roles each"
    return [_writes(name, scene, bound_s(600, WRITES_A_SECOND), 1.05, "--rates", "azure")]


def _adoption() -> list[Figure]:
    scene = Scene(300, live=300, owned=False)
    return [_writes("apply that adopts 300", scene, bound_s(300, WRITES_A_SECOND), 1.05, "--rates", "azure")]


def _four_subscriptions() -> list[Figure]:
    scene = Scene(100, subscriptions=4)
    body = {"location": "westeurope", "tags": {"uami-owner": OWNER}}
    each: list[list[Request]] = [
        [("GET", identity_id(one, number), None), ("PUT", identity_id(one, number), body)]
        for one in scene.ids
        for number in range(scene.identities)
    ]
    with served(scene) as server:
        bare = bare_s(server.url, each, THREADS)
    floor_s = max(bare, bound_s(100, WRITES_A_SECOND, 4.0))
    return [_writes("x4: apply of 400 creates in 4 subscriptions", scene, floor_s, 1.1, "--rates", "x4")]


def _plan(name: str, scene: Scene, floor_s: float, most: float) -> Figure:
    with served(scene, "--rates", "azure") as server:
        ended = server.run("plan", scene.manifest())
        refused = share_refused(server.counts())
    _show_errors(ended)
    return Figure(name, ended.wall_s, floor_s, "s", most, refused, ended.code)


def _plan_requests() -> list[Figure]:
    scene = Scene(1000, live=1000)
    with served(scene, "--rates", "azure", "--page-size", "100") as server:
        ended = server.run("plan", scene.manifest())
        counts = server.counts()
    name = "requests of a plan of 1,000, 100 a page"
    return [Figure(name, counts.total(), 0, "requests", 14, share_refused(counts), ended.code)]


def _plan_credentials() -> list[Figure]:
    scene = Scene(1000, live=1000, credentials=1)
    return [_plan("plan of 1,000 with a managed credential each", scene, bound_s(1000, LISTS_A_SECOND), 1.05)]


def _deletes() -> list[Figure]:
    scene = Scene(1000, live=1000, listed=900)
    floor_s = 100 / USES_A_SECOND
    with served(scene, "--rates", "azure") as server:
        planned = server.run("plan", scene.manifest())
        plan_refused = share_refused(server.counts())
        # The apply plans again first; its own clock begins with its journal.
        applied = server.run("apply", scene.manifest())
        refused = share_refused(server.counts())
    _show_errors(planned)
    _show_errors(applied)
    return [
        Figure("plan of 100 deletes of 1,000", planned.wall_s, floor_s, "s", 1.1, plan_refused, planned.code),
        Figure("apply of 100 deletes of 1,000", applied.writes_s, floor_s, "s", 1.1, refused, applied.code),
    ]


def _quick_plan() -> list[Figure]:
    scene, empty = Scene(1000, live=1000), Scene(0)
    with served(empty, *PAGES) as server:
        without = server.run("plan", empty.manifest())
    with served(scene, *PAGES) as server:
        ended = server.run("plan", scene.manifest())
        server.counts()
        one_page = [("GET", f"/subscriptions/{scene.ids[0]}", None)]
        floor_s = pages_s(server.url, scene.ids[0]) + bare_s(server.url, [one_page * 3], 1)
    name = "no-change plan of 1,000 at 40 ms, less that of none"
    return [Figure(name, ended.wall_s - without.wall_s, floor_s, "s", 2.0, 0.0, ended.code)]


def _ten_subscriptions() -> list[Figure]:
    scene = Scene(1000, subscriptions=10, live=1000)
    with served(scene, *PAGES) as server:
        ended = server.run("plan", scene.manifest())
        floor_s = sum(pages_s(server.url, one) for one in scene.ids)
    name = "plan of 10,000 in 10 subscriptions at 40 ms"
    return [Figure(name, ended.wall_s, floor_s, "s", 1.5, 0.0, ended.code)]


def _two_runs() -> list[Figure]:
    """Two runs that write to one subscription at once: how many of the writes the first has while both run."""
    scene = Scene(300)
    others = scene.manifest().replace("name: id-", "name: id-b-").replace(f"owner: {OWNER}", "owner: other")
    with served(scene, "--rates", "azure") as server:
        processes = [server.start("apply", manifest) for manifest in (scene.manifest(), others)]
        codes = [process.wait() for process in processes]
        refused = share_refused(server.counts())
        done = [server.written_s(number) for number in range(2)]
    while_both = min(max(one) for one in done)
    first, second = (sum(at_s <= while_both for at_s in one) for one in done)
    share = first / (first + second)
    name = "share of writes of one of two runs at once"
    # Each finds the other only by what is refused.
    return [Figure(name, share, 0, "", 0.6, refused, max(codes), least=0.4, refused_most=0.1)]


def _storm() -> list[Figure]:
    """Ten minutes of nothing but 429, on a clock that takes no time."""
    result, lasted_s = apply_through_storm_s(600.0)
    name = "100 creates over which a storm of 10 minutes comes"
    return [Figure(name, lasted_s, 600.0, "s", 1.1, 0.0, int(result.exit_code))]


SCENARIOS: dict[str, Measure] = {
    "100 creates": _creates(100),
    "200 creates": _creates(200),
    "400 creates": _creates(400),
    "adoption": _adoption,
    "children": _create_with_children,
    "x4": _four_subscriptions,
    "plan requests": _plan_requests,
    "plan credentials": _plan_credentials,
    "deletes": _deletes,
    "quick plan": _quick_plan,
    "ten subscriptions": _ten_subscriptions,
    "two runs": _two_runs,
    "storm": _storm,
    "azurerm": beside_azurerm,
    "azurerm at rates": beside_azurerm_at_rates,
}


def main(arguments: list[str]) -> int:
    """Run, print a table, and write the figures; 1 where one is beyond its bounds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks speed", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=", ".join(SCENARIOS))
    parser.add_argument("--runs", type=int, default=3, help="how often each is run; the median counts")
    parser.add_argument("--json", type=Path, help="write the figures of every run there, too")
    asked = parser.parse_args(arguments)
    chosen = [name for name in SCENARIOS if not asked.scenario or any(word in name for word in asked.scenario)]
    if not chosen:
        parser.error(f"no scenario is called that; there are {', '.join(SCENARIOS)}")
    print(HEAD)
    whole: list[Sequence[Figure]] = []
    possible = [name for name in chosen if TERRAFORM is not None or "azurerm" not in name]
    for name in possible:
        runs = [SCENARIOS[name]() for _ in range(asked.runs)]
        for figures in zip(*runs, strict=True):
            print(line_of(figures), flush=True)
            whole.append(figures)
    if possible != chosen:
        print(f"  {SKIPPED}")
    if asked.json is not None:
        rows = [document_of(figures) for figures in whole]
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0 if all(one.is_met for figures in whole for one in figures) else 1


def _show_errors(ended: Ended) -> None:
    if ended.code:
        print(ended.errors[-2000:], file=sys.stderr)
