"""The comparison of `uami drift`: what is declared, here or in a commit, and a connection that only reads."""

import os
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from reconciler.arm.activity import Activity
from reconciler.cli.drift.flags import DriftFlags, Switch
from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.support.session import open_session
from reconciler.cli.support.signals import clean_up
from reconciler.errors import JournalError, UsageError
from reconciler.files.git import commit_files
from reconciler.journal import default_folder, find_runs
from reconciler.manifest.yaml.files import STDIN_ARGUMENT
from reconciler.manifest.yaml.text import MAX_BYTES
from reconciler.plan import Plan
from reconciler.plan.drift.pending import Base
from reconciler.report.rows import Header
from reconciler.stop import Stop
from reconciler.workflow.declare import Declaration, Request, load_declaration, reads_the_same
from reconciler.workflow.drift import AgainstCommit, run_drift

_BASE = "--base"


def compare_drift(
    request: Request, asked: DriftFlags, azure: AzureFlags, watch: Callable[[Activity], None]
) -> tuple[Plan, Header]:
    """What differs, and what the report says of the connection; `watch` gets what counts the run's requests."""
    declaration, against = _declare(request, asked.base)
    with open_session(azure, Stop(), writes=False) as session:
        watch(session.retries.activity)
        own_runs = _own_runs if asked.attribution is Switch.ON else None
        return run_drift(declaration, session.azure, own_runs, against), session.header


def _declare(request: Request, ref: str | None) -> tuple[Declaration, AgainstCommit | None]:
    """What live is held against, and where that is a commit, what the files say beyond it.

    A path that only one of the two has is left out of the other: a file that is new, or one that is gone.

    Raises:
        UsageError: a commit is named that the clone does not have, or standard input, which is in none.
    """
    if ref is None:
        return load_declaration(request), None
    if STDIN_ARGUMENT in request.paths:
        raise UsageError(f"{_BASE} {ref}: standard input is in no commit", "Name files or directories of the clone.")
    with commit_files(ref, request.paths, flag=_BASE, longest=MAX_BYTES) as commit:
        clean_up(partial(shutil.rmtree, commit.folder, ignore_errors=True))
        there = tuple(path for path in request.paths if commit.has(path))
        here = tuple(path for path in request.paths if os.path.lexists(path) or path not in there)
        head = replace(request, paths=here)
        news = load_declaration(head) if here else None
        if not there:
            raise UsageError(f"{_BASE} {ref}: that commit has none of these paths", "Name a commit that has them.")
        base = replace(request, paths=there, places=commit.places, on_skipped=None)
        declaration = load_declaration(base)
        against = Base(commit.ref, commit.commit)
        return declaration, AgainstCommit(against, None if reads_the_same(base, head) else news)


def _own_runs(run_ids: Collection[str]) -> Collection[str]:
    try:
        return find_runs(default_folder(os.environ, sys.platform), run_ids)
    except JournalError:
        return ()
