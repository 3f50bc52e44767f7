"""What a manifest is found to be, what a caller has, and what a journal records: each as a document."""

from collections.abc import Iterator, Sequence

from reconciler.doctor.checkup import Checkup, Standing
from reconciler.doctor.least_privilege import TASKS, LeastPrivilege, Task
from reconciler.errors import lines_of
from reconciler.guardrails import DeclaredVerdict
from reconciler.journal import Call, Outcome, RunRecord, names_of_run
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, accepted_note
from reconciler.model import AddressBook
from reconciler.plan import NOT_CHECKED
from reconciler.report.checkup_text import (
    LEAST_INTRODUCTION,
    NOT_NARROWED,
    checkup_line,
    least_commands,
    render_checkup,
)
from reconciler.report.journal_text import journal_line, render_journal
from reconciler.report.markdown.document import Entry, Section, line_entry
from reconciler.report.markdown.escape import code, prose
from reconciler.report.markdown.plan import refused_sections, text_section, warnings_section
from reconciler.report.markdown.rows import described
from reconciler.report.names import Names
from reconciler.report.parts.validated import validated_line

_NOT_THERE = (Standing.FAILED, Standing.MISSING)


def validated_head(
    desired: Desired, refused_warnings: int, verdict: DeclaredVerdict, accepted: Sequence[Finding]
) -> tuple[str, ...]:
    """Whether the manifest is valid, and how much it accepts."""
    notes = (*accepted_note(accepted), *verdict.notes)
    line = f"**{validated_line(desired, refused_warnings, verdict)}**"
    return (line, *(one for note in notes for one in ("", prose(note))))


def validated_sections(desired: Desired, findings: Sequence[Finding], verdict: DeclaredVerdict) -> Iterator[Section]:
    """What guardrails refuse, and each warning."""
    names = Names(AddressBook(group.group_id for group in desired.groups), {}, {})
    yield from refused_sections(verdict.violations, (), names)
    yield warnings_section(findings, names, folded=False)


def checkup_head(checkup: Checkup) -> tuple[str, ...]:
    """Whether everything needed is there."""
    return (f"**{checkup_line(checkup)}**", "", prose(NOT_CHECKED))


def checkup_sections(checkup: Checkup) -> Iterator[Section]:
    """What failed, which rights are missing, and the commands that give them; then all of it."""
    failed = tuple(
        line_entry(f"- {code(one.name)} {prose(one.detail)}", *(f"  - {prose(line)}" for line in lines_of(one.hint)))
        for one in checkup.checks
        if one.standing in _NOT_THERE
    )
    yield Section("Failed or missing", "checks", failed, must=True, folded=False)
    missing = tuple(
        line_entry(
            f"- {prose(one.right)} at {code(one.scope)}", f"  - {code(one.action)}, role {code(one.role or '?')}"
        )
        for one in checkup.rights
        if one.standing in _NOT_THERE
    )
    yield Section("Missing rights", "rights", missing, must=True, folded=False)
    commands = tuple(line_entry(f"- {code(one)}") for one in checkup.commands)
    yield Section("To be given, by whoever administers these scopes", "commands", commands, must=True, folded=False)
    if checkup.least_privilege is not None:
        yield from _least_sections(checkup.least_privilege)
    yield text_section("All that was looked at", render_checkup(checkup, color=False), "lists of what was looked at")


def _least_sections(least: LeastPrivilege) -> Iterator[Section]:
    """The commands by task, and what they leave open."""
    tasks = tuple(
        line_entry(f"- {code(task.value)}: {prose(TASKS[task])}", *(f"  - {code(one)}" for one in commands))
        for task in Task
        if (commands := least_commands(least, task))
    )
    yield Section(LEAST_INTRODUCTION, "tasks", tasks, must=True, folded=False)
    left_open = tuple(line_entry(f"- {prose(line)}") for line in (*least.not_narrowed, *least.notes))
    yield Section(NOT_NARROWED, "sentences", left_open, must=True, folded=False)


def journal_head(record: RunRecord) -> tuple[str, ...]:
    """Which run it is, and how it ended."""
    header = record.header
    what = f"{code(f'uami {header.command}')} of {code(header.started_at)}, correlation id {code(header.run_id)}"
    return (f"**{journal_line(record)}**", "", what)


def journal_sections(record: RunRecord) -> Iterator[Section]:
    """What is in doubt and what failed; then the journal, call by call."""
    names = names_of_run(record)
    doubted = tuple(_call_entry(call, names) for call in record.in_doubt)
    yield Section("In doubt: it may or may not have taken effect", "calls in doubt", doubted, must=True, folded=False)
    failed = tuple(_call_entry(call, names) for call in record.calls if call.outcome is Outcome.FAILED)
    yield Section("Failed", "failed calls", failed, must=True, folded=False)
    deleted = tuple(
        _call_entry(call, names)
        for call in record.calls
        if call.action.value == "delete" and call.outcome is Outcome.DONE
    )
    yield Section("Deleted", "deletes", deleted, must=True, folded=False)
    calls = tuple(_call_entry(call, names) for call in record.calls)
    yield Section(f"Calls: {len(calls):,}", "calls", calls)
    yield text_section("The whole journal", render_journal(record), "journals")


def _call_entry(call: Call, names: Names) -> Entry:
    outcome = "in doubt" if call.outcome is None else call.outcome.value
    line = f"- {call.action.value} {described(call.resource_id, names)}: {outcome}, {code(call.at)}"
    return line_entry(line, *([f"  - {prose(call.error.message)}"] if call.error is not None else []))
