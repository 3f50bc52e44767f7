"""The ways in which code is broken: each makes one small change to a source text, by the place of a node in its tree.

The list is fixed, so that figures of different days can be compared. What changes only words (texts, docstrings) is
left alone.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One small change: the text from `start` to `end` (line from 1, column in bytes from 0) becomes `text`."""

    operator: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str

    @property
    def lines(self) -> range:
        """The lines that the change concerns."""
        return range(self.start[0], self.end[0] + 1)

    def apply(self, source: str) -> str:
        """The source with this change."""
        lines = [line.encode() for line in source.splitlines(keepends=True)]
        before = b"".join(lines[: self.start[0] - 1]) + lines[self.start[0] - 1][: self.start[1]]
        after = lines[self.end[0] - 1][self.end[1] :] + b"".join(lines[self.end[0] :])
        return (before + self.text.encode() + after).decode()


def mutations_of(source: str) -> list[Mutation]:
    """Every change that the operators make to a module, in order of place."""
    found = [one for node in ast.walk(ast.parse(source)) for one in _mutations_of_node(node)]
    return sorted(found, key=lambda one: (one.start, one.end, one.operator, one.text))


def _mutations_of_node(node: ast.AST) -> Iterator[Mutation]:
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp():
            yield from _boolean_operations(node)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield _replaced("not", node, ast.unparse(operand))
        case ast.Constant(value=bool(value)):
            yield _replaced("constant", node, str(not value))
        case ast.Constant(value=int(value)):
            yield _replaced("constant", node, str(value + 1))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield _replaced("condition", test, "True")
            yield _replaced("condition", test, "False")
        case ast.comprehension(ifs=ifs):
            yield from (_replaced("condition", test, "True") for test in ifs)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield _replaced("return", value, "None")
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise():
            yield _replaced("statement", node, "pass")
        case ast.ExceptHandler(type=ast.Tuple(elts=kinds)):
            yield from (_replaced("except", node.type, ast.unparse(kind)) for kind in kinds if node.type)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _comparisons(node: ast.Compare) -> Iterator[Mutation]:
    for place, operator in enumerate(node.ops):
        operators = [*node.ops[:place], _OPPOSITES[type(operator)](), *node.ops[place + 1 :]]
        yield _replaced("comparison", node, ast.unparse(ast.Compare(node.left, operators, node.comparators)))


def _boolean_operations(node: ast.BoolOp) -> Iterator[Mutation]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _replaced("boolean", node, ast.unparse(ast.BoolOp(other, node.values)))
    for place in range(len(node.values)):
        rest = [*node.values[:place], *node.values[place + 1 :]]
        left = ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
        yield _replaced("operand", node, ast.unparse(left))


def _replaced(operator: str, node: ast.expr | ast.stmt, text: str) -> Mutation:
    if node.end_lineno is None or node.end_col_offset is None:
        raise AssertionError("a parsed node has an end")
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return Mutation(operator, start, end, text if isinstance(node, ast.stmt) else f"({text})")
