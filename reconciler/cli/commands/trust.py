"""`uami trust`: who can become the identities of a manifest, and what that lets them do."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.shared import AzureFlags, ManifestFlags, Paths
from reconciler.cli.flags.trust import TrustFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ExitCode, UsageError
from reconciler.report.trust_format import TrustFormat

if TYPE_CHECKING:
    from reconciler.report.visible import SafeText
    from reconciler.workflow.subjects.migrate import FileEdit, Migration


@help_notes(
    "uami trust manifests/ --format mermaid > trust.mmd",
    "uami trust manifests/ --migrate-github ids.json | git apply",
    codes=OF_AZURE,
)
@with_flag_groups
def trust(paths: Paths, manifest: ManifestFlags, asked: TrustFlags, azure: AzureFlags) -> ExitCode:
    """Tell who is trusted to become each listed identity as it lives, what that lets them do, and what is risky.

    Reads only, and exits 0 whatever it finds.
    """
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.output import configure_logging, is_colored, print_note, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.report.trust_format import remark, render_report
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration
    from reconciler.workflow.trust import run_trust

    configure_logging(asked.log_level)
    if asked.migrate_github is not None:
        return _migrate(asked.migrate_github, paths, manifest, asked, azure)
    request = make_request(paths, manifest, azure.cloud)
    declaration = load_declaration(request)
    with open_session(azure, Stop(), writes=False) as session:
        report = run_trust(declaration, session.azure, request.audience)
        text = render_report(report, session.header, asked.format, color=is_colored(asked.color_choice))
    print_note(*remark(text, asked.format))
    print_report(text)
    return ExitCode.DONE


def _migrate(ids_file: str, paths: Paths, manifest: ManifestFlags, asked: TrustFlags, azure: AzureFlags) -> ExitCode:
    """Print a round of the way to subjects with ids; what is to be known of it goes to stderr."""
    from reconciler.cli.support.inputs import make_request
    from reconciler.cli.support.session import open_session
    from reconciler.files.read import read_argument
    from reconciler.migration.ids import MAX_BYTES, read_ids
    from reconciler.stop import Stop
    from reconciler.workflow.declare import load_declaration
    from reconciler.workflow.subjects.migrate import propose_migration

    if asked.format is not TrustFormat.TEXT:
        raise UsageError(f"--format {asked.format}: what --migrate-github prints is a diff", "Leave one of them out.")
    if "-" in paths:
        raise UsageError("--migrate-github proposes edits of files, and takes no -", "Name the manifest's file.")
    ids = read_ids(ids_file, read_argument(ids_file, MAX_BYTES))
    declaration = load_declaration(make_request(paths, manifest, azure.cloud))
    with open_session(azure, Stop(), writes=False) as session:
        found = propose_migration(declaration, session.azure, ids)
    _print_round(found)
    return ExitCode.DONE


def _print_round(found: "Migration") -> None:
    from reconciler.cli.support.output import print_note, print_report
    from reconciler.migration.choose import Step
    from reconciler.report.trust.migration import NOTHING, next_step
    from reconciler.report.visible import joined

    printed, notes = _diffs(found)
    edits = [edit for edit, _ in printed]
    added, removed = (sum(edit.count(step) for edit in edits) for step in (Step.ADD, Step.REMOVE))
    print_note(*(f"Note: {note}" for note in (*found.notes, *notes, *next_step(added, removed))))
    print_note(*(() if edits or found.notes or notes else (NOTHING,)))
    print_report(joined(*(text for _, text in printed)))


def _diffs(found: "Migration") -> "tuple[list[tuple[FileEdit, SafeText]], list[str]]":
    """The edits with their diffs, as `git apply` takes them in the working directory, and what is left out of them."""
    from reconciler.report.trust.migration import NotPrintedError, file_diff

    printed, notes = [], []
    for edit in found.edits:
        name = os.path.relpath(edit.name)
        if Path(name).parts[0] == os.pardir:
            notes.append(f"{edit.name}: left as it is: `git apply` changes no file outside of the working directory.")
            continue
        try:
            printed.append((edit, file_diff(name, edit.before, edit.after)))
        except NotPrintedError as why:
            notes.append(f"{edit.name}: left as it is: {why}.")
    return printed, notes
