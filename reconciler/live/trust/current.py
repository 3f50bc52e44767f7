"""Who may become live identities and what that lets them do, as it is; nothing is compared, and nothing is an error."""

from collections.abc import Mapping, Sequence

from reconciler.arm.resources import Resources
from reconciler.live.attachments import find_attachments
from reconciler.live.children import READING_CREDENTIALS, credentials_of
from reconciler.live.may_read import MayRead
from reconciler.live.roles import read_roles
from reconciler.live.trust.changed import roles_part
from reconciler.live.trust.directory import read_directory
from reconciler.model import Access, Identity, LiveTrust, ResourceId


def read_current_trust(
    identities: Sequence[Identity], resources: Resources, may_read: MayRead
) -> Mapping[ResourceId, LiveTrust]:
    """All of it for each identity; what could not be read is said there. Raises Interrupted and OutOfTime only."""
    ids = [one.resource_id for one in identities]
    credentials = dict(resources.pairs(READING_CREDENTIALS, lambda one: credentials_of(one, resources), ids))
    roles = read_roles(identities, Access(), resources, may_read)
    attachments = find_attachments(ids, resources, may_read)
    directory = read_directory(identities, resources)
    return {one: LiveTrust(credentials[one], roles_part(roles[one]), attachments[one], directory[one]) for one in ids}
