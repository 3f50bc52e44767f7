"""Credentials and roles with something in the way: principals that nobody knows yet, other writers, ARM's limits."""

import httpx
import pytest

from reconciler.apply.result import Moment
from reconciler.errors import AuthError
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import CredentialsPolicy, Policy
from reconciler.model.identity import OWNER_TAG
from reconciler.sandbox.state.kinds import ClaimsExpression, FederatedCredential
from reconciler.sandbox.state.state import Grant, ResourceGroup
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, desired_group, label, listed
from tests.contract.access import (
    AUDIENCE,
    IN_GROUP,
    IN_SUBSCRIPTION,
    ISSUER,
    OWNER,
    READER,
    credentials_of,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    roles_of,
    subjects,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.applying import Run, apply_now, endings, outcomes
from tests.contract.arm import PIPELINE, OpenArm, contents, there
from tests.contract.faults import ALWAYS, Fault, Forward, answer, answer_body, meddle, reset_after

CONCURRENT = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
OURS = {OWNER_TAG: OWNER}
MERGE = Policy(federated_credentials=CredentialsPolicy.MERGE)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("", 400, "PrincipalNotFound"),
        ("fic-a", 404, "NotFound"),
        ("fic-a", 404, "MsGraphResourceNotFoundOnFederatedIdentityCredentialCreation"),
        ("fic-a", 503, "ServiceUnavailable"),
    ],
)
def test_principal_that_becomes_visible_after_a_minute_fails_nothing(
    arm: OpenArm, path: str, status: int, code: str
) -> None:
    visible_at: list[float] = []

    def not_yet(request: httpx.Request, forward: Forward) -> httpx.Response:
        if request.url.path.endswith("/id-new"):
            return forward(request)
        if not visible_at:
            visible_at.append(opened.time.now_s + 60)
        if opened.time.now_s < visible_at[0]:
            return httpx.Response(status, json={"error": {"code": code, "message": "Not yet."}}, request=request)
        return forward(request)

    opened = arm(contents(), Fault("PUT", path, not_yet, times=ALWAYS))
    wanted = desired_group(listed("id-new", federated_credentials=trusts(fic_a="a"), role_assignments=[role("Reader")]))

    result = apply_now(opened, full_plan(opened, wanted))

    assert result.complete
    assert opened.time.now_s >= visible_at[0]
    assert credentials_of(opened, "id-new") == {"fic-a": "a"}


def test_role_of_a_new_identity_is_tried_for_minutes_while_azure_is_not_ready(arm: OpenArm) -> None:
    def not_yet(request: httpx.Request, forward: Forward) -> httpx.Response:
        # Longer than other calls are tried for.
        if "/roleAssignments/" in request.url.path and opened.time.now_s < begun_s + 240:
            return answer(503, "ServiceUnavailable")(request, forward)
        return forward(request)

    opened = arm(contents(), Fault("PUT", "", not_yet, times=ALWAYS))
    begun_s = opened.time.now_s

    result = apply_now(opened, full_plan(opened, desired_group(listed("id-new", role_assignments=[role("Reader")]))))

    assert result.complete


def test_principal_that_never_becomes_visible_is_told_after_a_bounded_wait(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")), Fault("PUT", "", answer(400, "PrincipalNotFound", "No."), times=ALWAYS))

    run = Run(opened)

    result = run.apply(full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")]))))

    assert [one.outcome for one in result.results] == [Outcome.FAILED]
    assert [(one.moment, one.reason) for one in run.events] == [
        (Moment.STARTED, ""),
        (Moment.WAITING, "400 PrincipalNotFound"),
        (Moment.ENDED, ""),
    ]
    assert 269 < sum(opened.time.slept_s) <= 420


def test_other_writer_at_the_same_identity_is_waited_for(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")), Fault("PUT", "fic-a", answer(409, CONCURRENT, "Busy."), times=12))
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_a="a", fic_b="b")))

    result = apply_now(opened, full_plan(opened, wanted))

    assert result.complete
    assert credentials_of(opened, "id-api") == {"fic-a": "a", "fic-b": "b"}


def test_second_writer_of_the_same_manifest_does_no_harm(arm: OpenArm) -> None:
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_a="a", fic_b="b")))

    def write_both() -> None:
        apply_now(opened, full_plan(opened, wanted))

    opened = arm(contents(lives("id-api")), Fault("GET", "fic-a", meddle(write_both)))

    result = apply_now(opened, full_plan(opened, wanted))

    assert {one.outcome for one in result.results} == {Outcome.STALE}
    assert [name for _, name, _ in opened.writes] == ["fic-a", "fic-b"]
    assert credentials_of(opened, "id-api") == {"fic-a": "a", "fic-b": "b"}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_credential_write_that_took_effect_without_an_answer_is_done(arm: OpenArm, method: str) -> None:
    name = {"PUT": "fic-new", "DELETE": "fic-old"}[method]
    start = with_trusts(contents(lives("id-api")), "id-api", {"fic-old": "old"})
    opened = arm(start, Fault(method, name, reset_after))

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_new="new"))))
    )

    assert result.complete
    assert credentials_of(opened, "id-api") == {"fic-new": "new"}
    assert [one for one in opened.writes if one[1] == name] == [(method, name, 201 if method == "PUT" else 200)]


def test_failed_credential_leaves_the_others_and_keeps_what_waits_for_its_trust(arm: OpenArm) -> None:
    start = with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "a", "fic-z": "z"})
    opened = arm(start, Fault("DELETE", "fic-a", answer(400, "BadRequest", "No."), times=ALWAYS))
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_b="a", fic_c="c")))

    result = apply_now(opened, full_plan(opened, wanted))

    assert dict(outcomes(result)) == {
        "id-api/federatedCredentials/fic-a": Outcome.FAILED,
        "id-api/federatedCredentials/fic-b": Outcome.SKIPPED,
        "id-api/federatedCredentials/fic-c": Outcome.DONE,
        "id-api/federatedCredentials/fic-z": Outcome.DONE,
    }
    assert credentials_of(opened, "id-api") == {"fic-a": "a", "fic-c": "c"}


def test_identity_that_could_not_be_created_takes_what_hangs_on_it_along(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-new", answer(400, "BadRequest", "No."), times=ALWAYS))
    wanted = desired_group(listed("id-new", federated_credentials=trusts(fic_a="a"), role_assignments=[role("Reader")]))

    result = apply_now(opened, full_plan(opened, wanted))

    assert [one.outcome for one in result.results] == [Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert {one.because for one in result.results[1:]} == {"its identity could not be created"}


def test_identity_that_is_another_principal_now_gets_neither_trust_nor_role(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api")))
    wanted = desired_group(listed("id-api", federated_credentials=trusts(fic_a="a"), role_assignments=[role("Reader")]))
    plan = full_plan(opened, wanted)
    opened.recreate("id-api")

    result = apply_now(opened, plan)

    assert {one.outcome for one in result.results} == {Outcome.STALE}
    assert opened.writes == []


def test_credential_that_changed_since_the_plan_is_stale(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "a"}))
    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="wanted"))))
    state = opened.application.state
    state.put(
        FederatedCredential(there("id-api").resource_id, "fic-a", ISSUER, "theirs", (AUDIENCE,)),
    )

    result = apply_now(opened, plan)

    assert endings(result) == [
        (
            "id-api/federatedCredentials/fic-a",
            Outcome.STALE,
            "changed since the plan was made: subject is now 'theirs'",
        )
    ]
    assert credentials_of(opened, "id-api") == {"fic-a": "theirs"}


def test_identity_whose_role_could_not_be_taken_away_stays(arm: OpenArm) -> None:
    ours = given("id-old", READER, owner=OWNER)
    opened = arm(
        with_roles(contents(lives("id-old", OURS), lives("id-api", OURS)), ours),
        Fault("DELETE", ours.name, answer(400, "BadRequest", "No."), times=ALWAYS),
    )

    result = apply_now(opened, full_plan(opened, desired_group("id-api", owner=OWNER)))

    assert [one.outcome for one in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    assert "rg-app/id-old" in opened.live


@pytest.mark.parametrize("kind", ["flexible", "several audiences"])
def test_credential_that_cannot_be_expressed_is_kept_and_never_written_over(arm: OpenArm, kind: str) -> None:
    odd = FederatedCredential(
        there("id-api").resource_id,
        "fic-odd",
        ISSUER,
        None if kind == "flexible" else "s",
        (AUDIENCE,) if kind == "flexible" else (AUDIENCE, "another"),
        ClaimsExpression("claims['sub'] matches 'a*'", 1) if kind == "flexible" else None,
    )
    opened = arm(contents(lives("id-api")).having(FederatedCredential, (odd,)))

    unlisted = full_plan(opened, desired_group(listed("id-api", federated_credentials=())))
    overwriting = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_odd="mine"))))

    assert (unlisted.applicable, [one.reason.value for one in unlisted.skipped]) == ((), ["inexpressible"])
    assert ([one.code for one in overwriting.violations], overwriting.applicable) == (["inexpressible"], ())


def test_credentials_that_stay_count_against_the_limit(arm: OpenArm) -> None:
    theirs = subjects(f"fic-{number:02}" for number in range(19))
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", theirs))

    plan = full_plan(
        opened, desired_group(listed("id-api", federated_credentials=trusts(one="1", two="2")), policy=MERGE)
    )

    (violation,) = plan.violations
    assert violation.code == "credential-limit"
    assert violation.message == (
        "would have 21 federated credentials with the 19 that stay unlisted, over ARM's limit of 20"
    )
    assert plan.applicable == ()


def test_trust_that_a_credential_which_stays_already_states_is_refused(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-theirs": "same"}))

    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(mine="same")), policy=MERGE))

    assert [(one.code, one.message) for one in plan.violations] == [
        ("trust-taken", "the live credential 'fic-theirs', which stays, has the same issuer and subject")
    ]


def test_what_hangs_on_an_identity_that_is_held_back_is_held_back_with_it(arm: OpenArm) -> None:
    opened = arm(contents(groups=()))
    roles = [role("Reader", IN_SUBSCRIPTION)]
    wanted = desired_group(listed("id-new", federated_credentials=trusts(fic_a="a"), role_assignments=roles))

    plan = full_plan(opened, wanted)

    assert len(plan.changes) == 3
    assert [one.code for one in plan.violations] == ["group-missing"]
    assert plan.applicable == ()


def test_credentials_of_an_identity_of_another_owner_are_not_touched(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-api", {OWNER_TAG: "team-b"})))

    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="a"))))

    (violation,) = plan.violations
    assert (violation.code, plan.applicable) == ("foreign-owner", ())


def test_locked_identity_explains_why_its_credential_cannot_go(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "a"}))
    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=())))
    opened.lock(IN_GROUP)

    result = apply_now(opened, plan)

    (ended,) = result.results
    assert ended.error is not None
    assert (ended.error.status, ended.error.code) == (409, "ScopeLocked")
    assert ended.error.hint.startswith("Remove the lock in Azure first")


def test_missing_right_on_role_assignments_names_the_role_to_ask_for(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, "/", ("*",), ("Microsoft.Authorization/*/write",))]
    opened = arm(contents(lives("id-api"), permissions=grants))

    result = apply_now(opened, full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")]))))

    (ended,) = result.results
    assert ended.error is not None
    assert ended.error.status == 403
    assert "the role Role Based Access Control Administrator" in ended.error.hint
    assert "Microsoft.Authorization/roleAssignments/write" in ended.error.hint


def test_twenty_first_credential_is_explained(arm: OpenArm) -> None:
    theirs = subjects(f"fic-{number:02}" for number in range(19))
    opened = arm(with_trusts(contents(lives("id-api")), "id-api", theirs))
    plan = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(mine="mine")), policy=MERGE))
    state = opened.application.state
    twentieth = FederatedCredential(there("id-api").resource_id, "fic-late", ISSUER, "late", (AUDIENCE,))
    state.put(twentieth)

    (ended,) = apply_now(opened, plan).results

    assert ended.error is not None
    assert (ended.outcome, ended.error.status) == (Outcome.FAILED, 400)
    assert ended.error.hint == (
        "An identity can have 20 federated credentials, and others have added some: plan again, and delete those that"
        " are not needed."
    )


def test_region_without_support_is_explained(arm: OpenArm) -> None:
    message = "The request format was unexpected: Support for federated identity credentials not enabled."
    opened = arm(contents(lives("id-api")), Fault("PUT", "fic-a", answer(405, "MethodNotAllowed", message)))

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="a"))))
    )

    (ended,) = result.results
    assert ended.error is not None
    assert ended.error.hint == (
        "The identity's region does not support federated credentials; list the identity in another region under a"
        " new name."
    )


def test_caller_with_rights_in_one_group_sees_the_roles_there_and_is_told_of_the_rest(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, IN_GROUP, ("*",))]
    start = with_roles(contents(lives("id-api", OURS), permissions=grants), given("id-api", READER, owner=OWNER))
    opened = arm(start)

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[]), owner=OWNER))

    assert [label(one) for one in plan.applicable] == [f"id-api/roleAssignments/Reader@{IN_GROUP}"]
    assert plan.notes == (
        f"Role assignments elsewhere in {IN_SUBSCRIPTION} were not looked for:"
        " Microsoft.Authorization/roleAssignments/read is missing there.",
        f"Locks were not looked for at {IN_SUBSCRIPTION}: missing Microsoft.Authorization/locks/read.",
    )


def test_caller_who_may_not_read_a_listed_scope_is_refused(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, IN_GROUP, ("*",), ("Microsoft.Authorization/roleAssignments/read",))]
    opened = arm(contents(lives("id-api"), permissions=grants))

    with pytest.raises(AuthError, match="reading the role assignments at"):
        full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")])))

    assert roles_of(opened, principal_of("id-api")) == set()


def test_scope_of_a_role_that_goes_before_apply_is_told_at_once_for_a_new_identity_too(arm: OpenArm) -> None:
    opened = arm(contents(groups=("rg-app", "rg-gone")))
    scope = f"{IN_SUBSCRIPTION}/resourceGroups/rg-gone"
    plan = full_plan(opened, desired_group(listed("id-new", role_assignments=[role("Reader", scope)])))
    state = opened.application.state
    state.remove(ResourceGroup(SUBSCRIPTION, "rg-gone", "westeurope"))

    result = apply_now(opened, plan)

    assert [one.outcome for one in result.results] == [Outcome.DONE, Outcome.FAILED]
    assert opened.time.slept_s == []


def test_role_on_a_new_identity_itself_waits_for_that_identity(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "", answer(404, "ResourceNotFound", "Not yet."), times=3, passes=1))
    itself = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ID-NEW"
    wanted = desired_group(listed("id-new", role_assignments=[role("Reader", itself)]))

    assert apply_now(opened, full_plan(opened, wanted)).complete


def test_index_that_names_a_subscription_which_is_gone_fails_no_plan(arm: OpenArm) -> None:
    gone = {"id": "x", "principalId": principal_of("id-api"), "scope": f"/subscriptions/{OTHER_SUBSCRIPTION}"}
    index = answer_body({"totalRecords": 1, "count": 1, "data": [gone], "facets": [], "resultTruncated": "false"})
    opened = arm(contents(lives("id-api", OURS)), Fault("POST", "resources", index))

    plan = full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")]), owner=OWNER))

    assert plan.notes == ()
    assert [label(one) for one in plan.applicable] == [f"id-api/roleAssignments/Reader@{IN_GROUP}"]


def test_roles_of_an_identity_to_delete_that_may_not_be_read_are_said_and_fail_no_plan(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, "/", ("*",), ("Microsoft.Authorization/roleAssignments/read",))]
    opened = arm(contents(lives("id-api", OURS), lives("id-old", OURS), permissions=grants))

    plan = full_plan(opened, desired_group("id-api", owner=OWNER))

    assert [label(one) for one in plan.applicable] == ["id-old"]
    read = "Microsoft.Authorization/roleAssignments/read"
    assert plan.notes == (
        f"Role assignments elsewhere in {IN_SUBSCRIPTION} were not looked for: {read} is missing there.",
        f"Role assignments at {IN_GROUP} of identities that would be deleted were not looked for: missing {read}.",
    )


def test_credentials_that_would_go_are_held_back_with_what_may_replace_them(arm: OpenArm) -> None:
    odd = FederatedCredential(
        there("id-api").resource_id, "fic-odd", ISSUER, None, (AUDIENCE,), ClaimsExpression("claims['sub'] eq 'a'", 1)
    )
    start = with_trusts(contents(lives("id-api")), "id-api", {"fic-old": "old"})
    opened = arm(start.having(FederatedCredential, (*start.of(FederatedCredential), odd)))
    twenty = trusts(**subjects(f"new-{number:02}" for number in range(20)))

    over_limit = full_plan(opened, desired_group(listed("id-api", federated_credentials=twenty)))
    overwriting = full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_odd="mine"))))

    assert ([one.code for one in over_limit.violations], over_limit.applicable) == (["credential-limit"], ())
    assert ([one.code for one in overwriting.violations], overwriting.applicable) == (["inexpressible"], ())
