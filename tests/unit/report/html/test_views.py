"""A page as values: what a block is headed by, and when a page counts as large."""

import pytest

from reconciler.report.html.views import Block, Entry, Group, PageView, Remark, Section, Tone

HEAD = Entry(Tone.CREATE, "+", "", "will be created")
CHILD = Entry(Tone.DELETE, "-", "role Reader on rg", "will be destroyed")


def test_change_of_the_identity_heads_its_block_and_the_others_are_its_children() -> None:
    whole, children = Block("id", (HEAD, CHILD, CHILD)), Block("id", (CHILD,))

    assert (whole.head, whole.children) == (HEAD, (CHILD, CHILD))
    assert (children.head, children.children) == (None, (CHILD,))
    assert whole.marks == ((Tone.CREATE, "+"), (Tone.DELETE, "-"))


@pytest.mark.parametrize(("number", "is_large"), [(300, False), (301, True)])
def test_page_of_many_parts_is_large(number: int, is_large: bool) -> None:
    remarks = Section("a", "A", remarks=(Remark(Tone.QUIET, "x"),) * (number - 2))
    blocks = Section("b", "B", groups=(Group("rg", (), (Block("id", (HEAD,)),)),), blocks=(Block("id", (HEAD,)),))

    assert PageView("Plan", "x", Tone.GOOD, sections=(remarks, blocks)).is_large is is_large


def test_section_with_nothing_in_it_is_none() -> None:
    assert not Section("a", "A", lead="x")
    assert Section("a", "A", remarks=(Remark(Tone.QUIET, "x"),))
