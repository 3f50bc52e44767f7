"""What a start costs: help, version and offline checks wait for no library that they do not use."""

import sys
from pathlib import Path

import pytest

from reconciler import __version__
from tests.cli.command import Uami

# Written by the interpreter itself, so that the command is measured as it is.
MEASURED = (sys.executable, "-X", "importtime", "-m", "reconciler")

COMMANDS = [
    (),
    ("validate",),
    ("plan",),
    ("apply",),
    ("undo",),
    ("show",),
    ("drift",),
    ("output",),
    ("trust",),
    ("explain-login",),
    ("unused",),
    ("orphans",),
    ("export",),
    ("doctor",),
    ("explain",),
    ("schema",),
    ("sandbox",),
    ("sandbox", "serve"),
    ("sandbox", "snapshot"),
]


def _imported(uami: Uami, *arguments: str) -> set[str]:
    """Names of all modules that a run imports."""
    ended = uami(*arguments, form=MEASURED)
    assert ended.code == 0
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_version_imports_neither_logins_nor_http(uami: Uami) -> None:
    assert _imported(uami, "--version") & {"azure.identity", "httpx"} == set()


def test_validate_imports_neither_logins_nor_http(uami: Uami, quickstart: Path) -> None:
    imported = _imported(uami, "validate", "identities.yaml")

    assert imported & {"azure.identity", "httpx"} == set()
    assert "yaml" in imported


def test_help_imports_no_library_of_any_command(uami: Uami) -> None:
    heavy = {"yaml", "jsonschema", "httpx", "azure", "werkzeug", "cheroot", "rich"}

    assert _imported(uami, "--help") & heavy == set()


def test_version_is_that_of_the_package(uami: Uami) -> None:
    ended = uami("--version")

    assert (ended.code, ended.stdout, ended.stderr) == (0, f"uami {__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_says_how_the_command_is_used(uami: Uami, command: tuple[str, ...]) -> None:
    ended = uami(*command, "--help")

    assert (ended.code, ended.stderr) == (0, "")
    assert f"Usage: {' '.join(['uami', *command])} " in ended.stdout
    assert "Traceback" not in ended.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_short_flag_of_help_is_help(uami: Uami, command: tuple[str, ...]) -> None:
    assert uami(*command, "-h") == uami(*command, "--help")


def test_help_lists_every_command(uami: Uami) -> None:
    ended = uami("--help")

    assert all(f"\n  {command[0]} " in ended.stdout for command in COMMANDS if command)


def test_help_on_a_terminal_of_ascii_is_still_shown(uami: Uami) -> None:
    ended = uami("plan", "--help", environment={"PYTHONIOENCODING": "ascii"})

    assert (ended.code, ended.stderr) == (0, "")
    assert "--detailed-exitcode" in ended.stdout
