"""Ctrl-C and SIGTERM, at every stage of a run: what was done stays done, what was not is said.

That nobody waits for an answer is seen where none comes: the server is paused, and the run ends all the same.
"""

import signal
import time
from pathlib import Path

import pytest

from tests.cli.arm_server import ArmServer
from tests.cli.command import SCRIPT, Running, Uami
from tests.cli.conftest import Serve
from tests.cli.documents import ERROR_DOCUMENT, problems
from tests.cli.inputs import identity_names, write_manifest, write_state

TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
LATENCY_MS = 250
"""Long enough for a test to pause the server before it answers a call."""

PAUSE_S = 0.3
"""Long enough for the command to send a call, or to hear a signal, even on a busy machine."""

by_signal = pytest.mark.parametrize(("number", "code"), SIGNALS, ids=["ctrl-c", "sigterm"])


@pytest.fixture
def two_creates(folder: Path) -> Path:
    """`m.yaml` and `s.json`, whose plan creates `id-one` and `id-two` in `rg-a`."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one", "id-two"]})
    write_state(folder / "s.json", {"rg-a": {}})
    return folder


def _hold_first_write(run: Running, arm: ArmServer) -> None:
    """Return while the create of `id-one` is under way, with its answer held back until the server is resumed."""
    run.wait_for("rg-a/id-one: creating...\n")
    # The read that comes before the write; the server's latency keeps the write from ending before it is paused.
    run.wait_for("userAssignedIdentities/id-one 404")
    arm.pause()
    time.sleep(PAUSE_S)


@by_signal
def test_stop_at_the_prompt_changes_nothing(uami: Uami, two_creates: Path, number: signal.Signals, code: int) -> None:
    before = (two_creates / "s.json").read_bytes()

    with uami.at_terminal("apply", "m.yaml", "--sandbox", "s.json") as run:
        run.wait_for("Answer: ")
        run.signal(number)
        ended = run.end()

    assert ended.code == code
    # Behind the `^C` that a terminal shows, the error begins on a line of its own.
    assert ended.stderr.endswith(
        "  Answer: \nError: Interrupted; nothing was changed.\nHint: Run the same command again.\n"
    )
    assert (two_creates / "s.json").read_bytes() == before


@by_signal
def test_stop_while_reading_does_not_wait_for_the_answer(
    uami: Uami, two_creates: Path, serve: Serve, number: signal.Signals, code: int
) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))

    with uami.started("plan", "m.yaml", *arm.flags, "--log-level", "debug", environment=TOKEN) as run:
        run.wait_for(" 200 ")
        arm.pause()
        run.signal(number)
        ended = run.end()

    assert (ended.code, ended.stdout) == (code, "")
    # Not necessarily last: the read that is cut off may log at this level that it was.
    assert "Error: Interrupted; nothing was changed.\nHint: Run the same command again.\n" in ended.stderr


def test_signal_that_the_caller_silenced_stays_silent(uami: Uami, two_creates: Path, serve: Serve) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))
    silenced = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *SCRIPT)
    flags = (*arm.flags, "--log-level", "debug", "-y")

    with uami.started("apply", "m.yaml", *flags, environment=TOKEN, form=silenced) as run:
        run.wait_for(" 200 ")
        run.signal(signal.SIGINT)
        run.wait_for("rg-a/id-one: creating...\n")
        run.signal(signal.SIGINT)
        ended = run.end()

    assert ended.code == 0
    assert ended.stdout.endswith("\nApply complete! Resources: 2 added, 0 changed, 0 destroyed.\n")


def test_stop_while_reading_is_told_in_json(uami: Uami, two_creates: Path, serve: Serve) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))
    flags = (*arm.flags, "--log-level", "debug", "--format", "json")

    with uami.started("plan", "m.yaml", *flags, environment=TOKEN) as run:
        run.wait_for(" 200 ")
        run.signal(signal.SIGINT)
        ended = run.end()

    assert ended.code == 130
    assert problems(ended.document, ERROR_DOCUMENT) == []
    assert ended.document["error"]["code"] == "interrupted"


@by_signal
def test_stop_among_writes_finishes_those_under_way_and_tells_the_others(
    uami: Uami, two_creates: Path, serve: Serve, number: signal.Signals, code: int
) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))
    flags = (*arm.flags, "--parallelism", "1", "--log-level", "debug", "-y")

    with uami.started("apply", "m.yaml", *flags, environment=TOKEN) as run:
        _hold_first_write(run, arm)
        run.signal(number)
        # Before anything is answered.
        run.wait_for(
            "Interrupted: no further change is started; waiting for 1 call in flight, 90 s at most. Press Ctrl-C again"
            " to stop waiting, and leave them in doubt.\n"
        )
        arm.resume()
        ended = run.end()

    assert ended.code == code
    assert "Not tried:\n  create rg-a/id-two: the run was asked to stop\n" in ended.stdout
    assert ended.stdout.endswith("\nApply incomplete: 1 added, 0 changed, 0 destroyed, 0 failed, 1 not tried.\n")
    again = f"uami apply m.yaml {' '.join(arm.flags)} --parallelism 1 --auto-approve --log-level debug"
    assert f"To continue: {again}\n" in ended.stdout
    assert "rg-a/id-one: created (1 of 2)\n" in ended.stderr
    assert list(arm.identities) == ["rg-a/id-one"]


def test_stopped_apply_run_again_does_the_rest(uami: Uami, two_creates: Path, serve: Serve) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))
    with uami.started(
        "apply", "m.yaml", *arm.flags, "--parallelism", "1", "--log-level", "debug", "-y", environment=TOKEN
    ) as run:
        _hold_first_write(run, arm)
        run.signal(signal.SIGINT)
        arm.resume()
        run.end()

    ended = uami("apply", "m.yaml", *arm.flags, "-y", environment=TOKEN)

    assert ended.code == 0
    assert ended.stdout.endswith("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n")
    assert list(arm.identities) == ["rg-a/id-one", "rg-a/id-two"]


def test_stop_among_writes_is_told_in_json(uami: Uami, two_creates: Path, serve: Serve) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))
    flags = (*arm.flags, "--parallelism", "1", "--log-level", "debug", "-y", "--format", "json")

    with uami.started("apply", "m.yaml", *flags, environment=TOKEN) as run:
        _hold_first_write(run, arm)
        run.signal(signal.SIGINT)
        arm.resume()
        ended = run.end()

    result = ended.document["result"]
    assert ended.code == 130
    assert problems(ended.document, "apply:v1") == []
    assert (result["complete"], result["interrupted"], result["verified"]) == (False, True, False)
    assert [change["outcome"] for change in result["changes"]] == ["done", "not-tried"]


def test_second_ctrl_c_leaves_at_once_and_says_what_is_in_doubt(uami: Uami, two_creates: Path, serve: Serve) -> None:
    arm = serve("s.json", "--latency-ms", str(LATENCY_MS))

    with uami.started(
        "apply", "m.yaml", *arm.flags, "--parallelism", "1", "--log-level", "debug", "-y", environment=TOKEN
    ) as run:
        _hold_first_write(run, arm)
        run.signal(signal.SIGINT)
        # Two signals of one kind that are pending at the same time are one signal.
        time.sleep(PAUSE_S)
        run.signal(signal.SIGINT)
        ended = run.end()

    assert ended.code == 130
    assert "Interrupted again: not waiting for 1 call in flight; " in ended.stderr
    assert (
        "In doubt: a call went out, and no answer says whether it took effect:\n"
        "  create rg-a/id-one: the run ended before ARM answered\n"
    ) in ended.stdout
    assert "Not tried:\n  create rg-a/id-two: " in ended.stdout


def test_served_sandbox_saves_what_changed_when_it_is_told_to_stop(uami: Uami, two_creates: Path, serve: Serve) -> None:
    arm = serve("s.json")
    arm.put_identity("rg-a", "id-one")

    arm.process.send_signal(signal.SIGTERM)

    assert arm.process.wait(30) == 0
    assert "id-one" in identity_names(two_creates / "served-s.json")
