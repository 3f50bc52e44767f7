"""`uami undo`: the way back from a run, declared like a manifest and then planned and applied like one.

A journal is as untrusted as a plan file: it says where its run was, and is taken back there or nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from reconciler.errors import NO_PLACE, UsageError
from reconciler.guardrails import Guardrails, read_guardrails
from reconciler.guards import Allowances, check_allowances
from reconciler.journal import Place, PlaceKind, RunHeader, RunRecord
from reconciler.live.azure import Azure
from reconciler.manifest.tenants import check_earlier_tenant
from reconciler.model import same_name
from reconciler.undo.read_live import read_live_now
from reconciler.undo.reverse import make_undo
from reconciler.workflow.declare import Declaration


def read_undo_guardrails(record: RunRecord, journal: str, files: Iterable[str]) -> tuple[Guardrails, ...]:
    """What the way back from a run has to keep. Raises as `read_guardrails` does."""
    sources = sorted({call.source.file for call in record.calls} - {NO_PLACE.file})
    return read_guardrails(files, (journal, *sources))


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """Which run to take back, and what the caller allows.

    Attributes:
        journal: the file that the record was read from.
        judged_on: the day in UTC: what has expired by then is not given back.
    """

    record: RunRecord
    journal: str
    allowances: Allowances
    guardrails: tuple[Guardrails, ...] = ()
    judged_on: date = field(kw_only=True)


def declare_undo(request: UndoRequest, azure: Azure, place: Place) -> Declaration:
    """What should be there instead of what a run has left; reads its live state.

    Args:
        place: where this run's calls go.

    Raises:
        UsageError: the run was in another cloud or tenant, at another endpoint, or in another sandbox, or an allowance
            is of no group of it.
        AuthError: the caller may not read it, or the token is of another tenant than the run's.
    """
    record, journal = request.record, request.journal
    _check_same_place(record.header, journal, azure, place)
    check_earlier_tenant(record.header.tenant, azure.token_tenant(), f"the run of {journal}", azure.sign_in)
    undo = make_undo(record, read_live_now(record, azure.resources), journal, judged_on=request.judged_on)
    touched, to_do = (
        tuple(group.group_id for group in groups) for groups in (record.header.groups, undo.desired.groups)
    )
    check_allowances(request.allowances, touched, to_do)
    return Declaration(
        undo.desired,
        undo.targets,
        request.allowances,
        (),
        strict=False,
        undo=undo,
        guardrails=request.guardrails,
        judged_on=request.judged_on,
    )


def _check_same_place(header: RunHeader, journal: str, azure: Azure, place: Place) -> None:
    if header.cloud != azure.cloud:
        raise UsageError(f"{journal}: the run was in {header.cloud}, not in {azure.cloud}", "Pass that one as --cloud.")
    if header.place != place:
        raise UsageError(
            f"{journal}: the run was {_described(header.place)}, and this one is {_described(place)}",
            f"A run is undone where it was: {_FLAGS[header.place.kind]}.",
        )
    if azure.tenant is not None and header.tenant is not None and not same_name(azure.tenant, header.tenant):
        raise UsageError(
            f"{journal}: the run was in the tenant {header.tenant}, and --tenant names {azure.tenant}",
            "Name the run's tenant, or leave --tenant out.",
        )


def _described(place: Place) -> str:
    where = {PlaceKind.AZURE: "in Azure at", PlaceKind.ENDPOINT: "at the endpoint", PlaceKind.SANDBOX: "in the sandbox"}
    return f"{where[place.kind]} {place.name}"


_FLAGS = {
    PlaceKind.AZURE: "leave --endpoint and --sandbox out",
    PlaceKind.ENDPOINT: "pass that address as --endpoint",
    PlaceKind.SANDBOX: "pass that file as --sandbox",
}
