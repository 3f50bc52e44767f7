"""What is wrong with files, as it is reported."""

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.diagnostics import MAX_DIAGNOSTICS, in_order


def problem(file: str, line: int, code: str = "x") -> Diagnostic:
    return Diagnostic(code, SourcePos(file, line, 1), "wrong", "Fix it.")


def test_problems_are_in_order_of_place_each_once_and_with_their_lines() -> None:
    lines = {"a.yaml": ("one", "two")}

    found = in_order([problem("b.yaml", 1), problem("a.yaml", 2), problem("a.yaml", 1), problem("a.yaml", 2)], lines)

    assert [(str(one.pos), one.source_line) for one in found] == [
        ("a.yaml:1:1", "one"),
        ("a.yaml:2:1", "two"),
        ("b.yaml:1:1", None),
    ]


def test_line_that_nobody_wrote_to_be_read_is_not_quoted() -> None:
    found = in_order([problem("a.yaml", 1), problem("a.yaml", 2)], {"a.yaml": ("\0", "x" * 201)})

    assert [one.source_line for one in found] == [None, None]


def test_rest_of_a_file_is_counted() -> None:
    found = in_order([problem("a.yaml", line) for line in range(1, MAX_DIAGNOSTICS + 3)], {})

    assert len(found) == MAX_DIAGNOSTICS + 1
    assert (found[-1].code, found[-1].message) == ("more-problems", "2 more problems in this file")
