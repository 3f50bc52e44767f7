"""What the command says of itself: help, wrong usage, and the keys of a manifest."""

import re
from pathlib import Path

import pytest

from reconciler.cli.help.page import MEANINGS
from reconciler.errors import ExitCode
from tests.cli.command import Uami
from tests.cli.test_start_up import COMMANDS

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("columns", [40, 80])
def test_help_fits_a_terminal_and_ends_with_examples_and_exit_codes(
    uami: Uami, command: tuple[str, ...], columns: int
) -> None:
    shown = uami(*command, "-h", environment={"COLUMNS": str(columns)}).stdout

    parts = re.fullmatch(r"(.*)\n\nExamples:\n(.*)\n\nExit codes:\n(.*)\n", shown, re.DOTALL)
    assert parts is not None
    text, examples, codes = parts.groups()
    assert [line for line in [*text.splitlines(), *codes.splitlines()] if len(line) >= columns] == []
    assert re.findall(r"<[a-z ]+[\[>]|\[x|<=x|\bbool\b|\bstr\b|\[required\]|\[default|…", shown) == []
    assert 1 <= len(examples.splitlines()) <= 2
    assert all(line.startswith(f"  uami {' '.join(command)}".rstrip()) for line in examples.splitlines())
    numbers = [int(number) for number in re.findall(r"^  (\d+)", codes, re.MULTILINE)]
    assert numbers == sorted(numbers)
    assert {ExitCode.DONE, ExitCode.USAGE} <= set(numbers)


def test_exit_codes_of_help_are_those_of_the_readme() -> None:
    rows = re.findall(r"^\| (\d[\d, ]*) \| ([^|]+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    said = {int(number): meaning for numbers, meaning in rows for number in numbers.split(",")}

    assert MEANINGS.keys() == set(ExitCode)
    for code in (ExitCode.ERROR, ExitCode.PLAN_STALE, ExitCode.PARTIAL, ExitCode.USAGE, ExitCode.INVALID_INPUT):
        assert said[code] == MEANINGS[code]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("plan", "m.yaml", "--max-revokes", "few"), "--max-revokes must be a whole number, 0 or more, not 'few'."),
        (("plan", "m.yaml", "--max-revokes", "-1"), "--max-revokes must be a whole number, 0 or more, not '-1'."),
        (("drift", "m.yaml", "--parallelism", "0"), "--parallelism must be a whole number, from 1 to 100, not '0'."),
        (
            ("schema", "plans"),
            "NAME must be manifest, plan, apply, drift, output, trust, explain-login, unused, orphans, doctor,"
            " journal or guardrails, not 'plans'.",
        ),
        (("sandbox", "serve", "--port", "x"), "--port must be a whole number, from 0 to 65535, not 'x'."),
        (("sandbox",), "Missing command."),
    ],
)
def test_wrong_value_of_a_flag_is_told_in_our_words(uami: Uami, arguments: tuple[str, ...], told: str) -> None:
    ended = uami(*arguments)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(f"Error: {told}\nHint: See `uami ")


def test_explain_tells_what_a_key_is_for(uami: Uami) -> None:
    ended = uami("explain", "policy.tags")

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == (
        "policy.tags\n\n"
        "What happens to live tags that the manifest does not list: `exact` removes\n"
        "them, `merge` leaves them.\n\n"
        "Type      One of the values below; may have variables.\n"
        "Required  No.\n"
        "Default   merge\n\n"
        "Values\n"
        "  exact  Tags that are not listed are removed.\n"
        "  merge  Tags that are not listed stay.\n\n"
        "Example\n"
        "  tags: merge\n"
    )


def test_explain_without_a_key_lists_the_first_keys(uami: Uami) -> None:
    shown = uami("explain").stdout

    assert re.findall(r"^  (\w+\*?)  ", shown.partition("\nKeys below it")[2], re.MULTILINE)[:2] == [
        "version*",
        "subscription*",
    ]


def test_explain_of_what_is_no_key_is_wrong_usage(uami: Uami) -> None:
    ended = uami("explain", "polcy.tags")

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith("Error: No key is called 'polcy.tags'.\nHint: Did you mean `policy.tags`")
