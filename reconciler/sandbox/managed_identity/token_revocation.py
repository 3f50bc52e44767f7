"""Microsoft.ManagedIdentity: `revokeTokens`, after which no token that an identity has got before is good.

Tokens tell their time in whole seconds, so a moment within one cannot divide them: tokens that an identity gets after
the revocation are dated to the next second. A revocation is part of a run, as tokens are, and of no state file.
"""

import base64
import json

from reconciler.sandbox.gateway import Answer, ArmRefusalError, Call, Caller, Route
from reconciler.sandbox.managed_identity.identities import IN_GROUP, TYPE, existing_identity, identity_scope
from reconciler.sandbox.rules import refuse_locked, require_writable_group, rights
from reconciler.sandbox.state import State

REVOKE = f"{TYPE}/revokeTokens/action"
"""Source: Azure's list of provider operations."""

API_VERSIONS = ("2023-07-31-preview",)
"""Source: OpenAPI; the released versions do not have it."""


def revoke_tokens(state: State, call: Call) -> Answer:
    """200 without a body. Source: recorded traffic (azure-cli, revoke token test)."""
    rights.require(state, call, REVOKE, identity_scope(call))
    identity = existing_identity(state, call)
    require_writable_group(state, call)
    refuse_locked(state, call)
    state.tokens_revoked[identity.principal_id] = int(call.now.timestamp())
    return Answer(200)


def refuse_revoked(state: State, caller: Caller) -> None:
    """Refuse a token of the sandbox's that was given out before its identity's tokens were revoked.

    Source: the challenge as users' tests quote it (continuous access evaluation), which has Azure's clients ask for a
    new token by themselves; the code of the body is assumed.
    """
    revoked_at, issued_at = state.tokens_revoked.get(caller.principal_id), caller.claims.get("iat")
    if revoked_at is None or not isinstance(issued_at, int) or issued_at > revoked_at:
        return
    reason = (
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
        "TokenIssuedBeforeRevocationTimestamp"
    )
    needed = {"access_token": {"nbf": {"essential": True, "value": str(revoked_at + 1)}}}
    claims = base64.b64encode(json.dumps(needed).encode()).decode()
    challenge = (
        f'Bearer realm="", authorization_uri="https://login.windows.net/{state.tenant_id}", '
        f'error="insufficient_claims", claims="{claims}", error_description="{reason}"'
    )
    raise ArmRefusalError(
        401, "InvalidAuthenticationToken", reason, from_gateway=True, headers={"WWW-Authenticate": challenge}
    )


ROUTES = (Route(IN_GROUP + "/{name}/revokeTokens", API_VERSIONS, {"POST": revoke_tokens}, is_action=True),)
