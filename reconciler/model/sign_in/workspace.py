"""The Log Analytics workspace that holds a sign-in log, by its resource id."""

import re
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.model.ids import foreign_to_ids, is_guid

_TYPE = "Microsoft.OperationalInsights/workspaces"
_ID = re.compile(
    rf"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/{re.escape(_TYPE)}/(?P<name>[^/]+)",
    re.IGNORECASE,
)

_DOTS = {".", ".."}
"""Names that no resource can have, and that an HTTP library would take for a path."""


@dataclass(frozen=True, slots=True)
class WorkspaceId:
    """A workspace."""

    subscription_id: str
    resource_group: str
    name: str

    def __str__(self) -> str:
        """The ARM id."""
        group = f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{_TYPE}/{self.name}"


def parse_workspace(text: str) -> WorkspaceId:
    """The workspace of `--sign-in-logs`; raises UsageError where it is no resource id of one."""
    match = _ID.fullmatch(text)
    if match is None or foreign_to_ids(text) or not is_guid(match["subscription"]) or _DOTS & set(text.split("/")):
        raise UsageError(
            f"--sign-in-logs {text}: not the resource id of a Log Analytics workspace",
            f"Write /subscriptions/ID/resourceGroups/GROUP/providers/{_TYPE}/NAME;"
            " `az monitor log-analytics workspace list --query [].id` prints it.",
        )
    return WorkspaceId(match["subscription"], match["group"], match["name"])
