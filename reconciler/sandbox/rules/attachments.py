"""The `identity` block of a resource: which identities are attached to it, and the checks before one is.

Source: Azure documentation on assigning managed identities by REST (the block, `{}` to attach, `null` to detach); the
refusals as quoted by users (aad-pod-identity issues 515 and 217). What none of these shows is assumed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.sandbox.gateway import ArmRefusalError, Call, by_gateway, by_provider
from reconciler.sandbox.rules import rights
from reconciler.sandbox.state import Attachment, Identity, Resource, State, path_key

ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"

_SYSTEM, _USER, _NONE = "SystemAssigned", "UserAssigned", "None"
_KINDS = {kind.casefold(): kind for kind in (_SYSTEM, _USER, _NONE)}
_IDENTITY_KEY_LENGTH = 8


def attach(
    state: State, call: Call, resource: Resource, block: object, before: Sequence[Attachment], *, keep_others: bool
) -> Resource:
    """The resource with the identities that a block asks for.

    Args:
        block: the body's `identity`; None has the resource without any.
        before: what was attached; the ids that an identity had then are kept.
        keep_others: a PATCH, which leaves alone what the block does not name.
    """
    if block is None:
        return replace(resource, attachments=(), system_principal_id=None, has_identity=False)
    kinds, asked = _read(block)
    attached = {path_key(item.identity_id): item for item in before}
    kept = dict(attached) if keep_others and _USER in kinds else {}
    for identity_id, value in asked.items():
        key = path_key(identity_id)
        kept.pop(key, None)
        if value is not None:
            kept[key] = attached.get(key) or Attachment(identity_id)
    new = [item for key, item in kept.items() if key not in attached]
    _require_assign(state, call, resource, new)
    items = tuple(_joined(state, resource, item) for item in kept.values()) if _USER in kinds else ()
    system = None
    if _SYSTEM in kinds:
        system = resource.system_principal_id or state.new_ids(call.now)[0]
    return replace(resource, attachments=items, system_principal_id=system, has_identity=True)


def _read(block: object) -> tuple[frozenset[str], Mapping[str, object]]:
    kind = block.get("type") if isinstance(block, dict) else None
    identities = (block.get("userAssignedIdentities") if isinstance(block, dict) else None) or {}
    # Source: recorded traffic (azure-libraries-for-java, an application gateway: ARM takes `userAssigned`).
    words = [part.strip().casefold() for part in kind.split(",")] if isinstance(kind, str) else []
    kinds = frozenset(_KINDS[word] for word in words if word in _KINDS)
    if not kinds or not set(words) <= set(_KINDS) or not isinstance(identities, dict):
        raise by_gateway(400, "InvalidIdentityType", "The identity of the resource is not valid.")
    if identities and _USER not in kinds and any(value is not None for value in identities.values()):
        raise by_gateway(
            400, "InvalidIdentityType", f"The identity type '{kind}' has no place for user-assigned identities."
        )
    return kinds, identities


def _require_assign(state: State, call: Call, resource: Resource, items: Sequence[Attachment]) -> None:
    action = f"{resource.type}/write"
    for item in items:
        if not rights.may(state, call.caller, ASSIGN, item.identity_id):
            # Source: text as quoted by users (aad-pod-identity issue 217).
            raise by_gateway(
                403,
                "LinkedAuthorizationFailed",
                f"The client '{call.caller.name}' with object id '{call.caller.principal_id}' has permission to "
                f"perform action '{action}' on scope '{resource.resource_id}'; however, it does not have permission to "
                f"perform action '{ASSIGN}' on the linked scope(s) '{item.identity_id}' or the linked scope(s) are "
                "invalid.",
            )


def _joined(state: State, resource: Resource, item: Attachment) -> Attachment:
    """The attachment with its ids; also one that was there before fails where its identity is gone."""
    identity = state.shelf(Identity).get(path_key(item.identity_id))
    if identity is None:
        raise _missing(resource, item)
    return Attachment(
        item.identity_id, item.principal_id or identity.principal_id, item.client_id or identity.client_id
    )


def _missing(resource: Resource, item: Attachment) -> ArmRefusalError:
    inner = json.dumps(
        {"error": {"code": "BadRequest", "message": f"Resource '{item.identity_id}' was not found."}},
        separators=(",", ":"),
    )
    return by_provider(
        400,
        "FailedIdentityOperation",
        f"Identity operation for resource '{resource.resource_id}' failed with error 'Failed to perform resource "
        f"identity operation. Status: 'BadRequest'. Response: '{inner}'.'.",
    )


def identity_block(resource: Resource, tenant_id: str | None) -> dict[str, object]:
    """The `identity` of a resource as ARM shows it.

    Source: Azure documentation; the tenant beside an identity of its own is in every one that was recorded (107). The
    state file says it once for all, and has None here.
    """
    kinds = [_SYSTEM] if resource.system_principal_id is not None else []
    kinds += [_USER] if resource.attachments else []
    block: dict[str, object] = {"type": ", ".join(kinds) or _NONE}
    if resource.system_principal_id is not None:
        block["principalId"] = resource.system_principal_id
        if tenant_id is not None:
            block["tenantId"] = tenant_id
    if resource.attachments:
        block["userAssignedIdentities"] = {
            item.identity_id: {
                name: value
                for name, value in (("principalId", item.principal_id), ("clientId", item.client_id))
                if value is not None
            }
            for item in resource.attachments
        }
    return block
