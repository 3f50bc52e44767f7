"""What a scenario measured, beside its floor; what several runs of it came to, as a line of a table and as JSON."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

REFUSED_MOST = 0.02
"""The share of 429 that a run which has Azure's limits for itself may meet."""

HEAD = f"  {'':52} {'median':>9} {'spread':>15} {'floor':>8} {'ratio':>6} {'most':>5} {'429':>6} exit"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, beside its floor.

    Attributes:
        unit: of both; the ratio is of one to the other, or the value itself where there is no floor.
        most: how large the ratio may be.
        refused: the share of requests that were answered 429.
    """

    name: str
    value: float
    floor: float
    unit: str
    most: float
    refused: float = 0.0
    exit_code: int = 0
    least: float = 0.0
    refused_most: float = REFUSED_MOST

    @property
    def ratio(self) -> float:
        """Of the value to its floor."""
        return self.value / self.floor if self.floor else self.value

    @property
    def is_met(self) -> bool:
        """Whether it is within its bounds."""
        return self.least <= self.ratio <= self.most and self.refused <= self.refused_most and self.exit_code == 0


Measure = Callable[[], list[Figure]]


def share_refused(counts: Counter[int]) -> float:
    """The share of 429, of calls counted by status."""
    return counts[429] / max(1, counts.total())


def line_of(runs: Sequence[Figure]) -> str:
    """The line of a figure of several runs: medians, from where to where the value went, and the worst of the rest."""
    one = runs[0]
    least, most = min(run.value for run in runs), max(run.value for run in runs)
    digits = 2 if most < 10 else 1
    spread = f"[{least:.{digits}f}-{most:.{digits}f}]"
    floor = f"{median(run.floor for run in runs):.1f}" if one.floor else "-"
    return (
        f"  {one.name:52} {median(run.value for run in runs):8.2f}{one.unit[:1]:1} {spread:>15} {floor:>8}"
        f" {median(run.ratio for run in runs):6.2f} {one.most:5g} {max(run.refused for run in runs):6.1%}"
        f" {max(run.exit_code for run in runs):4}{'' if all(run.is_met for run in runs) else '  beyond'}"
    )


def document_of(runs: Sequence[Figure]) -> dict[str, object]:
    """The same as JSON, with every run."""
    return {
        "name": runs[0].name,
        "unit": runs[0].unit,
        "median": median(run.value for run in runs),
        "ratio": median(run.ratio for run in runs),
        "spread": [min(run.value for run in runs), max(run.value for run in runs)],
        "met": all(run.is_met for run in runs),
        "runs": [{**asdict(run), "ratio": run.ratio, "met": run.is_met} for run in runs],
    }
