"""Texts to syntax trees: tokens and their places, what binds tighter, every operator, and what is no query."""

import pytest

from reconciler.sandbox.resource_graph.kql.errors import NOT_SERVED, KqlError
from reconciler.sandbox.resource_graph.kql.query_parser import parse_alone, parse_query
from reconciler.sandbox.resource_graph.kql.syntax import (
    Call,
    Column,
    Comparison,
    Count,
    Distinct,
    Expanded,
    Expression,
    Literal,
    Logical,
    Membership,
    MvExpand,
    Named,
    Operator,
    Path,
    Project,
    ProjectAway,
    ProjectRename,
    Query,
    Sort,
    SortKey,
    Summarize,
    Take,
    Where,
)
from reconciler.sandbox.resource_graph.kql.tokens import Kind, tokenize
from tests.sandbox.kql.asking import failure_of

A, B, C = Column("a"), Column("b"), Column("c")


def test_tokens_have_their_kind_their_value_and_their_place() -> None:
    tokens = tokenize("where x\r\n  !in~ (1.5, 'it''s', @'c:\\') // a comment\n|take 10")

    assert [(token.kind, token.value, token.place.line, token.place.position) for token in tokens] == [
        (Kind.WORD, "where", 1, 0),
        (Kind.WORD, "x", 1, 6),
        (Kind.WORD, "!in~", 2, 2),
        (Kind.SYMBOL, "(", 2, 7),
        (Kind.FRACTION, "1.5", 2, 8),
        (Kind.SYMBOL, ",", 2, 11),
        (Kind.TEXT, "it", 2, 13),
        (Kind.TEXT, "s", 2, 17),
        (Kind.SYMBOL, ",", 2, 20),
        (Kind.TEXT, "c:\\", 2, 22),
        (Kind.SYMBOL, ")", 2, 28),
        (Kind.SYMBOL, "|", 3, 0),
        (Kind.WORD, "take", 3, 1),
        (Kind.WHOLE, "10", 3, 6),
        (Kind.END, "", 3, 8),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a \"quoted\" word'", 'a "quoted" word'),
        ('"it\'s"', "it's"),
        (r"'it\'s \\ \t\n'", "it's \\ \t\n"),
        (r"'\u00e9\x41'", "éA"),
        ("@'it''s \\n'", "it's \\n"),
        ('@"a ""b"""', 'a "b"'),
        ("''", ""),
        ("'// no comment'", "// no comment"),
        ("12", 12),
        ("-12", -12),
        ("1.5", 1.5),
        ("-1e3", -1000.0),
        ("true", True),
        ("false", False),
    ],
)
def test_literal_is_what_is_written(text: str, value: object) -> None:
    literal = parse_alone(text)

    assert isinstance(literal, Literal)
    assert (literal.value, type(literal.value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("['a b']", Column("a b")),
        ("(((a)))", A),
        ("a.b.c", Path(A, ("b", "c"))),
        ("a['b.c'][0][-1]", Path(A, ("b.c", 0, -1))),
        ("a.b.['c.d'].e", Path(A, ("b", "c.d", "e"))),
        ("f(a).b", Path(Call("f", (A,)), ("b",))),
        ("f()", Call("f", ())),
        ("f(a, g(b))", Call("f", (A, Call("g", (B,))))),
        ("not(a)", Call("not", (A,))),
        ("a == 'x'", Comparison("==", A, Literal("x"))),
        ("a !~ b", Comparison("!~", A, B)),
        ("a !startswith_cs 'x'", Comparison("!startswith_cs", A, Literal("x"))),
        ("a and b and c", Logical("and", (A, B, C))),
        ("a or b and c", Logical("or", (A, Logical("and", (B, C))))),
        ("(a or b) and c", Logical("and", (Logical("or", (A, B)), C))),
        ("a == 1 or b", Logical("or", (Comparison("==", A, Literal(1)), B))),
        ("a in ('x', b)", Membership("in", A, (Literal("x"), B))),
        ("a !in~ ('x')", Membership("!in~", A, (Literal("x"),))),
        ("dynamic([1, 'a', {\"b\": null}, []])", Literal([1, "a", {"b": None}, []], is_dynamic=True)),
        ("dynamic({})", Literal({}, is_dynamic=True)),
        ("dynamic(null)", Literal(None, is_dynamic=True)),
    ],
)
def test_expression_is_read_as_it_binds(text: str, tree: Expression) -> None:
    assert parse_alone(text) == tree


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("where a", Where(A)),
        ("filter a", Where(A)),
        ("project a, x = b", Project("project", (Named(None, A), Named("x", B)))),
        ("extend x = a == b", Project("extend", (Named("x", Comparison("==", A, B)),))),
        ("project-away a, b", ProjectAway(("a", "b"))),
        ("project-rename x = a, y = b", ProjectRename((("x", "a"), ("y", "b")))),
        ("mv-expand a", MvExpand((Expanded(Named(None, A)),))),
        ("mvexpand a", MvExpand((Expanded(Named(None, A)),))),
        (
            "mv-expand kind=array x = a to typeof(string), b limit 7",
            MvExpand((Expanded(Named("x", A), "string"), Expanded(Named(None, B))), as_pairs=True, row_limit=7),
        ),
        ("mv-expand bagexpansion=bag a", MvExpand((Expanded(Named(None, A)),))),
        ("order by a", Sort((SortKey(A),))),
        ("sort by a asc, b desc", Sort((SortKey(A, rising=True), SortKey(B)))),
        (
            "order by a asc nulls last, b nulls first",
            Sort((SortKey(A, rising=True, nulls_first=False), SortKey(B, nulls_first=True))),
        ),
        ("top 3 by a", Sort((SortKey(A),), 3)),
        ("take 3", Take(3)),
        ("limit 3", Take(3)),
        ("count", Count()),
        ("distinct a, b", Distinct((Named(None, A), Named(None, B)))),
        ("distinct *", Distinct(())),
        ("summarize by a", Summarize((), (Named(None, A),))),
        (
            "summarize n = count(), make_set(a) by b",
            Summarize((Named("n", Call("count", ())), Named(None, Call("make_set", (A,)))), (Named(None, B),)),
        ),
    ],
)
def test_operator_is_read_first_in_a_query_and_after_a_table(text: str, operator: Operator) -> None:
    assert parse_query(text) == Query(None, (operator,))
    assert parse_query(f"Things // all of them\n| {text}") == Query("Things", (operator,))


def test_table_alone_is_a_query() -> None:
    assert parse_query("resources") == Query("resources", ())


@pytest.mark.parametrize(
    ("query", "stopped_at"),
    [
        ("where where", "1:11 <EOF>"),
        ("project id, location | where where", "1:34 <EOF>"),
        ("resources | syntax error", "1:12 syntax"),
        ("resources | no-such-thing x", "1:12 no-such-thing"),
        ("resources where a", "1:10 where"),
        ("resources |\n where name ==", "2:14 <EOF>"),
        ("resources | where name == 'a' == 'b'", "1:30 =="),
        ("resources | where (name == 'a'", "1:30 <EOF>"),
        ("resources | where name in 'a'", "1:26 'a'"),
        ("resources | where name == 'open", "1:26 '"),
        ("resources | where name == 'a\\q'", "1:26 'a\\q'"),
        ("resources | where name == `a`", "1:26 `"),
        ("resources | take -1", "1:17 -"),
        ("resources | take 1d", "1:18 d"),
        ("resources | project name size", "1:25 size"),
        ("resources | project -away name", "1:21 away"),
        ("resources | order by name sideways", "1:26 sideways"),
        ("resources | order by name nulls", "1:31 <EOF>"),
        ("resources | mv-expand kind=tree bag", "1:27 tree"),
        ("resources | where bag[name]", "1:22 name"),
        ("resources;", "1:9 ;"),
        ("let x = 1; resources", "1:4 x"),
        ("", "1:0 <EOF>"),
        ("take 9223372036854775808", "1:5 9223372036854775808"),
        ("where size == 1e999", "1:14 1e999"),
    ],
)
def test_text_that_is_no_query_is_a_failure_at_its_token(query: str, stopped_at: str) -> None:
    assert failure_of(query) == ("ParserFailure", stopped_at)


@pytest.mark.parametrize(
    "name",
    [
        "project-keep",
        "project-reorder",
        "mv-apply",
        "sample",
        "make-series",
        "render",
        "print",
    ],
)
def test_operator_that_resource_graph_lacks_too_is_named(name: str) -> None:
    assert failure_of(f"resources | {name} x") == ("InvalidQueryLanguage", f"-1:-1 {name}")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("resources | join (resourcecontainers) on id", "the operator `join` in queries"),
        ("resources | union resourcecontainers", "the operator `union` in queries"),
        ("parse id with *", "the operator `parse` in queries"),
        ("where name matches regex 'a'", "the operator `matches` in expressions of queries"),
        ("where name has_any ('a', 'b')", "the operator `has_any` in expressions of queries"),
        ("where size between (1 .. 2)", "the operator `between` in expressions of queries"),
        ("extend x = size + 1", "the operator `+` in expressions of queries"),
        ("extend x = tostring(size) * 2", "the operator `*` in expressions of queries"),
        ("where on > ago(1d)", "time spans such as `1d` in queries"),
        ("where on > ago(1.5h)", "time spans such as `1d` in queries"),
        ("where on > datetime(2024-01-01)", "the literal `datetime()` in queries"),
        ("{{/subscriptions/s/queries/q}}", "shared queries, `{{id}}`, in queries"),
    ],
)
def test_what_resource_graph_has_and_the_sandbox_lacks_is_said_to_be_not_served(query: str, what: str) -> None:
    assert failure_of(query) == (NOT_SERVED, what)


@pytest.mark.parametrize("inner", ["{}({}1{})", "dynamic({}{}1{})"])
def test_brackets_within_brackets_end_before_python_does(inner: str) -> None:
    opening, closing = ("[", "]") if inner.startswith("dynamic") else ("(", ")")
    expression = inner.format("", opening * 50_000, closing * 50_000)

    with pytest.raises(KqlError) as caught:
        parse_alone(expression)

    assert caught.value.code == "ParserFailure"


def test_long_chain_is_no_deep_one() -> None:
    chain = " or ".join(f"name == '{number}'" for number in range(20_000))

    query = parse_query(f"where {chain} or bag{'.a' * 20_000} == 'x'")

    where = query.operators[0]
    assert isinstance(where, Where) and isinstance(where.predicate, Logical)
    assert len(where.predicate.operands) == 20_001
