"""Warnings about a manifest, as text: each with the line that it is about, in the form in which editors find places."""

from collections.abc import Sequence

from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import AddressBook, AnyId, AssignmentId, CredentialId, ResourceGroupId, ResourceId, identity_of
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.members import several, write_places
from reconciler.report.parts.notes import TOLD_ONCE
from reconciler.report.parts.wrap import INDENT
from reconciler.report.visible import SafeText


def render_warnings(findings: Sequence[Finding], desired: Desired, *, strict: bool) -> SafeText:
    """Each finding with its place and what to do, and at last their number; nothing where there is none."""
    page = Page(color=False)
    if not findings:
        return page.text()
    page.line()
    write_warnings(page, findings, Names(AddressBook(group.group_id for group in desired.groups), {}, {}))
    number = sum(1 if same[0].given_by else len(same) for same in alike_findings(findings, group=True))
    count = f"{number} {'warning' if number == 1 else 'warnings'}"
    page.line()
    page.line(f"{count}, refused because of --strict." if strict else f"{count}.")
    return page.text()


def write_warnings(
    page: Page, findings: Sequence[Finding], names: Names, *, group: bool = True, style: str = ""
) -> None:
    """Two lines for each finding: its place and what is doubtful, and what to do.

    What a default gives to many is told once, at the default. With `group`, so is what is said of several identities
    in the same words, at the place of the first.
    """
    for same in alike_findings(findings, group=group):
        first = same[0]
        if first.given_by is not None:
            _write(page, first, f"{default_label(same, names)} {first.message}", style)
        elif len(same) < TOLD_ONCE:
            for one in same:
                _write(page, one, f"{one.label(names.book)} {one.message}", style)
        else:
            _write_once(page, same, names, style)


def default_label(same: Sequence[Finding], names: Names) -> str:
    """What a warning about a default is about, with how many take it, or where the one does."""
    number = sum(one.identities for one in same)
    taken = f"of {number} identities" if number > 1 else f"taken at {same[0].pos}"
    return f"{same[0].label(names.book)} (a default, {taken})"


def alike_findings(findings: Sequence[Finding], *, group: bool) -> list[list[Finding]]:
    """The findings, those together that differ in nothing but the identity that they are about."""
    found: dict[object, list[Finding]] = {}
    for number, one in enumerate(findings):
        is_single = one.resource_id is None or isinstance(one.resource_id, ResourceGroupId) or not group
        key = number if is_single and one.given_by is None else (one.code, one.given_by, one.message, one.hint)
        found.setdefault(key, []).append(one)
    return list(found.values())


def _write_once(page: Page, same: Sequence[Finding], names: Names, style: str) -> None:
    about = [(one.pos, one.resource_id) for one in same if isinstance(one.resource_id, AnyId)]
    _write(page, same[0], f"{title_of(same, names)}: {same[0].message}", style)
    write_places(page, [(identity_of(one), f"{pos.file}:{pos.line}") for pos, one in about], names, indent=INDENT)


def _write(page: Page, finding: Finding, text: str, style: str) -> None:
    page.line((f"{finding.given_by or finding.pos}: warning: {text} [{finding.code}]", style))
    page.line((f"    hint: {finding.hint}", style))


_PLURALS = {ResourceId: "identities", CredentialId: "credentials", AssignmentId: "roles"}


def title_of(same: Sequence[Finding], names: Names) -> str:
    """What several findings are about: `60 identities`, `role Owner on rg-data of 60 identities`, `60 credentials`."""
    about = [one.resource_id for one in same if isinstance(one.resource_id, AnyId)]
    labels = {names.label(one) for one in about}
    if len(labels) == 1:
        return several(labels.pop(), len(about))
    kinds = {type(one) for one in about}
    return f"{len(about)} {' and '.join(word for kind, word in _PLURALS.items() if kind in kinds)}"
