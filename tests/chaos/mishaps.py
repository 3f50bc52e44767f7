"""What goes wrong on the way: scripts of faults in the sandbox's own form, drawn by a seed.

`competes` tells of a script in which somebody else writes: what lives in the end is then not this tool's alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.chaos.worlds import DATA, THEIRS, World
from tests.cli.inputs import group_scope, identity_scope

Fault = dict[str, object]

_CONCURRENT = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
_IDENTITIES = "*/userassignedidentities/*"
_WRITES = ("PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Script:
    """Faults, and whether others write in them."""

    faults: tuple[Fault, ...]
    competes: bool


def make_script(rng: Random, world: World) -> Script:
    """Draw up to five kinds of faults."""
    quiet = rng.random() < 0.2
    kinds = [] if quiet else [rng.choice(_KINDS) for _ in range(rng.randint(1, 5))]
    others = [] if quiet or rng.random() < 0.65 else [_competing(rng, world) for _ in range(rng.randint(1, 2))]
    return Script((*others, *(kind(rng) for kind in kinds)), bool(others))


def _answer(status: int, code: str, *, retry_after: int | None = None, after: bool = False) -> Fault:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {"error": {"code": code, "message": f"{code}, as the script says."}}
    return {"answer": {"status": status, "headers": headers, "body": body, "after": after}}


def _where(rng: Random, *methods: str) -> Fault:
    """Which calls a fault meets, how many of them pass before, and how many it strikes."""
    method = rng.choice(methods)
    path = rng.choice(["*", _IDENTITIES, "*/roleassignments/*", "*/federatedidentitycredentials/*"])
    return {"method": method, "path": path, "skip": rng.randint(0, 6), "times": rng.randint(1, 3)}


def _throttled(rng: Random) -> Fault:
    return {**_where(rng, "GET", *_WRITES), **_answer(429, "TooManyRequests", retry_after=rng.randint(1, 20))}


def _server_error(rng: Random) -> Fault:
    status = rng.choice([500, 502, 503, 504])
    return {**_where(rng, "GET", *_WRITES), **_answer(status, "ServerError", after=rng.random() < 0.5)}


def _reset(rng: Random) -> Fault:
    return {**_where(rng, "GET", *_WRITES), "reset": rng.choice(["before", "after"])}


def _conflict(rng: Random) -> Fault:
    return {**_where(rng, *_WRITES), **_answer(409, rng.choice(["Conflict", "AnotherOperationInProgress"]))}


def _concurrent(rng: Random) -> Fault:
    where = {"method": "PUT", "path": "*/federatedidentitycredentials/*", "times": rng.randint(1, 4)}
    return {**where, **_answer(409, _CONCURRENT)}


def _slow(rng: Random) -> Fault:
    return {**_where(rng, "GET", *_WRITES), "delaySeconds": round(rng.uniform(0.05, 0.6), 2)}


def _truncated(rng: Random) -> Fault:
    return {**_where(rng, "GET", "PUT", "PATCH"), "truncate": rng.randint(0, 60)}


def _malformed(rng: Random) -> Fault:
    return {**_where(rng, "GET", "PUT"), "malformed": True}


def _stale(rng: Random) -> Fault:
    return {**_where(rng, "GET"), "stale": rng.randint(1, 3)}


def _unknown_principal(rng: Random) -> Fault:
    where = {"method": "PUT", "path": "*/roleassignments/*", "skip": rng.randint(0, 3), "times": rng.randint(1, 4)}
    return {**where, **_answer(400, "PrincipalNotFound")}


def _forbidden(rng: Random) -> Fault:
    code = rng.choice(["AuthorizationFailed", "RequestDisallowedByPolicy", "LinkedAuthorizationFailed"])
    return {**_where(rng, *_WRITES), **_answer(403, code)}


def _refused(rng: Random) -> Fault:
    return {**_where(rng, *_WRITES), **_answer(400, "BadRequest")}


_KINDS: tuple[Callable[[Random], Fault], ...] = (
    *(_throttled, _server_error, _reset, _conflict, _concurrent, _slow, _truncated, _malformed),
    *(_stale, _unknown_principal, _forbidden, _refused),
)

_VERSION = "?api-version=2024-11-30"


def _competing(rng: Random, world: World) -> Fault:
    """Somebody else's write, just before one of ours or of our reads."""
    group = rng.choice(world.groups)
    name = rng.choice([*(f"id-{number}" for number in range(5)), "id-new-0", "id-new-1"])
    identity = identity_scope(group, name)
    body = {"location": "westeurope", "tags": {"uami-owner": THEIRS}}
    virtual_machine = (
        f"{group_scope(DATA)}/providers/Microsoft.Compute/virtualMachines/vm-meanwhile?api-version=2024-07-01"
    )
    attached = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    lock = f"{identity}/providers/Microsoft.Authorization/locks/meanwhile?api-version=2020-05-01"
    write = rng.choice(
        [
            {"method": "PATCH", "path": f"{identity}{_VERSION}", "body": {"tags": {"uami-owner": THEIRS}}},
            {"method": "PUT", "path": f"{identity}{_VERSION}", "body": body},
            {"method": "DELETE", "path": f"{identity}{_VERSION}"},
            {"method": "PUT", "path": virtual_machine, "body": {"location": "westeurope", "identity": attached}},
            {"method": "PUT", "path": virtual_machine, "body": {"location": "westeurope", "identity": attached}},
            {"method": "PUT", "path": lock, "body": {"properties": {"level": "CanNotDelete"}}},
        ]
    )
    where = {"method": rng.choice(["GET", "PUT", "DELETE", "DELETE"]), "path": f"*{rng.choice([name, '*'])}"}
    return {**where, "skip": rng.randint(0, 8), "times": 1, "write": write}
