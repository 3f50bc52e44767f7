"""The first line of what is said of a valid manifest; it needs no plan, so that a check offline imports none."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.guardrails import DeclaredVerdict
    from reconciler.manifest.desired import Desired


def validated_line(desired: "Desired", refused_warnings: int, verdict: "DeclaredVerdict") -> str:
    """Whether the manifest is valid, which one that is refused never is called, and how much it declares."""
    groups, identities = len(desired.groups), sum(len(group.identities) for group in desired.groups)
    what = f"{identities} {'identity' if identities == 1 else 'identities'}"
    where = f"{groups} resource {'group' if groups == 1 else 'groups'}"
    whys = ["guardrails do not let the manifest through"] if verdict.violations else []
    if refused_warnings:
        number = f"{refused_warnings} {'warning' if refused_warnings == 1 else 'warnings'}"
        whys.append(f"the manifest has {number} that it does not accept, and --strict lets none pass")
    if whys:
        return f"Refused (exit 3): {'; '.join(whys)}. Looked at: {what} in {where}."
    return f"The manifest is valid: {what} in {where}."
