"""Reads what lives of that which a run touched, so that its way back can be worked out."""

from reconciler.arm.resources import Resources
from reconciler.errors import NotFound
from reconciler.journal.effects import net_effects
from reconciler.journal.record import RunRecord
from reconciler.model.access import FederatedCredential
from reconciler.model.ids import CredentialId, ResourceId, identity_of
from reconciler.parallel import map_parallel
from reconciler.undo.reverse import LiveNow, touched_identities


def read_live_now(record: RunRecord, resources: Resources, *, parallelism: int) -> LiveNow:
    """Each identity that the run touched, and the credentials of those whose credentials it touched.

    Raises:
        AuthError: the caller may not read one of them.
        ArmError: one could not be read, for whatever other reason.
    """
    touched = touched_identities(record)
    found = map_parallel(resources.identities.get, touched, parallelism)
    identities = dict(zip(touched, found, strict=True))
    concerned = {
        identity_of(one.resource_id) for one in net_effects(record) if isinstance(one.resource_id, CredentialId)
    }
    asked = [identity for identity in touched if identity in concerned and identities[identity] is not None]
    listed = map_parallel(lambda identity: _credentials(resources, identity), asked, parallelism)
    return LiveNow(identities, {one.credential_id: one for credentials in listed for one in credentials})


def _credentials(resources: Resources, identity: ResourceId) -> tuple[FederatedCredential, ...]:
    try:
        return resources.credentials.list(identity)
    except NotFound:
        return ()
