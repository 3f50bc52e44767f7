"""The section of a plan on trust and rights."""

from reconciler.plan import Plan
from reconciler.report.names import names_of
from reconciler.report.page import Page
from reconciler.report.parts.trust import write_trust
from tests.builders import listed
from tests.unit.trusting import plan_for, trusted


def said(plan: Plan) -> str:
    page = Page(color=False)
    write_trust(page, plan, names_of(plan), group=True)
    return page.text()


def test_plan_that_changes_neither_has_no_section() -> None:
    assert said(plan_for(listed("id-a"), live=["id-a"])) == ""


def test_sentence_has_its_sign_and_its_place() -> None:
    assert said(plan_for(listed("id-a", federated_credentials=trusted(gh="prod")))) == (
        "Trust and rights:\n"
        "\n"
        " + After this, GitHub `contoso/payments`, environment `prod`, can act as\n"
        "   rg-app/id-a, which has no role.  identities.yaml:7\n"
        "\n"
    )


def test_identities_of_a_sentence_stand_below_it() -> None:
    text = said(plan_for(*(listed(f"id-{one}", federated_credentials=trusted(gh="prod")) for one in range(3))))

    assert text.endswith("   rg-app (identities.yaml:7): id-0, id-1, id-2\n\n")


def test_name_cannot_forge_a_line() -> None:
    text = said(plan_for(listed("id-a", federated_credentials=trusted(gh="x\n::error::forged\x1b[2J"))))

    assert "\n::" not in text
    assert "\x1b" not in text
