"""The sandbox as a process: its first line, its signals, its file, and many callers at once."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reconciler import sandbox
from reconciler.cli.commands.sandbox_serve import serve
from reconciler.errors import InputFileError, ReconcilerError, UsageError
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.state.state import DEFAULT_SUBSCRIPTION, Identity, Subscription
from reconciler.sandbox.state_file.file import load_state, locked, save_state
from tests.sandbox.arm import (
    GROUP,
    IDENTITIES,
    IN_SUBSCRIPTION,
    TYPE,
    VERSION,
    application,
    client,
    contents,
    files_in,
    names,
)
from tests.steps import HANG_S

HEADERS = {"Authorization": "Bearer any"}
COMMAND = [sys.executable, "-P", "-m", "reconciler", "sandbox", "serve"]


@contextmanager
def serving(*arguments: str, before: Sequence[str] = ()) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [*before, *COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.Client(base_url=url, headers=HEADERS, trust_env=False) as arm:
                yield process, arm
        finally:
            process.kill()


def stop(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(number)
    _, errors = process.communicate(timeout=HANG_S)
    return process.returncode, errors


def create_group_and_identity(arm: httpx.Client) -> None:
    arm.put(GROUP, params={"api-version": "2024-07-01"}, json={"location": "westeurope"}).raise_for_status()
    arm.put(f"{IDENTITIES}/id-a", params=VERSION, json={"location": "westeurope"}).raise_for_status()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_command_with_0_and_the_state_saved(tmp_path: Path, number: int) -> None:
    path = tmp_path / "state.json"

    with serving("--state", str(path)) as (process, arm):
        create_group_and_identity(arm)
        ended = stop(process, number)

    assert ended == (0, "")
    assert [identity.name for identity in load_state(path).of(Identity)] == ["id-a"]
    assert files_in(tmp_path) == ["state.json"]


def test_call_in_flight_is_finished_before_the_command_ends(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with serving("--state", str(path), "--latency-ms", "700") as (process, arm):
        arm.put(GROUP, params={"api-version": "2024-07-01"}, json={"location": "westeurope"})
        answers: list[int] = []

        def create() -> None:
            answer = arm.put(f"{IDENTITIES}/id-late", params=VERSION, json={"location": "westeurope"})
            answers.append(answer.status_code)

        late = threading.Thread(target=create)
        late.start()
        time.sleep(0.3)  # the call is inside the server's latency now
        ended = stop(process)
        late.join()

    assert (ended, answers) == ((0, ""), [201])
    assert [identity.name for identity in load_state(path).of(Identity)] == ["id-late"]


def test_state_is_saved_behind_the_calls_while_it_is_served(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    with serving("--state", str(path)) as (_process, arm):
        create_group_and_identity(arm)
        deadline = time.monotonic() + HANG_S
        while not load_state(path).of(Identity) and time.monotonic() < deadline:
            time.sleep(0.05)
        saved = load_state(path)

    assert [identity.name for identity in saved.of(Identity)] == ["id-a"]


def test_subscriptions_are_those_asked_for_or_the_default() -> None:
    def served(*arguments: str) -> list[str]:
        with serving(*arguments) as (_process, arm):
            listed = arm.get("/subscriptions", params={"api-version": "2022-12-01"}).json()
        return [item["subscriptionId"] for item in listed["value"]]

    other = "aaaaaaaa-0000-0000-0000-000000000002"
    another = "aaaaaaaa-0000-0000-0000-000000000003"
    assert served() == [DEFAULT_SUBSCRIPTION]
    assert served("--subscription", other, "--subscription", another) == [other, another]


def test_subscription_is_added_to_an_existing_state(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    other = "aaaaaaaa-0000-0000-0000-000000000002"

    for arguments in ((), ("--subscription", other), ()):
        with serving("--state", str(path), *arguments) as (process, _arm):
            assert stop(process) == (0, "")

    assert [item.subscription_id for item in load_state(path).of(Subscription)] == [DEFAULT_SUBSCRIPTION, other]


def test_page_size_is_what_was_asked_for() -> None:
    with serving("--page-size", "1") as (_process, arm):
        create_group_and_identity(arm)
        arm.put(f"{IDENTITIES}/id-b", params=VERSION, json={"location": "westeurope"})
        first = arm.get(IDENTITIES, params=VERSION)
        second = arm.get(first.json()["nextLink"])

    assert (names(first), names(second)) == (["id-a"], ["id-b"])


def test_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ReconcilerError) as caught:
            serve(port=port)

    assert caught.value.message == f"port {port} of 127.0.0.1 cannot be used: Address already in use"
    assert caught.value.exit_code == 1


def test_state_that_is_damaged_is_an_input_file_error(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}", encoding="utf-8")

    with pytest.raises(InputFileError) as caught:
        serve(state=path)

    assert caught.value.message == f"{path}: the document has no version"


@pytest.mark.parametrize("name", ["none/state.json", "a" * 300, "a\0b"])
def test_place_where_no_state_can_be_is_wrong_usage(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        serve(state=tmp_path / name)

    assert caught.value.message.startswith(f"--state {tmp_path / name}: ")
    assert files_in(tmp_path) == []


def test_state_of_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    with sandbox.serve(sandbox.Serving(state=path)):
        pass

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files_in(tmp_path) == ["state.json"]


@pytest.mark.parametrize("target", ["state.json", "nowhere.json"])
def test_state_behind_a_link_is_neither_read_nor_written(tmp_path: Path, target: str) -> None:
    save_state(tmp_path / "state.json", contents())
    before = (tmp_path / "state.json").read_bytes()
    (tmp_path / "link.json").symlink_to(target)

    with pytest.raises(InputFileError) as caught:
        serve(state=tmp_path / "link.json")

    assert "link.json: " in caught.value.message
    assert files_in(tmp_path) == ["link.json", "state.json"]
    assert (tmp_path / "state.json").read_bytes() == before


def test_state_that_another_process_holds_is_an_input_file_error(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    with locked(path), pytest.raises(InputFileError) as caught:
        serve(state=path)

    assert caught.value.message == f"{path}: another process is using it; wait until it ends, or work on a copy"


def test_subscription_that_is_no_guid_is_wrong_usage() -> None:
    with pytest.raises(UsageError) as caught:
        serve(subscription=["mine"])

    assert caught.value.message == "--subscription must be a GUID, not 'mine'."


def test_missing_extra_names_the_command_that_installs_it() -> None:
    script = (
        "import sys\n"
        "sys.modules['cheroot'] = None\n"
        "from reconciler.cli.commands.sandbox_serve import serve\n"
        "from reconciler.errors import ReconcilerError\n"
        "try:\n"
        "    serve()\n"
        "except ReconcilerError as error:\n"
        "    print(error.message, error.hint, sep='|')\n"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert shown.stdout == (
        'The sandbox needs cheroot, which is not installed.|Install it with: pip install "uami-reconciler[sandbox]"\n'
    )


def test_command_line_starts_without_the_libraries_of_the_sandbox() -> None:
    script = (
        "import sys, reconciler.cli.commands.sandbox\n"
        "print(sorted({'werkzeug', 'cheroot', 'httpx', 'reconciler.sandbox'} & set(sys.modules)))\n"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert shown.stdout == "[]\n"


@pytest.mark.parametrize("over_http", [False, True], ids=["in process", "over HTTP"])
def test_many_writers_at_once_lose_nothing(over_http: bool) -> None:
    app = application(contents())
    expected = [f"id-{number:03}" for number in range(200)]

    def create_all(arm: httpx.Client) -> list[int]:
        def create(name: str) -> int:
            return arm.put(f"{IDENTITIES}/{name}", params=VERSION, json={"location": "westeurope"}).status_code

        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(create, expected))

    if over_http:
        with running(app) as url, httpx.Client(base_url=url, headers=HEADERS, trust_env=False) as arm:
            statuses = create_all(arm)
    else:
        with client(app) as arm:
            statuses = create_all(arm)

    assert statuses == [201] * 200
    with client(app) as arm:
        listed = arm.get(f"{IN_SUBSCRIPTION}/providers/{TYPE}", params=VERSION)
    assert names(listed) == expected
    assert len({item["properties"]["principalId"] for item in listed.json()["value"]}) == 200
    assert len(app.requests) == 201


def test_one_identity_is_created_once_however_many_ask() -> None:
    app = application(contents())

    with client(app) as arm, ThreadPoolExecutor(16) as pool:
        body = {"location": "westeurope"}
        answers = list(pool.map(lambda _: arm.put(f"{IDENTITIES}/id-a", params=VERSION, json=body), range(50)))

    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json()["properties"]["principalId"] for answer in answers}) == 1
