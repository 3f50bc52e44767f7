"""Declarative desired-state reconciler for Azure user-assigned managed identities.

The rooms, in the order in which they build on each other; each imports only what stands above it:

    errors      every error, by who must act
    schemas     the JSON Schemas, wherever they are installed
    files       what comes from disk
    model       ARM's values
    terraform   what a Terraform state holds, and how Terraform lets go of it
    stop        one wish to end the run, which every wait listens to
    parallel    a bounded thread pool that collects every error
    manifest    from YAML to what it declares
    arm         Azure Resource Manager, one file a resource
    plan        the comparison, its order, its document
    snapshot    a sandbox state taken from Azure
    export      what is live as the manifest that a person would have typed
    guards      reasons to refuse a plan
    guardrails  what no flag and no manifest can lift, from a file beside both
    live        the live state, read through `arm`
    journal     the record of a run
    saved_plan  a plan as a file
    apply       the only room that writes to ARM
    undo        reversing a run
    doctor      whether a run would have what it needs
    logins      whether a workload's own token matches a federated credential
    migration   the way of a manifest to GitHub's subjects with ids
    report      words and JSON for all of it
    outputs     what Azure gave the identities of a manifest, in the forms that others read
    workflow    the story of each command on one page
    cli         commands and flags; alone prints and exits
    sandbox     the ARM emulator: imports nothing of the others, and only `cli` enters it

Public are the command `uami` and the files that it reads and writes, as README.md describes them. Of the Python names
only `__version__` is: everything else may change with any version.
"""

from collections.abc import Callable
from importlib import import_module

__version__ = "0.1.0"


def names_on_demand(room: str, **places: tuple[str, ...]) -> Callable[[str], object]:
    """The `__getattr__` of a room whose modules are imported only once one of their names is asked for.

    Most commands need little of a large room, and to import the rest would take longer than what they do.

    Args:
        room: the package.
        places: the names that it has from each of its modules.

    Source: Python, PEP 562 (a module's `__getattr__`).
    """
    module_of = {name: module for module, names in places.items() for name in names}

    def find(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{module_of[name]}"), name)

    return find
