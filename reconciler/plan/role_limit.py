"""How many role assignments a subscription would have, where a plan knows what it has: Azure refuses those beyond.

Only said, never refused: Azure has raised the limit before, and an assignment that is refused is told one by one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.model import is_within
from reconciler.plan.changes import Action, AssignmentChange, Changes

_MOST = 4_000
_MOST_IN = {"AzureUSGovernment": 2_000, "AzureChinaCloud": 2_000}
"""Role assignments of a subscription. Source: Azure documentation on limits."""

_BY_ACTION = {Action.CREATE: 1, Action.DELETE: -1}


def role_limit_notes(changes: Changes, counts: Mapping[str, int], cloud: str) -> Iterator[str]:
    """A sentence for each subscription that new roles would bring over the limit.

    Args:
        counts: what subscriptions have, by their scope; those that are not in it are not known.
        cloud: as `--cloud` names it.
    """
    more: Counter[str] = Counter()
    gives = set()
    for change in (one for one in changes.access() if isinstance(one, AssignmentChange)):
        for subscription in counts:
            if is_within(change.resource_id.scope, subscription):
                more[subscription] += _BY_ACTION.get(change.action, 0)
                gives |= {subscription} if change.action is Action.CREATE else set()
    limit = _MOST_IN.get(cloud, _MOST)
    for subscription in sorted(gives):
        number = counts[subscription] + more[subscription]
        if number > limit:
            yield (
                f"role-limit: {subscription} would have {number} role assignments, and Azure lets a subscription have"
                f" {limit}: it will refuse those that come last."
            )
