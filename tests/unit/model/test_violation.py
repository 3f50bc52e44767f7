"""A refusal names what it is about; the error of a refused plan carries each of them."""

from dataclasses import replace

import pytest

from reconciler.errors import ExitCode
from reconciler.model import CredentialId, PlanRefused, Violation
from reconciler.model.ids import AnyId, ResourceGroupId
from tests.builders import address, group_id, resource_id


def violation(about: AnyId | ResourceGroupId | None = None, hint: str = "h", code: str = "code") -> Violation:
    return Violation(code, about, "message", hint)


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (None, ""),
        (group_id(), group_id().address),
        (resource_id("id-a"), address("id-a")),
        (CredentialId(resource_id("id-a"), "main"), f"{address('id-a')}/federatedCredentials/main"),
    ],
)
def test_address_is_the_whole_one_of_what_is_refused(about: AnyId | ResourceGroupId | None, text: str) -> None:
    assert violation(about).address == text


@pytest.mark.parametrize(
    ("violations", "message", "hint"),
    [
        (
            (violation(hint="do this"),),
            "The plan is refused by 1 guard; nothing was changed.",
            "do this",
        ),
        (
            (violation(resource_id("id-a")), violation(resource_id("id-b"))),
            "The plan is refused by 1 guard; nothing was changed.",
            "Each refusal above says what to do about it.",
        ),
        (
            (*(violation(resource_id(name), code="in-use") for name in ("a", "b", "c")), violation()),
            "The plan is refused by 2 guards; nothing was changed.",
            "Each refusal above says what to do about it.",
        ),
        (
            (replace(violation(), is_warning=True),),
            "The plan is refused by 1 warning; nothing was changed.",
            "h",
        ),
        (
            (
                violation(code="in-use"),
                *(replace(violation(resource_id(name)), is_warning=True) for name in ("a", "b")),
            ),
            "The plan is refused by 1 guard and 2 warnings; nothing was changed.",
            "Each refusal above says what to do about it.",
        ),
    ],
)
def test_refused_plan_counts_its_guards_and_not_their_places_and_each_warning(
    violations: tuple[Violation, ...], message: str, hint: str
) -> None:
    error = PlanRefused(violations)

    assert (error.message, error.hint, error.violations) == (message, hint, violations)
    assert (error.code, error.exit_code) == ("plan-refused", ExitCode.REFUSED)
