"""Writes into the schemas what editors show and the code knows: words about patterns, roles, and regions.

It works line by line, because the schemas are written for people too, and their lines are kept as they are.
"""

import json
import re
from collections.abc import Iterator, Mapping

from reconciler.guardrails.words import VOCABULARY
from reconciler.manifest.rules.choices import CHOICES
from reconciler.manifest.rules.words import RULES, Rule
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.rules.locations import REGIONS

WORDS: Mapping[str, Mapping[str, Rule]] = {"manifest": RULES, "guardrails": VOCABULARY.rules}
"""The words about what breaks a rule, by the name of the schema and the title in it."""

OFFERED = {"Role": sorted(one.role_name for one in BUILT_IN_ROLES), "Location": list(REGIONS)}
"""What is offered for a value, by the title of its form."""

_TITLE = re.compile(r' *"title": "(.*)",?')
_PATTERN = re.compile(r'( *)("pattern": ".*?")(,?)')
_MESSAGE = re.compile(r' *"patternErrorMessage": ".*?"(,?)')
_CHOICE = re.compile(r'( *"errorMessage": ).*?(,?)')
_ENTRY = re.compile(r'( *)\{ "bodyText": .* \},?')


def message_of(rule: Rule) -> str:
    """What an editor says of a text that breaks a rule."""
    return f"Not {rule.meaning}. {rule.hint}"


def refreshed(text: str, words: Mapping[str, Rule]) -> str:
    """The text of a schema with everything in it that is said or listed elsewhere too."""
    return "\n".join(_lines(text.split("\n"), words))


def _lines(lines: list[str], words: Mapping[str, Rule]) -> Iterator[str]:
    title, before = "", ""
    for number, line in enumerate(lines):
        if match := _TITLE.fullmatch(line):
            title = match[1]
        if (match := _PATTERN.fullmatch(line)) and title in words:
            present = _MESSAGE.fullmatch(lines[number + 1])
            comma = present[1] if present else match[3]
            yield f"{match[1]}{match[2]},"
            yield f'{match[1]}"patternErrorMessage": {_text(message_of(words[title]))}{comma}'
        elif match := _CHOICE.fullmatch(line):
            yield f"{match[1]}{_text(CHOICES[title].hint)}{match[2]}"
        elif match := _ENTRY.fullmatch(line):
            if not _ENTRY.fullmatch(before):
                entries = [f'{match[1]}{{ "bodyText": {_text(one)} }}' for one in OFFERED[title]]
                yield ",\n".join(entries)
        elif not _MESSAGE.fullmatch(line):
            yield line
        before = line


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
