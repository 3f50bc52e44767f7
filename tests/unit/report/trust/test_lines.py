"""Rows as lines: alone, or once for several identities or for several who can become one."""

from reconciler.model import AttachedResource, LiveTrust, Part
from reconciler.plan import Plan
from reconciler.report.names import names_of
from reconciler.report.trust import TrustLine, plan_lines
from tests.builders import listed, resource_id
from tests.unit.trusting import CONTRIBUTOR, DATA, lives, plan_for, role, trusted

WHO = "After this, GitHub `contoso/payments`, environment `prod`,"


def lines(plan: Plan, *, group: bool = True) -> tuple[TrustLine, ...]:
    return plan_lines(plan, names_of(plan), group=group)


def many(number: int) -> Plan:
    return plan_for(
        *(listed(f"id-{one}", federated_credentials=trusted(line=one + 7, gh="prod")) for one in range(number))
    )


def test_row_is_a_line_with_its_place() -> None:
    assert lines(many(1)) == (
        TrustLine(f"{WHO} can act as rg-app/id-0, which has no role.", True, "identities.yaml:7"),
    )


def test_what_is_said_of_three_identities_is_told_once() -> None:
    (line,) = lines(many(3))

    assert line.text == f"{WHO} can act as 3 identities, which have no role."
    assert line.members == tuple((resource_id(f"id-{one}"), f"identities.yaml:{one + 7}") for one in range(3))
    assert len(lines(many(2))) == 2
    assert len(lines(many(3), group=False)) == 3


def test_several_who_gain_the_same_are_told_once() -> None:
    vms = [AttachedResource(f"{DATA}/providers/Microsoft.Compute/virtualMachines/vm-{one}") for one in range(3)]
    plan = plan_for(
        listed("id-a", role_assignments=[role(CONTRIBUTOR)]),
        live=["id-a"],
        trust={"id-a": LiveTrust(Part(lives("id-a", gh="prod")), None, Part(tuple(vms)))},
    )

    (line,) = lines(plan)

    assert line.text == "After this, each of these 4, which can act as rg-app/id-a, also has Contributor on rg-data."
    assert line.whos == ("GitHub `contoso/payments`, environment `prod`", *(one.text for one in vms))
    assert len(lines(plan, group=False)) == 4


def test_loss_is_no_gain() -> None:
    plan = plan_for(
        listed("id-a", federated_credentials=[]),
        live=["id-a"],
        credentials=lives("id-a", gh="prod"),
        trust={"id-a": LiveTrust(Part(lives("id-a", gh="prod")), Part())},
    )

    assert [line.is_gain for line in lines(plan)] == [False]
