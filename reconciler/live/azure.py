"""The live side as a run is given it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from reconciler.arm.http.endpoints import DEFAULT_KIND
from reconciler.arm.login.credentials import sign_in_hint
from reconciler.arm.resources import Resources
from reconciler.guards import Runner
from reconciler.manifest.tenants import SignIn
from reconciler.model import WorkspaceId

SIGN_IN_AGAIN: SignIn = partial(sign_in_hint, DEFAULT_KIND)
"""For whoever has named no kind of credential."""


@dataclass(frozen=True, slots=True)
class Azure:
    """The live side: ARM or what stands in for it, through one client.

    Attributes:
        tenant: `--tenant`, None where it is not given.
        token_tenant: the tenant that the token says it is of, None where it does not; may fetch it (AuthError).
        runner: who the token says it is of, None where it does not; likewise.
        sign_in: how to sign in to a tenant, for hints; "" stands for that of the subscription.
        sign_in_logs: the workspace of `--sign-in-logs`, None where it is not given.
    """

    cloud: str
    resources: Resources
    tenant: str | None
    token_tenant: Callable[[], str | None]
    runner: Callable[[], Runner | None]
    sign_in: SignIn = SIGN_IN_AGAIN
    sign_in_logs: WorkspaceId | None = None
