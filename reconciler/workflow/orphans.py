"""`uami orphans`: find the role assignments of a subscription whose principal is gone; nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.arm import subscriptions
from reconciler.journal import Place, read_known
from reconciler.live.azure import Azure
from reconciler.live.orphans.directory import Pause
from reconciler.live.orphans.read import OrphanSearch, find_orphans
from reconciler.manifest.tenants import check_subscription_tenant
from reconciler.outputs.orphans.report import OrphansReport
from reconciler.workflow.preflight import tenant_of_flag


@dataclass(frozen=True, slots=True)
class OrphansRequest:
    """Where to look, and by what to tell what is ours.

    Attributes:
        owners: whose role assignments are ours, beside those of the journals' runs.
        journals: that are read in any case.
        folder: of the journals that runs leave; None where there is none.
        pause_s: between the two looks at the directory.
    """

    subscription_id: str
    owners: tuple[str, ...]
    journals: tuple[Path, ...]
    folder: Path | None
    pause_s: float


def run_orphans(request: OrphansRequest, azure: Azure, place: Place, sleep: Callable[[float], None]) -> OrphansReport:
    """Read the journals of this place, and the live side.

    Args:
        place: where this run's calls go.
        sleep: waits for seconds.

    Raises:
        InputFileError: a journal that is named cannot be read.
        AuthError: no token, of another tenant, or without the right to list the role assignments of the subscription.
        ArmError: there is no such subscription, or something could not be read.
    """
    expected = tenant_of_flag(azure)
    subscription = subscriptions.find(azure.resources.client, request.subscription_id)
    check_subscription_tenant(subscription, expected)
    known = read_known(request.journals, request.folder, (azure.cloud, subscription.tenant_id, place))
    owners = known.owners.union(request.owners)
    runner = azure.runner()
    search = OrphanSearch(
        subscription.subscription_id, known.identities, owners, runner.object_id if runner is not None else None
    )
    found = find_orphans(search, azure.resources, Pause(request.pause_s, sleep))
    return OrphansReport(azure.cloud, subscription, tuple(sorted(owners)), known, found)
