"""What tabular operators make of rows: columns and their names, orders, expansions, groups, and types."""

import pytest

from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import Type
from tests.sandbox.kql.asking import ask, failure_of, names, result_of

BAGS: list[dict[str, Value]] = [
    {"name": "a", "size": 1, "on": True, "bag": {"x": 1, "y": [2]}},
    {"name": "b", "size": 2, "on": True, "bag": {"x": 1, "y": [2]}},
    {"name": "b", "size": 3, "on": None, "bag": None},
]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("resources", ["name", "size", "on", "bag"]),
        ("project size, name", ["size", "name"]),
        ("project label = name, bag.a.b, bag['a'].b", ["label", "bag_a_b", "bag_a_b1"]),
        ("project tostring(bag.a), tolower(name), toupper(name)", ["bag_a", "Column1", "Column2"]),
        ("project split(bag.a.b, 'x')[0]", ["bag_a_b_0"]),
        ("extend size = 7, Column1 = 1, tolower(name)", ["name", "size", "on", "bag", "Column1", "Column2"]),
        ("project-away size, on", ["name", "bag"]),
        ("project-rename label = name", ["label", "size", "on", "bag"]),
        ("mv-expand bag", ["name", "size", "on", "bag"]),
        ("mv-expand key = bag_keys(bag)", ["name", "size", "on", "bag", "key"]),
        ("mv-expand bag.list", ["name", "size", "on", "bag", "bag_list"]),
        ("count", ["Count"]),
        ("distinct on, tostring(bag.a)", ["on", "bag_a"]),
        ("summarize by name", ["name"]),
        ("summarize count() by name", ["name", "count_"]),
        (
            "summarize count(), countif(on), dcount(name), make_list(name), make_set(bag.a), count()",
            ["count_", "countif_on", "dcount_name", "list_name", "set_bag_a", "count_1"],
        ),
        ("summarize makelist(name), all = makeset(tolower(name)) by tolower(name)", ["Column1", "list_name", "all"]),
    ],
)
def test_columns_are_named_as_kusto_names_them(query: str, columns: list[str]) -> None:
    assert list(result_of(query).schema) == columns


def test_columns_have_the_types_of_their_expressions() -> None:
    query = (
        "extend l = array_length(bag), r = toreal(size), i = toint(size), t = tostring(bag), d = split(name, 'x') "
        "| summarize n = count(), s = make_set(name) by l, r, i, t, on"
    )

    assert result_of(query).schema == {
        "l": Type.LONG,
        "r": Type.REAL,
        "i": Type.INT,
        "t": Type.STRING,
        "on": Type.BOOL,
        "n": Type.LONG,
        "s": Type.DYNAMIC,
    }


def test_columns_of_one_list_do_not_see_each_other() -> None:
    swapped = ask("project name = strcat(name, '!'), size = size | extend name = 'x', size = name | take 1")

    assert swapped == [{"name": "x", "size": "one!"}]


def test_renamed_column_is_gone_under_its_old_name() -> None:
    assert ask("project-rename label = name | project label, size | take 1") == [{"label": "one", "size": 1}]
    assert failure_of("project-rename label = name | project name")[0] == "SemanticError"
    assert failure_of("project-away name | where name == ''")[0] == "SemanticError"
    assert failure_of("project size | project name")[0] == "SemanticError"


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("name asc", ["Two", "one", "three"]),
        ("name", ["three", "one", "Two"]),
        ("tolower(name) asc", ["one", "three", "Two"]),
        ("size", ["Two", "one", "three"]),
        ("size asc", ["three", "one", "Two"]),
        ("size asc nulls last", ["one", "Two", "three"]),
        ("size desc nulls first", ["three", "Two", "one"]),
        ("isnull(size) asc, name desc", ["one", "Two", "three"]),
        ("isnull(size), name asc", ["three", "Two", "one"]),
    ],
)
def test_rows_are_sorted_by_the_first_key_then_the_next(keys: str, found: list[str]) -> None:
    assert names(f"order by {keys}") == names(f"sort by {keys}") == found
    assert names(f"top 2 by {keys}") == found[:2]


def test_take_keeps_the_first_rows_and_count_counts_what_is_left() -> None:
    assert names("take 2") == names("limit 2") == ["one", "Two"]
    assert names("take 0") == []
    assert ask("where size > 0 | count") == [{"Count": 2}]


def test_expansion_makes_a_row_of_each_entry_and_keeps_the_other_columns() -> None:
    assert ask("mv-expand entry = bag.list | project name, entry") == [
        {"name": "one", "entry": "p"},
        {"name": "one", "entry": "q"},
        # An empty array makes no row, null makes one: `Two` is gone, `three` is not.
        {"name": "three", "entry": None},
    ]


@pytest.mark.parametrize(
    ("operator", "found"),
    [
        ("mv-expand bag", [{"x": 1}, {"y": [2]}]),
        ("mv-expand kind=array bag", [["x", 1], ["y", [2]]]),
        ("mv-expand bag limit 1", [{"x": 1}]),
        ("mv-expand bag = bag.x", [1]),
        ("mv-expand bag = bag.y to typeof(long)", [2]),
        ("mv-expand bag = bag.y to typeof(string)", [""]),
        ("mv-expand bag = dynamic([true, 1, 'a']) to typeof(bool)", [True, None, None]),
    ],
)
def test_expansion_of_a_bag_or_to_a_type(operator: str, found: list[object]) -> None:
    assert [row["bag"] for row in ask(operator, BAGS[:1])] == found


def test_several_arrays_are_expanded_side_by_side() -> None:
    query = "mv-expand a = dynamic([1, 2, 3]), b = dynamic(['x']) | project a, b"

    assert ask(query, BAGS[:1]) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3, "b": None}]


def test_expansion_stops_at_the_row_limit_of_resource_graph() -> None:
    many: list[dict[str, Value]] = [{"name": "a", "size": 1, "on": True, "bag": list(range(500))}]

    assert len(ask("mv-expand bag", many)) == 128
    assert len(ask("mv-expand bag limit 400", many)) == 400
    assert failure_of("mv-expand bag limit 401") == (
        "SemanticError",
        "'mv-expand' operator: the row limit may not exceed 400.",
    )


def test_distinct_keeps_one_row_of_each_combination() -> None:
    assert ask("distinct name, on", BAGS) == [
        {"name": "a", "on": True},
        {"name": "b", "on": True},
        {"name": "b", "on": None},
    ]
    assert ask("project name | distinct *", BAGS) == [{"name": "a"}, {"name": "b"}]


def test_aggregates_count_what_is_there() -> None:
    query = "summarize count(), countif(on), dcount(bag), list = make_list(bag.x), make_set(bag.y) by name"

    assert ask(query, BAGS) == [
        {"name": "a", "count_": 1, "countif_on": 1, "dcount_bag": 1, "list": [1], "set_bag_y": [[2]]},
        {"name": "b", "count_": 2, "countif_on": 1, "dcount_bag": 1, "list": [1], "set_bag_y": [[2]]},
    ]
    assert ask("summarize make_list(size, 2), make_set(name, 1)", BAGS) == [{"list_size": [1, 2], "set_name": ["a"]}]


def test_aggregates_of_no_rows_are_one_row_unless_there_are_groups() -> None:
    assert ask("summarize count(), make_set(name)", []) == [{"count_": 0, "set_name": []}]
    assert ask("summarize count() by name", []) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("project-away nothing", "'project-away' operator: Failed to resolve column named 'nothing'"),
        ("project-rename a = nothing", "'project-rename' operator: Failed to resolve column named 'nothing'"),
        ("project-rename size = name", "'project-rename' operator: two columns would have the same name"),
        ("order by bag", "'order' operator: key can't be of dynamic type. Please use an explicit cast."),
        (
            "summarize count() by bag.a",
            "Summarize group key 'bag_a' is of a 'dynamic' type. Please use an explicit cast (for example, "
            "'summarize ... by tostring(bag_a)') as grouping by a 'dynamic' type is not supported.",
        ),
        (
            "distinct *",
            "Distinct group key 'bag' is of a 'dynamic' type. Please use an explicit cast (for example, "
            "'distinct ... by tostring(bag)') as grouping by a 'dynamic' type is not supported.",
        ),
        ("summarize name by size", "'summarize' operator: an aggregate function is expected."),
        ("summarize countif(name)", "countif(): argument #1 must be of type bool, not string."),
        ("summarize count(name)", "count(): function does not expect 1 argument(s)."),
        ("summarize make_set(name, 0)", "The size of a list or a set must be a number above 0."),
        ("summarize make_set(name, size)", "The size of a list or a set must be a number above 0."),
        ("mv-expand name", "'mv-expand' operator: 'name' must be of type dynamic, not string."),
        ("mv-expand bag to typeof(thing)", "'mv-expand' operator: 'thing' is not the name of a type."),
        (
            "mv-expand bag | mv-expand bag | mv-expand bag | mv-expand bag",
            "A query may have at most 3 'mv-expand' operators.",
        ),
    ],
)
def test_operator_that_makes_no_sense_is_refused(query: str, message: str) -> None:
    assert failure_of(query) == ("SemanticError", message)


def test_aggregate_that_there_is_not_is_named_and_one_that_azure_has_is_not_served() -> None:
    assert failure_of("summarize cout()") == ("UnknownFunction", "Unknown function: 'cout'.")
    assert failure_of("summarize percentile(size, 5)") == ("NotServed", "the function `percentile()` in queries")
    assert failure_of("summarize avg(size)") == ("NotServed", "the function `avg()` in queries")


def test_summarize_of_nothing_is_a_failure_at_its_end() -> None:
    assert failure_of("summarize") == ("ParserFailure", "1:9 <EOF>")


def test_table_is_found_without_case_and_an_unknown_one_is_named() -> None:
    assert names("Resources | take 1") == ["one"]
    assert failure_of("noResources | count") == (
        "DisallowedLogicalTableName",
        "Table noResources is invalid, unsupported or disallowed.",
    )
    assert failure_of("policyResources | count") == ("NotServed", "the table `policyresources` in queries")
