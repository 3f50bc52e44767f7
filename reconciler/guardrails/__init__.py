"""What a run may do at most, from a file that does not come with the manifests: read, and held against them.

Every other bound stands in files that those can edit who ask for a change, so that this one is lifted by no flag and no
manifest. It judges what would be written, recomputed from manifests, a saved plan or a journal alike.
"""

from typing import TYPE_CHECKING

from reconciler import names_on_demand

if TYPE_CHECKING:
    from reconciler.guardrails.changes import Facts, judge_changes, roles_to_look_up
    from reconciler.guardrails.declared import judge_declared
    from reconciler.guardrails.file import VARIABLE, guardrail_files, read_guardrails, sources_of
    from reconciler.guardrails.model import Guardrails, combined_sha256
    from reconciler.guardrails.narrow import within_guardrails
    from reconciler.guardrails.orphans import judge_orphans
    from reconciler.guardrails.verdict import DeclaredVerdict, judge_offline
    from reconciler.guardrails.words import GUARDRAIL
else:
    __getattr__ = names_on_demand(
        __name__,
        changes=("Facts", "judge_changes", "roles_to_look_up"),
        declared=("judge_declared",),
        file=("VARIABLE", "guardrail_files", "read_guardrails", "sources_of"),
        model=("Guardrails", "combined_sha256"),
        orphans=("judge_orphans",),
        narrow=("within_guardrails",),
        verdict=("DeclaredVerdict", "judge_offline"),
        words=("GUARDRAIL",),
    )

__all__ = [
    "GUARDRAIL",
    "VARIABLE",
    "DeclaredVerdict",
    "Facts",
    "Guardrails",
    "combined_sha256",
    "guardrail_files",
    "judge_changes",
    "judge_declared",
    "judge_offline",
    "judge_orphans",
    "read_guardrails",
    "roles_to_look_up",
    "sources_of",
    "within_guardrails",
]
