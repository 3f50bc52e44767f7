"""What is said of Azure's rates: how long an apply will take, and what the calls of a run came to."""

import re
from pathlib import Path

from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import write_manifest, write_state

TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
TALLY = re.compile(r"(\d+) requests; (\d+) answered 429; (\d+) s waited, all calls together")


def many_creates(folder: Path, count: int) -> None:
    write_state(folder / "s.json", {"rg-a": {}})
    write_manifest(folder / "m.yaml", {"rg-a": [f"id-{number}" for number in range(count)]}, owner="us")


def test_plan_says_how_long_an_apply_takes_by_the_rates_of_where_it_looks(
    uami: Uami, folder: Path, serve: Serve
) -> None:
    many_creates(folder, 100)
    arm = serve("s.json", "--rates", "azure")
    flags = ("--endpoint", arm.url, "--credential", "token")

    served = uami("plan", "m.yaml", *flags, environment=TOKEN)
    as_json = uami("plan", "m.yaml", *flags, "--format", "json", environment=TOKEN)
    embedded = uami("plan", "m.yaml", "--sandbox", "s.json")

    said = "Apply will take about 30 s by Azure's rates.\n"
    assert (served.code, said in served.stderr) == (0, True)
    assert said in as_json.stderr
    assert "Azure's rates" not in as_json.stdout
    assert "Azure's rates" not in embedded.stderr


def test_short_apply_is_not_foretold_and_info_tells_what_its_calls_came_to(
    uami: Uami, folder: Path, serve: Serve
) -> None:
    many_creates(folder, 45)
    arm = serve("s.json", "--rates", "x20")
    flags = ("--endpoint", arm.url, "--credential", "token", "--log-level", "info")

    ended = uami("apply", "m.yaml", *flags, "-y", environment=TOKEN)

    match = TALLY.search(ended.stderr)
    assert (ended.code, "Azure's rates." in ended.stderr) == (0, False)
    assert match is not None
    assert int(match[1]) > 90
    assert int(match[2]) <= 2
