"""A document fits, keeps what must be seen, and counts what it leaves out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.markdown.document import (
    Document,
    Entry,
    Section,
    line_entry,
    render,
    utf8_bytes,
    utf16_units,
)
from tests.strategies import FEW_EXAMPLES


def lines(number: int, length: int = 40, more: int = 0) -> tuple[Entry, ...]:
    return tuple(
        line_entry(f"- {one:05}".ljust(length, "x"), *(["  - more".ljust(length, "y")] * more)) for one in range(number)
    )


def section(noun: str, entries: tuple[Entry, ...], *, must: bool = False) -> Section:
    return Section(noun.title(), noun, entries, must=must, folded=not must)


def document(*sections: Section) -> Document:
    return Document("<!-- uami:x -->", ("**head**", "", "place"), sections)


def test_document_that_fits_is_whole() -> None:
    text = render(document(section("deletes", lines(1, more=1), must=True), section("changes", lines(2))), 1_000)

    assert text == (
        "<!-- uami:x -->\n**head**\n\nplace\n"
        "\n**Deletes**\n\n"
        f"{'- 00000'.ljust(40, 'x')}\n{'  - more'.ljust(40, 'y')}\n"
        "\n<details><summary>Changes</summary>\n\n"
        f"{'- 00000'.ljust(40, 'x')}\n{'- 00001'.ljust(40, 'x')}\n"
        "\n</details>\n"
    )


def test_what_must_be_seen_is_kept_before_its_details_and_these_before_all_else() -> None:
    text = render(document(section("changes", lines(50)), section("deletes", lines(20, more=3), must=True)), 2_000)

    assert all(f"- {number:05}xx" in text for number in range(20))
    assert "**Not shown here, for want of room: 50 of 50 changes, the details of 13 that are listed.**" in text
    assert text.index("Not shown here") < 100
    assert len(text) <= 2_000


def test_of_what_does_not_fit_as_many_are_kept_as_do_and_the_head_counts_the_others() -> None:
    text = render(document(section("deletes", lines(2_000), must=True)), 10_000)

    kept = text.count("xxx\n")
    assert f"{2_000 - kept:,} of 2,000 deletes" in text.split("\n")[3]
    assert f"- ... and {2_000 - kept:,} more deletes that are not shown here" in text
    assert len(text) <= 10_000 < len(text) + 200


@FEW_EXAMPLES
@given(
    st.integers(400, 3_000),
    st.lists(st.tuples(st.integers(0, 30), st.integers(10, 200), st.integers(0, 3), st.booleans()), max_size=5),
)
def test_no_document_is_longer_than_its_limit(limit: int, parts: list[tuple[int, int, int, bool]]) -> None:
    sections = [section(f"noun{number}s", lines(*part[:3]), must=part[3]) for number, part in enumerate(parts)]

    text = render(document(*sections), limit + 60 * len(parts))

    assert utf16_units(text) <= limit + 60 * len(parts)
    for number, (count, *_) in enumerate(parts):
        missing = f" of {count:,} noun{number}s" in text
        assert missing or all(entry.brief[0] in text for entry in sections[number].entries)


@pytest.mark.parametrize(("text", "units", "size"), [("a", 1, 1), ("é", 1, 2), ("😀", 2, 4), ("\ud800", 1, 3)])
def test_lengths_are_those_of_whoever_counts(text: str, units: int, size: int) -> None:
    assert (utf16_units(text), utf8_bytes(text)) == (units, size)
