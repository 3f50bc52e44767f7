"""Reads the live state of what a run touched, so that its reversal can be worked out."""

from reconciler.arm.resources import Resources
from reconciler.journal import RunRecord, net_effects
from reconciler.live.children import list_credentials
from reconciler.model import CredentialId, identity_of
from reconciler.undo.reverse import LiveNow, touched_identities


def read_live_now(record: RunRecord, resources: Resources) -> LiveNow:
    """Each identity that the run touched, and the credentials of those whose credentials it touched.

    Raises:
        AuthError: the caller may not read one of them.
        ArmError: one could not be read, for whatever other reason.
    """
    touched = touched_identities(record)
    found = resources.pool.map(resources.identities.get, touched)
    identities = dict(zip(touched, found, strict=True))
    concerned = {
        identity_of(one.resource_id) for one in net_effects(record) if isinstance(one.resource_id, CredentialId)
    }
    asked = [identity for identity in touched if identity in concerned and identities[identity] is not None]
    listed = resources.pool.map(lambda identity: list_credentials(identity, resources), asked)
    return LiveNow(identities, {one.credential_id: one for credentials in listed for one in credentials})
