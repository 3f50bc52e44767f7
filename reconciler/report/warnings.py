"""Warnings about a manifest, as text: each with the line that it is about, in the form in which editors find places."""

from collections.abc import Sequence

from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import AddressBook
from reconciler.report.visible import NOTHING, SafeText, safe_lines


def render_warnings(findings: Sequence[Finding], desired: Desired, *, strict: bool) -> SafeText:
    """Each finding with its place and what to do, and at last their number; nothing where there is none."""
    if not findings:
        return NOTHING
    lines = ["", *warning_lines(findings, AddressBook(group.group_id for group in desired.groups))]
    count = f"{len(findings)} {'warning' if len(findings) == 1 else 'warnings'}"
    lines += ["", f"{count}, refused because of --strict." if strict else f"{count}."]
    return safe_lines(lines)


def warning_lines(findings: Sequence[Finding], book: AddressBook) -> list[str]:
    """Two lines for each finding: its place and what is doubtful, and what to do."""
    lines = []
    for one in findings:
        lines.append(f"{one.pos}: warning: {one.label(book)} {one.message} [{one.code}]")
        lines.append(f"    hint: {one.hint}")
    return lines
