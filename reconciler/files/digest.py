"""The SHA-256 of a whole file: what says that a file is the very one that somebody has looked at."""

import hashlib
import re

from reconciler.errors import InputFileError, UsageError

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def digest_of(content: bytes) -> str:
    """SHA-256 of a file's content, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def check_digest_flag(digest: str | None) -> None:
    """Raises UsageError where the value of `--digest` is no SHA-256."""
    if digest is not None and _SHA256.fullmatch(digest) is None:
        raise UsageError(
            f"--digest {digest}: not a SHA-256", "It has 64 digits, as the run that wrote the file printed it."
        )


def check_digest(name: str, content: bytes, digest: str | None) -> None:
    """Raises InputFileError where a file is another one than the digest says; None stands for any file."""
    if digest is not None and digest_of(content) != digest.lower():
        raise InputFileError(
            f"{name}: its sha256 is {digest_of(content)}, not {digest} as --digest says; nothing was asked or changed.",
            "Fetch the file that was reviewed, or review this one.",
        )
