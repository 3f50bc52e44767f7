"""Outputs as one variable of Terraform or OpenTofu: a map of the identities by their names.

One map rather than a variable for each id: a configuration has to declare each variable that a file sets.
"""

from collections.abc import Iterator, Sequence

from reconciler.manifest.desired import DesiredIdentity
from reconciler.outputs.collect import Outputs
from reconciler.outputs.formats.dotenv import left_out_notes
from reconciler.outputs.variables import check_one_each
from reconciler.report.visible import SafeText, safe_lines

VARIABLE = "uami_identities"

_PLAIN = frozenset(map(chr, range(ord(" "), ord("~") + 1))) - frozenset('"\\$%#')


class TfvarsForm:
    """`uami_identities = {...}`."""

    def check(self, listed: Sequence[DesiredIdentity]) -> None:
        """UsageError where two identities have the same name, in whatever case."""
        check_one_each("--format tfvars", listed, str.casefold)

    def write(self, outputs: Outputs) -> SafeText:
        """The assignment."""
        return safe_lines(_lines(outputs))

    def notes(self, outputs: Outputs) -> tuple[str, ...]:
        """The identities that are not in the map."""
        return left_out_notes(outputs)


def _lines(outputs: Outputs) -> Iterator[str]:
    if not outputs.live:
        yield f"{VARIABLE} = {{}}"
        return
    yield f"{VARIABLE} = {{"
    for one in outputs.live:
        yield f"  {hcl_text(one.listed.resource_id.name)} = {{"
        longest = max(map(len, one.values))
        yield from (f"    {key:<{longest}} = {hcl_text(str(value))}" for key, value in one.values.items())
        yield "  }"
    yield "}"


def hcl_text(text: str) -> str:
    """A text between double quotes, in ASCII, in which HCL finds no template: each other character is an escape.

    Source: HCL native syntax specification, "Quoted templates" (`\\uNNNN`, `\\UNNNNNNNN`, what begins a template).
    """
    return '"' + "".join(char if char in _PLAIN else _escape(char) for char in text) + '"'


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
