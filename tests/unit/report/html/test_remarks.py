"""What is told in sentences: refusals with what lifts them, warnings with their place, and what stays."""

from dataclasses import replace

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Ignore
from reconciler.manifest.findings import Finding
from reconciler.model import Violation
from reconciler.plan import NotUndone
from reconciler.report.html.remarks import (
    not_undone_section,
    notes_section,
    refused_section,
    stays_section,
    trust_section,
    warnings_section,
)
from reconciler.report.html.views import Members, Remark, Tone
from reconciler.report.names import names_of
from reconciler.report.rows import refused_rows
from reconciler.report.trust import TrustLine
from tests.builders import desired_group, live_group, plan_of, removed, resource_id
from tests.unit.reporting import plan_of_everything, refused_plan

PLAN = plan_of_everything()
NAMES = names_of(PLAN)


def test_refusal_says_why_and_what_lifts_it_above_what_it_holds_back() -> None:
    plan = refused_plan()

    section = refused_section(plan.violations, refused_rows(plan), names_of(plan), "Refused")

    assert [(one.code, one.title) for one in section.remarks] == [
        ("group-missing", "rg-none"),
        ("location", "rg-app/id-api"),
        ("foreign-owner", "rg-app/id-theirs"),
    ]
    assert "--allow foreign-owner=rg-app/id-theirs" in section.remarks[2].hint[0]
    assert [(block.title, block.entries[0].summary) for group in section.groups for block in group.blocks] == [
        ("id-far", "would be created"),
        ("id-theirs", "would be destroyed"),
    ]
    assert (section.number, section.then) == (2, "Held back:")


def test_refusals_in_the_same_words_are_told_once_with_what_they_are_about() -> None:
    about = [resource_id(f"id-{one}") for one in range(2)]
    violations = [Violation("in-use", one, "in use", f"--allow in-use=rg-app/{one.name}", (one,)) for one in about]

    section = refused_section(violations, (), NAMES, "Refused")

    assert section.remarks == (
        Remark(
            Tone.REFUSED,
            "in use",
            "in-use",
            "2 identities",
            ("--allow in-use=GROUP/IDENTITY",),
            members=(Members("rg-app", "", (("id-0", ""), ("id-1", ""))),),
        ),
    )
    assert section.then == ""


def warning(name: str, *, given_by: SourcePos | None = None) -> Finding:
    pos = SourcePos("m.yaml", 3, 5)
    return Finding("a-code", resource_id(name), pos, "is doubtful", "Look again.", given_by=given_by)


def test_warning_has_its_place_and_what_to_do() -> None:
    section = warnings_section([warning("id-a")], NAMES, lead="Refused because of --strict.")

    assert section.remarks == (
        Remark(Tone.WARNING, "is doubtful", "a-code", "rg-app/id-a", ("Look again.",), "m.yaml:3:5"),
    )
    assert section.lead == "Refused because of --strict."


def test_warnings_alike_are_told_once_and_those_of_a_default_at_the_default() -> None:
    many = warnings_section([warning(f"id-{one}") for one in range(3)], NAMES)
    given = warnings_section([warning("id-a", given_by=SourcePos("m.yaml", 2, 1))], NAMES)

    assert [(one.title, one.place) for one in many.remarks] == [("3 identities", "")]
    assert many.remarks[0].members == (Members("rg-app", "m.yaml", tuple((f"id-{one}", ":3") for one in range(3))),)
    assert [(one.title, one.place) for one in given.remarks] == [
        ("rg-app/id-a (a default, taken at m.yaml:3:5)", "m.yaml:2:1")
    ]


def test_notes_that_say_the_same_of_several_identities_are_told_once() -> None:
    names = [f"id-{one}" for one in range(3)]
    plan = plan_of(desired_group(*names, default_location="westeurope"), live_group())
    plan = replace(plan, notes=("A note.", *(f"m.yaml:{one}: rg-app/id-{one} is odd" for one in range(3))))

    once, each = (notes_section(plan, names_of(plan), group=group) for group in (True, False))

    assert [(one.title, one.text) for one in once.remarks] == [
        ("", "A note."),
        ("3 identities", "GROUP/IDENTITY is odd"),
    ]
    assert once.remarks[1].members == (
        Members("rg-app", "m.yaml", tuple((f"id-{one}", f":{one}") for one in range(3))),
    )
    assert len(each.remarks) == 4


def test_what_stays_says_why() -> None:
    plan = plan_of(
        desired_group(remove=[removed("id-gone")], ignore=Ignore(identities=("id-theirs",))), live_group("id-theirs")
    )

    section = stays_section(plan, names_of(plan))

    assert [(one.title, one.text, one.place) for one in section.remarks] == [
        ("Left alone", "1 ignored.", ""),
        ("Removed already", "rg-app/id-gone", "identities.yaml:9"),
    ]


def test_what_an_undo_leaves_says_why_and_what_to_do() -> None:
    plan = replace(PLAN, not_undone=(NotUndone(resource_id("id-a"), "tags.env", "it was changed since", "Look."),))

    assert not_undone_section(plan).remarks == (
        Remark(Tone.WARNING, "it was changed since", title="tags.env of rg-app/id-a", hint=("Look.",)),
    )
    assert not not_undone_section(PLAN)


def test_trust_is_a_sentence_with_who_gains_told_from_who_loses() -> None:
    lines = (
        TrustLine("After this, X can act as id-a.", True, "m.yaml:3"),
        TrustLine("Each loses it.", False, "m.yaml:4", ((resource_id("id-b"), "m.yaml:4"),)),
        TrustLine("These gain it.", True, "m.yaml:5", whos=("GitHub a", "GitHub b")),
    )

    section = trust_section(lines, NAMES)

    assert [(one.code, one.tone, one.text, one.place) for one in section.remarks] == [
        ("gains", Tone.WARNING, "After this, X can act as id-a.", "m.yaml:3"),
        ("loses", Tone.HELD, "Each loses it.", ""),
        ("gains", Tone.WARNING, "These gain it.", "m.yaml:5"),
    ]
    assert section.remarks[1].members == (Members("rg-app", "m.yaml", (("id-b", ":4"),)),)
    assert section.remarks[2].members == (Members("", "", (("GitHub a", ""), ("GitHub b", ""))),)
