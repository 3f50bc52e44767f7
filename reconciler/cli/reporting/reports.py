"""All reports of one run: the one on stdout, those in files, and those that a CI system takes beside them.

Every place is looked at before anything is read or asked. A file is written whole at the end or not at all, and holds
the error where the command fails, so that nobody takes the report of an earlier run for this one's.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.reporting.subject import Subject
from reconciler.cli.support.output import (
    ReportNotWritten,
    chosen_format,
    hidden,
    print_failure,
    print_note,
    print_part,
    print_report,
)
from reconciler.cli.support.signals import settle
from reconciler.errors import ReconcilerError, UsageError
from reconciler.files.append import appended_file, size_of
from reconciler.files.replace import OutputError, output_file
from reconciler.report.formats import Beside, Format, Occasion, ReportFormat, ReportKind, report_format
from reconciler.report.visible import SafeText

TextOf = Callable[[ReportFormat], SafeText]
"""A report, in whatever form it is asked for."""

_FLAG = "--format"


@dataclass(frozen=True, slots=True)
class _File:
    """A report that goes to a file: what of it there is so far, and what writes it once it is whole."""

    form: ReportFormat
    write: Callable[[bytes], None]
    parts: list[SafeText]


class Reports:
    """The reports of one run."""

    def __init__(self, flags: ReportFlags, occasion: Occasion) -> None:
        self._flags = flags
        self._occasion = occasion
        self._files: list[_File] = []
        self.on_stdout = chosen_format(flags, occasion=occasion)

    def add(self, form: ReportFormat, write: Callable[[bytes], None]) -> None:
        """From now on there is one more report, which `write` gets."""
        self._files.append(_File(form, write, [form.beginning]))

    @property
    def stream(self) -> bool:
        """Whether any of them is written while the run goes on."""
        return self.on_stdout.streams or any(file.form.streams for file in self._files)

    def part(self, text_of: TextOf) -> None:
        """What the reports that are written along the way have next; more will follow."""
        if self.on_stdout.streams:
            print_part(text_of(self.on_stdout))
        for file in self._files:
            if file.form.streams:
                file.parts.append(text_of(file.form))

    def end(self, text_of: TextOf) -> None:
        """The last words of the command, in each form.

        Raises:
            ReportNotWritten: in one place or another; the others have it.
        """
        # Before stdout, where a CI system may be told to take one of them.
        failures = self._write(text_of)
        try:
            print_report(text_of(self.on_stdout))
        except ReportNotWritten as error:
            failures.append(error)
        for failure in failures:
            raise failure

    def fail(self, text_of: TextOf) -> None:
        """Say in each form why there is no report."""
        self.keep(text_of)
        print_failure(self._flags, text_of, self._occasion)

    def keep(self, text_of: TextOf) -> None:
        """The same, in the files alone."""
        for failure in self._write(text_of):
            print_note(f"Note: {failure.message}")

    def _write(self, text_of: TextOf) -> list[ReportNotWritten]:
        """Write each file once: whatever comes afterwards is said elsewhere."""
        settle()
        failures: list[ReportNotWritten] = []
        files, self._files = self._files, []
        for file in files:
            try:
                file.write(hidden("".join((*file.parts, text_of(file.form)))).encode())
            except ReconcilerError as error:
                failures.append(ReportNotWritten(error.lines, error.hint_lines))
        return failures


_open: list[Reports] = []
"""The reports that are not written yet: a signal that ends the process writes why."""


@contextmanager
def open_reports(flags: ReportFlags, kind: ReportKind, subject: Subject) -> Iterator[Reports]:
    """Look at every place for a report, and have them written; an error within is reported there, and ends the command.

    Raises:
        UsageError: a form that this report does not have, or a place that is refused.
        OutputError: a file cannot be made.
        ReportNotWritten: at the end.
    """
    occasion = subject.occasion(flags, os.environ)
    reports = Reports(flags, occasion)
    forms = [report_format(name, color=False, occasion=occasion) for name in flags.names]
    for name, form in zip(flags.names, forms, strict=True):
        _check_served(name, form, kind)
    if flags.comment_key is not None and not any(form.keyed for form in forms):
        raise UsageError("--comment-key is for a report that has a marker", f"Add {_FLAG} markdown=FILE.")
    places = [place for name, path in flags.files for place in _places(flags, name, path, (kind, occasion))]
    _check_apart([one.path for one in places], subject.outputs)
    with ExitStack() as stack:
        for place in places:
            reports.add(place.form, stack.enter_context(_open_file(place, subject)))
        for beside in reports.on_stdout.beside:
            _open_beside(stack, reports, beside)
        _open.append(reports)
        try:
            yield reports
        except ReportNotWritten as error:
            _keep(reports, error)
            raise
        except ReconcilerError as error:
            _fail(reports, error)
            raise typer.Exit(error.exit_code) from error
        finally:
            _open.remove(reports)


def _keep(reports: Reports, error: ReconcilerError) -> None:
    reports.keep(lambda form: form.error(error))


def _fail(reports: Reports, error: ReconcilerError) -> None:
    reports.fail(lambda form: form.error(error))


def keep_interrupted(error: ReconcilerError) -> None:
    """Write to the files of a run that a signal ends that it did, for a process that ends without unwinding."""
    for reports in _open:
        # The command's own thread may just be closing them.
        with suppress(ValueError, OSError, OutputError):
            _keep(reports, error)


@dataclass(frozen=True, slots=True)
class _Place:
    """A file for a report."""

    name: Format
    form: ReportFormat
    path: Path


def _places(flags: ReportFlags, name: Format, path: Path, run: tuple[ReportKind, Occasion]) -> Iterator[_Place]:
    """The file that a flag names, and those that come with it."""
    kind, occasion = run
    form = report_format(name, color=False, group=flags.tells_equal_changes_once, occasion=occasion)
    if form.file_kind is None:
        raise UsageError(
            f"{_FLAG} {name}={path}: this form is read from the log of a job, and is of no use in a file",
            f"Write {_FLAG} {name}.",
        )
    yield _Place(name, form, path)
    for one in form.companions(kind):
        yield _Place(name, one.form, path.with_name(f"{path.stem}.{one.infix}{path.suffix}"))


def _open_file(place: _Place, subject: Subject) -> AbstractContextManager[Callable[[bytes], None]]:
    return output_file(
        place.path,
        flag=f"{_FLAG} {place.name}",
        replaces=place.form.file_kind,
        inputs=subject.inputs,
        subject="the report",
    )


def _open_beside(stack: ExitStack, reports: Reports, beside: Beside) -> None:
    if beside.path is None:
        print_note(f"Note: {beside.variable} is not set, as outside of a job, so there is no place for {beside.what}.")
        return
    path = Path(beside.path)
    opened = (
        appended_file(path, beside.variable, beside.what)
        if beside.appends
        else output_file(path, flag=beside.variable, subject=beside.what)
    )
    reports.add(beside.form(size_of(path)), stack.enter_context(opened))


def _check_served(name: Format, form: ReportFormat, kind: ReportKind) -> None:
    if kind not in form.serves:
        have = ", ".join(one.value for one in ReportKind if one in form.serves)
        raise UsageError(
            f"{_FLAG} {name}: what `{kind.value.partition(' ')[0].rstrip(',')}` reports has no such form",
            f"These commands report in it: {have}.",
        )


def _check_apart(paths: Sequence[Path], outputs: Sequence[str]) -> None:
    """Raises UsageError where two outputs of the run would be one file."""
    seen: dict[str, str] = {os.path.realpath(one): one for one in outputs}
    for path in paths:
        place = os.path.realpath(path)
        if place in seen:
            raise UsageError(f"{_FLAG}: {path} and {seen[place]} are one file", "Name a file for each.")
        seen[place] = str(path)
