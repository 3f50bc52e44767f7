"""Right before roles of a principal that is gone are deleted: whether it still is. Reads only.

A user, a group or an application can be restored meanwhile, and an identity may have been seen by nobody. Silence says
as little here as it does where orphans are looked for: somebody whom the directory showed then has to be shown again.
"""

from reconciler.arm.microsoft_graph import MicrosoftGraph
from reconciler.arm.resources import Resources
from reconciler.errors import AuthError, CallFailed, LoginError
from reconciler.live.orphans.directory import PERMISSION
from reconciler.live.trust.directory import why_unread
from reconciler.model import Orphan, same_name


def why_not_gone(orphan: Orphan, resources: Resources) -> str | None:
    """Why a principal is not known to be gone any more, as a sentence without its end; None where it is.

    Raises:
        CallFailed: ARM did not say what became of the identity that it was.
        Interrupted: the run was asked to stop.
    """
    is_proven = False
    if orphan.identity is not None:
        try:
            now = resources.identities.get(orphan.identity)
        except LoginError:
            raise
        except AuthError:
            pass  # which identity it was is what a journal says, and whoever may not read that learns nothing
        else:
            if now is not None and same_name(now.principal_id, orphan.assignment.principal_id):
                return f"its principal is not gone: {orphan.identity.resource_group}/{orphan.identity.name} has it"
            is_proven = True
    return _why_known(orphan, resources, is_proven=is_proven)


def _why_known(orphan: Orphan, resources: Resources, *, is_proven: bool) -> str | None:
    """What the directory says against it. Only where it showed nobody before does what ARM has proven stand alone."""
    because = resources.graph.why_not
    shown: dict[str, str] = {}
    if resources.graph.open_client is not None:
        asked = [orphan.assignment.principal_id, *([orphan.witness] if orphan.witness else [])]
        try:
            shown = MicrosoftGraph(resources.graph.open_client()).kinds_of(asked)
            because = "it shows nobody any more whom it showed before"
        except CallFailed as error:
            because = why_unread(error, PERMISSION)
    if orphan.assignment.principal_id.casefold() in shown:
        return "its principal is not gone: Microsoft Graph knows it"
    if is_proven if orphan.witness is None else orphan.witness.casefold() in shown:
        return None
    return f"whether its principal is still gone could not be looked up in Microsoft Graph: {because}"
