"""What a plan says that it was made under."""

import pytest

from reconciler.guardrails.model import combined_sha256
from tests.unit.guardrails.rails import rails


def test_no_guardrails_have_no_digest() -> None:
    assert combined_sha256(()) is None


def test_digest_of_one_file_is_that_of_its_bytes() -> None:
    one = rails("owners: []")

    assert combined_sha256((one,)) == one.sha256 == "b96f1cfbd5f29f7dab4a24b16ecd0a7b8519d9b22cd3bb451eb0436b87e3493a"


@pytest.mark.parametrize("turned", [False, True])
def test_digests_of_two_files_stand_in_order_whoever_named_them_first(turned: bool) -> None:
    both = (rails("owners: []"), rails("owners: [a]"))

    combined = combined_sha256(reversed(both) if turned else both)

    assert combined == "+".join(sorted(one.sha256 for one in both))


def test_same_file_named_twice_counts_once() -> None:
    assert combined_sha256((rails("owners: []"), rails("owners: []"))) == rails("owners: []").sha256
