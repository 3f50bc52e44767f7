"""What can go wrong, grouped by who must act: the caller, the author, the approver, the administrator, or Azure.

Every exception of ours carries a stable `code` (kebab-case, never reused), the process's exit code, and a hint that
names the next thing to do. Problems that come in numbers (diagnostics of a manifest, violations of a plan) are values
first and travel together in one exception, so that one run reports all of them.

    ReconcilerError       exit 1
      UsageError          exit 64
      ManifestError       exit 65   every Diagnostic; GuardrailsError and ManifestNotRead are two
      InputFileError      exit 65
      JournalError        exit 1
      PlanRefused         exit 3    every Violation; with these in `model.violation`, since they name ids
      PlanStale           exit 4    every StaleDetail
      AuthError           exit 77   LoginError where nobody is signed in, rather than lacks a right;
                                    NoServiceToken
      Interrupted         exit 130
      ArmError            exit 1    NotFound, Conflict, Throttled; ArmAuthError is an AuthError as well, and
                                    ArmLoginError a LoginError
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple


class ExitCode(IntEnum):
    """What the process tells its caller; scripts and pipelines depend on these numbers."""

    DONE = 0
    ERROR = 1
    CHANGES_FOUND = 2
    REFUSED = 3
    PLAN_STALE = 4
    PARTIAL = 5
    USAGE = 64
    INVALID_INPUT = 65
    NOT_ALLOWED = 77
    INTERRUPTED = 130
    TERMINATED = 143


class SourcePos(NamedTuple):
    """A place in a manifest: `file` as the user named it, `line` and `column` from 1.

    A tuple, and no dataclass: a manifest has one for each of its values, and a tuple is made in half the time.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def file_and_line(self) -> str:
        """`FILE:LINE`; empty for `NO_PLACE`."""
        return f"{self.file}:{self.line}" if self.file else ""


NO_PLACE = SourcePos("", 1, 1)
"""Of what no line of a manifest asks for."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem in a manifest, located.

    `source_line` is the offending line as written, without its line break; None where there is no line to show (a file
    that cannot be read, bytes that are not text).
    """

    code: str
    pos: SourcePos
    message: str
    hint: str
    source_line: str | None = None


@dataclass(frozen=True, slots=True)
class StaleDetail:
    """One thing that is no longer as a saved plan has it.

    `address` is whole and `label` as short as it may be; both are "" for the whole run. `message` goes on behind it.
    """

    address: str
    label: str
    message: str


Lines = str | tuple[str, ...]
"""One paragraph, or one text for each line. A line break inside of any is no line break: it is shown as an escape."""


def lines_of(text: Lines) -> tuple[str, ...]:
    """The lines of a text, none of an empty one."""
    if isinstance(text, tuple):
        return text
    return (text,) if text else ()


class ReconcilerError(Exception):
    """Base of every error that we raise on purpose; the hint says what to do next.

    Attributes:
        lines, hint_lines: what is printed, a line each; what others wrote can be part of a line, and never begins one.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, message: Lines, hint: Lines = "") -> None:
        super().__init__(message)
        self.lines = lines_of(message)
        self.hint_lines = lines_of(hint)

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """What went wrong, as one text."""
        return "\n".join(self.lines)

    @property
    def hint(self) -> str:
        """What to do next, as one text."""
        return "\n".join(self.hint_lines)


class UsageError(ReconcilerError):
    """The command line asks for something that does not exist or cannot be combined."""

    code = "usage"
    exit_code = ExitCode.USAGE


class ManifestError(ReconcilerError):
    """A manifest or another input file is invalid; carries every diagnostic of the run, in order of place."""

    code = "manifest-invalid"
    exit_code = ExitCode.INVALID_INPUT

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        count = len(diagnostics)
        super().__init__(
            f"{count} {'problem' if count == 1 else 'problems'} in the manifest",
            "Nothing was read from Azure or changed. Fix the manifest, then run `uami validate`.",
        )
        self.diagnostics = diagnostics


class ManifestNotRead(ManifestError):
    """Of what a command line names, nothing that could be read is wrong, and something could not be read."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        count = len(diagnostics)
        self.lines = (f"{count} {'path' if count == 1 else 'paths'} could not be read",)
        self.hint_lines = (
            "Nothing was read from Azure or changed. Name manifests, folders that hold some, or `-` for a pipe.",
        )


class GuardrailsError(ManifestError):
    """A guardrails file is invalid; carries every diagnostic of it, as an invalid manifest does."""

    code = "guardrails-invalid"

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        count = len(diagnostics)
        self.lines = (f"{count} {'problem' if count == 1 else 'problems'} in the guardrails",)
        self.hint_lines = ("Nothing was changed. Fix the guardrails; `uami schema guardrails` describes them.",)


class InputFileError(ReconcilerError):
    """A file that is not a manifest (a saved plan, a sandbox state) is missing or damaged."""

    code = "file-invalid"
    exit_code = ExitCode.INVALID_INPUT


class JournalError(ReconcilerError):
    """The journal of a run cannot be started or written, and without it no call goes out."""

    code = "journal-unwritable"


class PlanStale(ReconcilerError):
    """What a saved plan was made for has changed; carries every difference."""

    code = "plan-stale"
    exit_code = ExitCode.PLAN_STALE

    def __init__(self, details: tuple[StaleDetail, ...], hint: str) -> None:
        count = len(details)
        super().__init__(
            f"The saved plan is stale: {count} {'thing has' if count == 1 else 'things have'} changed since it was"
            " made; nothing was applied.",
            hint,
        )
        self.details = details


class CallFailed(ReconcilerError):
    """Azure did not say what was asked: a call to ARM failed, or could not be made without a token."""


class AuthError(CallFailed):
    """There was no token, or ARM answered 401 or 403."""

    code = "not-allowed"
    exit_code = ExitCode.NOT_ALLOWED


class NoServiceToken(AuthError):
    """A service beside ARM has to be asked, and there is no token for it; `because` is why, without times and ids."""

    def __init__(self, message: Lines, hint: Lines, because: str) -> None:
        super().__init__(message, hint)
        self.because = because


class LoginError(AuthError):
    """There was no token, or it cannot be used: signing in helps, and no right does."""


class Interrupted(ReconcilerError):
    """The run was asked to stop (Ctrl-C or SIGTERM) before it was done."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED


class ArmError(CallFailed):
    """A call to ARM failed for good.

    Attributes:
        status: HTTP status, or None where no whole answer came (connection error, malformed body).
        arm_code: `error.code` of ARM's error envelope, or "".
        correlation_id: of the answer, or of the request where no answer came.
        transient: the same call may succeed later (408, 429, 5xx, connection errors).
        in_doubt: the call may have taken effect although it failed (no whole answer came, or a 5xx).
        retry_after_s: seconds that ARM asked to wait, None where it named none.
        missing_action: what the caller has no right to do, where that is why ARM refused; "" where something else is.
    """

    code = "arm-error"

    def __init__(  # noqa: PLR0913 - the constructor of an error, and all but the message has a default
        self,
        message: str,
        hint: str = "",
        *,
        status: int | None = None,
        arm_code: str = "",
        correlation_id: str = "",
        transient: bool = False,
        in_doubt: bool = False,
        retry_after_s: float | None = None,
        missing_action: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.arm_code = arm_code
        self.correlation_id = correlation_id
        self.transient = transient
        self.in_doubt = in_doubt
        self.retry_after_s = retry_after_s
        self.missing_action = missing_action

    @property
    def said(self) -> str:
        """Status and code, once where they are the same, as some providers have it; "" where no whole answer came."""
        return " ".join(dict.fromkeys(str(part) for part in (self.status, self.arm_code) if part))


class NotFound(ArmError):
    """ARM answered 404."""


class Conflict(ArmError):
    """ARM answered 409."""


class Throttled(ArmError):
    """ARM answered 429; a read's until the time of the run was over."""


class OutOfTime(ArmError):
    """A read that was not begun, since the time of the run was over."""


class ArmAuthError(ArmError, AuthError):
    """ARM answered 401 or 403; both an answer of ARM and something an administrator must fix."""

    code = "not-allowed"
    exit_code = ExitCode.NOT_ALLOWED


class ArmLoginError(ArmAuthError, LoginError):
    """ARM answered 401: it refused the token itself, whatever its holder may do."""
