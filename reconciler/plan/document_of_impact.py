"""The impact of a delete in JSON, as `schemas/plan.v1.schema.json` describes it.

A part that was not looked at has null for a list, so that no reader takes it for empty.
"""

from collections.abc import Callable
from typing import TypeVar

from reconciler.model.access import FederatedCredential
from reconciler.model.impact import UNREAD, AttachedResource, HeldRole, Lock, Part
from reconciler.plan.changes import Action, Change, IdentityChange

JsonObject = dict[str, object]
T = TypeVar("T")


def impact_document(change: Change) -> JsonObject | None:
    """What a delete of an identity would break; None for any other change."""
    if not isinstance(change, IdentityChange) or change.action is not Action.DELETE:
        return None
    impact = change.impact or UNREAD
    identity_id = str(change.resource_id)
    return {
        "attachments": _part(impact.attachments, _attachment),
        "role_assignments": _part(impact.assignments, _role),
        "federated_credentials": _part(impact.credentials, _credential),
        "locks": _part(impact.locks, lambda lock: _lock(lock, identity_id)),
    }


def _part(part: Part[T], show: Callable[[T], JsonObject]) -> JsonObject:
    nothing_known = part.not_checked is not None and not part.found
    return {"found": None if nothing_known else [show(one) for one in part.found], "not_checked": part.not_checked}


def _attachment(resource: AttachedResource) -> JsonObject:
    return {"id": resource.resource_id, "type": resource.resource_type}


def _role(role: HeldRole) -> JsonObject:
    return {"role": role.role, "role_guid": role.role_guid, "scope": role.scope, "removed": role.removed}


def _credential(credential: FederatedCredential) -> JsonObject:
    trust = credential.trust
    if trust is None:
        return {"name": credential.credential_id.name, "inexpressible": True}
    return {
        "name": credential.credential_id.name,
        "issuer": trust.issuer,
        "subject": trust.subject,
        "audience": trust.audience,
    }


def _lock(lock: Lock, identity_id: str) -> JsonObject:
    return {
        "level": lock.level,
        "name": lock.name,
        "scope": lock.scope,
        "inherited": not lock.stands_within(identity_id),
    }
