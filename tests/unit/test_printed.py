"""Whatever is printed goes through one door, and what is printed to be run is quoted: by the source, not by example."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
SINK = "cli/support/output.py"

LOOKS_AT_STREAMS = {
    "cli/main.py": "opens streams that are closed, and says how they show what they cannot",
    "cli/app.py": "has the library print its help to stderr",
    "cli/support/signals.py": "flushes before the process ends without unwinding",
    "cli/support/progress.py": "asks whether stderr is a terminal",
}
"""Modules that name a stream and write nothing to it."""

QUOTES = ("shell_command", "command_line", "grant_command")
"""What gives a word or a command as a shell reads it."""

_STREAMS = ("stdout", "stderr", "__stdout__", "__stderr__")
_OURS = "|".join(sorted(path.stem for path in (PACKAGE / "cli/commands").glob("[a-z]*.py")))
_COMMAND = re.compile(rf"\b(?:az [a-z]+|uami (?:{_OURS}))\b(?:[^`;.\n]|\.\.\. |\.(?!\W))*\0")


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _streams(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="sys"), attr=attr) if attr in _STREAMS:
                yield node
            case ast.Call(func=ast.Name(id="print")) | ast.Call(func=ast.Attribute(attr="echo" | "secho")):
                yield node
            case ast.ImportFrom(module="sys", names=names) if any(one.name in _STREAMS for one in names):
                yield node


def _writes(tree: ast.AST) -> Iterator[ast.AST]:
    """Calls that would write to a stream by its name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="write" | "writelines", value=value)) if [*_streams(value)]:
                yield node


def test_nothing_but_the_sink_writes_to_a_standard_stream() -> None:
    trees = {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
    naming = {name for name, tree in trees.items() if [*_streams(tree)]}

    assert naming == {SINK, *LOOKS_AT_STREAMS}
    assert {name for name, tree in trees.items() if [*_writes(tree)]} == {SINK}


@pytest.mark.parametrize(
    "source",
    ["print('x')", "sys.stderr.write(x)", "typer.echo(x)", "from sys import stdout", "sys.__stdout__.write(x)"],
)
def test_a_way_around_the_sink_would_be_found(source: str) -> None:
    assert [*_streams(ast.parse(source))]


def test_safe_text_is_made_where_its_rules_are() -> None:
    makers = {
        _name(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SafeText"
    }

    assert makers == {"report/visible.py", "report/page.py"}


def _unquoted(tree: ast.AST) -> Iterator[str]:
    """Commands in texts of which a part is a value that nothing has quoted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "Q" if _is_quoted(part) else "\0"
                for part in node.values
            )
            yield from _COMMAND.findall(text)


def _is_quoted(part: ast.expr) -> bool:
    match part:
        case ast.FormattedValue(value=ast.Call(func=ast.Name(id=name))):
            return name in QUOTES
        case ast.FormattedValue(value=ast.Call(func=ast.Attribute(value=ast.Name(id="shlex")))):
            return True
    return False


def test_values_in_printed_commands_are_quoted() -> None:
    found = {
        f"{_name(path)}: {command!r}"
        for path in FILES
        if not _name(path).startswith("sandbox/")
        for command in _unquoted(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert found == set()


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('f"Run: az group create --name {name}"', 1),
        ("f'`uami show {path}` shows it'", 1),
        ('f"See: az lock delete --ids" f" {one}"', 1),
        ("f\"`{shell_command('az', 'login', name)}` for {name}\"", 0),
        ('f"`uami schema` describes {name}"', 0),
        ('f"uami plan PATH... -o {name}"', 1),
        ('f"uami {version}, and uami reads {other}"', 0),
    ],
)
def test_a_value_in_a_command_would_be_found(source: str, count: int) -> None:
    assert len([*_unquoted(ast.parse(source))]) == count
