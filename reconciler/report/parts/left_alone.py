"""Absence is shown too: what of the live side a run does not touch, and why."""

from dataclasses import dataclass

from reconciler.model import AnyId, AssignmentId, ResourceId
from reconciler.plan import Action, IdentityChange, Plan, SkipReason, hold_of
from reconciler.report.held_rows import not_due
from reconciler.report.impact_rows import with_condition
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.blocks import hold_words
from reconciler.report.parts.members import several, write_ids
from reconciler.report.parts.undo import NOT_OF_THE_RUN
from reconciler.report.parts.wrap import write_pieces, write_text
from reconciler.report.rows import kept_conditions

_IDENTITIES = {
    SkipReason.IGNORED: "ignored",
    SkipReason.NOT_OWNED: "of another owner",
    SkipReason.NOT_OURS: "without an owner",
    SkipReason.NOT_LISTED: "not listed, kept by policy",
    SkipReason.NOT_TARGETED: "outside --target",
    SkipReason.NOT_EXPIRED: "not expired",
}

_ACCESS = _IDENTITIES | {
    SkipReason.NOT_TARGETED: NOT_OF_THE_RUN[SkipReason.NOT_TARGETED],
    SkipReason.NOT_OURS: "made by others",
    SkipReason.UNMARKED: "given by uami, whose mark was edited away: list it to adopt it, or remove it yourself",
    SkipReason.INHERITED: "given above roleScopes, and so good there too",
    SkipReason.OUT_OF_SCOPE: "outside roleScopes",
    SkipReason.UNRESOLVED: "stays while a role that the manifest lists or ignores is not known",
    SkipReason.INEXPRESSIBLE: "kept, since this api-version cannot express it",
    SkipReason.HELD: "of a held identity, and no such role is known there",
    SkipReason.EXPIRED: "expired and gone: its line can be removed",
}


def write_left_alone(page: Page, plan: Plan, names: Names, *, is_undo: bool = False) -> None:
    """How many identities are not touched, which credentials and roles, and what is abandoned."""
    counts = counts_left_alone(plan, is_undo=is_undo)
    if counts:
        page.line((f"Left alone: {', '.join(counts)}.", "dim"))
    children = children_left_alone(plan, names, is_undo=is_undo)
    for one in children:
        _write_child(page, one, names)
    if counts or children:
        page.line()
    _write_abandoned(page, plan)


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Credentials or roles of one name that stay for one reason; `lead` is `Left alone` or `Kept`."""

    lead: str
    label: str
    words: str
    ids: tuple[AnyId, ...]


def counts_left_alone(plan: Plan, *, is_undo: bool) -> list[str]:
    """How many identities are not touched, for each reason: `2 ignored`."""
    words = _IDENTITIES | (NOT_OF_THE_RUN if is_undo else {})
    reasons = [one.reason for one in plan.skipped if isinstance(one.resource_id, ResourceId)]
    return [f"{reasons.count(one)} {text}" for one, text in words.items() if one in reasons]


def children_left_alone(plan: Plan, names: Names, *, is_undo: bool) -> tuple[LeftAlone, ...]:
    """The credentials and roles that are left alone, by what they are and why; last, conditions that stay.

    The roles of an identity that would be deleted are no part of it: its delete is what becomes of them.
    """
    going = {one.resource_id for one in plan.changes if isinstance(one, IdentityChange) and one.action is Action.DELETE}
    words_for = _ACCESS | (NOT_OF_THE_RUN if is_undo else {})
    found: dict[tuple[str, str, str], list[AnyId]] = {}
    for one in plan.skipped:
        match one.resource_id:
            case ResourceId():
                continue
            case AssignmentId(identity=identity) if identity in going:
                continue
            case child:
                words = f"{words_for[one.reason]}{with_condition(one.condition)}"
                found.setdefault(("Left alone", names.label(child), words), []).append(child)
    for kept in kept_conditions(plan):
        words = "with a condition that the manifest does not name"
        found.setdefault(("Kept", names.label(kept), words), []).append(kept)
    return tuple(LeftAlone(*key, tuple(ids)) for key, ids in found.items())


def _write_child(page: Page, one: LeftAlone, names: Names) -> None:
    lead = [(f"{one.lead}: ", "dim")]
    if len(one.ids) == 1:
        write_text(page, f"{names.describe(one.ids[0])}, {one.words}.", indent=4, lead=lead, style="dim")
        return
    write_text(page, f"{several(one.label, len(one.ids))}, {one.words}:", indent=4, lead=lead, style="dim")
    write_ids(page, one.ids, names, indent=4)


def _write_abandoned(page: Page, plan: Plan) -> None:
    """What somebody should look at, though no run of this manifest will."""
    if not plan.abandoned:
        return
    text = "they have this manifest's owner, in groups that it does not name; not touched."
    write_text(page, text, indent=4, lead=[("Abandoned: ", "yellow")], style="yellow")
    for one in plan.abandoned:
        page.line("     ", one.resource_id.address, f"  owner {one.owner}")
    page.line()


def write_removed_already(page: Page, plan: Plan, names: Names) -> None:
    """What `remove` names and is gone."""
    for change in plan.removed_already:
        place = (f"{change.source.file}:{change.source.line}", "dim")
        pieces = [(names.describe(change.resource_id), ""), place]
        write_pieces(page, pieces, lead=("Removed already: ", "dim"))
    if plan.removed_already:
        page.line()


def write_not_due(page: Page, plan: Plan, names: Names) -> None:
    """Removals before their day, which are no drift."""
    for change in not_due(plan):
        hold = hold_of(change)
        what = f"{names.describe(change.resource_id)}, listed under remove and {hold_words(hold)}"
        pieces = [(what, "dim"), (f"{hold.source.file}:{hold.source.line}", "dim")]
        write_pieces(page, pieces, lead=("Not due: ", "dim"))
    if not_due(plan):
        page.line()
