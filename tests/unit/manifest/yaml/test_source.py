"""YAML to plain data and places, and everything about YAML itself that a manifest may not hold."""

import pytest
import yaml

from reconciler.errors import SourcePos
from reconciler.manifest.yaml.document import Document
from reconciler.manifest.yaml.source import EventParser, libyaml_parser, parse_documents
from reconciler.manifest.yaml.syntax import MAX_DEPTH
from reconciler.manifest.yaml.text import decode_source


def parse(text: str, pure: bool = False) -> tuple[list[Document], list[tuple[str, int, int]]]:
    source, _ = decode_source("m.yaml", text.encode())
    assert source is not None
    documents, problems = parse_documents(source, pure_parser if pure else libyaml_parser)
    return documents, [(problem.code, problem.pos.line, problem.pos.column) for problem in problems]


def pure_parser(text: str) -> EventParser:
    return yaml.SafeLoader(text)


def parse_one(text: str) -> Document:
    documents, problems = parse(text)
    assert (len(documents), problems) == (1, [])
    return documents[0]


def problems_of(text: str) -> list[tuple[str, int, int]]:
    return parse(text)[1]


def test_document_becomes_plain_data() -> None:
    document = parse_one("a: [1, no, 'x', ~]\nb: {c: true}\n")

    assert document.data == {"a": [1, "no", "x", None], "b": {"c": True}}


def test_places_are_kept_of_keys_and_values() -> None:
    document = parse_one("a:\n  - b\n  - c: d\n")

    assert document.key_marks == {("a",): (1, 1), ("a", 1, "c"): (3, 5)}
    assert document.value_marks == {
        (): (1, 1),
        ("a",): (2, 3),
        ("a", 0): (2, 5),
        ("a", 1): (3, 5),
        ("a", 1, "c"): (3, 8),
    }


def test_value_that_is_not_written_is_placed_at_its_key() -> None:
    document = parse_one("a:\n  long-key:\nb: 1\n")

    assert document.value_pos(("a", "long-key")) == SourcePos("m.yaml", 2, 3)


def test_item_that_is_not_written_is_placed_at_its_dash() -> None:
    document = parse_one("a:\n  -\n  - b\n")

    assert document.value_pos(("a", 0)) == SourcePos("m.yaml", 2, 3)


def test_place_of_an_item_stands_in_for_its_key() -> None:
    document = parse_one("a:\n  - b\n")

    assert document.key_pos(("a", 0)) == SourcePos("m.yaml", 2, 5)


def test_spelling_of_what_is_not_text_is_kept() -> None:
    document = parse_one("a: 007\nb: TRUE\nc: text\nd: '7'\n")

    assert document.spellings == {("a",): "007", ("b",): "TRUE"}


def test_quoted_scalar_is_always_text() -> None:
    document = parse_one("""["true", '~', "4711"]""")

    assert document.data == ["true", "~", "4711"]


def test_block_scalar_is_always_text() -> None:
    assert parse_one("a: |-\n  4711\n").data == {"a": "4711"}


def test_file_may_hold_several_documents() -> None:
    documents, problems = parse("a: 1\n---\nb: 2\n...\n---\nc: 3\n")

    assert ([document.data for document in documents], problems) == ([{"a": 1}, {"b": 2}, {"c": 3}], [])


def test_file_of_comments_holds_no_document() -> None:
    assert parse("# nothing\n\n") == ([], [])


@pytest.mark.parametrize(("text", "empty"), [("---\n", True), ("--- # x\n...\n", True), ("~", False), ("''", False)])
def test_document_is_empty_only_where_nothing_is_written(text: str, empty: bool) -> None:
    assert parse_one(text).is_empty is empty


def test_syntax_error_ends_its_file_but_not_the_documents_before() -> None:
    documents, problems = parse("a: 1\n---\nb: [\n---\nc: 3\n")

    assert [document.data for document in documents] == [{"a": 1}]
    assert [code for code, _, _ in problems] == ["yaml-syntax"]


def test_duplicate_key_names_the_first_place() -> None:
    source, _ = decode_source("m.yaml", b"a: 1\nb:\n  c: 1\n  c: 2\n")
    assert source is not None

    documents, (problem,) = parse_documents(source)

    assert documents[0].data == {"a": 1, "b": {"c": 1}}
    assert (problem.code, problem.pos) == ("duplicate-key", SourcePos("m.yaml", 4, 3))
    assert problem.message == "the key `c` is already at m.yaml:3:3"


def test_value_of_a_duplicate_key_is_still_checked() -> None:
    assert problems_of("a: 1\na: {b: !!str c}\n") == [("duplicate-key", 2, 1), ("yaml-tag", 2, 8)]


def test_merge_key_is_refused() -> None:
    assert problems_of("a: &a {b: c}\nd:\n  <<: *a\n  e: f\n") == [("merge-key", 3, 3)]


def test_quoted_merge_key_is_an_ordinary_key() -> None:
    assert parse_one("'<<': a\n").data == {"<<": "a"}


@pytest.mark.parametrize("tag", ["!!str", "!", "!own", "!<tag:example.org,2000:x>", "!!python/object/apply:os.system"])
def test_tag_is_refused(tag: str) -> None:
    assert problems_of(f"a: {tag} b\n") == [("yaml-tag", 1, 4)]


@pytest.mark.parametrize("text", ["!!map {a: b}", "!!seq [a]", "{!!str a: b}"])
def test_tag_is_refused_wherever_it_stands(text: str) -> None:
    assert [code for code, _, _ in problems_of(text)] == ["yaml-tag"]


@pytest.mark.parametrize("key", ["4711", "true", "~", "1e3", "[a]", "{a: b}"])
def test_key_that_is_not_text_is_refused(key: str) -> None:
    assert problems_of(f"a: b\n? {key}\n: c\n") == [("key-type", 2, 3)]


def test_key_that_is_missing_is_refused() -> None:
    assert problems_of("a: b\n?\n: c\n") == [("key-type", 2, 2)]


def test_alias_as_key_is_refused() -> None:
    assert problems_of("a: &a b\n*a : c\n") == [("key-type", 2, 1)]


def test_older_yaml_is_refused() -> None:
    assert problems_of("%YAML 1.1\n---\na: on\n") == [("yaml-version", 1, 1)]


def test_yaml_1_2_may_be_named() -> None:
    assert parse_one("%YAML 1.2\n---\na: on\n").data == {"a": "on"}


def test_alias_repeats_what_is_anchored() -> None:
    document = parse_one("a: &t {k: [1]}\nb: *t\n")

    assert document.data == {"a": {"k": [1]}, "b": {"k": [1]}}


def test_alias_is_placed_where_it_stands_and_its_content_where_it_is_written() -> None:
    document = parse_one("a: &t {k: [007]}\nb: *t\n")

    assert document.value_pos(("b",)) == SourcePos("m.yaml", 2, 4)
    assert document.key_pos(("b", "k")) == SourcePos("m.yaml", 1, 8)
    assert document.value_pos(("b", "k", 0)) == SourcePos("m.yaml", 1, 12)
    assert document.spellings[("b", "k", 0)] == "007"


def test_anchor_may_be_given_again() -> None:
    assert parse_one("[&a 1, *a, &a 2, *a]").data == [1, 1, 2, 2]


def test_anchored_key_can_be_repeated_as_a_value() -> None:
    assert parse_one("&k name: 1\nb: *k\n").data == {"name": 1, "b": "name"}


def test_anchor_does_not_reach_into_the_next_document() -> None:
    assert problems_of("a: &a b\n---\nc: *a\n") == [("alias-undefined", 3, 4)]


def test_undefined_alias_stands_for_nothing_that_could_be_wrong_again() -> None:
    documents, problems = parse("a: [x, *b]\n")

    assert problems == [("alias-undefined", 1, 8)]
    assert documents[0].broken_values == frozenset({("a", 1)})


def test_copy_of_an_undefined_alias_stands_for_nothing_either() -> None:
    documents, _ = parse("a: &a [*b]\nc: *a\n")

    assert documents[0].broken_values == frozenset({("a", 0), ("c", 0)})


@pytest.mark.parametrize(("text", "column"), [("a: &a [*a]", 8), ("a: &a {b: {c: *a}}", 15)])
def test_recursive_alias_is_refused(text: str, column: int) -> None:
    assert problems_of(text) == [("alias-recursive", 1, column)]


def test_alias_bomb_is_refused_before_it_costs_anything() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 25)]

    documents, problems = parse("\n".join(lines))

    assert (documents, [code for code, _, _ in problems]) == ([], ["too-many-values"])


def test_deepest_nesting_is_read() -> None:
    assert problems_of("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_nesting_beyond_the_limit_is_refused_at_once(opening: str) -> None:
    documents, problems = parse(opening * 100_000)

    assert (documents, [code for code, _, _ in problems]) == ([], ["nested-too-deep"])


def test_aliases_cannot_nest_deeper_than_text() -> None:
    half = MAX_DEPTH // 2 + 2
    text = f"a: &a {'[' * half}{']' * half}\nb: {'[' * half}*a{']' * half}\n"

    assert [code for code, _, _ in problems_of(text)] == ["nested-too-deep"]


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  - b\n  -\n  - {c: 007, d: }\n---\n- *x\n- !!str a\n",
        "a: &a [1, {b: c}]\nd: *a\n? [x]\n: y\n",
        "a: b\u2028c: d\r\ne: 'f\n\n g'\n",
        "a: 1\n\tb: 2\n",
        "a: {b: ${C}}\n",
        "- *\n",
        "a: 'x",
    ],
)
def test_parser_without_libyaml_reads_the_same(text: str) -> None:
    assert parse(text, pure=True) == parse(text)
