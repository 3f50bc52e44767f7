"""The pages of what looks and changes nothing: validate, doctor, and the error of a command without a report."""

from collections.abc import Sequence
from itertools import groupby

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.doctor.least_privilege import TASKS, LeastPrivilege, Task
from reconciler.errors import Diagnostic, ManifestError, PlanStale, ReconcilerError, lines_of
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding, accepted_note
from reconciler.model import AddressBook
from reconciler.plan import NOT_CHECKED
from reconciler.report.checkup_text import (
    LEAST_INTRODUCTION,
    NOT_NARROWED,
    checkup_line,
    least_commands,
    why_not_there,
)
from reconciler.report.html.remarks import refused_section, warnings_section
from reconciler.report.html.views import Line, PageView, Remark, Section, Tally, Tone
from reconciler.report.names import Names
from reconciler.report.parts.validated import validated_line

_TONES = {
    Standing.OK: Tone.GOOD,
    Standing.WARNING: Tone.WARNING,
    Standing.MISSING: Tone.REFUSED,
    Standing.FAILED: Tone.REFUSED,
    Standing.NOT_CHECKED: Tone.WARNING,
}


def validated_page(
    desired: Desired,
    findings: Sequence[Finding],
    accepted: Sequence[Finding],
    verdict: DeclaredVerdict,
    *,
    strict: bool,
) -> PageView:
    """What a valid manifest declares, in numbers, what guardrails refuse of it, and the warnings."""
    names = Names(AddressBook(group.group_id for group in desired.groups), {}, {})
    refused = bool(verdict.violations or (strict and findings))
    lead = "Refused because of --strict." if strict and findings else ""
    notes = tuple(Remark(Tone.QUIET, note) for note in (*verdict.notes, *accepted_note(accepted)))
    tallies = (
        Tally(len(desired.groups), "resource groups", Tone.QUIET),
        Tally(sum(len(group.identities) for group in desired.groups), "identities", Tone.QUIET),
        Tally(len(findings), "warnings", Tone.WARNING if findings else Tone.GOOD, "warnings" if findings else ""),
    )
    sections = (
        refused_section(verdict.violations, (), names, "Refused by guardrails"),
        warnings_section(findings, names, lead=lead),
        Section("notes", "Notes", remarks=notes),
    )
    return PageView(
        "Validate",
        validated_line(desired, len(findings) if strict else 0, verdict),
        Tone.REFUSED if refused else Tone.WARNING if findings else Tone.GOOD,
        tallies=tallies,
        sections=tuple(filter(None, sections)),
    )


def checkup_page(checkup: Checkup) -> PageView:
    """What was looked at, the rights by scope, and the commands that give what is missing."""
    standings = [*(one.standing for one in checkup.checks), *(one.standing for one in checkup.rights)]
    tone = Tone.REFUSED if checkup.exit_code else Tone.GOOD
    rights = tuple(
        Section(f"rights-{number}", f"Rights at {scope}", remarks=tuple(map(_right, some)), is_compact=True)
        for number, (scope, some) in enumerate(groupby(checkup.rights, key=lambda one: one.scope), start=1)
    )
    given = Remark(Tone.REFUSED, "To be given, by whoever administers these scopes:", commands=checkup.commands)
    sections = (
        Section("to-be-given", "What is missing", Tone.REFUSED, remarks=(given,) if checkup.commands else ()),
        Section("checks", "What was looked at", remarks=tuple(map(_check, checkup.checks)), is_compact=True),
        *rights,
        *(() if checkup.least_privilege is None else _least_sections(checkup.least_privilege)),
        Section("not-checked", "Not checked", remarks=(Remark(Tone.QUIET, NOT_CHECKED),)),
    )
    return PageView(
        "Doctor",
        checkup_line(checkup),
        tone,
        facts=(("Cloud", checkup.cloud), ("Endpoint", checkup.endpoint), ("Credential", checkup.credential)),
        tallies=tuple(
            Tally(standings.count(one), one.value.replace("-", " "), tone)
            for one, tone in _TONES.items()
            if one in standings
        ),
        sections=tuple(filter(None, sections)),
    )


def _least_sections(least: LeastPrivilege) -> tuple[Section, ...]:
    """The commands by task, and what they leave open."""
    tasks = tuple(
        Remark(Tone.QUIET, TASKS[task], title=task.value, commands=commands)
        for task in Task
        if (commands := least_commands(least, task))
    )
    left_open = tuple(Remark(Tone.WARNING, line) for line in (*least.not_narrowed, *least.notes))
    introduction = Remark(Tone.QUIET, LEAST_INTRODUCTION)
    return (
        Section("least-privilege", "Least privilege", remarks=(introduction, *tasks)),
        Section("not-narrowed", NOT_NARROWED.rstrip(":"), remarks=left_open),
    )


def _check(check: Check) -> Remark:
    code, tone = check.standing.value.replace("-", " "), _TONES[check.standing]
    return Remark(tone, check.detail, code, check.name, lines_of(check.hint))


def _right(right: RightCheck) -> Remark:
    code, tone = right.standing.value.replace("-", " "), _TONES[right.standing]
    return Remark(tone, why_not_there(right), code, right.right)


def error_page(error: ReconcilerError) -> PageView:
    """Why a command has no report to give, with what the error is about, one by one."""
    remarks: tuple[Remark, ...] = ()
    if isinstance(error, ManifestError):
        remarks = tuple(map(_diagnostic, error.diagnostics))
    if isinstance(error, PlanStale):
        remarks = tuple(Remark(Tone.REFUSED, one.message, title=one.label or "this run") for one in error.details)
    title = "Not as in the saved plan" if isinstance(error, PlanStale) else "Problems"
    first, *others = error.lines or (error.code,)
    return PageView(
        "Error",
        first,
        Tone.REFUSED,
        (*(Line("", line, Tone.REFUSED) for line in others), *(Line("", line) for line in error.hint_lines)),
        (("Code", error.code), ("Exit code", str(error.exit_code.value))),
        sections=tuple(filter(None, (Section("problems", title, Tone.REFUSED, remarks=remarks, number=len(remarks)),))),
    )


def _diagnostic(one: Diagnostic) -> Remark:
    line = one.source_line
    quotation = None if line is None else (line[: one.pos.column - 1], line[one.pos.column - 1 :])
    hint = (one.hint,) if one.hint else ()
    return Remark(Tone.REFUSED, one.message, one.code, "", hint, str(one.pos), quotation=quotation)
