"""`uami unused`: hold the identities that the manifest lists against a sign-in log; nothing is written."""

from reconciler.errors import UsageError
from reconciler.live.azure import Azure
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.live.sign_ins.read import read_sign_in_log
from reconciler.outputs.collect import listed_identities
from reconciler.outputs.unused.judge import Unused, judge_all
from reconciler.workflow.declare import Declaration
from reconciler.workflow.preflight import check_before_reading


def run_unused(declaration: Declaration, azure: Azure, days: int) -> Unused:
    """Read the lists of the groups that hold what is listed, and then the log.

    Raises:
        UsageError: no log is named, or a target that the manifest does not list.
        AuthError: no token, of another tenant, or without the right to read a list, or to query the workspace.
        ArmError: there is no such workspace, or it has no such table.
    """
    workspace = azure.sign_in_logs
    if workspace is None:
        raise UsageError(
            "No sign-in log is named.",
            "Add --sign-in-logs with the resource id of the Log Analytics workspace to which Microsoft Entra sends"
            " ManagedIdentitySignInLogs.",
        )
    listed = listed_identities(declaration.desired, declaration.targets)
    tenant_of = check_before_reading(declaration, azure)
    group_ids = tuple(dict.fromkeys(one.resource_id.group_id for one in listed))
    live = read_live(group_ids, azure.resources, MayRead(azure.resources.client), tenant_of=tenant_of)
    names = {one.resource_id for one in listed}
    found = [one for group in live.groups for one in group.identities if one.resource_id in names]
    log = read_sign_in_log(found, workspace, declaration.judged_on, azure.resources)
    known = {one.resource_id: (one, log.of_identity(one)) for one in found}
    judged, not_live = judge_all(listed, known, days)
    return Unused(azure.cloud, live.subscriptions, str(workspace), days, log.of_all(), judged, not_live)
