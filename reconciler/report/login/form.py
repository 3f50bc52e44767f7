"""The forms in which `uami explain-login` writes what it found. Read with every command line, so imported late."""

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from reconciler.logins.verdict import LoginReport
    from reconciler.model import AddressBook
    from reconciler.report.visible import SafeText


class LoginFormat(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


def render_login_report(report: "LoginReport", book: "AddressBook", name: LoginFormat, *, color: bool) -> "SafeText":
    """The whole text; `color` is for the form that knows colour."""
    match name:
        case LoginFormat.TEXT:
            from reconciler.report.login.text import render_login

            return render_login(report, book, color=color)
        case LoginFormat.JSON:
            from reconciler.report.login.document import login_text

            return login_text(report)
    assert_never(name)
