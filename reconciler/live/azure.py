"""The live side as a run is given it."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.arm.resources import Resources
from reconciler.guards import Runner


@dataclass(frozen=True, slots=True)
class Azure:
    """The live side: ARM or what stands in for it, through one client.

    Attributes:
        tenant: `--tenant`, None where it is not given.
        token_tenant: the tenant that the token says it is of, None where it does not; may fetch it (AuthError).
        runner: who the token says it is of, None where it does not; likewise.
    """

    cloud: str
    resources: Resources
    tenant: str | None
    token_tenant: Callable[[], str | None]
    runner: Callable[[], Runner | None]
