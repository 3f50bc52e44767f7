"""GUIDs that the sandbox makes up: the same input gives the same id, in every run."""

import uuid

_NAMESPACE = uuid.UUID("5b0f3a52-7d0c-4a53-9b1e-4d0c6f1f7a10")


def derived_id(random_seed: int, *parts: str) -> str:
    """A GUID that depends on the seed and the parts and nothing else."""
    return str(uuid.uuid5(_NAMESPACE, "|".join((str(random_seed), *parts))))


def client_id_of_system_identity(principal_id: str) -> str:
    """The client id that belongs to the principal of a system-assigned identity."""
    return derived_id(0, "system-assigned client", principal_id.casefold())
