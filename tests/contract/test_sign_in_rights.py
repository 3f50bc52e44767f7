"""With just the printed rights the sign-in log is read, by either way; without any of them that is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest

from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.doctor.doctor import Caller, run_doctor
from reconciler.doctor.least_privilege import LeastPrivilege, Task
from reconciler.errors import CallFailed
from reconciler.live.azure import Azure
from reconciler.outputs.unused.judge import Verdict
from reconciler.workflow.least_privilege import find_least_privilege
from reconciler.workflow.plan import run_plan
from reconciler.workflow.unused import run_unused
from tests.contract.arm import Arm, contents, in_process
from tests.contract.faults import ALWAYS, Fault, answer
from tests.contract.least_privilege import Right, of_task, rights_of, with_least
from tests.contract.test_sign_in_logs import QUERY, declared, logged, row, said, verdicts, with_log

START = with_log(contents("id-api", "id-old"), row("id-api", 3), row("id-old", 3))
GONE = Fault("POST", QUERY, answer(404, "InvalidResourceType"), times=ALWAYS)
KIND = "Microsoft.OperationalInsights/workspaces"
ACTIONS = (f"{KIND}/query/AADManagedIdentitySignInLogs/read", f"{KIND}/query/read", f"{KIND}/read")


def beside(arm: Arm) -> Azure:
    """The live side, the log named, with Log Analytics at the same place."""
    azure, client = logged(arm), ArmClient(arm.client.http, arm.time.wall)
    return replace(azure, resources=replace(azure.resources, logs=OtherService(lambda: client)))


@cache
def least() -> LeastPrivilege:
    """What the doctor prints for whoever may read everything."""
    with in_process(START) as arm:
        return find_least_privilege(declared(), logged(arm))


@contextmanager
def holding(missing: str | None, *, served: bool) -> Iterator[Azure]:
    """The live side for who has the roles of plan and of the log, but for one right at the workspace.

    Args:
        served: whether ARM serves queries.
    """
    of_log = of_task(least(), Task.SIGN_INS)
    rights: dict[str, Right] = {action: (one, action) for one, action in rights_of(of_log)}
    assert tuple(rights) == ACTIONS
    state = with_least(START, [*of_task(least(), Task.PLAN), *of_log], None if missing is None else rights[missing])
    with in_process(state, *([] if served else [GONE])) as arm:
        yield beside(arm)


@pytest.mark.parametrize("served", [True, False])
def test_with_just_the_printed_rights_the_log_is_read(served: bool) -> None:
    with holding(None, served=served) as azure:
        assert verdicts(run_unused(declared(), azure, 30)) == {"id-api": Verdict.USED}
        assert said(run_plan(declared(), azure), "id-old") == "3 days ago, for Azure Key Vault"


@pytest.mark.parametrize(
    ("served", "missing"),
    [(True, ACTIONS[0]), (True, ACTIONS[1]), *((False, action) for action in ACTIONS)],
)
def test_without_any_of_them_it_is_said_and_nothing_is_called_unused(served: bool, missing: str) -> None:
    with holding(missing, served=served) as azure:
        with pytest.raises(CallFailed) as refused:
            run_unused(declared(), azure, 30)
        assert missing in f"{refused.value.message} {refused.value.hint}"
        assert said(run_plan(declared(), azure), "id-old").startswith("not read, because ")


@pytest.mark.parametrize("missing", [None, *ACTIONS])
def test_doctor_names_the_right_that_is_missing(missing: str | None) -> None:
    caller = Caller("https://management.azure.com", "token", lambda: None, lambda: None)

    with holding(missing, served=True) as azure:
        checkup = run_doctor(declared().desired, (), azure, caller)

    at_workspace = [one for one in checkup.rights if one.action in ACTIONS]
    assert len(at_workspace) == len(ACTIONS)
    assert [one.action for one in at_workspace if one.standing == "missing"] == ([missing] if missing else [])
