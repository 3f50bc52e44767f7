"""`--sandbox FILE`: a state file in process, read by many, written by one."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from reconciler.cli.support.embedded import open_embedded
from reconciler.errors import InputFileError
from reconciler.sandbox.serving.transport import embedded
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.state import Identity
from reconciler.sandbox.state_file.file import load_state, locked
from tests.sandbox.activity import ask
from tests.sandbox.arm import GROUP, IDENTITIES, SUBSCRIPTION, VERSION, client, files_in

HAND_WRITTEN = json.dumps(
    {
        "version": 1,
        "subscriptions": [{"subscriptionId": SUBSCRIPTION}],
        "resourceGroups": [{"id": GROUP, "location": "westeurope"}],
        "identities": [{"id": f"{IDENTITIES}/id-a", "location": "westeurope"}],
    }
)


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    path = tmp_path / "state.json"
    path.write_text(HAND_WRITTEN, encoding="utf-8")
    return path


def create(transport: httpx.BaseTransport, name: str) -> httpx.Response:
    headers = {"Authorization": "Bearer any"}
    with httpx.Client(transport=transport, base_url="http://arm.localhost", headers=headers) as arm:
        return arm.put(f"{IDENTITIES}/{name}", params=VERSION, json={"location": "westeurope"})


def test_write_is_saved_at_the_end(state_file: Path) -> None:
    with embedded(state_file, writable=True) as transport:
        create(transport, "id-b")
        during = state_file.read_text(encoding="utf-8")

    assert during == HAND_WRITTEN
    assert [identity.name for identity in load_state(state_file).of(Identity)] == ["id-a", "id-b"]


def test_write_is_saved_after_an_exception_too(state_file: Path) -> None:
    with pytest.raises(KeyError), embedded(state_file, writable=True) as transport:
        create(transport, "id-b")
        raise KeyError

    assert [identity.name for identity in load_state(state_file).of(Identity)] == ["id-a", "id-b"]


@pytest.mark.parametrize("writable", [True, False])
def test_use_that_only_reads_leaves_a_hand_written_file_alone(state_file: Path, writable: bool) -> None:
    with embedded(state_file, writable=writable) as transport, client(transport.application) as arm:
        read = [
            arm.get(f"{IDENTITIES}/id-a", params=VERSION),
            arm.post(f"{IDENTITIES}/id-a/listAssociatedResources", params={"api-version": "2022-01-31-preview"}),
            ask(arm, f"eventTimestamp ge '{datetime.now(UTC):%Y-%m-%d}'"),
        ]

    assert [answer.status_code for answer in read] == [200] * 3

    assert state_file.read_text(encoding="utf-8") == HAND_WRITTEN
    assert files_in(state_file.parent) == ["state.json"]


def test_read_only_use_forgets_what_was_written(state_file: Path) -> None:
    with embedded(state_file, writable=False) as transport:
        created = create(transport, "id-b")

    assert (created.status_code, state_file.read_text(encoding="utf-8")) == (201, HAND_WRITTEN)


def test_ids_of_a_recreated_identity_are_new_across_runs(state_file: Path) -> None:
    seen = []
    for _ in range(3):
        with embedded(state_file, writable=True) as transport:
            create(transport, "id-b")
        loaded = {identity.name: identity for identity in load_state(state_file).of(Identity)}
        seen.append(loaded["id-b"].principal_id)
        with (
            embedded(state_file, writable=True) as transport,
            httpx.Client(transport=transport, headers={"Authorization": "Bearer any"}) as arm,
        ):
            arm.delete(f"http://arm.localhost{IDENTITIES}/id-b", params=VERSION)

    assert len(set(seen)) == 3


def test_second_writer_is_refused_at_once_and_readers_are_not(state_file: Path) -> None:
    with embedded(state_file, writable=True):
        with pytest.raises(StateError) as caught, embedded(state_file, writable=True):
            pytest.fail("two writers at once")
        with embedded(state_file, writable=False) as reader:
            assert create(reader, "id-a").status_code == 200

    assert str(caught.value) == (f"{state_file}: another process is using it; wait until it ends, or work on a copy")


def test_lock_holds_between_processes_and_ends_with_its_process(state_file: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from reconciler.sandbox.state_file.file import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(state_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StateError), locked(state_file):
            pytest.fail("two holders at once")
        holder.kill()

    with locked(state_file):
        pass
    assert files_in(state_file.parent) == ["state.json"]


def test_missing_file_is_an_error_and_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught, embedded(tmp_path / "none.json", writable=True):
        pytest.fail("opened a file that is not there")

    assert str(caught.value) == f"{tmp_path / 'none.json'}: there is no such file"
    assert files_in(tmp_path) == []


def test_damaged_file_is_an_input_file_error_for_commands(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{", encoding="utf-8")

    with pytest.raises(InputFileError) as caught, open_embedded(path, writable=False):
        pytest.fail("opened a damaged file")

    assert caught.value.message.startswith(f"{path}: line 1, column 2: not JSON:")
