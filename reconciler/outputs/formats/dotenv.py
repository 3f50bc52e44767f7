"""Outputs as variables of a shell: `set -a; . FILE`, a container's environment, `$GITHUB_ENV`.

A value stands bare wherever a shell lets it, because not everything that reads such files takes quotes away; the names
of some resource groups need them.
"""

import shlex
from collections.abc import Sequence

from reconciler.errors import UsageError
from reconciler.manifest.desired import DesiredIdentity
from reconciler.outputs.collect import Outputs
from reconciler.outputs.variables import check_one_each, variable_stem, variables_of
from reconciler.report.visible import SafeText, safe_line, safe_lines


class DotenvForm:
    """A line for each id of each identity."""

    def check(self, listed: Sequence[DesiredIdentity]) -> None:
        """UsageError where two identities would have the same variables."""
        check_one_each("--format dotenv", listed, variable_stem)

    def write(self, outputs: Outputs) -> SafeText:
        """The lines.

        Raises:
            UsageError: a value, such as the name of a resource group, cannot be printed as it is: a shell that is no
                more than POSIX has no escapes.
        """
        lines = [f"{name}={shlex.quote(value)}" for name, value in variables_of(outputs.identities)]
        changed = [line.partition("=")[0] for line in lines if safe_line(line) != f"{line}\n"]
        if changed:
            raise UsageError(
                f"--format dotenv cannot write {', '.join(changed)}: there are characters in it that are not drawn, or"
                " that a CI system obeys",
                "--format json writes them as escapes.",
            )
        return safe_lines(lines)

    def notes(self, outputs: Outputs) -> tuple[str, ...]:
        """The identities that have no variables."""
        return left_out_notes(outputs)


def left_out_notes(outputs: Outputs) -> tuple[str, ...]:
    """A sentence for each identity that is left out since it is not live."""
    return tuple(f"{one.address} is left out: it is not live yet ({one.listed.source})." for one in outputs.missing)
