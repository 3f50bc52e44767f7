"""Edits of a manifest's text: whole entries, and nothing else."""

import pytest

from reconciler.errors import SourcePos
from reconciler.migration.choose import Change, Step
from reconciler.migration.edit import edit_text
from reconciler.migration.ids import RepositoryIds

ADD, REMOVE = Step.ADD, Step.REMOVE


def edited(text: str, step: Step, *places: tuple[int, int]) -> tuple[str, list[str]]:
    """The text with a step at each place, and why it was left out where it was."""
    changes = [Change(step, SourcePos("m", *one), "a/b", RepositoryIds(1, 2), "-ids", ()) for one in places]
    new, left = edit_text(text, changes)
    return new, [*left.values()]


BLOCK = """\
federatedCredentials:
  # before
  - name: job # main
    github: {repository: a/b, legacySubject: true, branch: main} # behind

  # between
  - name: 'other'
    accept:
      - code: trust-by-name
        reason: r
    issuer: https://token.actions.githubusercontent.com
    subject: "repo:a/b:environment:${env}"
last: 1
"""


def test_entry_in_lines_gets_a_copy_below_it() -> None:
    new, left = edited(BLOCK, ADD, (3, 5), (7, 5))

    lines = BLOCK.splitlines(keepends=True)
    assert left == []
    assert new == "".join(
        [
            *lines[:4],
            "  - name: job-ids # main\n",
            "    github: {repository: a/b, ownerId: 1, repositoryId: 2, branch: main}\n",
            *lines[4:12],
            "  - name: 'other-ids'\n",
            "    issuer: https://token.actions.githubusercontent.com\n",
            '    subject: "repo:a@1/b@2:environment:${env}"\n',
            *lines[12:],
        ]
    )


def test_entry_in_lines_is_removed_with_its_lines() -> None:
    lines = BLOCK.splitlines(keepends=True)

    assert edited(BLOCK, REMOVE, (3, 5)) == ("".join([*lines[:2], *lines[4:]]), [])
    assert edited(BLOCK, REMOVE, (7, 5)) == ("".join([*lines[:6], *lines[12:]]), [])


def test_form_in_lines_keeps_its_indentation_and_its_line_breaks() -> None:
    text = "federatedCredentials:\r\n- name: x\r\n  github:\r\n    legacySubject: true\r\n    repository: a/b\r\n"

    new, left = edited(text, ADD, (2, 3))

    assert left == []
    assert new == (
        f"{text.removesuffix(chr(13) + chr(10))}\r\n- name: x-ids\r\n  github:\r\n    ownerId: 1\r\n"
        "    repositoryId: 2\r\n    repository: a/b\r\n"
    )


def test_comment_behind_an_acceptance_never_becomes_a_part_of_the_subject() -> None:
    text = (
        "federatedCredentials:\n- name: x\n  subject: >-\n    repo:a/b:x:y\n"
        "  accept:\n  - {code: trust-by-name, reason: r} # why\n  expires: 2030-01-31\n"
    )

    new, _ = edited(text, ADD, (2, 3))

    assert new == f"{text}- name: x-ids\n  subject: >-\n    repo:a@1/b@2:x:y\n  expires: 2030-01-31\n"


def test_comment_behind_a_comma_stays_one() -> None:
    text = "federatedCredentials: [{name: x}, # one\n  {name: y}]\n"

    assert edited(text, REMOVE, (1, 24))[0] == "federatedCredentials: [ # one\n  {name: y}]\n"


def test_tab_before_a_comment_is_no_obstacle_and_stays() -> None:
    text = "x: {a: b}\t# one\nfederatedCredentials:\n- {name: x, subject: 'repo:a/b:x:y'}\t# two\n"

    new, left = edited(text, ADD, (3, 3))

    assert (new, left) == (f"{text}- {{name: x-ids, subject: 'repo:a@1/b@2:x:y'}}\n", [])


def test_line_break_of_a_new_line_is_that_of_the_line_above_it() -> None:
    text = "a: 1\r\nfederatedCredentials:\n- {name: x, subject: 'repo:a/b:x:y'}\r\n- {name: y, subject: 'repo:a/b:x:z'}"

    new, _ = edited(text, ADD, (3, 3), (4, 3))

    assert new == (
        "a: 1\r\nfederatedCredentials:\n- {name: x, subject: 'repo:a/b:x:y'}\r\n"
        "- {name: x-ids, subject: 'repo:a@1/b@2:x:y'}\r\n- {name: y, subject: 'repo:a/b:x:z'}\r\n"
        "- {name: y-ids, subject: 'repo:a@1/b@2:x:z'}"
    )


FLOW = 'federatedCredentials: [{name: x, subject: "repo:a/b:pull_request"}, {name: y, issuer: i}]'


def test_entry_in_brackets_stays_in_them() -> None:
    new, left = edited(FLOW, ADD, (1, 24))

    assert left == []
    assert new == FLOW.replace("}, {", '}, {name: x-ids, subject: "repo:a@1/b@2:pull_request"}, {', 1)


@pytest.mark.parametrize(
    ("column", "rest"),
    [(24, "[{name: y, issuer: i}]"), (69, '[{name: x, subject: "repo:a/b:pull_request"}]')],
)
def test_entry_in_brackets_goes_with_its_comma(column: int, rest: str) -> None:
    assert edited(FLOW, REMOVE, (1, column)) == (f"federatedCredentials: {rest}", [])


def test_acceptance_of_a_warning_that_is_gone_goes_in_brackets_too() -> None:
    text = "federatedCredentials:\n- {name: x, accept: [{code: trust-by-name, reason: r}], subject: 'repo:a/b:x:y'}\n"

    new, _ = edited(text, ADD, (2, 3))

    assert new == f"{text}- {{name: x-ids, subject: 'repo:a@1/b@2:x:y'}}\n"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("- {name: x, subject: '${repo}:pull_request'}", "its subject is put together from variables or escapes"),
        ("- {name: x, github: {repository: '${r}', legacySubject: true}}", "its form is put together from variables"),
        ("- {name: x, github: {repository: a/b}}", "its form is put together from variables, or has no"),
        ("- {name: &x x, subject: 'repo:a/b:x:y'}", "it has an anchor or an alias"),
        ("- {name: x, accept: [{code: grant}], subject: 'repo:a/b:x:y'}", "its `accept` answers more than this"),
        ("- {accept: [{code: trust-by-name}], name: x, subject: 'repo:a/b:x:y'}", "its `accept` stands before"),
        ("- x", "its list is shared, or not written at this place"),
        ("-\n  {name: x, subject: 'repo:a/b:x:y'}", "it does not begin with a dash on a line of its own"),
    ],
)
def test_what_only_people_can_change_is_left_as_it_is(entry: str, why: str) -> None:
    text = f"federatedCredentials:\n{entry}\n"

    new, (reason,) = edited(text, ADD, (3 if "\n" in entry else 2, 3))

    assert new == text
    assert reason.startswith(why)


def test_list_is_never_left_empty() -> None:
    text = "federatedCredentials:\n- {name: x}\n- {name: y}\n"

    new, left = edited(text, REMOVE, (2, 3), (3, 3))

    assert new == "federatedCredentials:\n- {name: y}\n"
    assert left == ["it is the last entry of its list, and a list without entries means another thing"]


def test_alias_is_not_edited_where_it_stands() -> None:
    text = "x-shared: &one {name: x, subject: 'repo:a/b:x:y'}\nfederatedCredentials: [*one]\n"

    assert edited(text, ADD, (1, 11)) == (text, ["its list is shared, or not written at this place"])


def test_every_document_of_a_file_is_looked_at() -> None:
    text = f"a: 1\n---\n{FLOW}\n"

    new, left = edited(text, REMOVE, (3, 24))

    assert (new, left) == ("a: 1\n---\nfederatedCredentials: [{name: y, issuer: i}]\n", [])


def test_text_that_is_no_yaml_is_left_as_it_is() -> None:
    assert edited("a: [", ADD, (1, 1)) == ("a: [", ["the file could not be read for editing"])
