"""Whatever a text holds, Markdown of it is the text: held against a parser that is not ours."""

import html

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.report.markdown.escape import clipped, code, fenced, html_code, prose
from reconciler.report.visible import visible
from tests.cli.hostile import ALL, FRAGMENTS
from tests.strategies import FEW_EXAMPLES
from tests.unit.report.markdown_faults import markdown_faults

TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.text("`~*_<>[]()!@#|\\ \n-+1.:&;a", max_size=9), max_size=4).map(
    " ".join
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("id-api", "`id-api`"),
        ("a`b", "``a`b``"),
        ("`a``b`", "``` `a``b` ```"),
        (" a ", "`  a  `"),
        ("", '""'),
        ("##[x]", r"`#\x23[x]`"),
        ("a\nb", r"`a\nb`"),
    ],
)
def test_value_is_code(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1 of 3 live identities would be deleted, over 30%.", "1 of 3 live identities would be deleted, over 30%."),
        ("Fix rg-a/id-1: it's (not) there.", "Fix `rg-a/id-1`: it's (not) there."),
        ("Run `uami validate`, then @octocat.", "Run `uami validate`, then `@octocat`."),
        ("see GH-12 #12 deadbeef www.x.y a@b.c", "see `GH-12` `#12` `deadbeef` `www.x.y` `a@b.c`"),
        ("1. one", "`1`. one"),
        ("- one", "`-` one"),
        ("_a_ *b* ~~c~~", "`_a_` `*b*` `~~c~~`"),
    ],
)
def test_sentence_keeps_its_plain_words_and_has_all_others_as_code(text: str, shown: str) -> None:
    assert prose(text) == shown


@FEW_EXAMPLES
@given(TEXTS)
@example(ALL)
def test_code_is_the_text_and_nothing_else(text: str) -> None:
    line = f"- x {code(text)} y"

    tokens = MarkdownIt("commonmark").parseInline(line)[0].children or []

    spans = [one.content for one in tokens if one.type == "code_inline"]
    assert markdown_faults(line) == []
    assert len(spans) == (1 if text else 0)
    # What CI systems obey is broken up by an escape.
    assert all(visible(text)[:1] in ("", span[:1], "#", ":", " ") for span in spans)


@FEW_EXAMPLES
@given(TEXTS)
@example(ALL)
def test_sentence_of_any_text_is_no_more_than_text(text: str) -> None:
    assert markdown_faults(f"- {prose(text)}") == []
    assert markdown_faults(f"**Error:** {prose(text)}") == []


@FEW_EXAMPLES
@given(TEXTS)
@example(ALL)
def test_title_of_any_text_is_text(text: str) -> None:
    shown = html_code(text)

    assert shown.startswith("<code>")
    assert "<" not in html.unescape(shown.removeprefix("<code>").removesuffix("</code>")).replace(text, "") or text
    assert markdown_faults(f"<details><summary>{shown}: 1</summary>\n\nx\n\n</details>") == []


def test_block_of_code_is_not_ended_by_a_line_of_it() -> None:
    lines = fenced(["a", "```", "````b", "<b>"])

    assert lines == ("`````text", "a", "```", "````b", "<b>", "`````")
    assert markdown_faults("\n".join(lines)) == []


def test_text_that_nobody_would_read_to_its_end_is_cut_and_says_so() -> None:
    assert clipped("x" * 2_000) == "x" * 2_000
    assert clipped("x" * 3_000) == f"{'x' * 2_000}... (1,000 more characters)"
