"""What `uami explain-login` prints for people."""

import pytest

from reconciler.logins.compare import compare
from reconciler.model import AddressBook
from reconciler.report.login.document import login_text
from reconciler.report.login.text import marks_below, render_login
from tests.builders import GROUP, group_id
from tests.unit.logins.logging_in import GITHUB, NOW_S, candidate, claims, report

BOOK = AddressBook([group_id(GROUP)])


def test_match_is_named_with_its_line() -> None:
    text = render_login(report(claims()), BOOK, color=False)

    assert "\nMatches rg-app/id-a/federatedCredentials/job (m.yaml:9:11)\n" in text
    assert text.endswith("\nLogin: 1 match, of 1 credential of the manifest.\n")


def test_miss_shows_both_values_with_marks_below_what_differs() -> None:
    text = render_login(report(claims("repo:contoso/app:ref:refs/heads/Main")), BOOK, color=False)

    assert (
        "The nearest is rg-app/id-a/federatedCredentials/job (m.yaml:9:11)\n"
        "\n"
        "  subject  m.yaml:10:22  AADSTS7002138\n"
        "    token     repo:contoso/app:ref:refs/heads/Main\n"
        "                                              ^\n"
        "    manifest  repo:contoso/app:ref:refs/heads/main\n"
        "                                              ^\n"
        "    only the case of letters differs, and subjects compare exactly: branch\n"
        "    `Main` is not `main`\n"
    ) in text
    assert text.endswith("\nLogin: no match, of 1 credential of the manifest.\n")


def test_code_that_another_credential_of_the_identity_is_the_reason_of_is_said() -> None:
    token = claims(issuer=f"{GITHUB}/")
    other = candidate("other", "repo:contoso/web:pull_request", issuer=f"{GITHUB}/")

    found = report(token, compare(token, [candidate("job"), other], None, NOW_S))

    assert (
        "\n  Microsoft Entra answers AADSTS700213: another credential of the identity has\n"
        "  more of what it looks at first.\n"
    ) in render_login(found, BOOK, color=False)
    assert '"entra_code": "AADSTS700213",\n      "differences": [' in login_text(found)


def test_token_that_has_ended_is_no_match_at_this_time() -> None:
    text = render_login(report(claims(exp=NOW_S - 300)), BOOK, color=False)

    assert "  exp  AADSTS700024\n    token     2027-01-15T07:55:00Z\n    login at  2027-01-15T08:00:00Z\n" in text
    assert text.endswith("Login: matched, but not at this time, of 1 credential of the manifest.\n")


def test_credential_that_only_lives_is_azures() -> None:
    live = compare(claims("x"), [candidate("job", is_live=True, listed=False)], None, NOW_S)

    text = render_login(report(claims("x"), None, live, "A note."), BOOK, color=False)

    assert "\nA note.\n" in text
    assert "The nearest is rg-app/id-a/federatedCredentials/job (not in the manifest)\n" in text
    assert "    Azure     repo:contoso/app:ref:refs/heads/main\n" in text


@pytest.mark.parametrize(
    ("text", "spans", "marks"),
    [
        ("abc", [(1, 2)], " ^"),
        ("abc", [(1, 1)], " ^"),
        ("abc", [(3, 3)], "   ^"),
        ("a\nb", [(1, 2), (2, 3)], " ^^^"),
        ("abc", [], ""),
    ],
)
def test_marks_stand_below_what_is_shown(text: str, spans: list[tuple[int, int]], marks: str) -> None:
    assert marks_below(text, spans) == marks
