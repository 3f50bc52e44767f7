"""The schema files are found wherever the package lies."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import reconciler
from reconciler.schemas import schema_text

NAME = "manifest.v1.schema.json"
PACKAGE = Path(reconciler.__file__).parent
PROGRAM = f"import sys; from reconciler.schemas import schema_text; sys.stdout.write(schema_text('{NAME}'))"


def test_schema_is_read_from_a_checkout() -> None:
    assert json.loads(schema_text(NAME))["title"] == "uami manifest, version 1"


def test_unknown_schema_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        schema_text("manifest.v0.schema.json")


def test_schema_inside_a_zipped_package_is_read(tmp_path: Path) -> None:
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as package:
        for name in ("__init__.py", "schemas.py"):
            package.write(PACKAGE / name, f"reconciler/{name}")
        package.writestr(f"reconciler/schemas/{NAME}", "from the archive")

    result = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM],
        env={"PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert (result.stdout, result.stderr) == ("from the archive", "")


def test_schema_inside_the_package_goes_before_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "reconciler" / "schemas").mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    for name in ("__init__.py", "schemas.py"):
        (tmp_path / "reconciler" / name).write_bytes((PACKAGE / name).read_bytes())
    (tmp_path / "reconciler" / "schemas" / NAME).write_text("ours")
    (tmp_path / "schemas" / NAME).write_text("of others")

    result = subprocess.run([sys.executable, "-S", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True)

    assert (result.stdout, result.stderr) == ("ours", "")
