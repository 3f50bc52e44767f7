"""`expires` as its users meet it: the warning, the nightly `apply --only expired`, its saved plan, and the way back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Uami
from tests.cli.documents import problems
from tests.cli.inputs import group_scope, write_manifest, write_state

SANDBOX = ("--sandbox", "s.json")
ONLY = ("m.yaml", *SANDBOX, "--only", "expired")


def write(folder: Path, days: int, tag: str = "a") -> None:
    """`m.yaml`: an identity with a credential and a role that end so many days from now; never a day from today."""
    end = (datetime.now(UTC).date() + timedelta(days=days)).isoformat()
    trust = {"issuer": "https://issuer.example", "subject": "s-guest"}
    identity = {
        "name": "id-api",
        "tags": {"tag": tag},
        "federatedCredentials": [{"name": "guest", **trust, "expires": end}],
        "roleAssignments": [{"role": "Reader", "scope": group_scope("rg-a"), "expires": end}],
    }
    write_manifest(folder / "m.yaml", {"rg-a": [identity]}, owner="us")


@pytest.fixture
def given(uami: Uami, folder: Path) -> Path:
    """What lives has both, their day has come, and a tag is to change."""
    write_state(folder / "s.json", {"rg-a": {"id-api": {"uami-owner": "us"}}})
    write(folder, 5)
    assert uami("apply", "m.yaml", *SANDBOX, "-y").code == 0
    write(folder, -5, tag="b")
    return folder


def changes(document: Any) -> list[tuple[str, str]]:
    return [(one["actions"][0], one["reason"]) for one in document["changes"] if one["actions"] != ["no-op"]]


def test_what_ends_within_days_is_warned_about(uami: Uami, folder: Path) -> None:
    write(folder, 5)

    assert uami("validate", "m.yaml").stdout.count("[expires-soon]") == 2
    assert "expires-soon" not in uami("validate", "m.yaml", "--expiry-days", "3").stdout
    assert uami("validate", "m.yaml", "--strict").code == 3
    assert uami("validate", "m.yaml", "--expiry-days", "-1").code == 64


def test_nightly_job_takes_away_what_has_expired_and_nothing_else(uami: Uami, given: Path) -> None:
    planned = uami("plan", *ONLY, "--format", "json")
    ended = uami("apply", *ONLY, "-y")
    again = uami("apply", *ONLY, "-y")

    assert (planned.code, problems(planned.document, "plan:v1")) == (0, [])
    assert planned.document["scope"]["only"] == "expired"
    assert changes(planned.document) == [("delete", "expired")] * 2
    assert [one["reason"] for one in planned.document["skipped"]] == ["not-expired"]
    assert ended.code == 0, ended.stderr
    assert "Apply complete! Resources: 0 added, 0 changed, 2 destroyed." in ended.stdout
    assert (again.code, "No changes. Nothing is live that has expired." in again.stdout) == (0, True)
    assert changes(uami("plan", "m.yaml", *SANDBOX, "--format", "json").document) == [("update", "differs")]


def test_saved_plan_of_what_has_expired_knows_that_itself(uami: Uami, given: Path) -> None:
    assert uami("plan", *ONLY, "-o", "p.json").code == 0
    refused = uami("apply", "p.json", *SANDBOX, "--only", "expired", "-y")
    ended = uami("apply", "p.json", *SANDBOX, "-y")

    assert (refused.code, "--only belongs to `uami plan`" in refused.stderr) == (64, True)
    assert ended.code == 0, ended.stderr
    assert "0 added, 0 changed, 2 destroyed" in ended.stdout


def test_undo_does_not_give_back_what_has_expired_and_says_so(uami: Uami, given: Path) -> None:
    assert uami("apply", *ONLY, "-y", "--journal", "j.jsonl").code == 0
    before = (given / "s.json").read_bytes()

    ended = uami("undo", "j.jsonl", *SANDBOX)

    assert ended.stdout.count("it has expired on") == 2
    assert (given / "s.json").read_bytes() == before
    assert "expires" in uami("show", "j.jsonl", "--format", "json").document["calls"][0]


def test_undo_does_not_give_back_what_had_expired_under_the_name_of_another_line(uami: Uami, folder: Path) -> None:
    issuer = {"issuer": "https://issuer.example"}
    main = {"name": "main", **issuer, "subject": "s-main"}
    guest = {"name": "guest", **issuer, "subject": "s-guest", "expires": "2026-01-31"}
    write_state(folder / "s.json", {"rg-a": {"id-api": {"uami-owner": "us"}}})
    for credentials in ([{**main, "subject": "s-guest"}], [main, guest]):
        write_manifest(
            folder / "m.yaml", {"rg-a": [{"name": "id-api", "federatedCredentials": credentials}]}, owner="us"
        )
        assert uami("apply", "m.yaml", *SANDBOX, "-y", "--journal", f"{len(credentials)}.jsonl").code == 0
    before = (folder / "s.json").read_bytes()

    ended = uami("undo", "2.jsonl", *SANDBOX)

    assert ended.stdout.count("it has expired on 2026-01-31") == 1
    assert (folder / "s.json").read_bytes() == before


def test_anything_else_to_confine_a_run_to_is_wrong_usage(uami: Uami, given: Path) -> None:
    ended = uami("plan", "m.yaml", *SANDBOX, "--only", "identities")

    assert (ended.code, "--only must be expired" in ended.stderr) == (64, True)
