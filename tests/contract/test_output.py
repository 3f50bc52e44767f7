"""What `uami output` asks for: the lists of identities, as a plan reads them, and nothing below them."""

from reconciler.workflow.declare import load_declaration
from reconciler.workflow.output import run_output
from reconciler.workflow.plan import run_plan
from tests.contract import saved
from tests.contract.arm import OpenArm

IDENTITIES = "/providers/microsoft.managedidentity/userassignedidentities"


def _lists(asked: list[tuple[str, str]]) -> list[str]:
    return sorted(path.casefold() for _, path in asked if path.casefold().endswith(IDENTITIES))


def test_output_reads_the_lists_that_a_plan_reads_and_no_children(arm: OpenArm) -> None:
    opened = arm(saved.live())

    outputs = run_output(load_declaration(saved.request()), opened.azure, allow_missing=True)
    asked = opened.asked
    run_plan(load_declaration(saved.request()), opened.azure)

    assert [one.address for one in outputs.live] == ["rg-app/id-api", "rg-app/id-same"]
    assert {method for method, _ in asked} == {"GET"}
    assert len(asked) == 4
    assert _lists(asked) == _lists(opened.asked[len(asked) :])
    assert len(_lists(asked)) == 1
