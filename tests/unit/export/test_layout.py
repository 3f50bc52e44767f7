"""The layout of a document: what stands on one line, what is folded, where comments stand."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.export.layout import WIDTH, Layout
from tests.unit.export.test_scalars import TEXTS, load

LONG = (
    TEXTS
    | st.text("ab #:\\", min_size=100, max_size=400)
    | st.lists(st.text("ab", min_size=1, max_size=9), min_size=30).map(" ".join)
)
VALUES = st.recursive(
    LONG | st.booleans() | st.integers(0, 10**9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LONG.filter(bool), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(LONG.filter(bool), VALUES, min_size=1, max_size=3))
def test_document_is_read_as_what_it_was_and_no_line_is_long(document: dict[str, object]) -> None:
    text = Layout().text(document)  # type: ignore[arg-type]

    assert load(text) == document
    assert max(len(line) for line in text.split("\n")) <= WIDTH


def test_short_things_stand_on_one_line_and_spread_ones_do_not() -> None:
    document = {"tags": {"env": "prod", "n": "1"}, "list": ["a", {"name": "b", "on": True}], "none": [], "empty": {}}

    assert Layout(frozenset({("list",)})).text(document) == (  # type: ignore[arg-type]
        'tags: {env: prod, n: "1"}\nlist:\n  - a\n  - {name: b, "on": true}\nnone: []\nempty: {}\n'
    )


def test_comments_stand_above_what_they_are_about_and_are_one_line_each() -> None:
    layout = Layout(comments={("a", "b"): ("Why\n##this.",), ("c", 0): ("First.", "Second.")})

    assert layout.text({"a": {"b": 1}, "c": [{"d": 2}]}) == (
        "a:\n  # Why\\n#\\x23this.\n  b: 1\nc:\n  # First.\n  # Second.\n  - {d: 2}\n"
    )


def test_long_texts_are_folded_in_words_or_cut() -> None:
    text = Layout().text({"a": "word " * 30 + "end", "b": "x" * 115, "c": "y" * 130, "k" * 70: "v"})

    assert text == (
        f"a: >-\n  {'word ' * 22}word\n  {'word ' * 7}end\nb: {'x' * 115}\n"
        f'c: "{"y" * 115}\\\n  {"y" * 15}"\n?\n  {"k" * 70}\n: v\n'
    )
