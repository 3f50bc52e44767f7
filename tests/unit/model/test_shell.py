"""A printed command is read by a shell as the words that it was made of."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import shell_command


@given(st.lists(st.text("ab $(`)'\";|&\\\n*") | st.text()))
def test_shell_reads_the_words_that_the_command_was_made_of(words: list[str]) -> None:
    assert shlex.split(shell_command(*words)) == words


def test_words_that_a_shell_leaves_alone_are_not_quoted() -> None:
    assert shell_command("az", "login", "--tenant", "$(touch x)", "/a/b") == "az login --tenant '$(touch x)' /a/b"
