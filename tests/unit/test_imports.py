"""The order of the modules, read from their source: imports point up this list, never down."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent

ORDER = (
    "reconciler",
    "reconciler.errors",
    "reconciler.schemas",
    "reconciler.files",
    "reconciler.model",
    "reconciler.terraform",
    "reconciler.stop",
    "reconciler.parallel",
    "reconciler.manifest",
    "reconciler.arm",
    "reconciler.plan",
    "reconciler.snapshot",
    "reconciler.export",
    "reconciler.guards",
    "reconciler.guardrails",
    "reconciler.live",
    "reconciler.journal",
    "reconciler.saved_plan",
    "reconciler.apply",
    "reconciler.undo",
    "reconciler.doctor",
    "reconciler.logins",
    "reconciler.migration",
    "reconciler.report",
    "reconciler.outputs",
    "reconciler.workflow",
    "reconciler.cli",
    "reconciler.__main__",
)
"""Each entry imports itself and what stands above it; the first is the package's own `__init__`."""

SANDBOX = "reconciler.sandbox"

SANDBOX_ROOMS = (
    "state",
    "gateway",
    "rules",
    "rates",
    "login",
    "microsoft_graph",
    "insights",
    "resources",
    "managed_identity",
    "authorization",
    "catalog",
    "state_file",
    "resource_graph",
    "log_analytics",
    "faults",
    "serving",
)
"""The sandbox's own order; its `__init__` stands below all of them, as their only door."""

ONLY = {
    "reconciler.errors": {"reconciler.errors"},
    "reconciler.model": {"reconciler.errors", "reconciler.model"},
    "reconciler.arm": {
        *("reconciler", "reconciler.errors", "reconciler.files", "reconciler.model", "reconciler.parallel"),
        "reconciler.arm",
    },
    SANDBOX: {SANDBOX},
}
"""Narrower than the order: errors need nothing, ARM's client knows no manifest, the emulator none of us.

Of files, the client takes how a secret is found in a text: it is hidden in one way, whoever hides it.
"""

WRITES = {
    "identities": {"create", "update", "delete"},
    "credentials": {"write", "delete"},
    "assignments": {"write", "delete"},
}
"""By what calls are made on: which of them change something."""

VERBS = {"put", "patch", "delete"}


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = (PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def _entry(module: str) -> str | None:
    """The entry of the order that a module belongs to; the first one stands for itself alone."""
    owners = [one for one in (*ORDER[1:], SANDBOX) if module == one or module.startswith(f"{one}.")]
    return owners[0] if owners else ORDER[0] if module == ORDER[0] else None


def _room(module: str) -> str:
    """The room of the sandbox that a module is in."""
    return module.removeprefix(f"{SANDBOX}.").partition(".")[0]


def _imports(tree: ast.Module) -> Iterator[str]:
    """Every module of ours that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are written in full"
            source = str(node.module)
            names = [full if (full := f"{source}.{alias.name}") in MODULES else source for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == PACKAGE.name)


def _calls(module: str, owner: str) -> set[str]:
    """The methods that a module calls on something named `owner` (`owner.x()`, `self.owner.x()`)."""
    found = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            value = node.func.value
            name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
            if name.lstrip("_") == owner:
                found.add(node.func.attr)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_module_has_its_place_in_the_order(module: str) -> None:
    assert _entry(module) is not None, f"add {module} to ORDER, where it belongs"


@pytest.mark.parametrize("module", [one for one in MODULES if _entry(one) in ORDER])
def test_module_imports_only_what_stands_above_it(module: str) -> None:
    place = ORDER.index(str(_entry(module)))
    may_use_sandbox = _entry(module) == "reconciler.cli"

    below = {
        name
        for name in _imports(_tree(module))
        if not (may_use_sandbox and name == SANDBOX)
        and (_entry(name) not in ORDER or ORDER.index(str(_entry(name))) > place)
    }

    assert below == set()


@pytest.mark.parametrize("entry", ONLY)
def test_module_imports_nothing_but_what_it_may(entry: str) -> None:
    members = [module for module in MODULES if _entry(module) == entry]

    used = {_entry(name) for module in members for name in _imports(_tree(module))}

    assert members
    assert used <= ONLY[entry]


def test_map_in_the_package_docstring_has_every_room_in_order() -> None:
    told = re.findall(r"^    (\w+)  +\S", str(reconciler.__doc__), re.MULTILINE)

    assert told == [*(entry.rpartition(".")[2] for entry in ORDER[1:-1]), "sandbox"]


def test_every_room_says_what_it_is_for() -> None:
    packages = [module for module, path in MODULES.items() if path.name == "__init__.py"]

    assert [module for module in packages if len(ast.get_docstring(_tree(module)) or "") < 30] == []


def test_root_holds_only_what_the_map_allows() -> None:
    root = {path.stem for path in PACKAGE.glob("*.py")}

    assert root == {"__init__", "__main__", "errors", "schemas", "stop", "parallel"}


def test_order_names_no_module_that_is_gone() -> None:
    assert [one for one in (*ORDER, SANDBOX) if one not in MODULES] == []


@pytest.mark.parametrize(
    "statement",
    ["import reconciler.doctor", "from reconciler import doctor", "from reconciler.doctor import run_doctor"],
)
def test_imports_inside_functions_are_seen(statement: str) -> None:
    tree = ast.parse(f"def later():\n    if True:\n        {statement}\n")

    assert list(_imports(tree)) == ["reconciler.doctor"]


def test_only_apply_writes() -> None:
    writers = {
        (module, owner): calls & writes
        for module in MODULES
        for owner, writes in WRITES.items()
        if (calls := _calls(module, owner)) & writes
    }

    assert writers == {
        ("reconciler.apply.identity", "identities"): WRITES["identities"],
        ("reconciler.apply.credential", "credentials"): WRITES["credentials"],
        ("reconciler.apply.assignment", "assignments"): WRITES["assignments"],
        ("reconciler.apply.give_back", "assignments"): {"write"},
    }


def test_only_the_resources_of_arm_send_writes() -> None:
    senders = {module: calls & VERBS for module in MODULES if (calls := _calls(module, "client")) & VERBS}

    assert senders == {
        "reconciler.arm.identities": VERBS,
        "reconciler.arm.federated_credentials": {"put", "delete"},
        "reconciler.arm.role_assignments": {"put", "delete"},
    }


@pytest.mark.parametrize("module", [one for one in MODULES if one.startswith(f"{SANDBOX}.")])
def test_module_of_the_sandbox_imports_only_rooms_above_its_own(module: str) -> None:
    place = SANDBOX_ROOMS.index(_room(module))

    below = {
        name
        for name in _imports(_tree(module))
        if name == SANDBOX or (name.startswith(SANDBOX) and SANDBOX_ROOMS.index(_room(name)) > place)
    }

    assert below == set()


def test_map_in_the_docstring_of_the_sandbox_has_every_room_in_order() -> None:
    listed = re.findall(r"^    (\w+)  +\S", ast.get_docstring(_tree(SANDBOX)) or "", re.MULTILINE)

    assert listed == list(SANDBOX_ROOMS)


def test_tests_of_commands_enter_the_sandbox_by_its_door_alone() -> None:
    folder = Path(__file__).parent.parent / "cli"
    trees = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")}

    inside = {
        (name, module) for name, tree in trees.items() for module in _imports(tree) if module.startswith(f"{SANDBOX}.")
    }

    assert trees
    assert inside == set()
