"""Plan files that somebody edited: none does more than a manifest of the same words would, or ends in a traceback.

The manifest of the same words is written by the tests' own rules, so that a mistake in reading plan files cannot excuse
itself.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ExitCode, InputFileError, PlanStale, ReconcilerError, UsageError
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.saved_plan.file import find_plan_file
from reconciler.workflow.declare import Declaration, load_declaration
from tests.contract.arm import in_process
from tests.contract.saved import MANIFEST, Applying, declare, live, manifest_of, plan_file, request
from tests.unit.saving import sealed

START = live()
CONTENT = plan_file(START, manifest=f"{MANIFEST}defaults: {{location: northeurope}}\n")
DOCUMENT = json.loads(CONTENT)

Place = tuple[str | int, ...]


def _places(value: Any, path: Place = ()) -> list[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(place for key, item in inner for place in _places(item, (*path, key)))]


# What the file declares and what follows from it alike; a change of the first is what could do harm.
DECLARES = [place for place in _places(DOCUMENT) if place[0] == "desired"]
SAYS = [place for place in _places(DOCUMENT) if place[0] not in ("desired", "fingerprint")]
PLACES = st.sampled_from(DECLARES) | st.sampled_from(SAYS)
_WORDS = (
    *("", " ", "x", "\n", "\u202e", "../x", "/", "*", "a/b", "${X}", "id-same", "id-evil", "rg-app", "rg-other"),
    *("exact", "merge", "owned", "team-b", "Owner", "delete", "no-op", "not-listed"),
)
# Copied, or a later edit of the same document could put a list or an object into itself.
VALUES: st.SearchStrategy[object] = st.sampled_from([None, True, False, 0, 1, -1, 10**30, [], {}, *_WORDS]).map(
    copy.deepcopy
)


@st.composite
def edits(draw: st.DrawFn) -> Any:
    """The document with one to three values replaced, removed, repeated or taken from elsewhere."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(PLACES)
        try:
            holder = _at(document, place[:-1])
            if isinstance(holder, dict) and not isinstance(place[-1], str):
                continue  # an edit before has made an object of the list
            match draw(st.sampled_from(["replace", "copy", "remove", "repeat", "add"])):
                case "replace":
                    holder[place[-1]] = draw(VALUES)
                case "copy":
                    holder[place[-1]] = copy.deepcopy(_at(DOCUMENT, draw(PLACES)))
                case "remove":
                    del holder[place[-1]]
                case "repeat":
                    holder.insert(0, copy.deepcopy(holder[place[-1]]))
                case "add":
                    holder[draw(st.sampled_from(["protect", "colour", "env", "refused"]))] = draw(VALUES)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an edit before has taken the place away
    return document


def _at(document: Any, path: Place) -> Any:
    for key in path:
        document = document[key]
    return document


Outcome = tuple[Contents, ReconcilerError | None]


def _carry_out(declaration: Declaration) -> Outcome:
    """What lives afterwards, but for ids that the emulator draws, and how the run was refused."""
    with in_process(START) as arm:
        error = None
        try:
            Applying(arm).run(declaration, skip_refused=True)
        except ReconcilerError as refusal:
            error = refusal
            assert arm.writes == []
        return _without_drawn(arm.application.state.contents()), error


def _without_drawn(after: Contents) -> Contents:
    known = {one.principal_id for one in START.of(Identity)}
    identities = tuple(
        one if one.principal_id in known else replace(one, principal_id="", client_id="") for one in after.of(Identity)
    )
    assignments = tuple(
        one if one.principal_id in known else replace(one, name="", principal_id="") for one in after.of(RoleAssignment)
    )
    return Contents(
        items=(
            *identities,
            *after.of(FederatedCredential),
            *assignments,
        )
    )


def _untouched() -> Contents:
    """What lives where nothing is done; the emulator keeps things in an order of its own."""
    with in_process(START) as arm:
        return _without_drawn(arm.application.state.contents())


def _of_manifest(document: Any) -> Outcome:
    """What a manifest of the same words does, within the same targets."""
    return _carry_out(load_declaration(request(manifest_of(document), tuple(document["scope"]["targets"]))))


@settings(max_examples=80)
@given(edits())
def test_edited_plan_is_refused_or_does_what_its_manifest_would(document: Any) -> None:
    content = sealed(document)

    try:
        declaration = declare(content)
        after, error = _carry_out(declaration)
    except ReconcilerError as refusal:
        assert refusal.exit_code in (ExitCode.INVALID_INPUT, ExitCode.USAGE)
        return

    if not isinstance(error, PlanStale):
        own, refused = _of_manifest(document)
        assert (after, type(error)) == (own, type(refused))


ACTIONS = ("create", "update", "delete", "no-op")
NAMES = [change["address"] for change in DOCUMENT["changes"]]


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    "leaves_out", [(), ("before",), ("after",), ("before", "after")], ids=lambda keys: "-".join(keys)
)
def test_change_that_says_something_else_is_refused_or_stale(
    number: int, action: str, leaves_out: tuple[str, ...]
) -> None:
    document = copy.deepcopy(DOCUMENT)
    change = document["changes"][number]
    change["actions"] = [action]
    change |= dict.fromkeys(leaves_out)

    try:
        _, error = _carry_out(declare(sealed(document)))
    except ReconcilerError as refusal:
        assert refusal.exit_code == ExitCode.INVALID_INPUT
    else:
        assert isinstance(error, PlanStale) is (document != DOCUMENT)


def _identities(manifest: Any) -> Any:
    return manifest["resourceGroups"]["rg-app"]["identities"]


def _take_off(manifest: Any) -> None:
    """One less, and so is its place, so that the file agrees with itself."""
    _identities(manifest).pop()
    (places,) = manifest["sources"].values()
    del places[f"/resourceGroups/rg-app/identities/{len(_identities(manifest))}"]


def _put_on(manifest: Any, identity: Any) -> None:
    """One more, with a place."""
    identities, (places,) = _identities(manifest), manifest["sources"].values()
    identities.append(identity)
    places[f"/resourceGroups/rg-app/identities/{len(identities) - 1}"] = places["/resourceGroups/rg-app"]


OTHER_WORDS: dict[str, Callable[[Any], object]] = {
    "tag": lambda manifest: _identities(manifest)[0]["tags"].update(env="evil"),
    "subject": lambda manifest: _identities(manifest)[0]["federatedCredentials"][0].update(subject="evil"),
    "role": lambda manifest: _identities(manifest)[0]["roleAssignments"][0].update(role="Owner"),
    "location": lambda manifest: _identities(manifest)[1].update(location="evil"),
    "default location": lambda manifest: _identities(manifest)[1]["given"].update(location="evil"),
    "identity taken off": _take_off,
    "identity put on": lambda manifest: _put_on(manifest, {**_identities(manifest)[1], "name": "id-zzz"}),
    "policy": lambda manifest: manifest["policy"].update(identities="merge"),
    "owner": lambda manifest: manifest.update(owner="team-b"),
    "ignored": lambda manifest: manifest["ignore"].update(identities=["id-old"]),
}


@pytest.mark.parametrize("words", OTHER_WORDS)
def test_plan_that_declares_something_else_than_it_shows_does_nothing(words: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    OTHER_WORDS[words](document["desired"][0])

    try:
        after, error = _carry_out(declare(sealed(document)))
    except InputFileError:
        return

    assert isinstance(error, PlanStale)
    assert after == _untouched()


def test_plan_that_nobody_edited_does_what_its_manifest_would() -> None:
    after, error = _carry_out(declare(CONTENT))

    assert error is None
    assert after == _of_manifest(DOCUMENT)[0] != _untouched()


def test_every_truncation_is_refused_whatever_it_is_taken_for(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    taken_for_plans = 0
    for length in range(0, 60):
        file.write_bytes(CONTENT[:length])
        taken_for_plans += find_plan_file([str(file)]) is not None
        try:
            load_declaration(replace(request(), paths=(str(file),)))
        except ReconcilerError as refusal:
            assert refusal.exit_code is ExitCode.INVALID_INPUT
        else:
            raise AssertionError(f"{length} bytes of a plan are a manifest")

    # All longer ones begin alike, and each of them is refused as a plan (tests/unit/saved_plan/test_content.py).
    assert taken_for_plans == 60 - len('{\n  "format_version":')


@settings(max_examples=80)
@given(st.binary(max_size=40), st.integers(0, len(CONTENT)), st.integers(0, 40))
def test_plan_with_other_bytes_in_it_is_refused(inserted: bytes, place: int, dropped: int) -> None:
    content = CONTENT[:place] + inserted + CONTENT[place + dropped :]

    try:
        declaration = declare(content)
    except InputFileError as refusal:
        assert refusal.message.startswith("plan.json: this ")
    else:
        assert declaration.saved == declare(CONTENT).saved


def test_plan_among_other_paths_is_wrong_usage_and_alone_it_is_a_plan(tmp_path: Path) -> None:
    plan, other = tmp_path / "plan.json", tmp_path / "a.yaml"
    plan.write_bytes(CONTENT)
    other.write_text(MANIFEST)

    assert find_plan_file([str(plan)]) == str(plan)
    assert find_plan_file([str(other), str(other)]) is None
    with pytest.raises(UsageError, match="is a saved plan, and it is not the only path"):
        find_plan_file([str(other), str(plan)])
