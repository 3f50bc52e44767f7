"""What guardrails say of manifests offline; where there are none, at no more than the cost of seeing that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.guardrails.file import guardrail_files, read_guardrails, sources_of
from reconciler.manifest.desired import Desired
from reconciler.model import Violation


@dataclass(frozen=True, slots=True)
class DeclaredVerdict:
    """What guardrails do not let through of manifests, and what was not judged, in sentences."""

    violations: tuple[Violation, ...] = ()
    notes: tuple[str, ...] = ()


def judge_offline(
    flag: str | None, environment: Mapping[str, str], paths: Iterable[str], desired: Desired
) -> DeclaredVerdict:
    """Hold what the manifests at these paths declare against the guardrails of a run. Raises as `read_guardrails`."""
    files = guardrail_files(flag, environment)
    if not files:
        return DeclaredVerdict()
    from reconciler.guardrails.declared import judge_declared

    return judge_declared(read_guardrails(files, (*paths, *sources_of(desired))), desired)
