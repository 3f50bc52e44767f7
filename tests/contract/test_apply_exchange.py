"""Credentials that exchange their trust, or replace one another: any set by any other, and what is left half-way."""

from collections.abc import Mapping

import pytest
from hypothesis import given as when
from hypothesis import strategies as st

from reconciler.apply.verify import verify_result
from reconciler.journal.call import Outcome
from reconciler.model.identity import OWNER_TAG
from reconciler.sandbox.state.kinds import RoleAssignment
from tests.builders import desired_group, listed
from tests.contract.access import (
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    credentials_of,
    full_plan,
    given,
    lives,
    principal_of,
    role,
    roles_of,
    statuses,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.applying import apply_now, endings
from tests.contract.arm import OpenArm, contents, in_process
from tests.contract.faults import ALWAYS, Behaviour, Fault, answer, meddle, meddle_after
from tests.strategies import FEW_EXAMPLES

MAX = 20
FIC_A, FIC_B = "id-api/federatedCredentials/fic-a", "id-api/federatedCredentials/fic-b"
HALF_DONE = "it was deleted, to be created again with another trust, and was not: "
REFUSED = answer(400, "BadRequest", "No.")


def credential_sets(most: int) -> st.SearchStrategy[tuple[dict[str, str], dict[str, str]]]:
    """Subjects by name, before and after, from pools hardly larger than a set: most names and subjects recur."""
    names, subjects = ([f"{kind}-{number:02}" for number in range(most + 2)] for kind in ("fic", "s"))
    counts = st.integers(0, most) | st.just(most)
    pools = st.tuples(st.permutations(names), st.permutations(subjects), counts)
    one = pools.map(lambda drawn: dict(zip(drawn[0][: drawn[2]], drawn[1], strict=False)))
    return st.tuples(one, one)


@FEW_EXAMPLES
@when(credential_sets(4) | credential_sets(MAX))
def test_any_credentials_become_any_others_in_one_apply_and_no_write_is_refused(
    sets: tuple[Mapping[str, str], Mapping[str, str]],
) -> None:
    before, after = sets
    with in_process(with_trusts(contents(lives("id-api")), "id-api", before)) as arm:
        wanted = desired_group(listed("id-api", federated_credentials=trusts(**after)))
        plan = full_plan(arm, wanted)

        result = apply_now(arm, plan)

        assert result.complete
        assert credentials_of(arm, "id-api") == after
        assert statuses(arm) <= {200, 201}
        # One write for each change, and one more for each circle, which has two changes or more.
        assert len(plan.applicable) <= len(arm.writes) <= len(plan.applicable) * 3 // 2
        assert full_plan(arm, wanted).applicable == ()


def test_credential_that_was_deleted_and_not_created_again_is_not_told_as_skipped(arm: OpenArm) -> None:
    start = with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "a", "fic-b": "b"})
    opened = arm(start, Fault("PUT", "fic-b", REFUSED, times=ALWAYS))

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="b", fic_b="a"))))
    )

    first, second = endings(result)
    assert first == (
        FIC_A,
        Outcome.FAILED,
        f"{HALF_DONE}fic-b, which states this trust, could not be changed before",
    )
    assert second[:2] == (FIC_B, Outcome.FAILED)
    assert credentials_of(opened, "id-api") == {"fic-b": "b"}


@pytest.mark.parametrize("stopped", ["after the delete", "at the read before the create"])
def test_stop_between_delete_and_create_of_a_credential_tells_that_it_is_gone(arm: OpenArm, stopped: str) -> None:
    def stop() -> None:
        opened.stop.request()

    behaviours: dict[str, tuple[str, Behaviour, int]] = {
        "after the delete": ("DELETE", meddle_after(stop), 0),
        "at the read before the create": ("GET", meddle(stop), 1),
    }
    method, behaviour, passes = behaviours[stopped]
    start = with_trusts(contents(lives("id-api")), "id-api", {"fic-a": "a", "fic-b": "b"})
    opened = arm(start, Fault(method, "fic-a", behaviour, passes=passes))

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_a="b", fic_b="a"))))
    )

    assert endings(result)[0] == (FIC_A, Outcome.FAILED, f"{HALF_DONE}the run was asked to stop")
    assert "fic-a" not in credentials_of(opened, "id-api")


def test_role_that_is_inherited_does_not_stand_for_one_that_did_not_hold(arm: OpenArm) -> None:
    opened = arm(with_roles(contents(lives("id-api")), given("id-api", READER, IN_SUBSCRIPTION)))
    result = apply_now(opened, full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")]))))
    state = opened.application.state
    (made,) = (one for one in state.shelf(RoleAssignment) if one.scope == IN_GROUP)
    state.remove(made)

    verified = verify_result(result, opened.resources, sleep=opened.time.sleep)

    assert [one.not_held for one in verified.results] == [("is not there",)]


def test_credential_stays_where_what_may_replace_it_could_not_be_written(arm: OpenArm) -> None:
    start = with_trusts(contents(lives("id-api")), "id-api", {"fic-old": "old"})
    opened = arm(start, Fault("PUT", "fic-new", REFUSED, times=ALWAYS))

    result = apply_now(
        opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(fic_new="new"))))
    )

    assert [one.outcome for one in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    assert result.results[1].because == (
        "it stays, since what may replace it could not be written (federatedCredentials/fic-new)"
    )
    assert credentials_of(opened, "id-api") == {"fic-old": "old"}


def test_role_stays_where_what_may_replace_it_could_not_be_given(arm: OpenArm) -> None:
    start = with_roles(contents(lives("id-api", {OWNER_TAG: OWNER})), given("id-api", READER, owner=OWNER))
    opened = arm(start, Fault("PUT", "", REFUSED, times=ALWAYS))
    wanted = desired_group(listed("id-api", role_assignments=[role("Contributor")]), owner=OWNER)

    result = apply_now(opened, full_plan(opened, wanted))

    assert [one.outcome for one in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    assert roles_of(opened, principal_of("id-api")) == {(IN_GROUP, READER)}


def test_credential_that_makes_way_goes_though_another_could_not_be_written(arm: OpenArm) -> None:
    before, after = ({f"{age}-{number:02}": f"{age}-{number:02}" for number in range(MAX)} for age in ("old", "new"))
    start = with_trusts(contents(lives("id-api")), "id-api", before)
    opened = arm(start, Fault("PUT", "new-00", REFUSED, times=ALWAYS))

    apply_now(opened, full_plan(opened, desired_group(listed("id-api", federated_credentials=trusts(**after)))))

    left = set(credentials_of(opened, "id-api"))
    assert after.keys() - left == {"new-00"}
    assert len(before.keys() & left) <= 1
