"""The order of work: what a step needs comes before it, and no write of a credential meets another one's trust."""

from reconciler.errors import SourcePos
from reconciler.manifest.desired import CredentialsPolicy, DesiredAssignment, DesiredCredential, Policy
from reconciler.model.access import (
    MAX_CREDENTIALS,
    Access,
    FederatedCredential,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import CredentialId
from reconciler.plan.changes import Changes, CredentialChange
from reconciler.plan.diff_access import diff_access
from reconciler.plan.order import Step, order_credentials, order_work
from tests.builders import (
    MANIFEST,
    compare,
    desired_group,
    given_role,
    label,
    listed,
    live_group,
    live_identity,
    resource_id,
)

HERE = SourcePos(MANIFEST, 7, 7)
READER, OWNER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
SCOPE = "/subscriptions/1"
ID = resource_id("id-a")
OURS = {OWNER_TAG: "team-a"}


def trust(subject: str) -> Trust:
    return Trust("https://i", subject, "a")


def held(name: str, subject: str) -> FederatedCredential:
    return FederatedCredential(CredentialId(ID, name), trust(subject))


def credentials(listed_ones: dict[str, str], live: dict[str, str]) -> list[CredentialChange]:
    """The changes of the credentials of one identity, by name and subject, under `exact`."""
    entry = listed("id-a", federated_credentials=[DesiredCredential(*pair, HERE) for pair in _trusts(listed_ones)])
    group = desired_group(entry, policy=Policy(federated_credentials=CredentialsPolicy.EXACT))
    access = Access({ID: tuple(held(*pair) for pair in live.items())})
    changes = diff_access(compare(group, live_group("id-a")), access)
    return [one for one in changes.access() if isinstance(one, CredentialChange)]


def _trusts(listed_ones: dict[str, str]) -> list[tuple[str, Trust]]:
    return [(name, trust(subject)) for name, subject in listed_ones.items()]


def calls(steps: tuple[Step, ...]) -> list[str]:
    return [f"{step.action} {label(step.change).rpartition('/')[2]}" for step in steps]


def test_new_credentials_are_written_before_old_ones_are_deleted() -> None:
    assert calls(order_credentials(credentials({"new": "s-2"}, {"old": "s-1"}))) == ["create new", "delete old"]


def test_new_and_changed_credentials_are_written_in_their_order() -> None:
    changes = credentials({"a": "s-1", "b": "s-2", "c": "s-3"}, {"b": "old"})

    assert calls(order_credentials(changes)) == ["create a", "update b", "create c"]


def test_credential_that_has_the_trust_of_a_new_one_is_deleted_first() -> None:
    assert calls(order_credentials(credentials({"new": "s-1"}, {"old": "s-1"}))) == ["delete old", "create new"]


def test_credentials_that_exchange_their_trust_are_written_around_one_that_is_made_again() -> None:
    changes = credentials({"a": "s-2", "b": "s-1"}, {"a": "s-1", "b": "s-2"})

    assert calls(order_credentials(changes)) == ["delete a", "update b", "create a"]


def test_full_identity_makes_room_for_what_is_new() -> None:
    live = {f"old-{number:02}": f"s-{number}" for number in range(MAX_CREDENTIALS)}

    steps = calls(order_credentials(credentials({"new": "s-new"}, live)))

    assert (steps[:2], len(steps)) == (["delete old-00", "create new"], MAX_CREDENTIALS + 1)


def test_credentials_that_stay_count_for_the_room_that_there_is() -> None:
    kept = [held(f"kept-{number:02}", f"k-{number}") for number in range(MAX_CREDENTIALS - 1)]

    assert calls(order_credentials(credentials({"new": "s-2"}, {"old": "s-1"}), kept)) == ["delete old", "create new"]


def both_kinds() -> Changes:
    """A new identity that gets a role, one that exchanges roles, and one that is deleted with a role of ours."""
    wants = [DesiredAssignment("Reader", SCOPE, HERE)]
    group = desired_group(
        listed("id-new", role_assignments=wants, federated_credentials=[DesiredCredential("main", trust("s"), HERE)]),
        listed("id-stays", role_assignments=wants),
        owner="team-a",
    )
    live = live_group(*(live_identity(name, tags=OURS) for name in ("id-stays", "id-old")))
    roles = {
        resource_id(name): (given_role("team-a", SCOPE, f"principal-of-{name}", OWNER),)
        for name in ("id-stays", "id-old")
    }
    found = {role_key("Reader", SCOPE): RoleLookup("Reader", SCOPE, (RoleDefinition(READER, "Reader"),))}
    return diff_access(compare(group, live), Access({}, roles, found, {OWNER: "Owner"}))


def test_identity_comes_before_its_children_and_goes_after_its_roles() -> None:
    works = {work.identity.name: work for work in order_work(both_kinds(), frozenset(), ())}

    assert {name: [f"{step.action} {label(step.change)}" for step in work.steps] for name, work in works.items()} == {
        "id-new": [
            "create id-new",
            "create id-new/federatedCredentials/main",
            f"create id-new/roleAssignments/Reader@{SCOPE}",
        ],
        "id-stays": [
            f"create id-stays/roleAssignments/Reader@{SCOPE}",
            f"delete id-stays/roleAssignments/Owner@{SCOPE}",
        ],
        "id-old": [f"delete id-old/roleAssignments/Owner@{SCOPE}", "delete id-old"],
    }
    assert {name: work.is_deletion for name, work in works.items()} == {
        "id-new": False,
        "id-stays": False,
        "id-old": True,
    }


OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"


def roles_on(**scopes: str) -> Changes:
    """New identities, each with a role at a scope; `id-stays` lives and exchanges a role for it."""
    entries = []
    for name, scope in scopes.items():
        wants = [DesiredAssignment("Operator", scope, HERE)] if scope else None
        entries.append(listed(name.replace("_", "-"), role_assignments=wants))
    has = {ID_STAYS: (given_role("team-a", SCOPE, "p", OWNER),)}
    found = {
        role_key("Operator", scope): RoleLookup("Operator", scope, (RoleDefinition(OPERATOR, "Operator"),))
        for scope in scopes.values()
    }
    live = live_group(live_identity("id-stays", tags=OURS, principal_id="p"))
    return diff_access(compare(desired_group(*entries, owner="team-a"), live), Access({}, has, found, {OWNER: "Owner"}))


ID_STAYS = resource_id("id-stays")


def test_role_on_another_new_identity_waits_with_the_other_roles_of_its_holder() -> None:
    kubelet = str(resource_id("id-kubelet"))
    changes = roles_on(id_stays=kubelet, id_kubelet=f"{kubelet}/below/it", id_new=f"{kubelet.upper()}/a/b")

    works = {work.identity.name: work for work in order_work(changes, frozenset(), ())}

    assert {name: [step.action for step in work.waiting] for name, work in works.items()} == {
        "id-kubelet": [],
        "id-new": ["create"],
        "id-stays": ["create", "delete"],
    }
    assert {step.needs for work in works.values() for step in work.waiting} == {resource_id("id-kubelet"), None}


def test_identities_that_have_roles_on_each_other_wait_in_their_roles_alone() -> None:
    changes = roles_on(id_a=str(resource_id("id-b")), id_b=str(resource_id("id-a")), id_stays="")

    works = {work.identity.name: work for work in order_work(changes, frozenset(), ())}

    assert [len(works[name].waiting) for name in ("id-a", "id-b")] == [1, 1]
    assert [[label(step.change) for step in works[name].steps] for name in ("id-a", "id-b")] == [["id-a"], ["id-b"]]


def test_role_on_a_new_identity_that_is_held_back_waits_for_nobody() -> None:
    changes = roles_on(id_a=str(resource_id("id-b")), id_b="", id_stays="")

    works = order_work(changes, frozenset({resource_id("id-b")}), ())

    assert [work.waiting for work in works] == [() for _ in works]


def test_what_is_held_back_is_no_step_and_an_identity_without_steps_is_no_work() -> None:
    changes = both_kinds()
    held_back = frozenset(one.resource_id for one in changes) - {resource_id("id-new")}

    (work,) = order_work(changes, held_back, ())

    assert [label(step.change) for step in work.steps] == ["id-new"]


def test_credential_that_is_held_back_still_takes_its_place() -> None:
    kept = [held(f"kept-{number:02}", f"k-{number}") for number in range(MAX_CREDENTIALS - 2)]
    changes = credentials({"new": "s-3"}, {"old": "s-1", "stuck": "s-2"})

    (work,) = order_work(changes, frozenset({CredentialId(ID, "stuck")}), kept)

    assert calls(work.steps) == ["delete old", "create new"]


def test_credential_whose_trust_is_held_by_one_that_is_held_back_is_tried_all_the_same() -> None:
    changes = credentials({"new": "s-1"}, {"old": "s-1"})

    (work,) = order_work(changes, frozenset({CredentialId(ID, "old")}), ())

    assert calls(work.steps) == ["create new"]
