"""Drift as text: the same difference of several identities once, unless each is asked for."""

from reconciler.plan import Plan
from reconciler.report.drift_text import render_drift
from reconciler.report.rows import Header
from tests.builders import desired_group, listed, live_group, plan_of

NOBODY = Header("", "")


def drifted() -> Plan:
    return plan_of(
        desired_group(*(listed(name, tags={"x": "1"}, line=line) for line, name in enumerate("abc", start=7))),
        live_group(*"abc"),
    )


def test_equal_differences_are_told_once() -> None:
    text = render_drift(drifted(), NOBODY, color=False)

    assert text.partition("\n\n")[2] == (
        "Changed: live, but not as listed\n"
        "\n"
        ' ~ 3 identities: tags.x (absent) -> "1"\n'
        "     rg-app (identities.yaml): a:7, b:8, c:9\n"
        "\n"
        "Drift: 0 missing, 0 unexpected, 3 changed.\n"
    )


def test_each_difference_is_told_where_that_is_asked_for() -> None:
    text = render_drift(drifted(), NOBODY, color=False, group=False)

    assert [line for line in text.splitlines() if line.startswith(" ~ ")] == [
        f" ~ rg-app/{name}  differs from the manifest  identities.yaml:{line}"
        for line, name in enumerate("abc", start=7)
    ]
