"""Which providers and types Azure has, whether or not the sandbox serves them.

It tells a path that only the sandbox lacks from one that ARM refuses too. `azure_types.json` beside this file has a
provider a line, its types in one another; null stands for what is no resource but a word that follows the provider in a
path. Source: the generated Bicep types of 20 August 2026 (Azure/bicep-types-az, commit 1f896de2) for the types, the
actions of the built-in roles and Azure's REST reference for the other words. Names are compared without case.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

_Types = Mapping[str, "_Types | None"]

_WHOLE = frozenset(("microsoft.managedidentity",))
"""Providers of which every word is known, at every level: the OpenAPI documents of each api-version have them."""

_OF_ALL = frozenset(
    (
        "checknameavailability", "locations", "operationresults", "operations", "operationstatuses", "register", "skus",
        "usages",
    )
)  # fmt: skip
"""Words that any provider may have. Source: Azure's contract with resource providers, and its REST reference."""

OTHER_API_VERSIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("microsoft.authorization", "locks"): ("2015-01-01",),
    ("microsoft.authorization", "denyassignments"): ("2024-07-01-preview",),
    ("microsoft.insights", "eventtypes/values"): ("2014-04-01", "2017-03-01-preview"),
    ("microsoft.resourcegraph", "resources"): ("2018-09-01-preview", "2020-04-01-preview"),
}
"""Api-versions that Azure has of what the sandbox serves, beyond those that it serves, by provider and type.

Source: the generated Bicep types; Azure documentation for those of Microsoft.ResourceGraph and Microsoft.Insights.
"""


def has_provider(namespace: str) -> bool:
    """Whether Azure has a provider."""
    return namespace.casefold() in _providers()


def has_path(namespace: str, types: Sequence[str]) -> bool:
    """Whether a provider has what a path names, as far as that is known.

    Args:
        types: the words after the provider that are no names; the last of them may be an action.
    """
    if not types or not has_provider(namespace):
        return False
    if namespace.casefold() in _WHOLE:
        return is_type(namespace, types) or types[0].casefold() == "operations"
    # What a provider has below its resources, such as actions, is in no list.
    return types[0].casefold() in _OF_ALL or types[0].casefold() in _providers()[namespace.casefold()]


def is_type(namespace: str, types: Sequence[str]) -> bool:
    """Whether these words are a type of resource, of which there can be a list."""
    node: _Types | None = _providers().get(namespace.casefold(), {})
    for word in types:
        node = None if node is None else node.get(word.casefold())
    return node is not None


@cache
def _providers() -> Mapping[str, _Types]:
    data = resources.files("reconciler.sandbox.gateway") / "azure_types.json"  # in a zipped wheel too
    return {name: types for name, types in _folded(json.loads(data.read_text("utf-8"))).items() if types is not None}


def _folded(types: _Types) -> _Types:
    return {name.casefold(): None if inner is None else _folded(inner) for name, inner in types.items()}
