"""Whatever is asked is answered in JSON or refused: no query is an error of the sandbox's own."""

import json

from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.resource_graph.kql.errors import KqlError
from tests.sandbox.kql.asking import ask

CODES = {
    *("ParserFailure", "SemanticError", "UnknownFunction", "InvalidQueryLanguage", "DisallowedLogicalTableName"),
    "NotServed",  # what Azure knows and the emulator does not
}
LEAVES = ("name", "size", "on", "bag", "bag.a.b", "bag.list[0]", "'x'", "''", "7", "-1.5", "true", "dynamic(null)",
          "dynamic([1, 'x', {}])", "absent")  # fmt: skip
CALLS = ("tostring", "toint", "toreal", "tobool", "tolower", "isnull", "isempty", "bag_keys", "array_length", "not",
         "parse_json", "absent")  # fmt: skip
BETWEEN = ("==", "!=", "=~", "<", ">=", "contains", "!has_cs", "and", "or", "in", "!in~")
OPERATORS = (
    "where {}", "extend x = {}", "project {}, name", "order by {} asc, name", "top 2 by {} nulls first", "distinct {}",
    "mv-expand {}", "mv-expand x = {} to typeof(string), bag", "summarize count() by {}",
    "summarize make_set({}), dcount({})", "summarize countif({})", "project-rename y = name", "project-away size",
    "take 2", "count",
)  # fmt: skip


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of others."""
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(CALLS), inner),
        st.builds("({} {} ({}))".format, inner, st.sampled_from(BETWEEN), inner),
        st.builds("iff({}, {}, {})".format, inner, inner, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("split({}, {})".format, inner, inner),
        st.builds("{}['a'][0]".format, inner),
    )


EXPRESSIONS = st.recursive(st.sampled_from(LEAVES), larger, max_leaves=6)
STEPS = st.builds(
    lambda operator, first, second: operator.format(first, second), st.sampled_from(OPERATORS), EXPRESSIONS, EXPRESSIONS
)


def answer(query: str) -> None:
    """Ask, and hold what comes to what may come."""
    try:
        rows = ask(query)
    except KqlError as error:
        assert error.code in CODES
    else:
        json.dumps(rows, allow_nan=False)


@given(st.lists(STEPS, min_size=1, max_size=4))
def test_query_of_known_parts_is_answered_or_refused(steps: list[str]) -> None:
    answer(" | ".join(["resources", *steps]))


@given(st.text(alphabet="abc '\"@\\/|()[]{},.=!~<>-0123456789\n\u00e9"))
def test_text_of_any_kind_is_answered_or_refused(text: str) -> None:
    answer(text)
