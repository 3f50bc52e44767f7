"""Dates of a manifest: days of the calendar, as `2027-01-31`, each of which begins and ends in UTC.

YAML 1.2 has no dates, so a day is text, quoted or not. The schema says how it is written; that such a day exists is
said here.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from reconciler.errors import Diagnostic
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.words import RULES, broken_rule

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(text: str) -> date | None:
    """The day that a text names; None where it names none. No other form of ISO 8601 is one."""
    if _WRITTEN.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def check_days(days: Iterable[Located | None]) -> Iterator[Diagnostic]:
    """Every text that is written as a day is and yet is none, as `2027-02-30`."""
    for one in days:
        if one is not None and parse_day(one.text) is None:
            yield broken_rule(RULES["Date"], one.text, one.pos)
