"""The report formats: every one does what the protocol says, and nobody else asks which one it is."""

import ast
import inspect
from pathlib import Path

import pytest

import reconciler
from reconciler.report.formats import Format, ReportFormat, report_format

PACKAGE = Path(reconciler.__file__).parent
FORMATS = PACKAGE / "report" / "formats"
OTHERS = [
    path
    for room in ("cli", "report", "workflow", "workflow.py")
    for path in [PACKAGE / room, *(PACKAGE / room).rglob("*")]
    if path.suffix == ".py" and path.is_file() and FORMATS not in path.parents
]


def _members(tree: ast.AST) -> list[int]:
    """The lines on which a member of `Format` is compared, matched, or looked up in a table."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.match_case | ast.Dict | ast.Subscript):
            found += [
                one.lineno
                for one in ast.walk(node.pattern if isinstance(node, ast.match_case) else node)
                if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "Format"
            ]
    return found


@pytest.mark.parametrize("name", Format)
def test_every_format_has_the_methods_of_the_protocol(name: Format) -> None:
    form: ReportFormat = report_format(name, color=False)
    methods = {one: value for one, value in vars(ReportFormat).items() if inspect.isfunction(value) and one[0] != "_"}

    assert isinstance(form.streams, bool)
    assert len(methods) >= 9
    for method, promised in methods.items():
        assert list(inspect.signature(getattr(type(form), method)).parameters) == list(
            inspect.signature(promised).parameters
        ), method


def test_every_format_has_a_class_of_its_own_in_a_file_of_its_name() -> None:
    files = [name.replace("-", "_") for name in Format]
    classes = [type(report_format(name, color=False)) for name in Format]

    assert len(set(classes)) == len(Format)
    assert [one.__module__ for one in classes] == [f"reconciler.report.formats.{name}" for name in files]
    assert {path.stem for path in FORMATS.glob("*.py")} == {"__init__", *files}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_does_not_ask_which_format_it_is(path: Path) -> None:
    assert _members(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    ["x = report_format is Format.JSON", "if f == Format.TEXT: pass", "match f:\n    case Format.TEXT: pass"],
)
def test_questions_for_the_format_are_seen(code: str) -> None:
    assert _members(ast.parse(code)) != []
