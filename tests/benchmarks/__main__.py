"""Times the parts of a plan at scale, each beside a yardstick measured in the same run.

    python -m tests.benchmarks [IDENTITIES]

Prints, for each part, the median of several runs in milliseconds and its ratio to the yardstick, which is reading the
same manifest with PyYAML's own C loader and doing nothing with it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import yaml

from reconciler.diff import diff_states
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.model import Identity, IsolationScope, Live, LiveGroup, ResourceGroup, Subscription, Tags
from reconciler.plan import Plan, make_plan, plan_document

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
RUNS = 5
PER_GROUP = 100


def manifest_text(identities: int) -> str:
    """A manifest of so many identities, a hundred to a group."""
    lines = ["version: 1", f"subscription: {SUBSCRIPTION}", "owner: bench", "resourceGroups:"]
    for number in range(identities):
        if number % PER_GROUP == 0:
            lines += [f"  rg-{number // PER_GROUP:05}:", "    identities:"]
        lines.append(f'      - {{name: id-{number:06}, location: westeurope, tags: {{number: "{number}", team: a}}}}')
    return "\n".join(lines) + "\n"


def live_like(desired: Desired) -> Live:
    """A live side in which every tenth identity differs in a tag."""
    groups = []
    for group in desired.groups:
        identities = []
        for number, one in enumerate(group.identities):
            tags = {name: value for name, value in one.tags if value is not None} | {"uami-owner": "bench"}
            if number % 10 == 0:
                tags["team"] = "b"
            key = one.resource_id.name
            identities.append(
                Identity(one.resource_id, "westeurope", Tags(tags), IsolationScope.NONE, f"p-{key}", f"c-{key}", "t")
            )
        groups.append(LiveGroup(group.group_id, ResourceGroup(group.group_id, "westeurope"), tuple(identities)))
    return Live((Subscription(SUBSCRIPTION, "bench", "t"),), tuple(groups))


def time_ms(work: Callable[[], object]) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return median(taken)


def main(identities: int) -> None:
    """Measure and print."""
    text = manifest_text(identities)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.yaml"
        path.write_text(text, encoding="utf-8")

        def load() -> Desired:
            return load_manifest([str(path)], {}, {}, lambda: b"")

        desired = load()
        live = live_like(desired)
        changes = diff_states(desired, live)

        def plan() -> Plan:
            return make_plan(desired, live, changes, judge(changes, NO_ALLOWANCES), cloud="AzureCloud", targets=())

        whole = plan()
        yardstick = time_ms(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
        rows = {
            "yaml.load, C loader (yardstick)": yardstick,
            "load_manifest": time_ms(load),
            "diff_states": time_ms(lambda: diff_states(desired, live)),
            "judge and make_plan": time_ms(plan),
            "plan as JSON": time_ms(lambda: json.dumps(plan_document(whole))),
        }
    print(f"{identities} identities, median of {RUNS} runs")
    for name, taken in rows.items():
        print(f"  {name:32} {taken:9.1f} ms   {taken / yardstick:5.2f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
