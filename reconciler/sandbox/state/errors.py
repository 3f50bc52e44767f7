"""What whoever starts a sandbox has to catch."""


class StateError(Exception):
    """A state file is missing, damaged or in use; the message names the file and, in a damaged one, the place."""


class StateNotSavedError(StateError):
    """A state could not be written to its file, which is as it was before; the OSError is the cause.

    Attributes:
        is_full: there was no room for it.
    """

    def __init__(self, message: str, *, is_full: bool) -> None:
        super().__init__(message)
        self.is_full = is_full


class FaultFileError(Exception):
    """A script of faults makes no sense; the message begins with `line L, column C: `."""


class ServeError(Exception):
    """The server cannot start."""
