"""The least rights for a manifest, as values: custom roles, where each is assigned, and the conditions that bound them.

A role for each set of actions, and not for each scope: a tenant may have few thousand custom roles, and a manifest may
name more scopes than that.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model import shell_command

JsonObject = dict[str, object]

_DIGITS = 12

_WRITE = "Microsoft.Authorization/roleAssignments/write"
_DELETE = "Microsoft.Authorization/roleAssignments/delete"


class Task(StrEnum):
    """What somebody may do who has the roles of a task; all but `plan` and `apply` come on top of these."""

    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"
    OPTIONAL = "optional"
    SIGN_INS = "sign-ins"


TASKS = {
    Task.PLAN: "uami plan, uami drift",
    Task.APPLY: "uami apply",
    Task.DRIFT: "uami drift, to say who made a difference (besides the roles of plan)",
    Task.OPTIONAL: "any of them, to see locks, roles and identities that no line names (besides the roles of its task)",
    Task.SIGN_INS: "--sign-in-logs, of uami unused, plan, apply and undo (besides the roles of plan or apply)",
}
"""What each is for, in words."""


@dataclass(frozen=True, slots=True)
class LeastRole:
    """A custom role: actions in order, and the subscriptions and groups in which it can be assigned."""

    task: Task
    actions: tuple[str, ...]
    assignable_scopes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The same for the same content, and another for any other: so that no role of that name is changed unseen."""
        content = json.dumps([self.task, self.actions, [one.casefold() for one in self.assignable_scopes]])
        return f"uami {self.task} {hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]}"

    @property
    def definition(self) -> JsonObject:
        """What `az role definition create` takes. Source: Azure documentation (custom roles with the Azure CLI)."""
        return {
            "Name": self.name,
            "Description": f"The least that suffices for: {TASKS[self.task]}.",
            "Actions": list(self.actions),
            "NotActions": [],
            "DataActions": [],
            "NotDataActions": [],
            "AssignableScopes": list(self.assignable_scopes),
        }

    @property
    def command(self) -> str:
        """The command that creates it, quoted for a shell."""
        return shell_command("az", "role", "definition", "create", "--role-definition", json.dumps(self.definition))


@dataclass(frozen=True, slots=True)
class RoleBounds:
    """The roles, by GUID, that may be given and taken away at a scope; None where any may be taken away there."""

    given: frozenset[str] = frozenset()
    taken: frozenset[str] | None = frozenset()

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that they are about, as far as any role may be given or taken away."""
        return (*([_DELETE] if self.taken is None or self.taken else []), *([_WRITE] if self.given else []))

    @property
    def condition(self) -> str | None:
        """What lets through these roles, for service principals, and nothing else; None where nothing is to be bound.

        Source: Azure documentation (examples to delegate role assignment management with conditions, "Constrain roles
        and principal types"): a write is judged by what is sent, a delete by what is there.
        """
        parts = [
            _bound(_WRITE, "Request", self.given) if self.given else "",
            _bound(_DELETE, "Resource", self.taken) if self.taken is None or self.taken else "",
        ]
        return " AND ".join(part for part in parts if part) or None

    def without(self, other: "RoleBounds") -> "RoleBounds":
        """What is left to be given where another is given already."""
        if other.taken is None:
            taken: frozenset[str] | None = frozenset()
        else:
            taken = None if self.taken is None else self.taken - other.taken
        return RoleBounds(self.given - other.given, taken)


def _bound(action: str, source: str, roles: frozenset[str] | None) -> str:
    attribute = f"@{source}[Microsoft.Authorization/roleAssignments"
    tests = [f"{attribute}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}"]
    if roles is not None:
        tests.insert(0, f"{attribute}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{', '.join(sorted(roles))}}}")
    return f"((!(ActionMatches{{'{action}'}})) OR ({' AND '.join(tests)}))"


@dataclass(frozen=True, slots=True)
class LeastAssignment:
    """Where a role is to be assigned; `condition` is None where it gives and takes away no roles."""

    role: LeastRole
    scope: str
    condition: str | None = None

    def command(self, principal: str) -> str:
        """The command that assigns it to a principal, by its object id; quoted for a shell.

        Source: `az role assignment create --help`.
        """
        words = ["--role", self.role.name, "--scope", self.scope, "--assignee-object-id", principal]
        words += ["--assignee-principal-type", "ServicePrincipal"]
        if self.condition is not None:
            words += ["--condition", self.condition, "--condition-version", "2.0"]
        return shell_command("az", "role", "assignment", "create", *words)


@dataclass(frozen=True, slots=True)
class LeastPrivilege:
    """The least that tasks of a manifest need.

    Attributes:
        assignments: in order of task and scope.
        not_narrowed: what Azure lets a holder do beyond the manifest, in sentences.
        notes: what could not be found out, in sentences.
    """

    assignments: tuple[LeastAssignment, ...] = ()
    not_narrowed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[LeastRole, ...]:
        """The roles that are assigned, each once, in the same order."""
        return tuple(dict.fromkeys(one.role for one in self.assignments))
