"""Secrets of the environment, wherever they turn up in what is printed."""

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import markupsafe
import pytest

from reconciler.files.secrets import hide_secrets
from reconciler.report.visible import quoted

SECRET = 's3cr3t"\\ü\t~x'


@pytest.mark.parametrize(
    "name",
    [
        "AZURE_CLIENT_SECRET",
        "UAMI_ACCESS_TOKEN",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "SYSTEM_ACCESSTOKEN",
        "AZURE_PASSWORD",
        "IDENTITY_HEADER",
        "MSI_SECRET",
        "GITHUB_TOKEN",
        "azure_client_secret",
        "AZURE_STORAGE_CONNECTION_STRING",
    ],
)
def test_value_of_a_secret_is_hidden(name: str) -> None:
    assert hide_secrets("tag `s3cr3t-value` here", {name: "s3cr3t-value"}) == "tag `[secret]` here"


@pytest.mark.parametrize(
    "name", ["AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "ACTIONS_ID_TOKEN_REQUEST_URL", "UAMI_VAR_TOKEN", "PATH"]
)
def test_value_of_what_is_no_secret_is_shown(name: str) -> None:
    assert hide_secrets("a-long-value", {name: "a-long-value"}) == "a-long-value"


def test_short_value_would_garble_every_text() -> None:
    assert hide_secrets("testing it", {"AZURE_CLIENT_SECRET": "testing"}) == "testing it"


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        json.dumps({"tag": SECRET}),
        json.dumps({"tag": SECRET}, ensure_ascii=False),
        repr(SECRET),
        's3cr3t"\\ü\\t~x',
    ],
)
def test_secret_is_found_however_a_report_escapes_it(shown: str) -> None:
    hidden = hide_secrets(shown, {"AZURE_CLIENT_SECRET": SECRET})

    assert "[secret]" in hidden
    assert "s3cr3t" not in hidden


@pytest.mark.parametrize("secret", ["s3cr3t<&'##\"x", "s3cr3t\\\"&amp;'"])
@pytest.mark.parametrize("as_shown", [str, quoted, json.dumps])
def test_secret_is_found_in_html(secret: str, as_shown: Callable[[str], str]) -> None:
    for escape in (html.escape, lambda text: str(markupsafe.escape(text)).replace("##", "#&#35;")):
        hidden = hide_secrets(f"<td>{escape(as_shown(secret))}</td>", {"AZURE_CLIENT_SECRET": secret})

        assert re.fullmatch(r"<td>(&\w+;|&#\w+;|['\"])?\[secret\](&\w+;|&#\w+;|['\"])?</td>", hidden), hidden


TOKEN = "eyJhbGciOi.eyJzdWIi_-x.s1gn+/=="


@pytest.mark.parametrize("ahead", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_token_in_base64_is_hidden_wherever_it_begins(encode: Callable[[bytes], bytes], ahead: str) -> None:
    text = encode(f"{ahead}{TOKEN}:and more".encode()).decode()

    hidden = hide_secrets(f"tag {text} here", {}, (TOKEN,))

    assert "[secret]" in hidden
    assert len(hidden.removeprefix("tag ").removesuffix(" here").replace("[secret]", "")) <= len(text) - len(TOKEN)


@pytest.mark.parametrize("shown", [quote(TOKEN, safe=""), quote(TOKEN), f"{TOKEN[:-4]}%2b%2f%3d%3d"])
def test_token_that_is_percent_encoded_is_hidden(shown: str) -> None:
    assert hide_secrets(shown, {}, (TOKEN,)) == "[secret]"


def test_hiding_leaves_no_half_escape() -> None:
    text = json.dumps({"tag": "\nABCDEFGH"})

    assert json.loads(hide_secrets(text, {}, ("nABCDEFGH",))) == {"tag": "[secret]"}
    assert json.loads(hide_secrets(json.dumps("\\nABCDEFGH"), {}, ("nABCDEFGH",))) == "\\[secret]"


def test_line_of_a_secret_of_several_lines_is_hidden() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nabcdefghij\nxyz\n"

    assert hide_secrets("  | abcdefghij\n", {"TLS_PRIVATE_KEY": key}) == "  | [secret]\n"


def test_secret_that_begins_like_another_is_hidden_whole() -> None:
    environment = {"A_TOKEN": "12345678", "B_TOKEN": "12345678-and-more"}

    assert hide_secrets("12345678-and-more", environment) == "[secret]"


def test_document_stays_a_document() -> None:
    text = json.dumps({"a": "s3cr3t-value"})

    assert json.loads(hide_secrets(text, {"X_TOKEN": "s3cr3t-value"})) == {"a": "[secret]"}


def test_secret_is_hidden_in_any_case_of_letters() -> None:
    text = "region abcdefgh12, id ABCDEFGH12, as given AbcdEfgh12"

    assert hide_secrets(text, {"A_TOKEN": "AbcdEfgh12"}) == "region [secret], id [secret], as given [secret]"
