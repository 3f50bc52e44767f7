"""`uami schema`: print a JSON Schema."""

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.support.output import print_report
from reconciler.errors import ExitCode
from reconciler.report.visible import safe_json


class SchemaName(StrEnum):
    """The documents that have a schema."""

    MANIFEST = "manifest"
    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"
    DOCTOR = "doctor"
    JOURNAL = "journal"
    GUARDRAILS = "guardrails"


Name = Annotated[SchemaName, typer.Argument(help="Which document's schema.")]


def schema(name: Name = SchemaName.MANIFEST) -> ExitCode:
    """Print the JSON Schema of the manifest, the guardrails, what a command writes with --format json, or a journal."""
    from reconciler.schemas import schema_text

    print_report(safe_json(schema_text(f"{name.value}.v1.schema.json")))
    return ExitCode.DONE
