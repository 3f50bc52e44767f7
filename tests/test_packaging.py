"""The wheel holds what a user needs, and the schemas are found however the package is installed."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.report.formats.html import HtmlFormat
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES

ROOT = Path(__file__).parent.parent
SCHEMAS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "schemas").glob("*.json")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    yield next(folder.glob("uami_reconciler-*.whl"))


def test_wheel_carries_the_schemas_types_and_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        schemas = {Path(name).name: archive.read(name).decode() for name in names if "/schemas/" in name}
        entry_points = next(archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))

    assert schemas == SCHEMAS
    assert "reconciler/py.typed" in names
    assert "uami = reconciler.cli.main:main" in entry_points
    assert not [name for name in names if name.startswith(("tests", "examples"))]


def test_schemas_are_read_from_a_zipped_wheel(wheel: Path) -> None:
    code = "from reconciler.schemas import schema_text; print(schema_text('plan.v1.schema.json'), end='')"
    path = f"import sys; sys.path.insert(0, {str(wheel)!r}); import reconciler; assert '.whl' in reconciler.__file__; "

    completed = subprocess.run(
        [sys.executable, "-c", path + code], cwd=wheel.parent, capture_output=True, text=True, check=True
    )

    assert completed.stdout == SCHEMAS["plan.v1.schema.json"]


def test_built_in_roles_are_read_from_a_zipped_wheel(wheel: Path) -> None:
    code = "from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES; print(len(BUILT_IN_ROLES))"
    path = f"import sys; sys.path.insert(0, {str(wheel)!r}); import reconciler; assert '.whl' in reconciler.__file__; "

    completed = subprocess.run(
        [sys.executable, "-c", path + code], cwd=wheel.parent, capture_output=True, text=True, check=True
    )

    assert int(completed.stdout) == len(BUILT_IN_ROLES)


def test_html_is_written_by_a_zipped_wheel(wheel: Path) -> None:
    code = (
        "from reconciler.errors import UsageError; from reconciler.report.formats.html import HtmlFormat;"
        " print(HtmlFormat().error(UsageError('x')), end='')"
    )
    path = f"import sys; sys.path.insert(0, {str(wheel)!r}); import reconciler; assert '.whl' in reconciler.__file__; "

    completed = subprocess.run(
        [sys.executable, "-c", path + code], cwd=wheel.parent, capture_output=True, text=True, check=True
    )

    assert completed.stdout == HtmlFormat().error(UsageError("x"))


def test_schemas_are_read_from_a_bare_checkout(tmp_path: Path) -> None:
    code = "import sys; from reconciler.schemas import schema_text; print(schema_text('plan.v1.schema.json'), end='')"

    completed = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert completed.stdout == SCHEMAS["plan.v1.schema.json"]
