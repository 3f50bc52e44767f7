"""Values to one HTML page, by Jinja2 with every value escaped: nothing else writes a tag.

What is not drawn is shown as an escape before HTML's own rules are applied, so that a page says what any report says.
The page carries its style and nothing else that a browser would obey: no script, no address, no picture. Its policy
names the style by its hash, so that not even a second style sheet would be heeded.
"""

import base64
import functools
import hashlib
import re
from collections.abc import Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.report.html.views import PageView
from reconciler.report.visible import SafeText, safe_html, visible

_CODE = re.compile(
    r"`(?P<quoted>[^`]+)`"
    r"|(?<=: )(?P<command>(?:az|uami) .+)"
    r"|(?P<flag>(?<![\w-])--[a-z][a-z-]*(?: (?:(?=\S*[=/\d'])\S+|[A-Z]+\b))?)"
)
"""What is to be typed, in a sentence: between back-quotes, a command at its end, a flag with its value."""

_ENDS = ".,;:)"
"""Behind a flag they end the sentence."""


def render(page: PageView) -> SafeText:
    """The whole page as text."""
    template = _environment().get_template("page.html.j2")
    return safe_html(template.render(page=page, policy=_policy()))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reconciler.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters["prose"] = _prose
    return environment


def _shown(value: object) -> object:
    """A value on its way into the page; what the templates made themselves is left as it is."""
    return value if isinstance(value, Markup) else visible(str(value))


def _prose(text: str) -> Markup:
    """A sentence in which what is to be typed is set as code."""
    return Markup("").join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in _CODE.finditer(text):
        code = found["quoted"] or found["command"] or found["flag"].rstrip(_ENDS)
        yield Markup("{}<code>{}</code>").format(visible(text[end : found.start()]), visible(code))
        end = found.end() - (len(found["flag"]) - len(code) if found["flag"] else 0)
    yield Markup("{}").format(visible(text[end:]))


@functools.cache
def _style() -> str:
    source, _, _ = PackageLoader("reconciler.report.html").get_source(_environment(), "style.css")
    return source


@functools.cache
def _policy() -> str:
    """The page's Content-Security-Policy: nothing but the style as it stands in the page.

    Source: W3C Content Security Policy Level 3 (hashes of inline styles; base-uri and form-action have no default).
    """
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
