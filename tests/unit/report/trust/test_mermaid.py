"""The diagram: what is in it, and that no name gets out of its label."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Directory, FederatedCredential, HeldRole, Membership, Part, Trust
from reconciler.report.trust.mermaid import MAX_EDGES, escaped, render_mermaid, too_large
from tests.unit.report.trust.trusting import EVERYTHING, NOTHING, credential, report
from tests.unit.trusting import AUDIENCE, DATA, GITHUB, READER

_NODE = re.compile(r'  n[0-9]+\["(?:[A-Za-z0-9 \-._/:,()]|#[0-9]+;)*"\]')
_EDGE = re.compile(r"  n[0-9]+ --> n[0-9]+")


def test_subjects_identities_and_roles_are_a_graph() -> None:
    diagram = render_mermaid(report(EVERYTHING, NOTHING))

    assert diagram.splitlines() == [
        "flowchart LR",
        '  n1["rg-app/id-a"]',
        '  n2["GitHub #96;contoso/payments#96;, environment #96;prod#96;"]',
        '  n3["whoever the credential #96;flex#96; means, which this api-version cannot show"]',
        '  n4["virtualMachines vm-a (rg-data)"]',
        '  n5["Reader on rg-data"]',
        '  n6["Contributor on rg-data"]',
        '  n7["group Payments"]',
        '  n8["User.Read.All of Microsoft Graph"]',
        '  n9["rg-app/id-b"]',
        *("  n2 --> n1", "  n3 --> n1", "  n4 --> n1"),
        *("  n1 --> n5", "  n1 --> n6", "  n1 --> n7", "  n1 --> n8"),
    ]


HOSTILE = (
    *('"]', 'x"] --> y', "```\n", "%%{init: {}}%%", "<script>", "](javascript:x)", "#quot;", "##vso[task.complete]"),
    *("a\n  click n1 href", "::error::x", "\x1b[2J", "\u202e", "`**x**`", "end", "\U0001f600"),
)


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), min_size=4, max_size=4))
def test_no_name_gets_out_of_its_label(names: list[str]) -> None:
    subject, name, role, group = names
    hostile = replace(
        EVERYTHING,
        credentials=Part((_trusting(subject), replace(credential(name, None)))),
        roles=Part((HeldRole(role, READER, DATA, removed=False),)),
        directory=Directory(Part((Membership("group", "0b2c", group),)), Part()),
    )

    first, *lines = render_mermaid(report(hostile)).split("\n")[:-1]

    assert first == "flowchart LR"
    assert [line for line in lines if not _NODE.fullmatch(line) and not _EDGE.fullmatch(line)] == []


def _trusting(subject: str) -> FederatedCredential:
    return replace(credential("gh", "prod"), trust=Trust(GITHUB, subject, AUDIENCE))


@given(st.text())
def test_label_is_what_was_written(text: str) -> None:
    shown = re.sub(r"#([0-9]+);", lambda code: chr(int(code[1])), escaped(text))

    assert shown.isprintable()
    assert text.isprintable() <= (shown == text)


def test_diagram_that_is_not_drawn_everywhere_is_remarked() -> None:
    edges = "  n1 --> n2\n" * (MAX_EDGES + 1)

    assert too_large(render_mermaid(report(EVERYTHING))) is None
    assert (too_large(edges) or "").startswith(f"This diagram has {MAX_EDGES + 1} edges and ")
