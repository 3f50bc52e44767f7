"""The checks of chaos see what they are there for: each piece of evidence here breaks one promise."""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chaos.evidence import Asked, Call, Evidence, Journal, identity_path, normal
from tests.chaos.invariants import check, check_only_reads, check_output
from tests.chaos.mishaps import make_script
from tests.chaos.process import Ended
from tests.chaos.scenario import MODES, mode_of
from tests.chaos.worlds import OWNER, World, make_world
from tests.cli.inputs import SUBSCRIPTION, identity_scope

ADDRESS = f"{SUBSCRIPTION}/rg-0/id-old"
PATH = identity_path(ADDRESS)
ME = "me"
LISTS = ("subscriptions", "resourceGroups", "locks", "resources", "roleDefinitions", "roleAssignments")


def state(*names: str, **lists: object) -> dict[str, Any]:
    """A state in which these identities of ours live."""
    live = [{"id": identity_scope("rg-0", name), "tags": {"uami-owner": OWNER}} for name in names]
    return {**{name: [] for name in (*LISTS, "federatedIdentityCredentials")}, "identities": live, **lists}


def asked(method: str, path: str = PATH, status: int = 200, fault: str = "") -> Asked:
    return Asked(method, path, status, ME, fault)


LOOKS = (
    asked("POST", f"{PATH}/listassociatedresources"),
    asked("GET", f"{PATH}/federatedidentitycredentials"),
    asked("GET", f"{PATH}/providers/microsoft.authorization/locks"),
    asked("GET"),
)
DELETED = (*LOOKS, asked("DELETE"))
CALL = Call(ADDRESS, "delete", PATH, None, {"tags": {}}, "done")
WORLD = World(("rg-0",), {}, {"owner": OWNER}, frozenset())
RUN = Ended(("apply",), 0, "Apply complete! Resources: 0 added, 0 changed, 1 destroyed.\n", "")
PLAN = {"changes": [{"address": ADDRESS, "actions": ["delete"]}], "violations": []}


def journal(*calls: Call) -> Journal:
    return Journal(Path("j"), calls, True, "secret" if not calls else "")


WHOLE = Evidence(
    WORLD,
    state("id-old"),
    state(),
    DELETED,
    [RUN],
    [journal(CALL)],
    PLAN,
    tokens=("s3cret",),
    principals=frozenset({ME}),
)
"""A run that deleted one identity as it should."""

LOCK = {"id": f"{identity_scope('rg-0', 'id-old')}/providers/Microsoft.Authorization/locks/keep"}
USER = {"id": "/vm", "identity": {"userAssignedIdentities": {identity_scope("rg-0", "id-old"): {}}}}
OTHER = f"{SUBSCRIPTION}/rg-far/id-old"
PROTECTED = {"id": identity_scope("rg-0", "id-old"), "tags": {"uami-protect": "true"}}
THEIRS = {"id": identity_scope("rg-0", "id-old"), "tags": {"uami-owner": "team-b"}}


@dataclass(frozen=True)
class Broken:
    """Evidence with a promise broken, and words of what is found."""

    breaks: Callable[[Evidence], Evidence]
    words: str


def said(code: int | None, stdout: str, *arguments: str) -> Callable[[Evidence], Evidence]:
    return lambda whole: replace(whole, runs=[Ended(("apply", *arguments), code, stdout, "")])


INCOMPLETE = json.dumps({"result": {"complete": False, "changes": [{"outcome": "failed"}]}})
BROKEN = {
    "unjournalled": Broken(lambda one: replace(one, journals=[]), "and 0 lines in the journals"),
    "repeated": Broken(lambda one: replace(one, asked=(*DELETED, *DELETED)), "2 times DELETE"),
    "unplanned": Broken(lambda one: replace(one, plan={"changes": [], "violations": []}), "not planned"),
    "refused": Broken(lambda one: replace(one, plan={**PLAN, "violations": [{"address": ADDRESS}]}), "or refused"),
    "blind": Broken(lambda one: replace(one, asked=(*LOOKS[:3], asked("DELETE"))), "written blind"),
    "unlooked": Broken(
        lambda one: replace(one, asked=(*LOOKS[1:], asked("DELETE"))), "listassociatedresources was not"
    ),
    "outside": Broken(
        lambda one: replace(one, journals=[journal(replace(CALL, address=OTHER))]), "outside the manifest"
    ),
    "off-target": Broken(lambda one: replace(one, target="rg-0/id-a"), "outside the target"),
    "vanished": Broken(lambda one: replace(one, before=state("id-old", "id-b")), "came or went without a call"),
    "unlocked": Broken(lambda one: replace(one, before=state("id-old", locks=[LOCK])), "locked, and deleted"),
    "used": Broken(lambda one: replace(one, before=state("id-old", resources=[USER])), "in use, and deleted"),
    "unprotected": Broken(lambda one: replace(one, before=state(identities=[PROTECTED])), "protected, and deleted"),
    "theirs": Broken(lambda one: replace(one, before=state(identities=[THEIRS])), "another's, and deleted"),
    "lying-journal": Broken(lambda one: replace(one, after=state("id-old")), "deleted, by the journal, and there"),
    "nothing": Broken(said(1, "Error: Interrupted; nothing was changed."), "says that nothing was changed"),
    "words": Broken(said(5, "Apply complete! Resources: 1"), "complete, by its words"),
    "other-words": Broken(said(0, "Apply incomplete. Resources: 1"), "incomplete, by its words"),
    "code": Broken(said(2, ""), "exit code 2"),
    "killed": Broken(said(-signal.SIGSEGV, ""), "killed by signal 11"),
    "interrupted": Broken(said(130, ""), "without a signal"),
    "two-documents": Broken(said(0, "{}\n{}", "--format", "json"), "not one JSON document"),
    "failed-and-0": Broken(said(0, INCOMPLETE, "--format", "json"), "and not all is done"),
    "hung": Broken(said(None, "created (1 of 2)"), "hang"),
    "traceback": Broken(said(0, "Traceback (most recent call last):"), "traceback"),
    "token": Broken(said(0, "Bearer s3cret"), "token printed"),
}


def test_run_that_kept_every_promise_is_found_to() -> None:
    assert check(WHOLE) == []


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_broken_promise_is_found(broken: Broken) -> None:
    assert any(broken.words in one for one in check(broken.breaks(WHOLE)))


def test_command_that_only_reads_is_found_to_write() -> None:
    assert check_only_reads([asked("GET")], RUN) == []
    assert check_only_reads([asked("PATCH")], RUN) == [f"apply wrote: PATCH {PATH}"]


def test_call_that_a_fault_answered_has_changed_nothing() -> None:
    assert asked("PUT", fault="answer").effective is False
    assert asked("PUT").effective is True


def test_paths_compare_decoded_and_without_case_and_query() -> None:
    assert normal("/A%20b/C?api-version=1") == "/a b/c"


def test_quiet_run_has_nothing_to_say() -> None:
    assert check_output(RUN) == []


def test_seed_draws_the_same_world_and_mishaps_each_time() -> None:
    drawn = [(world := make_world(rng), make_script(rng, world)) for rng in (Random("7"), Random("7"))]

    assert drawn[0] == drawn[1]
    assert {mode_of(seed) for seed in range(200)} == set(MODES)
