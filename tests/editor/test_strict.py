"""ajv, the validator of most JavaScript tools, refuses keywords that it does not know."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.commands.schema import SchemaName
from reconciler.schemas import plain_schema_text, schema_text
from tests.editor.language_server import MODULES, NODE, why_not

WHY_NOT = why_not(MODULES / "ajv")
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


def refused(schemas: list[dict[str, Any]]) -> Any:
    """What ajv says of each schema that it refuses."""
    completed = subprocess.run(
        [str(NODE), "strict.js"],
        cwd=Path(__file__).parent,
        input=json.dumps(schemas),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(completed.stdout)


def test_strict_validator_takes_every_plain_schema() -> None:
    files = {one.value: f"{one.value}.v1.schema.json" for one in SchemaName}
    # Those that others refer to come first.
    first = ("manifest", "plan", "journal")
    names = [*first, *(name for name in files if name not in first)]

    assert refused([{"name": one, "schema": json.loads(plain_schema_text(files[one]))} for one in names]) == {}


def test_strict_validator_would_refuse_what_is_for_editors() -> None:
    whole = json.loads(schema_text("manifest.v1.schema.json"))

    assert refused([{"name": "manifest", "schema": whole}]) == {
        "manifest": 'strict mode: unknown keyword: "markdownDescription"'
    }
