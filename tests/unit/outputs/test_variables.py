"""What identities are called as variables, and that no two are called the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.outputs.variables import check_one_each, variable_stem, variables_of
from tests.builders import listed
from tests.unit.outputting import CLIENT, living, outputs_of

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{2,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "stem"),
    [("id-payments-api", "ID_PAYMENTS_API"), ("Id_Mixed", "ID_MIXED"), ("1st-id", "_1ST_ID"), ("a--", "A__")],
)
def test_stem_is_the_name_in_capitals(name: str, stem: str) -> None:
    assert variable_stem(name) == stem


@given(NAMES)
def test_stem_is_a_name_that_every_shell_takes(name: str) -> None:
    stem = variable_stem(name)

    assert stem.isascii()
    assert stem.isidentifier()
    assert stem == stem.upper()


@given(st.lists(NAMES, min_size=2, max_size=5, unique_by=variable_stem))
def test_identities_that_are_let_pass_share_no_variable(names: list[str]) -> None:
    identities = [listed(name) for name in names]
    outputs = outputs_of(identities, [living(name) for name in names])

    check_one_each("--format dotenv", identities, variable_stem)

    variables = [name for name, _ in variables_of(outputs.identities)]
    assert len(variables) == len(set(variables)) == 4 * len(names)


def test_identity_that_is_not_live_has_no_variables() -> None:
    outputs = outputs_of([listed("id-a"), listed("id-b")], [living("id-b", 3)])

    assert next(variables_of(outputs.identities)) == ("ID_B_CLIENT_ID", CLIENT.format(3))


def test_all_identities_that_would_share_a_variable_are_named_with_the_way_out() -> None:
    identities = [
        *(listed("id-a", line=4), listed("ID_A", group="rg-b", line=7), listed("id-b")),
        *(listed("id-c"), listed("id-c", group="rg-b", line=9)),
    ]

    with pytest.raises(UsageError) as raised:
        check_one_each("--format dotenv", identities, variable_stem)

    assert raised.value.lines == (
        "--format dotenv would give several identities the same name:",
        "  ID_A: rg-app/id-a (identities.yaml:4:9), rg-b/ID_A (identities.yaml:7:9)",
        "  ID_C: rg-app/id-c (identities.yaml:5:9), rg-b/id-c (identities.yaml:9:9)",
    )
    assert "--target rg-app/id-a" in raised.value.hint
