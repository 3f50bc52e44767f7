"""What commands take from the command line, the environment and standard input, as the workflow asks for it."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.cli.flags.shared import CloudName, GuardFlags, ManifestFlags, VariableFlags
    from reconciler.workflow.declare import Request

STANDARD_INPUT = "-"

_OWN = "subscription"
"""What `${...}` of this name stands for is written in the document."""

_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)


def parse_variables(var: Iterable[str]) -> dict[str, str]:
    """`--var NAME=VALUE` as a map; raises UsageError where one is malformed or a name is given two values."""
    variables: dict[str, str] = {}
    for text in var:
        match = _VARIABLE.fullmatch(text)
        if match is None:
            raise UsageError(f"--var {text}: not NAME=VALUE", "Names have letters, digits and _, as in --var ENV=prod.")
        name, value = match["name"], match["value"]
        if name == _OWN:
            raise UsageError(f"--var {name}: `${{{name}}}` is the document's own", "Choose another name.")
        if variables.setdefault(name, value) != value:
            raise UsageError(f"--var {name} is given two values", "Give each variable once.")
    return variables


def read_variables(flags: "VariableFlags") -> dict[str, str]:
    """The variables of a command line: those of `--var` before those of the files, of which the last wins.

    Raises:
        UsageError: a `--var` is malformed.
        InputFileError: a file cannot be read; ManifestError: one is no map of variables.
    """
    from reconciler.manifest.yaml.variable_files import read_variable_files

    given = parse_variables(flags.var)
    return {**read_variable_files(flags.var_file), **given} if flags.var_file else given


def today() -> date:
    """The day, in UTC, by which dates of manifests are judged: the one place where the clock is asked for it."""
    return datetime.now(UTC).date()


def note_skipped(files: Sequence[str]) -> None:
    """Say on stderr which files below a directory are no manifests."""
    from reconciler.cli.support.output import print_note
    from reconciler.manifest.yaml.recognize import skipped_note

    if files:
        print_note(skipped_note(files))


def read_standard_input() -> bytes:
    """Everything on standard input."""
    return sys.stdin.buffer.read()


def make_request(
    paths: Sequence[str],
    manifest: "ManifestFlags",
    cloud: "CloudName",
    guards: "GuardFlags | None" = None,
) -> "Request":
    """A workflow request from flags; raises UsageError for a malformed one."""
    from reconciler.arm.login.clouds import CLOUDS
    from reconciler.cli.flags.shared import Only, StrictManifestFlags
    from reconciler.guardrails import guardrail_files
    from reconciler.guards import NO_ALLOWANCES, parse_allowances
    from reconciler.workflow.declare import Request

    refusing = manifest if isinstance(manifest, StrictManifestFlags) else StrictManifestFlags()
    return Request(
        tuple(paths),
        read_variables(manifest),
        os.environ,
        read_standard_input,
        manifest.subscription,
        manifest.target,
        NO_ALLOWANCES if guards is None else parse_allowances(guards.allow, guards.max_deletes, guards.max_revokes),
        CLOUDS[cloud].exchange_audience,
        refusing.strict,
        () if guards is None else guardrail_files(guards.guardrails, os.environ),
        note_skipped,
        expired_only=refusing.only is Only.EXPIRED,
        judged_on=today(),
    )
