"""`uami schema`: print a JSON Schema."""

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.help.page import OF_ALL, help_notes
from reconciler.cli.support.output import print_report
from reconciler.errors import ExitCode
from reconciler.report.visible import safe_json


class SchemaName(StrEnum):
    """The documents that have a schema."""

    MANIFEST = "manifest"
    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"
    OUTPUT = "output"
    TRUST = "trust"
    EXPLAIN_LOGIN = "explain-login"
    UNUSED = "unused"
    ORPHANS = "orphans"
    DOCTOR = "doctor"
    JOURNAL = "journal"
    GUARDRAILS = "guardrails"


Name = Annotated[SchemaName, typer.Argument(help="Which document's schema.")]
Plain = Annotated[
    bool, typer.Option("--plain", help="Leave out the keywords that only editors know, which strict validators refuse.")
]


@help_notes("uami schema > manifest.schema.json", "uami schema plan", codes=OF_ALL)
def schema(name: Name = SchemaName.MANIFEST, *, plain: Plain = False) -> ExitCode:
    """Print the JSON Schema of the manifest, the guardrails, what a command writes with --format json, or a journal.

    An editor completes and explains a manifest by it: `# yaml-language-server: $schema=manifest.schema.json`.
    """
    from reconciler.schemas import plain_schema_text, schema_text

    text = (plain_schema_text if plain else schema_text)(f"{name.value}.v1.schema.json")
    print_report(safe_json(text))
    return ExitCode.DONE
