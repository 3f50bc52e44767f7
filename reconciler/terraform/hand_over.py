"""Which resources of a state Terraform can let go of, because what was exported lists what they are.

A `removed` block names a resource and not an instance of it: Terraform takes no instance keys there, neither of the
resource nor of its modules, and forgets every instance. So a block is right only where all instances are exported;
where some are, each of these leaves the state by its own address.
Source: developer.hashicorp.com/terraform/language/state/remove ("You cannot include instance keys");
hashicorp/terraform issues 34573 ("Module instance keys not allowed" is intended) and 34439.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from reconciler.model import CredentialId, ResourceId
from reconciler.terraform.state import TYPES, TerraformState
from reconciler.terraform.values import StateAssignment, StateInstance, StateObject


@dataclass(frozen=True, slots=True)
class Listed:
    """What the exported manifests list."""

    identities: frozenset[ResourceId]
    credentials: frozenset[CredentialId]
    assignments: frozenset[StateAssignment]

    def why_not(self, one: StateObject) -> str | None:
        """Why an object of a state is not taken over; None where the manifests list it."""
        match one:
            case ResourceId():
                return None if one in self.identities else "Azure has no such identity, or it was left out"
            case CredentialId():
                if one in self.credentials:
                    return None
                if one.identity not in self.identities:
                    return f"its identity {one.identity.name} is not taken over"
                return "Azure has no such credential, or a manifest cannot list it"
            case StateAssignment():
                if one in self.assignments:
                    return None
                return "it is another principal's, Azure has it no more, or a manifest cannot list it"
        assert_never(one)


@dataclass(frozen=True, slots=True)
class Left:
    """An instance that stays with Terraform, and why; the reason ends a sentence."""

    address: str
    why: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource that is taken over, and the resources left in Terraform that depend on it.

    `identity` is the first that it is; None where it is a resource of credentials or roles.
    """

    resource: str
    by: tuple[str, ...]
    identity: ResourceId | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """What Terraform has to let go of, and what stays with it.

    Attributes:
        objects: what is taken over.
        removed: addresses of resources, for `removed` blocks.
        one_by_one: addresses of instances whose resource stays for other instances.
        left: of the types that a manifest can list, what is not taken over.
        others: addresses and types of managed resources that no manifest lists.
    """

    objects: tuple[StateObject, ...]
    removed: tuple[str, ...]
    one_by_one: tuple[str, ...]
    left: tuple[Left, ...]
    others: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]


def hand_over(state: TerraformState, listed: Listed) -> HandOver:
    """Hold a state against what was exported; everything in order of its address."""
    ours: defaultdict[str, list[StateInstance]] = defaultdict(list)
    left: list[Left] = []
    staying: set[str] = set()
    for one in state.instances:
        if one.object is None:
            continue
        why = listed.why_not(one.object)
        if why is None:
            ours[one.resource].append(one)
        else:
            left.append(Left(one.address, why))
            staying.add(one.resource)
    taken = [one for several in ours.values() for one in several]
    removed = tuple(sorted(ours.keys() - staying))
    return HandOver(
        objects=tuple(one.object for one in taken if one.object is not None),
        removed=removed,
        one_by_one=tuple(one.address for one in taken if one.resource in staying),
        left=tuple(left),
        others=tuple(sorted({(one.resource, one.type) for one in state.instances if _is_other(one)})),
        references=_references(state.instances, ours, removed),
    )


def _references(
    instances: Iterable[StateInstance], ours: Mapping[str, Sequence[StateInstance]], removed: tuple[str, ...]
) -> tuple[Reference, ...]:
    by: defaultdict[str, set[str]] = defaultdict(set)
    for one in instances:
        if one.resource not in removed:
            for resource in one.depends_on & ours.keys() - {one.resource}:
                by[resource].add(one.resource)
    return tuple(
        Reference(resource, tuple(sorted(by[resource])), _identity(ours[resource][0])) for resource in sorted(by)
    )


def _identity(one: StateInstance) -> ResourceId | None:
    return one.object if isinstance(one.object, ResourceId) else None


def _is_other(one: StateInstance) -> bool:
    return one.is_managed and one.type not in TYPES
