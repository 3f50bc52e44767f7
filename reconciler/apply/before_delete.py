"""Before an identity is deleted: whether something uses or locks it that the plan did not show.

Whoever approved the plan approved what it said would break, and no more. A use that has ended since is no surprise.
"""

from dataclasses import dataclass

from reconciler.apply.checks import Stale
from reconciler.arm import attachments, locks
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed, NotFound
from reconciler.live.may_read import why_not
from reconciler.model import AttachedResource, FederatedCredential, Impact, Part, ResourceId
from reconciler.plan import IdentityChange

_SINCE = "since the plan was made"


_NONE: tuple[FederatedCredential, ...] = ()
_NONE_READ = Part(_NONE)


@dataclass(frozen=True, slots=True)
class Look:
    """A look at an identity that is about to be deleted.

    Attributes:
        surprise: what has appeared since the plan that the delete would break, or that would stop it; None where it
            may go out.
        credentials: its federated credentials; only where there is no surprise are they whole.
    """

    surprise: Stale | None
    credentials: Part[FederatedCredential] = _NONE_READ


def look_before_delete(change: IdentityChange, resources: Resources) -> Look:
    """Look at what uses and what locks an identity; each is asked once.

    Raises:
        ArmError, AuthError: something that the plan had read completely could not be read again.
        Interrupted: the run was asked to stop.
    """
    try:
        return _look(change.resource_id, change.impact or Impact(), resources)
    except NotFound:
        # Either the identity is gone, which its own read will show, or Azure does not have this operation.
        if resources.identities.get(change.resource_id) is None:
            return Look(None)
        raise


def _look(identity: ResourceId, planned: Impact, resources: Resources) -> Look:
    # Locks first: a ReadOnly one also stops the question about attachments, which is a POST.
    locked = _locked(identity, resources)
    if locked:
        return Look(locked)
    known = set(planned.attachments.found)
    resources_now = [one.text for one in _attached(identity, planned.attachments, resources) if one not in known]
    if resources_now:
        return Look(Stale(f"something has started to use it {_SINCE}: attached to {', '.join(resources_now)}"))
    # By trust, not only by name: a known credential may trust somebody else by now.
    trusted = set(planned.credentials.found)
    credentials_now = _credentials(identity, planned.credentials, resources)
    names = [one.credential_id.name for one in credentials_now.found if one not in trusted]
    if names:
        return Look(Stale(f"something has started to use it {_SINCE}: federated credential {', '.join(names)}"))
    return Look(None, credentials_now)


def _attached(
    identity: ResourceId, planned: Part[AttachedResource], resources: Resources
) -> tuple[AttachedResource, ...]:
    try:
        return resources.associated.list(identity)
    except CallFailed:
        if planned.not_checked is None:
            # The plan had the whole list: an index, which may lag behind, cannot replace it now.
            raise
    try:
        return attachments.find(resources.client, [identity]).get(identity, ())
    except CallFailed:
        return ()  # not known to the plan either, and allowed as such


def _credentials(
    identity: ResourceId, planned: Part[FederatedCredential], resources: Resources
) -> Part[FederatedCredential]:
    try:
        return Part(resources.credentials.list(identity))
    except CallFailed as error:
        if planned.not_checked is None:
            raise
        return Part((), why_not(error))


def _locked(identity: ResourceId, resources: Resources) -> Stale | None:
    """What locks it. A plan with a lock in the way is refused, so every lock here is one that the plan did not show."""
    place = str(identity)
    try:
        found = locks.list_at(resources.client, place)
    except CallFailed:
        # A lock that is not seen makes ARM refuse the call, which does no harm.
        return None
    reaching = [one.text for one in found if one.covers(place) or one.stands_within(place)]
    return Stale(f"a lock is in the way that the plan did not show: {', '.join(reaching)}") if reaching else None
