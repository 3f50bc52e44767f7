"""The forms of `uami explain-login`."""

import json

from reconciler.model import AddressBook
from reconciler.report.login.form import LoginFormat, render_login_report
from tests.unit.logins.logging_in import claims, report


def test_each_form_is_its_own() -> None:
    forms = {form: render_login_report(report(claims()), AddressBook(()), form, color=False) for form in LoginFormat}

    assert forms[LoginFormat.TEXT].endswith("Login: 1 match, of 1 credential of the manifest.\n")
    assert json.loads(forms[LoginFormat.JSON])["succeeds"] is True
