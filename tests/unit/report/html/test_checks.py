"""The pages of what changes nothing: what is missing or wrong stands first."""

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.errors import Diagnostic, ManifestError, PlanStale, SourcePos, StaleDetail, UsageError
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import Violation
from reconciler.report.html.checks import checkup_page, error_page, validated_page
from reconciler.report.html.views import Line, Remark, Tally, Tone
from tests.builders import desired_group, group_id, resource_id

DESIRED = Desired((desired_group("id-a", "id-b"),))
POS = SourcePos("m.yaml", 3, 5)
WARNING = Finding("a-code", resource_id("id-a"), POS, "is doubtful", "Look.")


def test_valid_manifest_is_good_and_says_what_it_declares() -> None:
    view = validated_page(DESIRED, (), (), DeclaredVerdict(), strict=True)

    assert (view.verdict, view.tone) == ("The manifest is valid: 2 identities in 1 resource group.", Tone.GOOD)
    assert [(one.number, one.words) for one in view.tallies] == [
        (1, "resource groups"),
        (2, "identities"),
        (0, "warnings"),
    ]
    assert view.sections == ()


def test_warnings_are_refused_by_a_strict_run_alone() -> None:
    lenient, strict = (
        validated_page(DESIRED, (WARNING,), (WARNING,), DeclaredVerdict(), strict=one) for one in (False, True)
    )

    assert (lenient.tone, strict.tone) == (Tone.WARNING, Tone.REFUSED)
    assert [section.name for section in lenient.sections] == ["warnings", "notes"]
    assert [section.lead for section in strict.sections] == ["Refused because of --strict.", ""]
    assert lenient.sections[1].remarks == (Remark(Tone.QUIET, "The manifest accepts 1 warning: a-code (1)."),)


def test_what_guardrails_refuse_comes_first() -> None:
    verdict = DeclaredVerdict((Violation("guardrail", group_id(), "not allowed", "Ask."),), ("Not compared.",))

    view = validated_page(DESIRED, (WARNING,), (), verdict, strict=False)

    assert view.tone is Tone.REFUSED
    assert [section.name for section in view.sections] == ["refused", "warnings", "notes"]


def test_doctor_says_first_what_is_missing_and_how_it_is_given() -> None:
    rights = (
        RightCheck("/a", "give roles", "x/write", Standing.MISSING, "Owner"),
        RightCheck("/a", "read locks", "y/read", Standing.OK, None),
        RightCheck("/b", "read locks", "y/read", Standing.NOT_CHECKED, None),
    )
    checks = (Check("clock", Standing.WARNING, "late", ("Set it.", "Again.")),)

    view = checkup_page(Checkup("AzureCloud", "https://arm", "cli", checks, rights, ("az role assignment create",)))

    assert view.tone is Tone.REFUSED
    assert [section.title for section in view.sections] == [
        "What is missing",
        "What was looked at",
        "Rights at /a",
        "Rights at /b",
        "Not checked",
    ]
    assert view.sections[0].remarks[0].commands == ("az role assignment create",)
    assert view.sections[1].remarks == (Remark(Tone.WARNING, "late", "warning", "clock", ("Set it.", "Again.")),)
    assert view.sections[2].remarks[0] == Remark(
        Tone.REFUSED, "x/write; the role Owner has it", "missing", "give roles"
    )
    assert view.tallies == (
        Tally(1, "ok", Tone.GOOD),
        Tally(1, "warning", Tone.WARNING),
        Tally(1, "missing", Tone.REFUSED),
        Tally(1, "not checked", Tone.WARNING),
    )


def test_doctor_that_finds_nothing_wrong_is_good() -> None:
    view = checkup_page(Checkup("AzureCloud", "https://arm", "cli", (Check("token", Standing.OK, "good"),)))

    assert view.tone is Tone.GOOD
    assert [section.title for section in view.sections] == ["What was looked at", "Not checked"]


def test_problem_of_a_manifest_is_shown_with_its_line_from_the_place_on() -> None:
    error = ManifestError((Diagnostic("unknown-key", POS, "`tgas` is no key", "Did you mean `tags`?", "    tgas: x"),))

    view = error_page(error)

    assert view.verdict == "1 problem in the manifest"
    assert view.facts == (("Code", "manifest-invalid"), ("Exit code", "65"))
    assert view.sections[0].remarks == (
        Remark(
            Tone.REFUSED,
            "`tgas` is no key",
            "unknown-key",
            hint=("Did you mean `tags`?",),
            place="m.yaml:3:5",
            quotation=("    ", "tgas: x"),
        ),
    )


def test_stale_plan_says_what_has_changed() -> None:
    view = error_page(PlanStale((StaleDetail("a", "id-a", "tags.x is y"), StaleDetail("", "", "signed in")), "Again."))

    assert [(one.title, one.text) for one in view.sections[0].remarks] == [
        ("id-a", "tags.x is y"),
        ("this run", "signed in"),
    ]
    assert view.sections[0].title == "Not as in the saved plan"


def test_any_other_error_is_its_lines_and_its_hint() -> None:
    view = error_page(UsageError(("No such thing.", "Nor this."), "Name another."))

    assert (view.verdict, view.sections) == ("No such thing.", ())
    assert view.asides == (Line("", "Nor this.", Tone.REFUSED), Line("", "Name another."))
    assert error_page(UsageError("")).verdict == "usage"
