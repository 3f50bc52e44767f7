"""A file is the one that was looked at, or it is refused."""

import hashlib

import pytest

from reconciler.errors import InputFileError, UsageError
from reconciler.files.digest import check_digest, check_digest_flag, digest_of

CONTENT = b"reviewed\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def test_digest_is_what_sha256sum_prints() -> None:
    assert digest_of(CONTENT) == DIGEST


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.upper(), None])
def test_file_that_was_reviewed_passes(digest: str | None) -> None:
    check_digest_flag(digest)
    check_digest("run.jsonl", CONTENT, digest)


def test_other_file_is_refused_with_both_digests() -> None:
    with pytest.raises(InputFileError) as caught:
        check_digest("run.jsonl", CONTENT + b"\n", DIGEST)

    other = digest_of(CONTENT + b"\n")
    assert caught.value.message.startswith(f"run.jsonl: its sha256 is {other}, not {DIGEST} as --digest says;")


@pytest.mark.parametrize("digest", ["", "abc", DIGEST[:-1], f"{DIGEST}0", f"{DIGEST[:-1]}g", f" {DIGEST}"])
def test_text_that_is_no_digest_is_wrong_usage(digest: str) -> None:
    with pytest.raises(UsageError, match="not a SHA-256"):
        check_digest_flag(digest)
