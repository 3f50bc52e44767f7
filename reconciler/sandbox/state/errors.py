"""What whoever starts a sandbox has to catch."""


class StateError(Exception):
    """A state file is missing, damaged or in use; the message names the file and, in a damaged one, the place."""


class FaultFileError(Exception):
    """A script of faults makes no sense; the message begins with `line L, column C: `."""


class ServeError(Exception):
    """The server cannot start."""
