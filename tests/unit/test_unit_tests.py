"""Every pure module has a table of tests of its own, at the place that its path says.

A module is pure where a test can call all of it with values alone: it opens no file itself, and neither it nor any
module of ours that it imports, directly or not, is of `cli` or talks to ARM. A module of `arm` talks to ARM if it
imports, directly or not, anything but the standard library without its network; `arm.actions` does not. The sandbox is
left out: `tests/sandbox` holds it, over HTTP and in process.

A module without behaviour needs no table: constants, types, and classes whose methods only declare or return a name.

A table imports from its module, from a face of its room, or from the entrance by which all of a room is reached, itself
or by a helper of the tests.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent
TESTS = Path(__file__).parent

COMMAND_LINE = ("reconciler.cli", "reconciler.__main__")

ARM = ("reconciler.arm",)

ENTRANCES = {"reconciler.manifest": "reconciler.manifest.load"}
"""Modules through which everything of a room without a face is reached."""

NETWORK = {"asyncio", "ftplib", "http", "smtplib", "socket", "socketserver", "ssl", "subprocess", "urllib"}

LEFT_OUT = "reconciler.sandbox"

OPENERS = {
    *("open", "fdopen", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rename"),
    *("read_argument", "read_resolved", "output_file"),
}
"""Names of what opens or changes files: a function, a method of `os`, `io` or a path, and what `files` has for it."""


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = (PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: path for name, path in found.items() if name != LEFT_OUT and not name.startswith(f"{LEFT_OUT}.")}


MODULES = _modules()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> Iterator[str]:
    """What a module imports, in full and wherever the import stands; a module of ours rather than a name in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = str(node.module)
            names = (f"{source}.{alias.name}" for alias in node.names)
            yield from (name if name in MODULES else source for name in names)


@cache
def _reached(module: str) -> frozenset[str]:
    """The module, and every module of ours that it imports, directly or not."""
    found: set[str] = set()
    left = [module]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += [name for name in _imports(_tree(MODULES[one])) if name in MODULES]
    return frozenset(found)


def _is_in(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


@cache
def _talks(module: str) -> bool:
    """Whether a module imports, directly or not, a library that is not known to stay within the process."""
    outside = {name.partition(".")[0] for one in _reached(module) for name in _imports(_tree(MODULES[one]))}
    return not outside <= {PACKAGE.name, *sys.stdlib_module_names} - NETWORK


def _opens_files(tree: ast.Module) -> bool:
    names = (
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    )
    return not OPENERS.isdisjoint(names)


def _is_pure(module: str) -> bool:
    rooms = (
        one
        for one in _reached(module)
        if _is_in(one, COMMAND_LINE) or (_is_in(one, ("reconciler.arm",)) and _talks(one))
    )
    return next(rooms, None) is None and not _opens_files(_tree(MODULES[module]))


def _behaves(node: ast.stmt) -> bool:
    """Whether a statement of a module or a class is a function that computes something.

    What only declares (a docstring alone, as in a Protocol) or only names (one `return` of an attribute or a constant)
    does not.
    """
    if isinstance(node, ast.ClassDef):
        return any(_behaves(one) for one in node.body)
    if not isinstance(node, ast.FunctionDef):
        return False
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    match body:
        case []:
            return False
        case [ast.Return(value=ast.Attribute() | ast.Name() | ast.Constant() | None)]:
            return False
    return True


def _table_of(module: str) -> Path:
    *rooms, name = module.split(".")[1:]
    return TESTS.joinpath(*rooms, f"test_{name}.py")


def _helpers(tree: ast.Module) -> Iterator[ast.Module]:
    """The modules of the unit tests that a file of tests imports."""
    for name in _imports(tree):
        if name.startswith("tests.unit."):
            path = TESTS.joinpath(*name.split(".")[2:]).with_suffix(".py")
            yield _tree(path)


def _asks_for(table: Path, module: str) -> bool:
    """Whether a file of tests imports from a module, from a face of its room, or from the room's entrance."""
    parts = module.split(".")
    faces = {".".join(parts[:length]) for length in range(2, len(parts))}
    allowed = {module, *faces, *(ENTRANCES[face] for face in faces & ENTRANCES.keys())}
    if not table.exists():
        return False
    tree = _tree(table)
    return any(not allowed.isdisjoint(_imports(one)) for one in (tree, *_helpers(tree)))


PURE = [
    module
    for module, path in MODULES.items()
    if path.name != "__init__.py" and _is_pure(module) and any(_behaves(node) for node in _tree(path).body)
]


@pytest.mark.parametrize("module", PURE)
def test_pure_module_has_its_table_of_tests(module: str) -> None:
    table = _table_of(module)

    assert _asks_for(table, module), f"test {module} in tests/unit/{table.relative_to(TESTS)}"


@pytest.mark.parametrize(
    "module",
    [
        "reconciler.guards.access",
        "reconciler.journal.effects",
        "reconciler.plan.order",
        "reconciler.saved_plan.staleness",
        "reconciler.undo.reverse",
    ],
)
def test_rule_sees_what_is_pure(module: str) -> None:
    assert module in PURE


@pytest.mark.parametrize(
    "module",
    [
        "reconciler.apply.step",
        "reconciler.arm.identities",
        "reconciler.cli.app",
        "reconciler.journal.file",
        "reconciler.manifest.yaml.files",
        "reconciler.workflow.plan",
    ],
)
def test_rule_sees_what_is_not_pure(module: str) -> None:
    assert module in MODULES
    assert module not in PURE


@pytest.mark.parametrize(
    ("source", "behaves"),
    [
        ("A = 1", False),
        ("class A:\n    b: int", False),
        ("class A:\n    def b(self) -> int:\n        'Declared.'", False),
        ("class A:\n    def b(self) -> int:\n        'Named.'\n        return self.c", False),
        ("class A:\n    def b(self) -> int:\n        return self.c + 1", True),
        ("def a() -> int:\n    return b(1)", True),
    ],
)
def test_rule_sees_what_behaves(source: str, behaves: bool) -> None:
    assert any(_behaves(node) for node in ast.parse(source).body) is behaves
