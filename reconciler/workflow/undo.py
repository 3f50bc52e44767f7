"""`uami undo`: the way back from a run, declared like a manifest and then planned and applied like one."""

from collections.abc import Iterable

from reconciler.errors import UsageError
from reconciler.guardrails import Guardrails, read_guardrails
from reconciler.guards import Allowances
from reconciler.journal import RunRecord
from reconciler.live.azure import Azure
from reconciler.manifest.tenants import check_earlier_tenant
from reconciler.undo.read_live import read_live_now
from reconciler.undo.reverse import make_undo
from reconciler.workflow.declare import Declaration


def read_undo_guardrails(record: RunRecord, journal: str, files: Iterable[str]) -> tuple[Guardrails, ...]:
    """What the way back from a run has to keep. Raises as `read_guardrails` does."""
    sources = sorted({call.source.file for call in record.calls})
    return read_guardrails(files, (journal, *sources))


def declare_undo(record: RunRecord, journal: str, azure: Azure, allowances: Allowances) -> Declaration:
    """What should be there instead of what a run has left; reads its live state.

    Raises:
        UsageError: the run was in another cloud.
        AuthError: the caller may not read it, or the token is of another tenant than the run's.
    """
    if record.header.cloud != azure.cloud:
        raise UsageError(
            f"{journal}: the run was in {record.header.cloud}, not in {azure.cloud}", "Pass that one as --cloud."
        )
    check_earlier_tenant(record.header.tenant, azure.token_tenant(), f"the run of {journal}")
    undo = make_undo(record, read_live_now(record, azure.resources), journal)
    return Declaration(undo.desired, undo.targets, allowances, (), strict=False, undo=undo)
