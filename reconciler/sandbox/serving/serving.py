"""What a run of the server is asked for, and what it says of itself; it imports nothing that a start would wait for."""

from dataclasses import dataclass
from pathlib import Path

NOT_SERVED = (
    "deployments, deployment stacks and what-if; with them Bicep, azd and `az deployment`",
    "Azure Policy, PIM schedules, access reviews, and making deny assignments",
    "management groups; a role assignment or a lock may stand at one",
    "moving and exporting resources, `tagNames`, `providerOperations`, unregistering a provider",
    "actions of other providers, such as `start` and `listKeys`",
    "`$expand` of providers, `includeExtendedLocations`, `forceDeletionTypes`, some forms of `$filter`",
    "in Resource Graph: `join`, `union`, `parse`, `has_any`, arithmetic, dates, time spans, other tables",
    "in Microsoft Graph: all but reads of users, groups, service principals, their memberships and app roles",
)
"""What Azure has and the sandbox has not, in words: for the help of the command and for README."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve a sandbox.

    Attributes:
        port: on loopback; 0 takes any that is free.
        state: the state file, created where it is missing; None keeps the state in memory.
        subscriptions: ids of subscriptions that the state has to have.
        rates: how many times faster than in Azure budgets fill; None sets no rates.
        latency_s: seconds that every call to ARM takes at least.
        page_size: entries of one page of a list.
        faults: a script of faults, YAML or JSON; None for none.
        random_seed: new ids, the delay of the directory and the dice of the faults depend on it.
    """

    port: int = 0
    state: Path | None = None
    subscriptions: tuple[str, ...] = ()
    tls: bool = False
    rates: float | None = None
    latency_s: float = 0.0
    page_size: int = 1000
    faults: str | None = None
    random_seed: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers: its base URL, and with TLS the PEM file of the authority that clients have to trust."""

    url: str
    certificate: Path | None
