"""Keeps the values of the environment's secrets out of what is printed.

A file that is read can hold, or lead to, what the process was given in confidence, and a message can quote the file.
So whatever is printed goes through here, however it came to be.
"""

import base64
import functools
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

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


def hide_secrets(text: str, environment: Mapping[str, str], tokens: Iterable[str] = ()) -> str:
    """The text with every secret of the environment, and these tokens, replaced, in whatever way it is written."""
    hidden = hide_values(text, (*_secrets(environment), *tokens), REPLACEMENT)
    if hidden != text:
        # What looked like a secret can have begun with the letter of an escape, whose backslash would escape another.
        hidden = _ESCAPED_REPLACEMENT.sub(r"\1", hidden)
    return hidden


def hide_values(text: str, values: Iterable[str], replacement: str) -> str:
    """The text with these values replaced: as they stand, escaped, percent-encoded, or in base64, alone or inside.

    In any case of letters: ids, regions and role GUIDs are compared in lower case, and shown so at times.
    """
    folded = text.lower()
    # The longest first: one may be the beginning of another.
    for value in sorted(set(values), key=lambda value: (-len(value), value)):
        for needle, pattern in _forms(value):
            if needle in folded:
                text = pattern.sub(replacement, text)
    return text


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for name in environment:
        if _is_secret(name):
            # A report shows a value of several lines as one line, a quotation one of them.
            value = environment[name]
            yield from (part for part in (value, *value.splitlines()) if len(part.strip()) >= SHORTEST)


@functools.cache
def _is_secret(name: str) -> bool:
    name = name.upper()
    return name in _NAMED or (_SECRET_NAME.search(name) is not None and not name.startswith(_VARIABLE))


_ESCAPED_REPLACEMENT = re.compile(rf"(?<!\\)((?:\\\\)*)\\(?={re.escape(REPLACEMENT)})")
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9_.-]+")


@functools.lru_cache(maxsize=64)
def _forms(value: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """In what forms a value may stand in a text: a part of the form, in lower case, and its pattern."""
    longest = max(_NEVER_ESCAPED.findall(value), key=len, default="")
    forms = [(longest, "".join(map(_spellings, value)))]
    forms += [(form, re.escape(form)) for form in sorted(_in_base64(value))]
    return tuple((part.lower(), re.compile(pattern, re.IGNORECASE)) for part, pattern in forms)


def _spellings(char: str) -> str:
    """A pattern of all the ways in which a character is written: itself, escaped once or twice, percent-encoded, and
    each of these in HTML."""
    if _NEVER_ESCAPED.fullmatch(char):
        return re.escape(char)
    percent = quote(char.encode("utf-8", "surrogatepass"), safe="")
    code = ord(char)
    once = {
        *(char, repr(char)[1:-1], char.encode("unicode_escape").decode("ascii")),
        *(f"\\x{code:02x}", f"\\u{code:04x}", json.dumps(char)[1:-1], percent, percent.lower()),
    }
    twice = {json.dumps(one)[1:-1] for one in once}
    plain = once | twice
    in_html = {form for one in plain for form in (html.escape(one), html.escape(one, quote=False).translate(_QUOTES))}
    forms = plain | in_html | {f"&#{code};"}
    return f"(?:{'|'.join(map(re.escape, sorted(forms, key=lambda one: (-len(one), one))))})"


_QUOTES = {ord('"'): "&#34;", ord("'"): "&#39;"}
"""Quotes as templates escape them, which is not as Python's `html` does."""


def _in_base64(value: str) -> set[str]:
    """What of the base64 of any text with the value in it is the value's alone: it can begin at three places."""
    forms = set()
    for ahead, unclear in ((0, 0), (1, 2), (2, 3)):
        content = bytes(ahead) + value.encode("utf-8", "surrogatepass")
        whole = len(content) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(content).decode("ascii")[unclear:whole])
    return {form for form in forms if len(form) >= SHORTEST}
