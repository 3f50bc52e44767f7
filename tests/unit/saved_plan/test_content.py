"""A saved plan comes back as it was, or is refused with the place and what to do."""

import copy
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.errors import ExitCode, InputFileError
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import Desired, DesiredGroup
from reconciler.manifest.rules.globs import matches_any
from reconciler.model import FORMAT_VERSION, OWNER_TAG
from reconciler.model.identity import Live
from reconciler.plan.diff_identities import diff_states
from reconciler.plan.document import plan_document
from reconciler.plan.plan import Plan, make_plan
from reconciler.report.formats.text import TextFormat
from reconciler.report.rows import Header
from reconciler.saved_plan.content import MAX_BYTES
from reconciler.saved_plan.read_desired import read_desired
from tests.builders import TODAY, desired_group, listed, live_group, live_identity, live_of, plan_of
from tests.cli.documents import problems
from tests.strategies import FEW_EXAMPLES, World, worlds, worlds_with_holds
from tests.unit.manifest.manifests import load_text
from tests.unit.manifest.test_load_properties import ACCESS, GROUPS, Access, Groups, access_manifest, manifest
from tests.unit.reporting import plan_of_everything, refused_plan
from tests.unit.saving import CLOCK_S, NAME, document_of, load, save, sealed

HEADER = Header("", "")


def _text(plan: Plan) -> str:
    return TextFormat(color=False).plan(plan, HEADER)


def _desired_document(desired: Desired) -> Any:
    plan = make_plan(
        desired,
        Live((), ()),
        diff_states(Desired(()), Live((), ()), judged_on=TODAY),
        (),
        cloud="AzureCloud",
        targets=(),
    )
    return plan_document(plan)["desired"]


def _with_guids(desired: Desired) -> Desired:
    """The same with pins that a manifest could have: generated principals are told by their names."""

    def guid(pin: str | None) -> str | None:
        return None if pin is None else str(uuid.uuid5(uuid.NAMESPACE_URL, pin))

    def group_with_guids(group: DesiredGroup) -> DesiredGroup:
        listed = (replace(one, expected_principal_id=guid(one.expected_principal_id)) for one in group.identities)
        removals = (replace(one, principal_id=guid(one.principal_id)) for one in group.remove)
        return replace(group, identities=tuple(listed), remove=tuple(removals))

    return Desired(tuple(group_with_guids(group) for group in desired.groups))


def test_five_thousand_updates_come_to_less_than_five_megabytes() -> None:
    names, tags = [f"id-{number:06}" for number in range(50)], {"number": "4711", "team": "a"}
    entries = (listed(one, location="westeurope", tags=tags, line=10_000) for one in names)
    lives = (
        live_identity(one, tags={**tags, "team": "b", OWNER_TAG: "bench"}, principal_id=str(uuid.UUID(int=0)))
        for one in names
    )

    content = save(plan_of(desired_group(*entries, owner="bench"), live_group(*lives)))

    assert len(content) * 5000 / len(names) < 5_000_000


@FEW_EXAMPLES
@given(worlds() | worlds_with_holds())
def test_plan_comes_back_as_it_was(world: World) -> None:
    for group in world.desired.groups:  # no manifest lists what it ignores
        assume(not any(matches_any(name, group.ignore.tags) for one in group.identities for name, _ in one.tags))
    desired = _with_guids(world.desired)
    changes = diff_states(desired, world.live, judged_on=TODAY)
    verdict = judge(changes, NO_ALLOWANCES)
    plan = make_plan(desired, world.live, changes, verdict, cloud="AzureCloud", targets=())

    saved = load(save(plan))

    assert (plan_document(saved.plan), _text(saved.plan)) == (plan_document(plan), _text(plan))
    assert problems(saved.document, "plan:v1") == []


@settings(max_examples=30)
@given(GROUPS, st.integers())
def test_identities_that_a_manifest_lists_come_back_with_their_places(groups: Groups, seed: int) -> None:
    desired = load_text(manifest(groups, seed))

    assert read_desired(_desired_document(desired)) == desired


@settings(max_examples=30)
@given(st.lists(ACCESS, max_size=3), st.integers())
def test_credentials_and_roles_that_a_manifest_lists_come_back_with_their_places(
    access: list[Access], seed: int
) -> None:
    desired = load_text(access_manifest(access, seed))

    assert read_desired(_desired_document(desired)) == desired


def test_rules_that_a_manifest_gives_come_back_with_their_places() -> None:
    desired = load_text(
        """\
version: 1
subscription: 00000000-0000-0000-0000-000000000001
tenant: 00000000-0000-0000-0000-00000000000a
owner: team-a
defaults: {location: West Europe, tags: {env: prod, old: null, price: "${A} $${"}}
policy: {identities: owned, tags: exact, federatedCredentials: merge}
limits: {maxDeletes: 3, maxDeletePercent: 7, maxRevokes: 5}
ignore: {identities: ["aks-*"], tags: ["hidden-*"]}
resourceGroups:
  rg-b:
    policy: {identities: merge}
    ignore: {identities: ["mc-*"]}
    identities: [{name: id-two, isolationScope: Regional, location: North Europe, tags: {Env: test}}]
  rg-a: {identities: []}
""",
        {"A": "b"},
    )

    assert read_desired(_desired_document(desired)) == desired


def test_plan_of_a_manifest_with_variables_and_literals_comes_back() -> None:
    desired = load_text(
        """\
version: 1
subscription: 00000000-0000-0000-0000-000000000001
owner: a
ignore: {tags: ["t$${literal}"]}
defaults: {tags: {price: "${PRICE}", old: null}}
resourceGroups:
  ${GROUP}: {identities: [id-a, {name: id-b, tags: {Price: "$$${{"}}]}
""",
        {"PRICE": "${PRICE} $${", "GROUP": "rg-app"},
    )
    live = live_of(live_group("id-a"))
    plan = make_plan(desired, live, diff_states(desired, live, judged_on=TODAY), (), cloud="AzureCloud", targets=())

    saved = load(save(plan))

    assert saved.plan.desired == desired
    assert [identity.tags for group in desired.groups for identity in group.identities] == [
        (("old", None), ("price", "${PRICE} $${")),
        (("old", None), ("Price", "$${{")),
    ]


def test_saved_plan_says_when_it_was_made_and_its_report_does_not() -> None:
    plan = plan_of_everything()

    saved = document_of(plan)

    assert saved.pop("fingerprint").startswith("sha256:")
    assert saved.pop("created_at") == load(save(plan)).created_at == "2026-01-31T08:30:00Z"
    assert saved.pop("judged_on") == load(save(plan)).plan.judged_on.isoformat() == "2026-01-31"
    assert saved == plan_document(plan)
    assert CLOCK_S == 1_769_848_200.0


def test_every_truncation_of_a_plan_is_refused() -> None:
    content = save(refused_plan())
    whole = content.rstrip()

    codes = set()
    for length in range(len(whole)):
        with pytest.raises(InputFileError) as refusal:
            load(whole[:length])
        codes.add(refusal.value.exit_code)

    assert codes == {ExitCode.INVALID_INPUT}


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_plan_with_a_changed_byte_is_refused_or_says_the_same(place: int, byte: int) -> None:
    plan = plan_of_everything()
    content = bytearray(save(plan))
    content[place % len(content)] = byte

    try:
        saved = load(bytes(content))
    except InputFileError:
        return

    assert plan_document(saved.plan) == plan_document(plan)


def test_plan_in_another_layout_is_the_same_plan() -> None:
    document = document_of(plan_of_everything())

    saved = load(json.dumps(document, sort_keys=True, ensure_ascii=False).encode())

    assert plan_document(saved.plan) == plan_document(plan_of_everything())


Edit = Callable[[Any], object]

REFUSED = "plan.json: this saved plan cannot be used: "
BROKEN_RULE = "what it declares breaks a rule of manifests, at"


def _manifest(document: Any) -> Any:
    return document["desired"][0]


def _identities(document: Any) -> Any:
    (group,) = _manifest(document)["resourceGroups"].values()
    return group["identities"]


def _renamed(sources: Any, name: str) -> Any:
    (places,) = sources.values()
    return {name: places}


def _twice(items: list[Any]) -> None:
    items.append(copy.deepcopy(items[0]))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (
            lambda d: d.pop("created_at"),
            "it has no `created_at`; what `--format json` prints is a report, not a saved plan.",
        ),
        (
            lambda d: d.update(format_version="1.1", tool_version="9.0"),
            "it was made by a newer version, uami '9.0': it is of format '1.1', and this uami reads '1.0'.",
        ),
        (lambda d: d.pop("format_version"), "it is damaged: it has no `format_version`"),
        (lambda d: d.update(format_version=1), "it is damaged: its `format_version` is '1'"),
        (lambda d: d.pop("changes"), "$: 'changes' is a required property."),
        (lambda d: d.update(colour="red"), "$ contradicts the rest of the plan, or is nothing that a plan says."),
        (
            lambda d: d["changes"][0].update(impact={}),
            "$.changes[0].impact: {} is not valid",
        ),
        (lambda d: d["summary"].update(delete=0), "$.summary.delete contradicts the rest of the plan"),
        (lambda d: d["scope"].update(resource_groups=[]), "$.scope.resource_groups contradicts the rest of the plan"),
        (lambda d: d["scope"].update(targets=["rg-else"]), "one of its targets cannot be one: --target rg-else: "),
        (lambda d: d["changes"][0].update(reason="whim"), "'whim' is not a valid Reason."),
        (lambda d: d["changes"][0].update(address="s/rg-else/id-a"), "it changes s/rg-else/id-a, but declares nothing"),
        (lambda d: d["changes"][0]["before"].update(tags={"a": "1", "A": "2"}), "tag 'A' is given twice."),
        (lambda d: d["changes"][0].update(before={"inexpressible": True}), "`location` is missing where a resource is"),
        (
            lambda d: _twice(d["desired"]),
            f"{BROKEN_RULE} identities.yaml:3:3: the resource group `rg-app` is already listed at identities.yaml:3:3.",
        ),
        (
            lambda d: _twice(_identities(d)),
            f"{BROKEN_RULE} identities.yaml:3:3: the identity `id-adopt` is already listed at identities.yaml:5:9.",
        ),
        (
            lambda d: _identities(d)[0].update(name="../../x"),
            f"{BROKEN_RULE} identities.yaml:5:9: `../../x` is not the name of an identity.",
        ),
        (
            lambda d: _identities(d)[0].update(name="${NAME}"),
            f"{BROKEN_RULE} identities.yaml:5:9: the variable `NAME` is not set.",
        ),
        (
            lambda d: _identities(d)[0].update(given={"location": "${PLACE}"}),
            f"{BROKEN_RULE} identities.yaml:5:9: the variable `PLACE` is not set.",
        ),
        (
            lambda d: _identities(d)[0].update(given={"location": "../x"}),
            f"{BROKEN_RULE} identities.yaml:5:9: `../x` is not an Azure region.",
        ),
        (
            lambda d: _identities(d)[0].update(given={"location": "westeurope", "tags": {}}),
            f"{BROKEN_RULE} identities.yaml:5:9: `tags` is not a key of `given`.",
        ),
        (
            lambda d: _manifest(d).update({"x-shared": 1}),
            f"{BROKEN_RULE} identities.yaml:3:3: `x-shared` is not a key of the manifest.",
        ),
        (
            lambda d: _manifest(d).update(defaults={"tags": {}}),
            "$.desired[0] contradicts the rest of the plan, or is nothing",
        ),
        (lambda d: _manifest(d).update(sources={}), "$.desired[0].sources: {} should be non-empty."),
        (
            lambda d: _manifest(d).update(sources={"identities.yaml": {}}),
            "$.desired[0].sources['identities.yaml']: {} should be non-empty.",
        ),
        (
            lambda d: _manifest(d).update(sources={"identities.yaml": {"": [0, 1]}}),
            "$.desired[0].sources['identities.yaml'][''][0]: 0 is less than the minimum of 1.",
        ),
        (
            lambda d: _manifest(d).update(sources={"identities.yaml": {"": [1]}}),
            "$.desired[0].sources['identities.yaml']['']: [1] is too short.",
        ),
        (
            lambda d: _manifest(d)["sources"]["identities.yaml"].update({"/else": [1, 1]}),
            "$.desired[0].sources.identities.yaml contradicts the rest of the plan, or is nothing",
        ),
        (
            lambda d: _manifest(d)["limits"].update(maxDeletePercent=200),
            "$.desired[0].limits.maxDeletePercent: 200 is greater than the maximum of 100.",
        ),
        (
            lambda d: _identities(d)[0].update(tags={"uami-owner": "me"}),
            f"{BROKEN_RULE} identities.yaml:5:9: the tag `uami-owner` belongs to uami itself.",
        ),
        (lambda d: _identities(d).reverse(), "$.desired[0].resourceGroups.rg-app.identities[0]"),
        (
            lambda d: _manifest(d).update(sources=_renamed(_manifest(d)["sources"], "a\nError: b"), owner=" "),
            f"{BROKEN_RULE} a\nError: b:3:3: ` ` is not an owner.",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_edited_plan_is_refused_though_its_fingerprint_fits(edit: Edit, reason: str) -> None:
    document = document_of(plan_of_everything())
    edit(document)

    with pytest.raises(InputFileError) as refusal:
        load(sealed(document))

    assert refusal.value.message.startswith(f"{REFUSED}{reason}")
    assert len(refusal.value.lines) == 1
    assert refusal.value.hint == "Plan again: uami plan PATH... -o FILE."


def test_plan_whose_fingerprint_does_not_fit_is_refused() -> None:
    document = document_of(plan_of_everything())
    document["changes"][0]["before"]["tags"]["env"] = "elsewhere"

    with pytest.raises(InputFileError) as refusal:
        load(json.dumps(document).encode())

    assert refusal.value.message == f"{REFUSED}it has been changed since it was saved: its fingerprint does not match."


def test_manifest_where_a_plan_belongs_is_told() -> None:
    with pytest.raises(InputFileError) as refusal:
        load(b"version: 1\n")

    assert refusal.value.message == f"{NAME}: this is not a saved plan."
    assert "uami plan PATH... -o FILE" in refusal.value.hint


def test_saved_plan_can_be_read_line_by_line_and_begins_with_its_format() -> None:
    content = save(plan_of_everything())
    lines = content.decode().splitlines()

    assert lines[:2] == ["{", f'  "format_version": "{FORMAT_VERSION}",']
    changes = json.loads(content)["changes"]
    first = lines.index('  "changes": [') + 1
    assert [json.loads(line.removesuffix(",")) for line in lines[first : first + len(changes)]] == changes


def test_saved_plan_is_no_longer_than_what_is_read() -> None:
    plan = plan_of_everything()
    content = save(plan)
    padded = content + b" " * (MAX_BYTES - len(content))

    assert MAX_BYTES == 104_857_600
    assert load(padded).plan == load(content).plan
    with pytest.raises(InputFileError, match="it is longer than 104857600 bytes"):
        load(padded + b" ")
    with pytest.raises(InputFileError, match="and a saved plan can have 104857600"):
        save(replace(plan, notes=("x" * MAX_BYTES,)))
