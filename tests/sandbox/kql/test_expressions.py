"""What expressions are: comparisons and what is absent, texts and terms, lists, paths, functions, and types."""

import pytest

from tests.sandbox.kql.asking import failure_of, names, value_of

ABSENT = 2


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        ("name == 'Two'", ["Two"]),
        ("name == 'two'", []),
        ("name != 'Two'", ["one", "three"]),
        ("name =~ 'TWO'", ["Two"]),
        ("name !~ 'TWO'", ["one", "three"]),
        ("name < 'a'", ["Two"]),
        ("size == 1", ["one"]),
        ("size == 1.0", ["one"]),
        # What is absent is unequal to what is there, and is neither less nor more.
        ("size != 1", ["Two", "three"]),
        ("size < 2", ["one"]),
        ("size <= 2", ["one", "Two"]),
        ("size > 1", ["Two"]),
        ("size >= 1", ["one", "Two"]),
        ("size == size", ["one", "Two"]),
        ("size != size", []),
        ("on", ["one"]),
        ("on == false", ["Two"]),
        ("not(on)", ["Two"]),
        ("not(size == 1)", ["Two", "three"]),
        ("on or name == 'three'", ["one", "three"]),
        ("on and name == 'three'", []),
        ("not(on and name == 'one')", ["Two", "three"]),
        ("isnull(on) or not(on)", ["Two", "three"]),
        # A dynamic value is cast to what it is compared with; an absent one is an empty text.
        ("bag.a.b == 'x'", ["one"]),
        ("bag.a.b =~ 'x'", ["one", "Two"]),
        ("bag.a.b != 'x'", ["Two", "three"]),
        ("bag.a.b == ''", ["three"]),
        ("bag != ''", ["one", "Two"]),
        ("bag.list[0] == 'p'", ["one"]),
        ("bag.list[-1] == 'q'", ["one"]),
        ("bag.list[7] == ''", ["one", "Two", "three"]),
        ("bag.a.b.c == '' and bag.a[0] == '' and bag.list.x == ''", ["one", "Two", "three"]),
        ("bag['a']['b'] == 'x'", ["one"]),
        ("name in ('one', 'two')", ["one"]),
        ("name in~ ('one', 'two')", ["one", "Two"]),
        ("name !in ('one', 'two')", ["Two", "three"]),
        ("name !in~ ('one', 'two')", ["three"]),
        ("name in (dynamic(['one', 'Two']))", ["one", "Two"]),
        ("name in (bag.a.b, strcat('th', 'ree'))", ["three"]),
        ("'p' in (bag.list)", ["one"]),
        ("name in~ (toupper(name))", ["one", "Two", "three"]),
        ("bag.a.b in ('x')", ["one"]),
        ("bag.a.b !in ('x')", ["Two", "three"]),
        ("size in (1, 7)", ["one"]),
        ("size !in (1, 7)", ["Two", "three"]),
        ("on in (true)", ["one"]),
    ],
)
def test_where_keeps_the_rows_for_which_its_predicate_is_true(predicate: str, found: list[str]) -> None:
    assert names(f"where {predicate}") == found


@pytest.mark.parametrize(
    ("operator", "yes", "no"),
    [
        ("contains", ["'a-Bc' contains 'BC'", "'abc' contains ''"], ["'abc' contains 'ac'"]),
        ("contains_cs", ["'aBc' contains_cs 'Bc'"], ["'aBc' contains_cs 'bc'"]),
        ("!contains", ["'abc' !contains 'ac'"], ["'aBC' !contains 'bc'"]),
        ("!contains_cs", ["'aBC' !contains_cs 'bc'"], ["'abc' !contains_cs 'bc'"]),
        ("startswith", ["'Abc' startswith 'aB'"], ["'abc' startswith 'bc'"]),
        ("startswith_cs", ["'Abc' startswith_cs 'Ab'"], ["'Abc' startswith_cs 'ab'"]),
        ("!startswith", ["'abc' !startswith 'b'"], ["'Abc' !startswith 'a'"]),
        ("endswith", ["'abC' endswith 'Bc'"], ["'abc' endswith 'ab'"]),
        ("endswith_cs", ["'abC' endswith_cs 'bC'"], ["'abC' endswith_cs 'bc'"]),
        ("!endswith", ["'abc' !endswith 'b'"], ["'abC' !endswith 'c'"]),
        (
            "has",
            ["'rg-Prod-eu' has 'prod'", "'/a/Web/b' has 'web'", "'ab ab1 ab' has 'ab'", "'x.y' has 'x.y'"],
            ["'rg-production' has 'prod'", "'preprod' has 'prod'", "'id1' has 'id'", "'' has 'x'"],
        ),
        ("has_cs", ["'rg-Prod' has_cs 'Prod'"], ["'rg-Prod' has_cs 'prod'"]),
        ("!has", ["'production' !has 'prod'"], ["'rg-prod' !has 'PROD'"]),
    ],
)
def test_words_for_texts_compare_as_documented(operator: str, yes: list[str], no: list[str]) -> None:
    assert [value_of(expression) for expression in yes] == [True] * len(yes), operator
    assert [value_of(expression) for expression in no] == [False] * len(no), operator


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("tolower('aÉ')", "aé"),
        ("toupper(bag.a.b)", "X"),
        ("tostring(12)", "12"),
        ("tostring(1.5)", "1.5"),
        ("tostring(on)", "true"),
        ("tostring(bag)", '{"a":{"b":"x"},"list":["p","q"]}'),
        ("tostring(bag.none)", ""),
        ("toint('12')", 12),
        ("toint('1 2')", None),
        ("toint(1.9)", 1),
        ("toint(3000000000)", None),
        ("tolong(3000000000)", 3_000_000_000),
        ("toint(bag)", None),
        ("toreal('1.5')", 1.5),
        ("todouble(bag)", None),
        ("toreal('x')", None),
        ("toreal('nan')", None),
        ("parse_json('[1e999]')", "[1e999]"),
        ("parse_json('NaN')", "NaN"),
        ("tobool('TRUE')", True),
        ("tobool('no')", None),
        ("tobool(0)", False),
        ("isempty('')", True),
        ("isempty(' ')", False),
        ("isempty(bag.none)", True),
        ("isempty(bag.a)", False),
        ("isempty(size)", False),
        ("isnotempty(bag.a.b)", True),
        ("isnull(bag.none)", True),
        ("isnull(bag.a)", False),
        ("isnull('')", False),
        ("isnotnull(bag.none)", False),
        ("isnotnull('')", True),
        ("bag_keys(bag)", ["a", "list"]),
        ("bag_keys(bag.list)", None),
        ("array_length(bag.list)", 2),
        ("array_length(bag.a)", None),
        ("strcat('a', 1, bag.a.b, bag.none, true)", "a1xtrue"),
        ("split('a/b/c', '/')", ["a", "b", "c"]),
        ("split('a/b/c', '/')[1]", "b"),
        ("split('a/b/c', '/', 1)", ["b"]),
        ("split('a/b/c', '/', 9)", []),
        ("split('a', '')", ["a"]),
        ("iff(on, 'yes', 'no')", "yes"),
        ("iif(size > 1, 'yes', 'no')", "no"),
        ("iff(isnull(bag.none), bag.a.b, 'no')", "x"),
        ("iff(on, 1, 1.5)", 1.0),
        ("coalesce(bag.none, bag.a.b, 'z')", "x"),
        ("coalesce('', 'z')", "z"),
        ("coalesce(bag.none, bag.none)", None),
        ("coalesce(toint('x'), 0)", 0),
        ("parse_json('{\"a\": [1]}').a[0]", 1),
        ("parse_json('no json')", "no json"),
        ("todynamic(bag).a.b", "x"),
        ("dynamic(['p', {\"k\": 1}])[1].k", 1),
        ("array_length(dynamic([]))", 0),
    ],
)
def test_function_is_what_kusto_documents(expression: str, value: object) -> None:
    made = value_of(expression)

    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("not(on)", None),
        ("on and true", None),
        ("on and false", False),
        ("on or true", True),
        ("on or false", None),
        ("size == 1", False),
        ("size > 1", None),
        ("iff(on, 'yes', 'no')", "no"),
        ("isempty(size)", True),
        ("bag.a.b", None),
        ("bag_keys(bag)", None),
    ],
)
def test_absent_value_stays_absent_until_something_decides(expression: str, value: object) -> None:
    assert value_of(expression, ABSENT) == value


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "where nothing == 1",
            "'where' operator: Failed to resolve column or scalar expression named 'nothing'",
        ),
        ("project x = a.b", "'project' operator: Failed to resolve column or scalar expression named 'a'"),
        ("where Name == 'one'", "'where' operator: Failed to resolve column or scalar expression named 'Name'"),
        ("where name", "'where' operator: Filter expression should be Boolean"),
        ("where bag.a", "'where' operator: Filter expression should be Boolean"),
        ("where name == 1", "Cannot compare values of types string and long. Try adding explicit casts"),
        ("where on == 'true'", "Cannot compare values of types bool and string. Try adding explicit casts"),
        ("where bag.a == bag.b", "Cannot compare values of types dynamic and dynamic. Try adding explicit casts"),
        ("where name in (1)", "Cannot compare values of types string and long. Try adding explicit casts"),
        ("where bag.a in (bag.list)", "Cannot compare values of types dynamic and dynamic. Try adding explicit casts"),
        ("where size in~ (1)", "Operator 'in~': operands must be of type string, not long."),
        ("where size contains '1'", "Operator 'contains': operands must be of type string, not long."),
        ("where name and on", "Operator 'and': operands must be of type bool, not string."),
        ("where name.x == ''", "Path expression source must be of type dynamic, not string."),
        ("extend x = tolower()", "tolower(): function expects 1 argument(s)."),
        ("extend x = split('a')", "split(): function expects [2..3] argument(s)."),
        ("extend x = bag_keys(name)", "bag_keys(): argument #1 must be of type dynamic, not string."),
        ("extend x = not(name)", "not(): argument #1 must be of type bool, not string."),
        ("extend x = iff(on, 'a', 1)", "iff(): arguments must be of one type, not string, long."),
    ],
)
def test_expression_that_makes_no_sense_is_refused_before_any_row(query: str, message: str) -> None:
    assert failure_of(query) == ("SemanticError", message)


def test_function_that_there_is_not_is_named_and_one_that_azure_has_is_not_served() -> None:
    assert failure_of("where strlen(name) == 1") == ("NotServed", "the function `strlen()` in queries")
    assert failure_of("where cout(name) == 1") == ("UnknownFunction", "Unknown function: 'cout'.")
    assert failure_of("where count() == 1") == ("UnknownFunction", "Unknown function: 'count'.")


def test_deepest_expression_that_is_read_is_evaluated_too() -> None:
    assert value_of(f"{'not(' * 98}on{')' * 98}") is True
