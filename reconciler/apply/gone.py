"""Right before the first role of a principal that is gone is deleted: whether it still is.

A user, a group or an application can be restored, and nobody may have seen an identity that is there. How to look is
for whoever knows the directory to say.
"""

from collections.abc import Callable

from reconciler.model import Orphan

WhyNotGone = Callable[[Orphan], str | None]
"""Why the principal of an orphan is not known to be gone any more, as a sentence without its end; None where it is.

Raises CallFailed, Interrupted.
"""


def nobody_looks(orphan: Orphan) -> str | None:
    """For runs that delete no orphan: one that came all the same would stay."""
    return f"nobody looked whether principal {orphan.assignment.principal_id} is still gone"
