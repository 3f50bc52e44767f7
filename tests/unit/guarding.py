"""What the tests of the guards share: a verdict by the flags of a command line."""

from collections.abc import Sequence

from reconciler.guards import Runner, judge, parse_allowances
from reconciler.manifest.desired import DesiredGroup
from reconciler.model.identity import LiveGroup
from reconciler.model.violation import Violation
from tests.builders import GROUP, SUBSCRIPTION, compare

GROUP_ADDRESS = f"{SUBSCRIPTION}/{GROUP}"


def verdict(
    desired: DesiredGroup | Sequence[DesiredGroup],
    live: LiveGroup | Sequence[LiveGroup],
    *allow: str,
    max_deletes: tuple[str, ...] = (),
    runner: Runner | None = None,
) -> tuple[Violation, ...]:
    """What the guards say, with the flags of a command line."""
    return judge(compare(desired, live), parse_allowances(allow, max_deletes), runner=runner)


def codes(violations: tuple[Violation, ...]) -> list[tuple[str, str]]:
    """Code and address of each violation."""
    return [(one.code, one.address) for one in violations]


def names(count: int, prefix: str = "id") -> list[str]:
    """Names of that many identities, in order."""
    return [f"{prefix}-{number:03}" for number in range(count)]
