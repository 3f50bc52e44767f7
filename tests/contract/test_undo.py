"""Undo against the emulator: a run is taken back field by field but for the ids that ARM alone gives, and nobody
else's work with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.arm.identities import API_VERSION
from reconciler.errors import AuthError, InputFileError, JournalError, ReconcilerError, SourcePos, UsageError
from reconciler.files.digest import digest_of
from reconciler.guards import NO_ALLOWANCES, Allowance
from reconciler.journal.call import Outcome
from reconciler.journal.file import FileJournal
from reconciler.journal.read_file import read_journal
from reconciler.journal.record import Place, PlaceKind
from reconciler.manifest.desired import CredentialsPolicy, DesiredGroup, IdentitiesPolicy, Policy
from reconciler.model.identity import OWNER_TAG, IsolationScope
from reconciler.plan.changes import Action
from reconciler.plan.fields import field_text
from reconciler.plan.plan import NotUndone, Plan
from reconciler.report.formats.text import TextFormat
from reconciler.workflow.plan import run_plan
from reconciler.workflow.undo import UndoRequest, declare_undo
from tests.builders import SUBSCRIPTION, TODAY, desired_group, label, listed
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.arm import Arm, OpenArm, contents, there
from tests.contract.faults import Fault, answer
from tests.contract.impact import GRAPH, USERS, with_users
from tests.contract.journaling import (
    IN_USE_TOO,
    NOW,
    PLACE,
    apply_with_journal,
    dangling_roles,
    header,
    lines_of,
    state_but_for_ids,
    undo_now,
    undo_of,
    undo_plan,
)
from tests.unit.journal.calls import CREATED

OURS = {OWNER_TAG: OWNER}
NOTHING_MORE = dict.fromkeys(
    ("condition", "condition_version", "description", "delegated_managed_identity_resource_id", "owner")
)


def before_the_run(open_: OpenArm) -> Arm:
    """One of everything that the run touches, and others that it does not."""
    start = contents(
        lives("id-old", tags={**OURS, "env": "prod", "hidden-x": "1"}),
        lives("id-api", tags={**OURS, "env": "test", "gone": "soon"}),
        lives("id-adopted", tags={"env": "prod"}),
        lives("id-roles", tags=OURS),
        there("id-other", tags={OWNER_TAG: "team-b"}),
    )
    start = with_trusts(start, "id-old", {"main": "s-main", "dev": "s-dev"})
    start = with_trusts(start, "id-roles", {"swap-a": "a", "swap-b": "b", "leave": "l", "change": "c"})
    start = with_roles(
        start,
        given("id-old", READER, owner=OWNER),
        given("id-old", CONTRIBUTOR, IN_SUBSCRIPTION),
        given("id-roles", READER, owner=OWNER),
        given("id-roles", CONTRIBUTOR, IN_SUBSCRIPTION),
    )
    return open_(start)


def the_run(owner: str | None = OWNER) -> DesiredGroup:
    """Creates, updates, deletes; credentials and roles of each kind."""
    return desired_group(
        listed("id-new", federated_credentials=trusts(fresh="f"), role_assignments=[role("Reader")]),
        listed("id-api", tags={"env": "prod", "gone": None, "new": "x"}, isolation_scope=IsolationScope.REGIONAL),
        listed("id-adopted"),
        listed(
            "id-roles",
            federated_credentials=trusts(**{"swap-a": "b", "swap-b": "a", "change": "d", "added": "e"}),
            role_assignments=[role("Contributor", IN_GROUP)],
        ),
        owner=owner,
        policy=Policy(IdentitiesPolicy.OWNED),
    )


def left_of(plan: Plan) -> tuple[NotUndone, ...]:
    """What an undo does not take back."""
    assert plan.not_undone is not None
    return plan.not_undone


def test_undone_run_has_left_nothing_but_new_ids(arm: OpenArm, tmp_path: Path) -> None:
    opened = before_the_run(arm)
    before = state_but_for_ids(opened)
    applied = apply_with_journal(opened, full_plan(opened, the_run(), allowances=IN_USE_TOO), tmp_path / "run.jsonl")
    between = state_but_for_ids(opened)

    undone = undo_now(opened, tmp_path / "run.jsonl")

    assert applied.complete
    assert undone.complete
    assert between != before
    assert state_but_for_ids(opened) == before
    assert dangling_roles(opened) == [(principal_of("id-old"), given("id-old", CONTRIBUTOR, IN_SUBSCRIPTION).name)]


def test_undone_run_leaves_nothing_to_undo(arm: OpenArm, tmp_path: Path) -> None:
    opened = before_the_run(arm)
    apply_with_journal(opened, full_plan(opened, the_run(), allowances=IN_USE_TOO), tmp_path / "run.jsonl")
    undo_now(opened, tmp_path / "run.jsonl")

    again = undo_plan(opened, tmp_path / "run.jsonl")

    assert [label(change) for change in again.applicable] == []


def test_each_delete_names_the_line_that_asked_for_what_it_takes_back(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents(lives("id-api")))
    (trust,) = (replace(one, source=SourcePos("a.yaml", 21, 9)) for one in trusts(main="m"))
    reader, of_second = (replace(role("Reader"), source=SourcePos("a.yaml", line, 9)) for line in (22, 41))
    run = desired_group(
        listed("id-api", federated_credentials=[trust], role_assignments=[reader], line=20),
        listed("id-first", line=30),
        listed("id-second", role_assignments=[of_second], line=40),
    )
    apply_with_journal(opened, full_plan(opened, run), tmp_path / "run.jsonl")

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert {label(change): change.source.line for change in plan.applicable} == {
        "id-api/federatedCredentials/main": 21,
        f"id-api/roleAssignments/Reader@{IN_GROUP}": 22,
        "id-first": 30,
        "id-second": 40,
        f"id-second/roleAssignments/Reader@{IN_GROUP}": 41,
    }


def test_undo_of_an_undo_does_the_run_again(arm: OpenArm, tmp_path: Path) -> None:
    opened = before_the_run(arm)
    apply_with_journal(opened, full_plan(opened, the_run(), allowances=IN_USE_TOO), tmp_path / "run.jsonl")
    between = state_but_for_ids(opened)
    apply_with_journal(opened, undo_plan(opened, tmp_path / "run.jsonl"), tmp_path / "undo.jsonl")

    result = undo_now(opened, tmp_path / "undo.jsonl")

    assert result.complete
    assert state_but_for_ids(opened) == between


def test_roles_given_without_an_owner_are_taken_back_too(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents(lives("id-api")))
    before = state_but_for_ids(opened)
    wanted = desired_group(
        listed("id-api", role_assignments=[role("Reader")]), listed("id-new", role_assignments=[role("Reader")])
    )
    apply_with_journal(opened, full_plan(opened, wanted), tmp_path / "run.jsonl")

    undo_now(opened, tmp_path / "run.jsonl")

    assert state_but_for_ids(opened) == before


def test_undo_touches_nothing_that_the_run_did_not(arm: OpenArm, tmp_path: Path) -> None:
    opened = before_the_run(arm)
    apply_with_journal(opened, full_plan(opened, the_run(), allowances=IN_USE_TOO), tmp_path / "run.jsonl")
    opened.put("id-later")
    opened.patch("id-api", {**opened.live["rg-app/id-api"], "later": "1"})

    undo_now(opened, tmp_path / "run.jsonl")

    assert opened.live["rg-app/id-later"] == {}
    assert opened.live["rg-app/id-api"] == {**OURS, "env": "test", "gone": "soon", "later": "1"}


def test_fields_that_changed_since_stay_and_are_told(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test", "tier": "a"})))
    wanted = desired_group(listed("id-api", tags={"env": "prod", "tier": "b"}))
    apply_with_journal(opened, full_plan(opened, wanted), tmp_path / "run.jsonl")
    opened.patch("id-api", {"env": "stage", "tier": "b"})

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    (change,) = plan.applicable
    assert [(field_text(one), one.before, one.after) for one in change.differences] == [("tags.tier", "b", "a")]
    assert [(one.resource_id.address.rpartition("/")[2], one.part, one.because) for one in left_of(plan)] == [
        ("id-api", "tags.env", "it is now 'stage'")
    ]


def test_created_identity_that_somebody_created_again_is_nothing_of_the_run(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents())
    apply_with_journal(opened, full_plan(opened, desired_group("id-new", owner=OWNER)), tmp_path / "run.jsonl")
    opened.recreate("id-new")

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert (plan.applicable, plan.not_undone) == ((), ())
    assert plan.notes[1:] == ("Left alone: rg-app/id-new: it has been deleted and created again since.",)


def test_created_identity_of_another_owner_by_now_stays_and_is_named(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents())
    apply_with_journal(opened, full_plan(opened, desired_group("id-new", owner=OWNER)), tmp_path / "run.jsonl")
    opened.patch("id-new", {OWNER_TAG: "team-b"})

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert plan.applicable == ()
    assert [(one.part, one.because) for one in left_of(plan)] == [("", "its owner is now 'team-b'")]


def test_deleted_identity_that_another_one_replaced_is_left_alone_and_named(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents("id-old", "id-api"))
    apply_with_journal(opened, full_plan(opened, desired_group("id-api")), tmp_path / "run.jsonl")
    opened.put("id-old", tags={"made": "by others"})

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert plan.applicable == ()
    assert [(one.part, one.because) for one in left_of(plan)] == [("", "there is another identity of its name already")]


def test_what_an_undone_delete_still_lacks_is_named_by_a_second_undo(arm: OpenArm, tmp_path: Path) -> None:
    start = with_trusts(contents(lives("id-old", tags=OURS), lives("id-api", tags=OURS)), "id-old", {"main": "s"})
    opened = arm(with_roles(start, given("id-old", READER, owner=OWNER)))
    wanted = desired_group("id-api", owner=OWNER)
    apply_with_journal(opened, full_plan(opened, wanted, allowances=IN_USE_TOO), tmp_path / "run.jsonl")
    undo_now(opened, tmp_path / "run.jsonl")
    whole = undo_plan(opened, tmp_path / "run.jsonl")
    path = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old"
    opened.send("DELETE", f"{path}/federatedIdentityCredentials/main", API_VERSION, None)

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert (whole.applicable, whole.not_undone) == ((), ())
    assert plan.applicable == ()
    assert [(one.resource_id.below_identity, one.because) for one in left_of(plan)] == [
        ("federatedCredentials/main", "its identity is there again, and does not have it")
    ]


def test_plan_says_what_cannot_return_and_what_must_change_in_git(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents("id-old", "id-api"))
    apply_with_journal(opened, full_plan(opened, desired_group("id-api", "id-new")), tmp_path / "run.jsonl")

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert plan.notes == (
        "This takes back the apply of 2026-01-02T03:04:05.678Z, correlation id c0ffee00-0000-0000-0000-000000000000.",
        "identities.yaml:5: take rg-app/id-new off the list in Git, or the next apply creates it again.",
        "rg-app/id-old returns as another principal: principalId principal-of-id-old and clientId client-of-id-old are"
        " gone for good, and what names them has to name the new ones.",
        "Role assignments of rg-app/id-old in other subscriptions were not looked for and do not return.",
        "identities.yaml:3: list rg-app/id-old again, and not under `remove`, in Git, or the next apply deletes it"
        " again.",
    )


def test_plan_says_how_each_resource_gets_a_deleted_identity_back(arm: OpenArm, tmp_path: Path) -> None:
    registry = f"{IN_GROUP}/providers/Microsoft.ContainerRegistry/registries/acr"
    opened = arm(with_users(contents("id-old", "id-api"), "id-old", [*USERS, registry]))
    plan = full_plan(opened, desired_group("id-api"), allowances=IN_USE_TOO)
    apply_with_journal(opened, plan, tmp_path / "run.jsonl")

    left = left_of(undo_plan(opened, tmp_path / "run.jsonl"))

    identity = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old"
    place = f"--subscription {SUBSCRIPTION} --resource-group rg-app --name"
    assert [(one.part, one.because, one.advice) for one in left] == [
        ("attachments", f"{resource} had it, and has to be given it again", command)
        for resource, command in sorted(
            {
                USERS[0]: f"az vm identity assign --identities {identity} {place} vm-a",
                USERS[1]: f"az vmss identity assign --identities {identity} {place} vmss-a",
                USERS[2]: f"az aks update --enable-managed-identity --assign-identity {identity} {place} aks-a",
                USERS[3]: f"az webapp identity assign --identities {identity} {place} web-a",
                registry: f"az resource show --ids {registry} shows its `identity`, to which {identity} belongs",
            }.items(),
            key=lambda pair: pair[0].casefold(),
        )
    ]


def test_attachments_that_nobody_could_read_are_said_to_be_unknown(arm: OpenArm, tmp_path: Path) -> None:
    unread = Fault("POST", GRAPH, answer(403, "AuthorizationFailed", "No."), times=99)
    unasked = Fault("POST", "/listAssociatedResources", answer(403, "AuthorizationFailed", "No."), times=99)
    opened = arm(contents("id-old", "id-api"), unread, unasked)
    lifted = replace(IN_USE_TOO, allowed=(Allowance("use-unknown", "rg-app/id-old"),))
    apply_with_journal(opened, full_plan(opened, desired_group("id-api"), allowances=lifted), tmp_path / "run.jsonl")

    left = left_of(undo_plan(opened, tmp_path / "run.jsonl"))

    identity = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old"
    assert [(one.part, one.because, one.advice) for one in left] == [
        (
            "attachments",
            "what it was attached to was not recorded",
            f"a virtual machine takes it by: az vm identity assign --ids VM --identities {identity}",
        )
    ]


def test_undo_is_held_to_the_limits_of_deletes(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents())
    names = [f"id-{number:02}" for number in range(11)]
    apply_with_journal(opened, full_plan(opened, desired_group(*names)), tmp_path / "run.jsonl")

    plan = undo_plan(opened, tmp_path / "run.jsonl", NO_ALLOWANCES)

    assert {one.code for one in plan.violations} == {"delete-limit"}
    assert plan.applicable == ()


def test_identity_that_moves_while_the_way_back_is_worked_out_stops_the_undo(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"})))
    wanted = desired_group(listed("id-api", tags={"env": "prod"}))
    apply_with_journal(opened, full_plan(opened, wanted), tmp_path / "run.jsonl")
    declaration = undo_of(opened, tmp_path / "run.jsonl")
    opened.patch("id-api", {"env": "stage"})

    with pytest.raises(ReconcilerError, match="changed while the way back was worked out"):
        run_plan(declaration, opened.azure)


def test_credential_that_appears_while_the_way_back_is_worked_out_is_not_deleted(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"main": "m"}))
    merge = Policy(federated_credentials=CredentialsPolicy.MERGE)
    wanted = desired_group(listed("id-api", federated_credentials=trusts(added="a")), policy=merge)
    apply_with_journal(opened, full_plan(opened, wanted), tmp_path / "run.jsonl")

    plan = undo_plan(opened, tmp_path / "run.jsonl")

    assert [(label(change), change.action) for change in plan.applicable] == [
        ("id-api/federatedCredentials/added", Action.DELETE)
    ]


@pytest.mark.parametrize(
    ("place", "said", "hint"),
    [
        (Place(PlaceKind.SANDBOX, "/other.json"), "and this one is in the sandbox /other.json", "as --sandbox"),
        (Place(PlaceKind.ENDPOINT, "/state.json"), "the run was in the sandbox /state.json,", "as --sandbox"),
        (
            Place(PlaceKind.AZURE, "https://management.azure.com"),
            "and this one is in Azure at https://",
            "as --sandbox",
        ),
    ],
)
def test_undo_elsewhere_asks_nothing(arm: OpenArm, tmp_path: Path, place: Place, said: str, hint: str) -> None:
    opened = arm(contents())
    apply_with_journal(opened, full_plan(opened, desired_group("id-new")), tmp_path / "run.jsonl")
    already = len(opened.asked)

    with pytest.raises(UsageError) as caught:
        declare_undo(
            UndoRequest(read_journal(tmp_path / "run.jsonl"), "run.jsonl", NO_ALLOWANCES, judged_on=TODAY),
            opened.azure,
            place,
        )

    assert said in caught.value.message
    assert hint in caught.value.hint
    assert len(opened.asked) == already


@pytest.mark.parametrize(
    ("azure", "said"),
    [
        ({"cloud": "AzureChinaCloud"}, "not in AzureChinaCloud"),
        ({"tenant": "0c0ffee0-0000-4000-8000-000000000000"}, "--tenant names 0c0ffee0"),
        ({"token_tenant": lambda: "another-tenant"}, "of the tenant another-tenant"),
    ],
)
def test_undo_in_another_cloud_or_tenant_asks_nothing(
    arm: OpenArm, tmp_path: Path, azure: dict[str, Any], said: str
) -> None:
    opened = arm(contents())
    apply_with_journal(opened, full_plan(opened, desired_group("id-new")), tmp_path / "run.jsonl")
    already = len(opened.asked)

    with pytest.raises(AuthError if "token_tenant" in azure else UsageError, match=said):
        declare_undo(
            UndoRequest(read_journal(tmp_path / "run.jsonl"), "run.jsonl", NO_ALLOWANCES, judged_on=TODAY),
            replace(opened.azure, **azure),
            PLACE,
        )

    assert len(opened.asked) == already


def test_journal_from_elsewhere_forges_no_line(arm: OpenArm, tmp_path: Path) -> None:
    opened = arm(contents())
    apply_with_journal(opened, full_plan(opened, desired_group("id-new")), tmp_path / "run.jsonl")
    record = read_journal(tmp_path / "run.jsonl")
    forged = replace(record.header, place=Place(PlaceKind.SANDBOX, "/x\n::error::y"))

    with pytest.raises(UsageError) as caught:
        declare_undo(
            UndoRequest(replace(record, header=forged), "run.jsonl", NO_ALLOWANCES, judged_on=TODAY),
            opened.azure,
            PLACE,
        )

    said, _ = TextFormat(color=False).error(caught.value).splitlines()
    assert said == (
        r"Error: run.jsonl: the run was in the sandbox /x\n::error::y, and this one is in the sandbox /state.json"
    )


def test_digest_of_a_journal_is_that_of_its_file(tmp_path: Path, arm: OpenArm) -> None:
    journal = FileJournal(tmp_path / "run.jsonl", lambda: NOW)
    journal.open(header(full_plan(arm(contents()), desired_group("id-new"))))
    made = journal.begin(CREATED)
    journal.end(made, Outcome.DONE, None, None)

    journal.finish(complete=True, interrupted=False, counts=tuple((one, 0) for one in Outcome))
    with pytest.raises(JournalError):
        journal.begin(CREATED)
    journal.close()

    assert journal.digest == digest_of((tmp_path / "run.jsonl").read_bytes())
    read_journal(tmp_path / "run.jsonl", journal.digest)
    with pytest.raises(InputFileError, match="its sha256 is"):
        read_journal(tmp_path / "run.jsonl", "0" * 64)


def test_journal_of_a_delete_has_all_that_hung_on_the_identity(arm: OpenArm, tmp_path: Path) -> None:
    start = with_trusts(contents(lives("id-old", tags=OURS), lives("id-api", tags=OURS)), "id-old", {"main": "s"})
    mine, theirs = given("id-old", READER, owner=OWNER), given("id-old", CONTRIBUTOR)
    opened = arm(with_roles(start, mine, theirs))

    apply_with_journal(
        opened, full_plan(opened, desired_group("id-api", owner=OWNER), allowances=IN_USE_TOO), tmp_path / "run.jsonl"
    )

    *_, taken, _, deleted, _, _ = lines_of(tmp_path / "run.jsonl")
    assert (taken["action"], taken["before"]) == (
        "delete",
        {
            "name": mine.name,
            "role": "Reader",
            "role_guid": READER,
            "scope": IN_GROUP,
            "principal_id": mine.principal_id,
            **NOTHING_MORE,
            "owner": OWNER,
        },
    )
    assert deleted["hanging"] == {
        "credentials": [
            {
                "name": "main",
                "issuer": "https://issuer.example",
                "subject": "s",
                "audience": "api://AzureADTokenExchange",
            }
        ],
        "role_assignments": [
            {
                "name": theirs.name,
                "role": "Contributor",
                "role_guid": CONTRIBUTOR,
                "scope": IN_GROUP,
                "principal_id": theirs.principal_id,
                **NOTHING_MORE,
                "ours": False,
            }
        ],
        "attached": [],
        "unread": [],
    }
