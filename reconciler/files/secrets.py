"""Keeps the values of the environment's secrets out of what is printed.

A file that is read can hold, or lead to, what the process was given in confidence, and a message can quote the file.
So whatever is printed goes through here, however it came to be.
"""

import json
import re
from collections.abc import Mapping

REPLACEMENT = "[secret]"

SHORTEST = 8
"""Characters of a secret that is looked for; a shorter one is found in every text, and guessed."""

_NAMED = {"IDENTITY_HEADER"}
"""A secret whose name does not say so. Source: azure-identity 1.27.0 `EnvironmentVariables`."""

# Such as AZURE_CLIENT_SECRET, UAMI_ACCESS_TOKEN, SYSTEM_ACCESSTOKEN, AZURE_CLIENT_CERTIFICATE_PASSWORD. Before _FILE,
# _PATH, _URL or _ID the same words name what is no secret.
_SECRET_NAME = re.compile(
    r"(^|_)(SECRET|(ACCESS)?TOKEN|PASSWORD|PASSWD|PASSPHRASE|CONNECTION_STRING"
    r"|(ACCESS|ACCOUNT|API|PRIVATE|SECRET|STORAGE)_KEY)$"
)
_VARIABLE = "UAMI_VAR_"
"""Begins the name of a manifest's variable, whose value is there to be shown."""


def hide_secrets(text: str, environment: Mapping[str, str]) -> str:
    """The text with every secret of the environment replaced, in whatever way it is escaped."""
    for secret in _secrets(environment):
        if secret in text:
            text = text.replace(secret, REPLACEMENT)
    return text


def _secrets(environment: Mapping[str, str]) -> list[str]:
    """As they stand and as reports write them, the longest first: one may be the beginning of another."""
    found = set()
    for name, value in environment.items():
        if _is_secret(name):
            # A report shows a value of several lines as one line, a quotation one of them.
            for part in (value, *value.splitlines()):
                found |= {part, *_escaped(part)} if len(part.strip()) >= SHORTEST else set()
    return sorted(found, key=lambda secret: (-len(secret), secret))


def _is_secret(name: str) -> bool:
    name = name.upper()
    return name in _NAMED or (_SECRET_NAME.search(name) is not None and not name.startswith(_VARIABLE))


def _escaped(text: str) -> tuple[str, ...]:
    visible = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    in_json = (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    return (visible, repr(text)[1:-1], *in_json)
