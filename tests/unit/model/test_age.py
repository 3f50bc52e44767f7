"""How old something is, in words."""

import pytest

from reconciler.model.age import age_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59.9, "just now"),
        (60, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (3_600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (400 * 86_400, "400 days ago"),
    ],
)
def test_age_is_said_in_the_largest_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text
