"""The parts of a plan at scale. The yardstick is reading the same manifest with PyYAML's own C loader and doing nothing
with it."""

import json
import tempfile
from pathlib import Path

import yaml

from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.model.identity import Identity, IsolationScope, Live, LiveGroup, ResourceGroup, Subscription, Tags
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.document import plan_document
from reconciler.plan.plan import Plan, make_plan
from tests.benchmarks.timing import RUNS, print_table, time_ms
from tests.builders import TODAY

IDENTITIES = 2000
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
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


def main(identities: int = IDENTITIES) -> None:
    """Measure and print."""
    text = manifest_text(identities)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.yaml"
        path.write_text(text, encoding="utf-8")

        def load() -> Desired:
            return load_manifest([str(path)], {}, {}, lambda: b"")

        desired = load()
        live = live_like(desired)
        changes = diff_states(desired, live, judged_on=TODAY)

        def plan() -> Plan:
            return make_plan(desired, live, changes, judge(changes, NO_ALLOWANCES), cloud="AzureCloud", targets=())

        whole = plan()
        yardstick = time_ms(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
        rows = {
            "yaml.load, C loader (yardstick)": yardstick,
            "load_manifest": time_ms(load),
            "diff_states": time_ms(lambda: diff_states(desired, live, judged_on=TODAY)),
            "judge and make_plan": time_ms(plan),
            "plan as JSON": time_ms(lambda: json.dumps(plan_document(whole))),
        }
    print_table(f"plan: {identities} identities, median of {RUNS} runs", rows, yardstick)
