"""Which rights are printed where: what a scope above gives is left out, and roles are bounded by what lines name."""

from dataclasses import replace

from reconciler.doctor.least_privilege import LeastPrivilege, Task
from reconciler.doctor.narrowing import find_least
from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    Desired,
    DesiredAssignment,
    DesiredGroup,
    IdentitiesPolicy,
    Policy,
)
from reconciler.model import RoleDefinition, RoleLookup, Target, WorkspaceId, role_key
from tests.builders import MANIFEST, SUBSCRIPTION, TODAY, desired_group, group_id, listed

HERE = SourcePos(MANIFEST, 7, 7)
GROUP = str(group_id())
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
VAULT = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv"
READER, OTHER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
DELETE, WRITE = (f"Microsoft.Authorization/roleAssignments/{verb}" for verb in ("delete", "write"))


def group_of(*roles: tuple[str, str], policy: AssignmentsPolicy = AssignmentsPolicy.OWNED) -> DesiredGroup:
    given = [DesiredAssignment(role, scope, HERE) for role, scope in roles]
    rules = Policy(IdentitiesPolicy.MERGE, role_assignments=policy)
    return desired_group(listed("id-a", role_assignments=given), policy=rules)


def find(*roles: tuple[str, str], policy: AssignmentsPolicy = AssignmentsPolicy.OWNED) -> LeastPrivilege:
    guids = {"Reader": READER, "Other": OTHER}
    lookups = {
        role_key(role, scope): RoleLookup(role, scope, (RoleDefinition(guids[role], role),) if role in guids else ())
        for role, scope in roles
    }
    return find_least(Desired((group_of(*roles, policy=policy),)), (), lookups, None)


def rights(least: LeastPrivilege, task: Task = Task.APPLY) -> dict[str, tuple[str, ...]]:
    """The actions of a task by scope."""
    return {one.scope: one.role.actions for one in least.assignments if one.role.task is task}


def conditions(least: LeastPrivilege) -> dict[str, str]:
    return {one.scope: one.condition for one in least.assignments if one.condition is not None}


def test_reads_are_for_plan_and_writes_for_apply_alone() -> None:
    least = find(("Reader", VAULT))

    reads = {action for actions in rights(least, Task.PLAN).values() for action in actions}
    assert {one.rpartition("/")[2] for one in reads} == {"read"}
    assert {DELETE, WRITE} <= set(rights(least)[VAULT])
    assert set(rights(least, Task.PLAN)[GROUP]) < set(rights(least)[GROUP])


def test_sign_in_log_takes_three_reads_at_its_workspace_and_nothing_where_there_is_none() -> None:
    workspace = WorkspaceId(SUBSCRIPTION, "rg-logs", "logs")

    with_log = find_least(Desired((group_of(),)), (), {}, None, workspace)

    kind = "Microsoft.OperationalInsights/workspaces"
    actions = (f"{kind}/query/AADManagedIdentitySignInLogs/read", f"{kind}/query/read", f"{kind}/read")
    assert rights(with_log, Task.SIGN_INS) == {str(workspace): actions}
    (role,) = (one for one in with_log.roles if one.task is Task.SIGN_INS)
    assert role.assignable_scopes == (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-logs",)
    assert rights(find(), Task.SIGN_INS) == {}


def test_assignable_scope_of_a_role_on_a_resource_is_its_group() -> None:
    (at_vault,) = (one for one in find(("Reader", VAULT)).assignments if one.condition is not None)

    assert at_vault.role.assignable_scopes == (f"{IN_SUBSCRIPTION}/resourceGroups/rg-data",)


def test_role_that_a_scope_above_lets_through_is_not_repeated_below() -> None:
    least = find(("Reader", IN_SUBSCRIPTION), ("Reader", VAULT), ("Other", VAULT))

    found = conditions(least)
    assert set(found) == {IN_SUBSCRIPTION, VAULT}
    assert [one for one in least.notes if "lies below one that gives the same actions" in one] != []
    assert (READER in found[IN_SUBSCRIPTION], OTHER in found[IN_SUBSCRIPTION]) == (True, False)
    assert (READER in found[VAULT], OTHER in found[VAULT]) == (False, True)


def test_role_whose_line_goes_stays_under_merge_and_needs_no_delete() -> None:
    found = rights(find(("Reader", VAULT), policy=AssignmentsPolicy.MERGE))

    assert WRITE in found[VAULT]
    assert all(DELETE not in actions for actions in found.values())


def test_role_that_ends_on_a_day_is_taken_away_under_merge_too() -> None:
    ends = DesiredAssignment("Reader", VAULT, HERE, expires=TODAY)
    group = desired_group(
        listed("id-a", role_assignments=[ends]), policy=group_of(policy=AssignmentsPolicy.MERGE).policy
    )
    lookups = {role_key("Reader", VAULT): RoleLookup("Reader", VAULT, (RoleDefinition(READER, "Reader"),))}

    least = find_least(Desired((group,)), (), lookups, None)

    assert DELETE in rights(least)[VAULT]
    assert conditions(least)[VAULT].count(READER) == 2


def test_role_that_nobody_knows_is_said_and_let_through_by_no_condition() -> None:
    least = find(("Unknown", VAULT))

    assert conditions(least) == {}
    assert least.notes == (f"No condition lets the role Unknown at {VAULT} through: there is none of this name.",)


def test_what_azure_cannot_narrow_is_listed_as_far_as_it_is_given() -> None:
    assert [one.partition(":")[0] for one in find(("Reader", VAULT)).not_narrowed] == ["Identities", "Roles"]
    assert [one.partition(":")[0] for one in find().not_narrowed] == ["Identities"]


def test_exact_policy_takes_any_role_at_its_scopes_from_identities_that_list_theirs_alone() -> None:
    without, listing = desired_group("id-a"), group_of(("Reader", VAULT), policy=AssignmentsPolicy.EXACT)
    policy = Policy(IdentitiesPolicy.MERGE, role_assignments=AssignmentsPolicy.EXACT)
    lookups = {role_key("Reader", VAULT): RoleLookup("Reader", VAULT, (RoleDefinition(READER, "Reader"),))}

    found = [
        find_least(Desired((replace(one, policy=policy, role_scopes=(IN_SUBSCRIPTION,)),)), (), lookups, None)
        for one in (without, listing)
    ]

    assert [DELETE in rights(one).get(IN_SUBSCRIPTION, ()) for one in found] == [False, True]
    assert [f"Roles at {IN_SUBSCRIPTION} and below" in " ".join(one.not_narrowed) for one in found] == [False, True]


def test_target_bounds_the_roles_to_those_of_its_identity() -> None:
    given = {"id-a": "Reader", "id-b": "Other"}
    entries = [listed(name, role_assignments=[DesiredAssignment(role, VAULT, HERE)]) for name, role in given.items()]
    lookups = {
        role_key(role, VAULT): RoleLookup(role, VAULT, (RoleDefinition(guid, role),))
        for role, guid in (("Reader", READER), ("Other", OTHER))
    }
    group = desired_group(*entries, policy=Policy(IdentitiesPolicy.MERGE, role_assignments=AssignmentsPolicy.OWNED))

    least = find_least(Desired((group,)), (Target(group_id(), "id-a", ""),), lookups, None)

    found = conditions(least)[VAULT]
    assert (READER in found, OTHER in found) == (True, False)
