"""After apply: what a second look shows otherwise is said, and a replica that lags is given time."""

import httpx
import pytest

from reconciler.apply.result import ApplyResult
from reconciler.apply.verify import PATIENCE_S, verify_result
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import DesiredGroup, Policy, TagsPolicy
from tests.builders import desired_group, group_id, label, listed
from tests.contract.access import full_plan, trusts
from tests.contract.applying import apply_now, plan_now
from tests.contract.arm import Arm, OpenArm, contents, there
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, answer_body, meddle_after

NOT_FOUND = answer(404, "ResourceNotFound", "Not found.")


def apply_and_verify(arm: Arm, group: DesiredGroup) -> ApplyResult:
    """Bring a group to what the manifest says, and look again."""
    result = apply_now(arm, plan_now(arm, group))
    arm.time.slept_s.clear()
    return verify_result(result, arm.resources, sleep=arm.time.sleep)


def told(result: ApplyResult) -> list[tuple[str, tuple[str, ...]]]:
    """Name of each change, and what did not hold of it."""
    return [(label(one.change), one.not_held) for one in result.results]


class Meddler:
    """Somebody else who acts once a call of ours took effect; the emulator is known only after the fault is made."""

    def __init__(self) -> None:
        self.arm: Arm | None = None

    def there(self) -> Arm:
        """The emulator."""
        assert self.arm is not None
        return self.arm

    def patches(self, name: str, **tags: str) -> Behaviour:
        """Replaces the tags, as a policy does."""
        return meddle_after(lambda: self.there().patch(name, tags))


def test_changes_that_hold_are_complete_without_waiting(arm: OpenArm) -> None:
    opened = arm(contents(there("id-api", tags={"env": "test"}), "id-old"))

    result = apply_and_verify(opened, desired_group(listed("id-api", tags={"env": "prod"}), "id-new"))

    assert told(result) == [("id-api", ()), ("id-new", ()), ("id-old", ())]
    assert (result.verified, result.complete, opened.time.slept_s) == (True, True, [])


def test_tag_that_a_policy_sets_back_did_not_hold(arm: OpenArm) -> None:
    policy = Meddler()
    opened = policy.arm = arm(
        contents(there("id-api", tags={"env": "test"})), Fault("PATCH", "id-api", policy.patches("id-api", env="test"))
    )

    result = apply_and_verify(opened, desired_group(listed("id-api", tags={"env": "prod", "new": "1"})))

    assert told(result) == [
        ("id-api", ("tags.env came back as 'test', not 'prod'", "tags.new came back as absent, not '1'"))
    ]
    assert (result.results[0].outcome, result.complete) == (Outcome.DONE, False)
    assert opened.time.slept_s == list(PATIENCE_S)


def test_tag_that_a_policy_adds_holds_under_merge(arm: OpenArm) -> None:
    policy = Meddler()
    opened = policy.arm = arm(contents(), Fault("PUT", "id-api", policy.patches("id-api", env="prod", added="x")))

    result = apply_and_verify(opened, desired_group(listed("id-api", tags={"env": "prod"})))

    assert told(result) == [("id-api", ())]


def test_tag_that_a_policy_adds_does_not_hold_under_exact(arm: OpenArm) -> None:
    policy = Meddler()
    opened = policy.arm = arm(contents(), Fault("PUT", "id-api", policy.patches("id-api", added="x")))

    result = apply_and_verify(opened, desired_group("id-api", policy=Policy(tags=TagsPolicy.EXACT)))

    assert told(result) == [("id-api", ("tags.added came back as 'x', not absent",))]


def test_deleted_identity_that_is_there_again_did_not_hold(arm: OpenArm) -> None:
    other = Meddler()
    opened = other.arm = arm(
        contents("id-api", "id-old"), Fault("DELETE", "id-old", meddle_after(lambda: other.there().put("id-old")))
    )

    result = apply_and_verify(opened, desired_group("id-api"))

    assert told(result) == [("id-old", ("is there again",))]


def test_created_identity_that_is_gone_did_not_hold(arm: OpenArm) -> None:
    other = Meddler()
    opened = other.arm = arm(contents(), Fault("PUT", "id-new", meddle_after(lambda: other.there().delete("id-new"))))

    result = apply_and_verify(opened, desired_group("id-new"))

    assert told(result) == [("id-new", ("is not there",))]


def test_created_identity_in_another_location_did_not_hold(arm: OpenArm) -> None:
    def move(request: httpx.Request, forward: Forward) -> httpx.Response:
        content = request.content.replace(b"northeurope", b"uksouth")
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        return forward(httpx.Request("PUT", request.url, headers=headers, content=content))

    opened = arm(contents(), Fault("PUT", "id-new", move))

    result = apply_and_verify(opened, desired_group(listed("id-new", location="northeurope")))

    assert told(result) == [("id-new", ("location came back as 'uksouth', not 'northeurope'",))]


def test_replica_that_lags_is_waited_for(arm: OpenArm) -> None:
    # The first read is the one before the create.
    opened = arm(contents(), Fault("GET", "id-new", NOT_FOUND, passes=1, times=2))

    result = apply_and_verify(opened, desired_group("id-new"))

    assert told(result) == [("id-new", ())]
    assert opened.time.slept_s == list(PATIENCE_S[:2])


def test_only_what_did_not_hold_is_looked_at_again(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("GET", "id-b", NOT_FOUND, passes=1, times=1))
    asked = len(opened.asked)

    apply_and_verify(opened, desired_group("id-a", "id-b"))

    reads = [path.rpartition("/")[2] for method, path in opened.asked[asked:] if method == "GET"]
    # One read before the create, and one look that reached the emulator.
    assert [reads.count(name) for name in ("id-a", "id-b")] == [2, 2]


def test_change_that_cannot_be_read_again_did_not_hold(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("GET", "id-new", answer(400, "BadRequest", "No."), passes=1, times=ALWAYS))

    result = apply_and_verify(opened, desired_group("id-new"))

    ((_, (line,)),) = told(result)
    assert line.startswith("could not be read again: reading /subscriptions/")
    assert line.endswith("/id-new: 400 BadRequest (No.)")


def test_change_that_failed_is_not_looked_at(arm: OpenArm) -> None:
    opened = arm(contents(), Fault("PUT", "id-new", answer(400, "BadRequest", "No.")))

    result = apply_and_verify(opened, desired_group("id-new"))

    assert [(one.outcome, one.not_held) for one in result.results] == [(Outcome.FAILED, ())]
    assert [path.rpartition("/")[2] for _, path in opened.asked].count("id-new") == 1


def reads_of_verification(arm: Arm, result: ApplyResult, size: int) -> list[str]:
    """What is asked to verify a result, of a group of this size: the last word of each path."""
    before = len(arm.asked)
    verified = verify_result(result, arm.resources, sleep=arm.time.sleep, sizes={group_id(): size})
    assert [one for one in verified.results if one.not_held] == []
    return [path.rpartition("/")[2] for _, path in arm.asked[before:]]


@pytest.mark.parametrize(
    ("size", "asked"),
    [(20, ["userAssignedIdentities"]), (200, ["userAssignedIdentities"]), (2000, ["id-0", "id-1", "id-2"])],
)
def test_identities_are_verified_by_their_list_where_that_is_fewer_requests(
    arm: OpenArm, size: int, asked: list[str]
) -> None:
    opened = arm(contents())
    result = apply_now(opened, plan_now(opened, desired_group("id-0", "id-1", "id-2")))

    assert sorted(reads_of_verification(opened, result, size)) == asked


def test_identity_that_is_gone_is_asked_for_by_its_name(arm: OpenArm) -> None:
    opened = arm(contents("id-0", "id-1", "id-2", "id-3"))
    result = apply_now(opened, plan_now(opened, desired_group("id-0")))

    assert sorted(reads_of_verification(opened, result, 4)) == ["id-1", "id-2", "id-3"]


def test_credentials_of_an_identity_are_verified_by_their_list(arm: OpenArm) -> None:
    opened = arm(contents("id-0", "id-1"))
    group = desired_group(
        listed("id-0", federated_credentials=trusts(fic_a="a", fic_b="b")),
        listed("id-1", federated_credentials=trusts(fic_c="c")),
    )
    result = apply_now(opened, full_plan(opened, group))

    assert sorted(reads_of_verification(opened, result, 2)) == ["federatedIdentityCredentials", "fic-c"]


@pytest.mark.parametrize("behaviour", [answer(403, "AuthorizationFailed"), answer_body({"value": []})])
def test_what_a_list_does_not_show_is_read_on_its_own(arm: OpenArm, behaviour: Behaviour) -> None:
    opened = arm(contents(), Fault("GET", "/userAssignedIdentities", behaviour, times=ALWAYS, passes=1))
    result = apply_now(opened, plan_now(opened, desired_group("id-0", "id-1")))

    # The answer to the list never comes as far as the emulator.
    assert sorted(reads_of_verification(opened, result, 2)) == ["id-0", "id-1"]
