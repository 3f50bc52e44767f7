"""The syntax tree of a query. Chains are flat, so that a long one is not a deep one."""

from dataclasses import dataclass
from typing import Literal as OneOf

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
"""A value of a row or a literal, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `is_dynamic` is written `dynamic(...)`."""

    value: Value
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """What is in a dynamic value: `a.b['c'][0]`."""

    base: "Expression"
    keys: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Logical:
    """Operands joined by `and` or by `or`."""

    word: str
    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands and one of `==`, `!=`, `<` and so on, or a word such as `contains`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in (a, b)`, negated by `!` and without case by `~`."""

    operator: str
    value: "Expression"
    items: tuple["Expression", ...]


Expression = Literal | Column | Path | Call | Logical | Comparison | Membership


@dataclass(frozen=True, slots=True)
class Named:
    """An expression of a list, with the name that it is given there."""

    name: str | None
    expression: Expression


@dataclass(frozen=True, slots=True)
class SortKey:
    """What to sort by; without a word on nulls they come first in rising order and last in falling order.

    Source: Azure documentation (Kusto sort operator, which also falls by default).
    """

    expression: Expression
    rising: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Keeps the rows for which a predicate is true."""

    predicate: Expression


@dataclass(frozen=True, slots=True)
class Project:
    """Makes columns: only these, or, to `extend`, these too."""

    word: OneOf["project", "extend"]
    items: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class ProjectAway:
    """Drops columns."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectRename:
    """Gives columns new names: pairs of the new and the old one."""

    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Expanded:
    """What `mv-expand` takes apart, and the type that the parts are cast to."""

    item: Named
    type_name: str | None = None


@dataclass(frozen=True, slots=True)
class MvExpand:
    """A row for each entry of an array or a bag; entries of a bag are bags of one, or, as `array`, pairs."""

    items: tuple[Expanded, ...]
    as_pairs: bool = False
    row_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """Orders the rows, and with a limit keeps the first ones."""

    keys: tuple[SortKey, ...]
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """Keeps so many rows."""

    limit: int


@dataclass(frozen=True, slots=True)
class Count:
    """Counts the rows."""


@dataclass(frozen=True, slots=True)
class Distinct:
    """One row for each combination; without items of all columns."""

    items: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Summarize:
    """Aggregates, one row for each combination of the groups."""

    aggregates: tuple[Named, ...]
    groups: tuple[Named, ...]


Operator = (
    Where | Project | ProjectAway | ProjectRename | MvExpand | Sort | Take | Count | Distinct | Summarize
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A table, None where the query names none, and what is done to its rows."""

    table: str | None
    operators: tuple[Operator, ...]

    @property
    def has_limit(self) -> bool:
        """Whether a `take` or `limit` decides how many rows there are."""
        return any(isinstance(operator, Take) for operator in self.operators)
