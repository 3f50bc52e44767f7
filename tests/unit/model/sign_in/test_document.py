"""A sign-in survives its document."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.sign_in.document import last_sign_in_document, read_last_sign_in
from reconciler.model.sign_in.last import LastSignIn, SignIn

DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
SIGN_INS = st.builds(
    SignIn,
    st.integers(0, 10**8).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
    st.text(max_size=5),
    st.booleans(),
    st.none() | st.just("main"),
)
KNOWN = st.builds(
    LastSignIn,
    DAYS,
    st.none() | SIGN_INS,
    st.none() | DAYS,
    st.lists(DAYS, max_size=2).map(tuple),
    st.none() | st.text(max_size=5),
)


@given(KNOWN)
def test_what_is_known_survives_its_document(known: LastSignIn) -> None:
    assert read_last_sign_in(last_sign_in_document(known)) == known


def test_day_that_is_none_is_an_error() -> None:
    document = {**last_sign_in_document(LastSignIn(date(2026, 1, 1))), "log_since": "2026-02-30"}

    with pytest.raises(ValueError, match="day"):
        read_last_sign_in(document)
