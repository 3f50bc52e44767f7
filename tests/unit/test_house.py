"""The rules of the house that no linter knows: how large things are, and what they are called."""

import ast
from collections.abc import Iterator
from pathlib import Path

import lizard
import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent

MOST_MODULES = 14
MORE_MODULES = {"cli/commands": 20, "arm": 16, "sandbox/resource_graph/kql": 18}
"""One a command, one an ARM resource, one an idea of the query language."""

MOST_LINES = 350
MOST_LINES_OF_FUNCTION = 50
MOST_LINES_OF_COMMAND = 25
MOST_COMPLEXITY = 15

BANNED = ("hanging", "wanted", "fresh", "told", "owner_entry", "reach")
"""Words that say less than ARM's and infrastructure-as-code's own: child, after, live, message, entry, scope."""

CHANGING = {
    *("apply/failures.py:Failures", "live/may_read.py:_Scope", "manifest/yaml/files.py:_Reading"),
    *("sandbox/serving/application.py:_Visit", "undo/reversal.py:Reversal"),
}
"""The dataclasses that learn something while they live."""

FILES = sorted(PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _identifiers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name


def _words(identifier: str) -> list[str]:
    spaced = "".join(f"_{letter}" if letter.isupper() else letter for letter in identifier)
    return spaced.casefold().strip("_").split("_")


def _is_banned(identifier: str) -> bool:
    return identifier.casefold() in BANNED or any(word in BANNED for word in _words(identifier))


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=lambda folder: _name(folder))
def test_folder_holds_no_more_modules_than_a_reader_can_keep(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MORE_MODULES.get(_name(folder), MOST_MODULES)


def test_files_are_short() -> None:
    lines = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_functions_are_short_and_commands_shorter() -> None:
    long: dict[str, int] = {}
    for path in FILES:
        most = MOST_LINES_OF_COMMAND if _name(path).startswith("cli/commands/") else MOST_LINES_OF_FUNCTION
        long |= {f"{_name(path)}:{one.name}": _lines(one) for one in _functions(_tree(path)) if _lines(one) > most}

    assert long == {}


def test_functions_are_plain() -> None:
    complex_: dict[str, int] = {}
    for path in FILES:
        found = lizard.analyze_file(str(path)).function_list
        complex_ |= {f"{_name(path)}:{one.name}": one.cyclomatic_complexity for one in found}

    assert {name: number for name, number in complex_.items() if number > MOST_COMPLEXITY} == {}


def test_identifiers_are_the_fields_own_words() -> None:
    banned = {_name(path): sorted({one for one in _identifiers(_tree(path)) if _is_banned(one)}) for path in FILES}

    assert {name: words for name, words in banned.items() if words} == {}


def _dataclass_options(tree: ast.Module) -> Iterator[tuple[str, dict[str, object]]]:
    """The name of each dataclass, and what its decorator says."""
    for one in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for decorator in one.decorator_list:
            match decorator:
                case ast.Name(id="dataclass"):
                    yield one.name, {}
                case ast.Call(func=ast.Name(id="dataclass"), keywords=keywords):
                    yield one.name, {str(option.arg): ast.literal_eval(option.value) for option in keywords}


def test_dataclasses_are_values_that_nobody_changes() -> None:
    options = {f"{_name(path)}:{name}": said for path in FILES for name, said in _dataclass_options(_tree(path))}

    assert {name for name, said in options.items() if not said.get("slots")} == set()
    assert {name for name, said in options.items() if not said.get("frozen")} == CHANGING


@pytest.mark.parametrize("identifier", ["fresh", "read_fresh", "_ToldTwice", "Wanted", "is_hanging"])
def test_banned_words_are_found_within_identifiers(identifier: str) -> None:
    assert _is_banned(identifier)


@pytest.mark.parametrize("identifier", ["reaching", "refresh", "unwanted_", "covers"])
def test_other_words_are_not_banned(identifier: str) -> None:
    assert not _is_banned(identifier)
