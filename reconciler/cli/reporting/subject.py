"""What a run is about, as its reports need to know it: what it reads and writes beside them, and what it is called."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.flags.groups import FlagGroup
from reconciler.cli.flags.report import ReportFlags
from reconciler.cli.support.inputs import STANDARD_INPUT
from reconciler.report.formats import Occasion

_INPUTS = ("var_file", "guardrails", "sandbox")
"""The flags that name files which a run reads."""

_CHOOSE = ("target", "subscription", "var_file")
"""The flags that make another plan of the same paths; values of `--var` may be other ones each time."""

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """What a command is about.

    Attributes:
        command: its name.
        paths: its arguments.
        groups: its flags, as far as they name files or choose among what the paths declare.
        other_outputs: files that it writes beside its reports; None where one was not asked for.
    """

    command: str
    paths: Sequence[str]
    groups: Sequence[FlagGroup] = ()
    other_outputs: Sequence[str | None] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files and directories that the run reads, as far as the command line and the environment name them."""
        from reconciler.guardrails import VARIABLE

        mandatory = os.environ.get(VARIABLE, "")
        named = (*self.paths, *self._values(_INPUTS), *([mandatory] if mandatory else []))
        return tuple(one for one in named if one != STANDARD_INPUT)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The files that the run writes beside its reports."""
        return tuple(one for one in self.other_outputs if one is not None)

    def occasion(self, flags: ReportFlags, environment: Mapping[str, str]) -> Occasion:
        """What forms may need to know of this run."""
        return Occasion(self.command, flags.comment_key or self.key, environment, uuid.uuid4().hex)

    @property
    def key(self) -> str:
        """The same for the same command over the same paths, targets, subscriptions and files of variables.

        Two stacks in one pull request thereby have two, and the next run over one of them has the one that it had.
        """
        about = [[_place(one) for one in self.paths], *([*self._values((flag,))] for flag in _CHOOSE)]
        digest = hashlib.sha256(json.dumps(about).encode("utf-8", "surrogateescape")).hexdigest()
        return f"{self.command}-{digest[:_DIGITS]}"

    def _values(self, names: Sequence[str]) -> Iterator[str]:
        for group in self.groups:
            for name in names:
                value = getattr(group, name, None)
                yield from (value if isinstance(value, tuple) else () if value is None else (value,))


def _place(path: str) -> str:
    """The path as it is within the working directory, which is another one on each machine."""
    if path == STANDARD_INPUT:
        return path
    relative = os.path.relpath(path)
    return Path(path if relative.startswith("..") else relative).as_posix()
