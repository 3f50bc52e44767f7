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
    told = len(_told_once(findings))
    count = f"{told} {'warning' if told == 1 else 'warnings'}"
    lines += ["", f"{count}, refused because of --strict." if strict else f"{count}."]
    return safe_lines(lines)


def warning_lines(findings: Sequence[Finding], book: AddressBook) -> list[str]:
    """Two lines for each finding: its place and what is doubtful, and what to do.

    What a default gives to many is told once, at the default.
    """
    lines = []
    for one, *others in _told_once(findings):
        place, taken = one.given_by or one.pos, ""
        if one.given_by is not None:
            taken = f" (a default, of {len(others) + 1} identities)" if others else f" (a default, taken at {one.pos})"
        lines.append(f"{place}: warning: {one.label(book)}{taken} {one.message} [{one.code}]")
        lines.append(f"    hint: {one.hint}")
    return lines


def _told_once(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings, those together that differ in nothing but the identity that takes a default."""
    told: dict[object, list[Finding]] = {}
    for number, one in enumerate(findings):
        key = number if one.given_by is None else (one.code, one.given_by, one.message, one.hint)
        told.setdefault(key, []).append(one)
    return list(told.values())
