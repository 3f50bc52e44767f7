"""What guards refuse: one paragraph for each guard, in which places of which it says the same are told once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model import AnyId, ResourceGroupId, Violation
from reconciler.report.names import Names
from reconciler.report.page import Page, width
from reconciler.report.parts.members import several, write_ids
from reconciler.report.parts.wrap import INDENT, write_text


@dataclass(frozen=True, slots=True)
class Said:
    """Refusals of one guard in the same words, but for the address that each is about."""

    message: str
    hint: str
    label: str
    violations: list[Violation]

    @property
    def groups(self) -> tuple[ResourceGroupId, ...]:
        """The resource groups that they are about."""
        return tuple(one.about for one in self.violations if isinstance(one.about, ResourceGroupId))

    @property
    def ids(self) -> tuple[AnyId, ...]:
        """Whatever else they are about."""
        return tuple(one.about for one in self.violations if isinstance(one.about, AnyId))


def write_refusals(page: Page, violations: Iterable[Violation], names: Names) -> None:
    """A paragraph for each guard, with an empty line behind it, in the order in which the guards speak."""
    for code, said in refusals_of(violations, names).items():
        _write_guard(page, code, said, names)
        page.line()


def refusals_of(violations: Iterable[Violation], names: Names) -> dict[str, list[Said]]:
    """What each guard says, by its code, in the order in which the guards speak."""
    by_code: dict[str, list[Violation]] = {}
    for violation in violations:
        by_code.setdefault(violation.code, []).append(violation)
    return {code: _said(same, names) for code, same in by_code.items()}


def _write_guard(page: Page, code: str, said: Sequence[Said], names: Names) -> None:
    begin = (f" ! {code}", "bold red")
    if len(said) == 1:
        (one,) = said
        _write_said(page, one, names, lead=[begin, ("  ", "")])
        write_text(page, one.hint, indent=INDENT, lead=[(" " * INDENT, "")])
        return
    page.line(begin, f"  {sum(len(one.violations) for one in said)} places")
    for hint in dict.fromkeys(one.hint for one in said):
        for one in said:
            if one.hint == hint:
                _write_said(page, one, names, lead=[(" " * INDENT, "")])
        write_text(page, hint, indent=INDENT + 2, lead=[(" " * (INDENT + 2), "")])


def _write_said(page: Page, said: Said, names: Names, *, lead: Sequence[tuple[str, str]]) -> None:
    if len(said.violations) == 1:
        (violation,) = said.violations
        address = names.describe(violation.about)
        whole = f"{address}: {violation.message}"
        if sum(width(text) for text, _ in lead) + width(address) < _ADDRESS_ENDS:
            write_text(page, whole, indent=INDENT + 2, lead=lead)
            return
        page.line(*lead, f"{address}:")
        write_text(page, violation.message, indent=INDENT + 2, lead=[(" " * (INDENT + 2), "")])
        return
    write_text(page, f"{title_of(said)}: {said.message}", indent=INDENT + 2, lead=lead)
    if said.groups:
        text = ", ".join(names.book.short_group(one) for one in said.groups)
        write_text(page, text, indent=INDENT + 4, lead=[(" " * (INDENT + 4), "")])
    write_ids(page, said.ids, names, indent=INDENT + 4)


_ADDRESS_ENDS = 70
"""An address that ends behind this column has its line alone, so that no message stands in a narrow edge."""


def title_of(said: Said) -> str:
    """What several refusals are about: `3 groups`, `role Reader on rg-data of 5 identities`."""
    number = len(said.violations)
    about = said.violations[0].about
    return f"{number} groups" if isinstance(about, ResourceGroupId) else several(said.label, number, about)


def _said(violations: Sequence[Violation], names: Names) -> list[Said]:
    """The refusals by what they say; one that is alone keeps its own words."""
    found: dict[tuple[str, str, str, type], list[Violation]] = {}
    for one in violations:
        key = (_general(one.message, one, names), _general(one.hint, one, names), _label(one, names), type(one.about))
        found.setdefault(key, []).append(one)
    # A hint that is the same for several but for the address is told once, in its general form.
    hints: dict[str, set[str]] = {}
    for (_, hint, _, _), same in found.items():
        hints.setdefault(hint, set()).update(one.hint for one in same)
    return [
        Said(message, hint if len(hints[hint]) > 1 else same[0].hint, label, same)
        for (message, hint, label, _), same in found.items()
    ]


def _label(violation: Violation, names: Names) -> str:
    match violation.about:
        case None | ResourceGroupId():
            return ""
        case about:
            return names.label(about)


def _general(text: str, violation: Violation, names: Names) -> str:
    """The text with `GROUP` or `GROUP/IDENTITY` for what it is about, as its flags would be written for any other."""
    match violation.about:
        case None:
            return text
        case ResourceGroupId() as group:
            address, word = names.book.short_group(group), "GROUP"
        case about:
            address, word = names.identity(about), "GROUP/IDENTITY"
    return re.sub(rf"(?<![\w/.-]){re.escape(address)}(?![\w-])", word, text)
