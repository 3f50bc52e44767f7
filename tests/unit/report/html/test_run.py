"""The pages of a run: what did not work stands first, each cause once, and a journal call by call."""

from dataclasses import replace

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.errors import SourcePos
from reconciler.journal import Actor, Call, Outcome, Place, PlaceKind, RunGroup, RunHeader, RunRecord
from reconciler.journal.record import RunEnd
from reconciler.model import CallError, Children, CredentialId, FederatedCredential
from reconciler.plan import Action, Plan
from reconciler.report.html.run import journal_page, result_page
from reconciler.report.html.views import Line, PageView, Remark, Tally, Tone, Value
from tests.builders import desired_group, group_id, live_group, live_identity, plan_of, resource_id
from tests.unit.reporting import (
    CORRELATION_ID,
    complete_result,
    plan_of_everything,
    refused_plan,
    result_of_everything,
)

PLAN = plan_of_everything()
GOES_ON = "uami apply identities.yaml"


def page(plan: Plan, result: ApplyResult, journal: str | None = "run.jsonl") -> PageView:
    return result_page(plan, result, journal, GOES_ON, group=True)


def test_run_that_went_badly_says_why_first_and_how_to_go_on() -> None:
    view = page(PLAN, result_of_everything(PLAN))

    assert (view.kind, view.tone) == ("Apply", Tone.REFUSED)
    assert view.verdict.startswith("Apply incomplete: 1 added, 1 changed, 0 destroyed, 1 failed")
    assert [section.name for section in view.sections] == ["failed", "skipped", "not-held", "done", "stays"]
    assert view.facts[-3:] == (("Journal", "run.jsonl"), ("Correlation", CORRELATION_ID), ("To continue", GOES_ON))
    assert view.tallies == (
        Tally(1, "added", Tone.CREATE, "done"),
        Tally(1, "changed", Tone.UPDATE, "done"),
        Tally(0, "destroyed", Tone.DELETE, "done"),
        Tally(1, "failed", Tone.REFUSED, "failed"),
        Tally(1, "skipped", Tone.REFUSED, "skipped"),
    )


def test_failed_change_has_its_reason_its_hint_and_the_id_of_its_call() -> None:
    failed, _, not_held, *_ = page(PLAN, result_of_everything(PLAN)).sections

    assert failed.remarks == (
        Remark(
            Tone.REFUSED,
            "updating id-api: 409 Conflict (Busy.)",
            title="update rg-app/id-api",
            hint=("Wait.", "correlation id corr-of-the-call"),
        ),
    )
    assert [(one.title, one.text) for one in not_held.remarks] == [
        ("rg-app/id-new", "tags.env came back as 'x', not 'prod'")
    ]


def test_changes_that_failed_for_one_cause_are_told_once() -> None:
    plan = plan_of(desired_group("id-a", "id-b", default_location="westeurope"), live_group())
    error = CallError(403, "Denied", "no right", "Ask.", "")
    result = ApplyResult(
        tuple(ChangeResult(one, Outcome.FAILED, "no right", error) for one in plan.applicable), CORRELATION_ID
    )

    (section,) = (one for one in page(plan, result).sections if one.name == "failed")

    (remark,) = section.remarks
    assert (remark.title, remark.text, section.number) == ("create 2 identities", "no right", 2)
    assert [name for one in remark.members for name, _ in one.names] == ["id-a", "id-b"]


def test_run_that_did_all_is_good_and_shows_what_it_did() -> None:
    view = page(PLAN, complete_result(PLAN), None)

    assert (view.verdict, view.tone) == ("Apply complete! Resources: 1 added, 2 changed, 1 destroyed.", Tone.GOOD)
    assert [section.name for section in view.sections] == ["done", "stays"]
    assert [label for label, _ in view.facts] == ["Tenant", "Subscription", "Correlation"]


def test_run_beside_refusals_or_cut_short_is_not_called_good() -> None:
    plan = refused_plan()

    beside = page(plan, complete_result(plan))
    cut = page(PLAN, replace(complete_result(PLAN), interrupted=True))

    assert (beside.tone, cut.tone) == (Tone.WARNING, Tone.WARNING)
    assert beside.asides == (Line("", "Refused: 2 changes by 3 guards.", Tone.REFUSED),)
    assert "refused" in [section.name for section in beside.sections]


def test_run_with_nothing_to_do_says_so() -> None:
    plan = plan_of(desired_group("id-a"), live_group("id-a"))

    view = page(plan, complete_result(plan))

    assert (view.verdict, view.tone) == ("No changes. Live identities match the manifest.", Tone.GOOD)
    undo = page(replace(plan, not_undone=()), complete_result(plan))
    assert (undo.kind, undo.verdict) == ("Undo", "No changes. Nothing of the run is left that could be taken back.")


HEADER = RunHeader(
    *(CORRELATION_ID, "apply", "0.1.0", "2026-01-31T10:00:00Z", "AzureCloud", None),
    Place(PlaceKind.SANDBOX, "state.json"),
    Actor("1", None, "pipeline"),
    (RunGroup(group_id(), "team-a"),),
)


def a_call(number: int, outcome: Outcome | None, error: CallError | None = None) -> Call:
    before = live_identity("id-old", tags={"env": "test"})
    credential = FederatedCredential(CredentialId(resource_id("id-old"), "main"), None)
    children = Children(credentials=(credential,), assignments=(), attached=None, unread=("attached resources: no",))
    call = Call(before.resource_id, Action.DELETE, 1, SourcePos("m.yaml", 8, 9), before, None, children)
    return replace(call, number=number, at="10:00:01", ended_at="10:00:02", outcome=outcome, error=error)


def test_journal_shows_each_call_with_what_it_took_along() -> None:
    end = RunEnd("2026-01-31T10:00:03Z", complete=True, interrupted=False, counts=((Outcome.DONE, 1),))

    view = journal_page(RunRecord(HEADER, (a_call(1, Outcome.DONE),), end, torn=False))

    assert (view.verdict, view.tone) == ("Complete, 2026-01-31T10:00:03Z. Changes: 1 done.", Tone.GOOD)
    assert view.tallies == (Tally(1, "done", Tone.GOOD),)
    (section,) = view.sections
    (block,) = section.blocks
    assert block.title == "1. rg-app/id-old"
    assert block.head is not None
    assert (block.head.summary, block.head.place, block.head.footnote) == (
        "delete: done",
        "m.yaml:8",
        "10:00:01 to 10:00:02",
    )
    assert block.head.lines == (
        Line("with the", "federated credential main", Tone.WARNING),
        Line("not read", "attached resources: no", Tone.WARNING),
    )
    assert Value("tags.env", '"test"') in block.head.values


def test_journal_says_what_nobody_knows_before_the_calls() -> None:
    error = CallError(409, "Conflict", "409 Conflict", "", "corr")

    view = journal_page(RunRecord(HEADER, (a_call(1, Outcome.FAILED, error), a_call(2, None)), None, torn=True))

    assert (view.verdict, view.tone) == ("The run was cut short: its journal has no end.", Tone.REFUSED)
    assert [line.text for line in view.asides] == [
        "The last line is cut off, as a crash leaves it, and was passed over."
    ]
    in_doubt, calls = view.sections
    assert in_doubt.remarks == (Remark(Tone.REFUSED, "delete rg-app/id-old"),)
    failed, unknown = (block.entries[0] for block in calls.blocks)
    assert failed.lines[-2:] == (Line("error", "409 Conflict", Tone.REFUSED), Line("correlation id", "corr"))
    assert unknown.summary == "delete: in doubt: no answer was written down"


def test_many_calls_are_closed_at_first() -> None:
    calls = tuple(a_call(number, Outcome.DONE) for number in range(21))

    few, many = (journal_page(RunRecord(HEADER, some, None, torn=False)) for some in (calls[:20], calls))

    assert {block.is_open for block in few.sections[0].blocks} == {True}
    assert {block.is_open for block in many.sections[0].blocks} == {False}
