"""Pages of every kind, and one in which every text that others can write tries to be something else than text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.errors import Diagnostic, ManifestError, PlanStale, SourcePos, StaleDetail
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import Actor, Call, Outcome, Place, PlaceKind, RunGroup, RunHeader, RunRecord
from reconciler.manifest.desired import Desired, DesiredCredential
from reconciler.model import AttachedResource, HeldRole, Identity, Impact, Part, Trust
from reconciler.plan import Action, IdentityChange, Plan
from reconciler.report.formats.html import HtmlFormat
from reconciler.report.rows import Header
from tests.builders import (
    desired_group,
    group_id,
    listed,
    live_group,
    live_identity,
    plan_of,
)
from tests.unit.reporting import plan_of_everything, refused_plan, result_of_everything

HTML = HtmlFormat()
HEADER = Header("state.json", "pipeline (object id 1)")

HOSTILE = (
    "<script>window.obeyed = 1</script>",
    '"><img src="http://127.0.0.1:9/x" onerror="window.obeyed = 1">',
    "</style><style>* { display: none }</style>",
    "javascript:window.obeyed=1",
    "<a href='javascript:window.obeyed=1'>x</a><iframe src='//127.0.0.1:9'></iframe>",
    "' onclick='window.obeyed=1' x='",
    "{{ 7 * 7 }}{% raw %}&lt;b&gt;<!-- -->]]>",
    "\u202eesrever\u2066\x1b[2J\n\u200b",
    "::error::x ##vso[task.setvariable variable=a]b",
    "a" * 300,
)
"""Where it is shown, each is text: the first ones as they stand, the escapes of the control characters as such."""


def hostile_plan() -> Plan:
    """A plan in which names, tags, subjects and reasons are hostile."""
    tags = {f"{number}{text}": text for number, text in enumerate(HOSTILE)}
    trust = Trust(f"https://x/{HOSTILE[1]}", "".join(HOSTILE[:6]), HOSTILE[3])
    credential = DesiredCredential(HOSTILE[0], trust, SourcePos(HOSTILE[0], 3, 3))
    new = listed(HOSTILE[4], location="westeurope", tags=tags, federated_credentials=[credential])
    held = listed("id-held", hold=HOSTILE[5], tags={"a": "b"})
    plan = plan_of(desired_group(new, held), live_group("id-held", live_identity(HOSTILE[1], tags=tags)))
    resource = AttachedResource(f"/subscriptions/1/resourceGroups/{HOSTILE[0]}/providers/a/b/{HOSTILE[1]}")
    impact = Impact(Part((resource,)), Part((HeldRole(HOSTILE[0], "", "/subscriptions/1", removed=False),), HOSTILE[1]))
    changes = tuple(
        replace(one, impact=impact) if isinstance(one, IdentityChange) and one.action is Action.DELETE else one
        for one in plan.changes
    )
    return replace(plan, changes=changes, notes=HOSTILE, violations=(*plan.violations, *refused_plan().violations))


def large_plan(identities: int, per_group: int = 100) -> Plan:
    """Creates, of which no two are alike."""
    groups = [
        desired_group(
            *(
                listed(f"id-{number:05}", group=f"rg-{first // per_group:03}", tags={"number": str(number)})
                for number in range(first, min(first + per_group, identities))
            ),
            name=f"rg-{first // per_group:03}",
            default_location="westeurope",
        )
        for first in range(0, identities, per_group)
    ]
    return plan_of(groups, [live_group(name=one.group_id.resource_group) for one in groups])


def a_record() -> RunRecord:
    """A run that was cut short, with a failed call, and one that nobody knows the end of."""
    group = RunGroup(group_id(), "team-a")
    header = RunHeader(
        *("c0ffee00-0000-0000-0000-000000000000", "apply", "0.1.0", "2026-01-31T10:00:00Z", "AzureCloud", None),
        Place(PlaceKind.SANDBOX, "state.json"),
        Actor("1", None, "pipeline"),
        (group,),
    )
    before = live_identity("id-api", tags={"old": "x"})
    calls = (
        _call(1, Action.DELETE, before, Outcome.DONE),
        _call(2, Action.DELETE, live_identity("id-old", tags={"env": HOSTILE[0]}), None),
    )
    return RunRecord(header, calls, None, torn=True)


def _call(number: int, action: Action, before: Identity, outcome: Outcome | None) -> Call:
    call = Call(before.resource_id, action, 1, SourcePos("identities.yaml", 8, 9), before, None)
    return replace(call, number=number, at="2026-01-31T10:00:01Z", outcome=outcome)


def a_checkup() -> Checkup:
    """Something that is there, and something that is missing."""
    checks = (
        Check("token", Standing.OK, "good for an hour"),
        Check("clock", Standing.WARNING, "it is late", ("Set it.", "Then run `uami doctor`.")),
    )
    right = RightCheck("/subscriptions/1", "give roles", "Microsoft.Authorization/x/write", Standing.MISSING, "Owner")
    return Checkup("AzureCloud", "https://management.azure.com", "cli", checks, (right,), ("az role assignment",))


def an_error() -> ManifestError:
    """A problem with its line."""
    pos = SourcePos("identities.yaml", 3, 5)
    return ManifestError((Diagnostic("unknown-key", pos, "`tgas` is no key", "Did you mean `tags`?", "    tgas: {}"),))


def all_pages() -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    everything = plan_of_everything()
    result = result_of_everything(everything)
    stale = PlanStale((StaleDetail("a", "id-api", "tags.x is y"),), "Plan again.")
    yield "plan", HTML.plan(everything, HEADER)
    yield "refused", HTML.plan(refused_plan(), HEADER)
    yield "hostile", HTML.plan(hostile_plan(), HEADER)
    yield "large", HTML.plan(large_plan(310), HEADER)
    yield "drift", HTML.drift(everything, HEADER)
    yield "result", HTML.result(everything, result, journal="run.jsonl", continue_with="uami apply identities.yaml")
    yield "journal", HTML.journal(a_record())
    yield "doctor", HTML.checkup(a_checkup())
    yield "validate", HTML.validated(Desired((desired_group("id-a"),)), (), (), DeclaredVerdict(), strict=False)
    yield "error", HTML.error(an_error())
    yield "stale", HTML.error(stale)


def write_pages(folder: Path) -> dict[str, Path]:
    """Each page as a file."""
    written = {}
    for name, text in all_pages():
        written[name] = folder / f"{name}.html"
        written[name].write_text(text, encoding="utf-8")
    return written
