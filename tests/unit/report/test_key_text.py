"""A key on a page: what it is for first, then what it takes, an example, and what is below it."""

import pytest
import yaml

from reconciler.manifest.rules.keys import Key, all_keys, find_key
from reconciler.report.key_text import render_key

LEAF = Key("a.size", "How big it is.\n\nIn metres.", "a whole number", True, 3, (), ("0 or more.",), 7, ())
PARENT = Key("a", "What is measured. Once.", "a mapping", False, None, (("x", "One thing."),), (), {"size": 7}, (LEAF,))


def test_leaf_is_shown_with_all_that_is_known_of_it() -> None:
    assert render_key(LEAF, 80) == (
        "a.size\n\n"
        "How big it is.\n\n"
        "In metres.\n\n"
        "Type      A whole number.\n"
        "Required  Yes.\n"
        "Default   3\n"
        "Rule      0 or more.\n\n"
        "Example\n"
        "  size: 7\n"
    )


def test_parent_is_shown_with_its_values_and_the_keys_below_it() -> None:
    assert render_key(PARENT, 80) == (
        "a\n\n"
        "What is measured. Once.\n\n"
        "Type      A mapping.\n"
        "Required  No.\n\n"
        "Values\n"
        "  x  One thing.\n\n"
        "Example\n"
        "  a:\n"
        "    size: 7\n\n"
        "Keys below it (* must be there)\n"
        "  size*  How big it is.\n"
    )


def test_file_as_a_whole_is_not_required_of_anything() -> None:
    shown = render_key(find_key(""), 80)

    assert shown.startswith("The manifest\n\n")
    assert "Required" not in shown


@pytest.mark.parametrize("width", [39, 79])
def test_every_key_fits_the_width_but_for_what_has_no_blanks(width: int) -> None:
    lines = [
        line
        for key in all_keys().values()
        for line in render_key(key, width).split("\nExample\n")[0].splitlines()[1:]
        if len(line) > width
    ]

    assert [line for line in lines if " " in line.strip()] == []


def test_every_example_is_yaml_of_the_key() -> None:
    for key in all_keys().values():
        shown = render_key(key, 80).partition("\nExample\n")[2].partition("\n\nKeys below")[0]
        if key.example is not None:
            assert yaml.safe_load(shown) == ({key.name: key.example} if key.name else key.example)
