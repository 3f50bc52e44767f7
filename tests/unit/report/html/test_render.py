"""Values to HTML: whatever a text is made of, it is text in the page, and the page is one that no line disturbs."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.files.kinds import FileKind, is_kind
from reconciler.report.html.render import render
from reconciler.report.html.views import (
    Block,
    Entry,
    Group,
    Line,
    Members,
    PageView,
    Remark,
    Section,
    Table,
    Tally,
    Tone,
    Value,
)
from reconciler.report.visible import visible
from tests.cli.hostile import faults

VOID = {"meta"}
KNOWN = {
    *("html", "head", "title", "style", "body", "header", "main", "section", "h1", "h2", "h3", "p", "ul", "li", "dl"),
    *("div", "dt", "dd", "details", "summary", "span", "b", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "meta"),
}
ATTRIBUTES = {
    *("class", "id", "href", "open", "scope", "lang", "charset", "content", "name", "http-equiv", "tabindex"),
    *("aria-hidden", "aria-labelledby"),
}
HOSTILE = (
    "<script>x</script>",
    "\"'><b onclick=x>",
    "&lt;&amp;",
    "{{ 7*7 }}",
    "a\nFORGED",
    "\u202ex\x1b",
    "::error::x",
    "##[x]",
    "--allow a=<b>",
    "`<i>`",
)
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=8)


class Reader(HTMLParser):
    """What a browser would make of a page, as far as tags, attributes and texts go; every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [str(value) for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data
            self.pieces += data.split()


def read(page: PageView) -> Reader:
    reader = Reader()
    reader.feed(render(page))
    reader.close()
    assert reader.open == []
    return reader


def page_of(text: str) -> PageView:
    """A page with the text wherever a text can be."""
    members = (Members(text, text, ((text, text),)),)
    entry = Entry(
        *(Tone.UPDATE, "~", "", text, text),
        (Value(text, text, text, is_update=True), Value(text, text), Value(text, None, text), Value(text, later=text)),
        (Line(text, text),),
        text,
    )
    child = Entry(Tone.DELETE, "-", text, text, text)
    block = Block(text, (entry, child), members, text)
    remark = Remark(Tone.REFUSED, text, text, text, (text,), text, members, (text, text), (text,))
    section = Section(
        *("a", text, Tone.QUIET, text, text),
        (Group(text, (Tally(1, text, Tone.CREATE),), (block,)),),
        (block,),
        (remark,),
        Table((text, text), ((text, text),)),
        number=3,
    )
    folded = Section("b", text, table=Table((text,), ((text,),)), is_folded=True)
    tallies = (Tally(1, text, Tone.CREATE, "a"), Tally(0, text, Tone.CREATE))
    return PageView(text, text, Tone.GOOD, (Line("", text),), ((text, text),), tallies, (section, folded))


@given(TEXTS)
def test_text_is_text_wherever_it_stands(text: str) -> None:
    reader = read(page_of(text))

    assert reader.tags <= KNOWN
    assert reader.attributes <= ATTRIBUTES
    assert set(reader.links) <= {"#a", "#main"}
    assert visible(text).strip() in reader.text


@given(TEXTS)
def test_no_line_of_a_page_is_obeyed_or_begun_by_a_text(text: str) -> None:
    assert faults(render(page_of(text))) == []


def test_every_text_of_a_view_is_on_the_page() -> None:
    texts = iter(f"text-{number}" for number in range(1000))
    made: list[str] = []

    def take() -> str:
        made.append(next(texts))
        return made[-1]

    entry = Entry(
        *(Tone.UPDATE, "~", "", take(), take()),
        (Value(take(), take(), take(), is_update=True), Value(take(), later=take())),
        (Line(take(), take()),),
        take(),
    )
    child = Entry(Tone.DELETE, "-", take(), take(), take())
    block = Block(take(), (entry, child), (Members(take(), take(), ((take(), take()),)),), take())
    remark = Remark(Tone.REFUSED, take(), take(), take(), (take(),), take(), (), (take(), take()), (take(),))
    section = Section(
        "a",
        take(),
        Tone.QUIET,
        take(),
        take(),
        (Group(take(), (Tally(7, take(), Tone.HELD),), (block,)),),
        (),
        (remark,),
    )
    page = PageView(take(), take(), Tone.GOOD, (Line("", take()),), ((take(), take()),), (), (section,))

    text = read(page).pieces

    assert [one for one in made if one not in text] == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Pass --allow in-use=rg/id-a. Or not.", ["--allow in-use=rg/id-a"]),
        ("--strict lets no warning pass", ["--strict"]),
        ("pass --max-deletes 5%.", ["--max-deletes 5%"]),
        ("write `accept: []` there", ["accept: []"]),
        ("Create it first: az group create --name x", ["az group create --name x"]),
        ("Use --sandbox FILE, or --no-color", ["--sandbox FILE", "--no-color"]),
        ("no -- flag, and a--b", []),
    ],
)
def test_what_is_to_be_typed_is_code(text: str, codes: list[str]) -> None:
    page = render(PageView("Plan", "x", Tone.GOOD, (Line("", text),)))

    assert re.findall(r"<code>(.*?)</code>", page) == codes


def test_policy_allows_the_style_of_the_page_and_nothing_else() -> None:
    page = render(PageView("Plan", "x", Tone.GOOD))

    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f'content="default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;; base-uri' in page
    assert not re.search(r"url\(|@import|https?:", style[1])


def test_page_is_known_again_as_a_file() -> None:
    page = render(PageView("Plan", "x", Tone.GOOD))

    assert is_kind(page.encode(), FileKind.HTML_REPORT)
    assert not is_kind(b"<!doctype html>\n<html>", FileKind.HTML_REPORT)


def test_same_page_is_the_same_bytes() -> None:
    assert render(page_of("x")) == render(page_of("x"))
