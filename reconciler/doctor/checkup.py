"""What `uami doctor` finds: one line for each thing that was looked at, and for each right that is needed.

A thing that is wrong is a line like any other, because whoever asks wants to know what is right as well.
"""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.doctor.least_privilege import LeastPrivilege
from reconciler.errors import ExitCode, Lines


class Standing(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARNING = "warning"
    """It works, and may stop working."""
    MISSING = "missing"
    """A login or a right that somebody must give."""
    FAILED = "failed"
    """It failed for another reason."""
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `name` is stable, `subject` tells several of a name apart."""

    name: str
    standing: Standing
    detail: str
    hint: Lines = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class RightCheck:
    """One right at one scope; `role` is the built-in role to ask for, None where none is known to have it."""

    scope: str
    right: str
    action: str
    standing: Standing
    role: str | None


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that was looked at.

    Attributes:
        rights: in order of scope and action.
        commands: what gives the rights that are missing, one for each scope and role.
        least_privilege: the least rights that suffice, where that is asked for and a login is there; else None.
    """

    cloud: str
    endpoint: str
    credential: str
    checks: tuple[Check, ...]
    rights: tuple[RightCheck, ...] = ()
    commands: tuple[str, ...] = ()
    least_privilege: LeastPrivilege | None = None

    def count(self, standing: Standing) -> int:
        """How many lines stand like this."""
        standings = [*(one.standing for one in self.checks), *(one.standing for one in self.rights)]
        return standings.count(standing)

    @property
    def exit_code(self) -> ExitCode:
        """0 where plan and apply have all that they need; what somebody must give goes before what failed."""
        if self.count(Standing.MISSING):
            return ExitCode.NOT_ALLOWED
        return ExitCode.ERROR if self.count(Standing.FAILED) else ExitCode.DONE
