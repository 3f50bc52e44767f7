"""Who can become each identity, as a diagram that GitHub, GitLab and Azure DevOps draw: subject, identity, role.

Every label is in double quotes, and whatever in it is neither a plain letter or digit nor what names are made of is
written as the code of its character, which Mermaid shows and never reads: no name can end its label, begin a command, a
comment or a line, become Markdown or HTML, or end the block of a Markdown file that the diagram stands in.

Source: Mermaid documentation, "Flowcharts" (double quotes; entity codes such as `#35;`).
"""

from collections.abc import Iterator

from reconciler.plan.trust import rights_text, who_text
from reconciler.report.impact_rows import membership_text
from reconciler.report.names import Names
from reconciler.report.trust.current import IdentityTrust, TrustReport
from reconciler.report.visible import SafeText, safe_lines, visible

MAX_EDGES, MAX_CHARACTERS = 500, 50_000
"""What Mermaid draws unless it is configured otherwise. Source: Mermaid documentation (`maxEdges`, `maxTextSize`)."""

_PLAIN = frozenset(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/:,()")


def render_mermaid(report: TrustReport) -> SafeText:
    """The diagram; nodes are numbered, so that no name is one."""
    return safe_lines(_lines(report))


def too_large(text: str) -> str | None:
    """Why a diagram is not drawn everywhere; None where it is."""
    edges = text.count(" --> ")
    if edges <= MAX_EDGES and len(text) <= MAX_CHARACTERS:
        return None
    return (
        f"This diagram has {edges} edges and {len(text)} characters; where nothing else is configured, Mermaid draws"
        f" {MAX_EDGES} edges and {MAX_CHARACTERS} characters. Name fewer identities with --target."
    )


def _lines(report: TrustReport) -> Iterator[str]:
    names, nodes = report.names, _Nodes()
    edges = [
        edge
        for one in report.identities
        for identity in [nodes.of("identity", names.identity(one.identity.resource_id))]
        for edge in (
            *((nodes.of("who", who_text(who)), identity) for who, _ in one.whos),
            *((identity, nodes.of("right", text)) for text in _rights(one, names)),
        )
    ]
    yield "flowchart LR"
    yield from (f'  {name}["{escaped(text)}"]' for text, name in nodes.labels())
    yield from (f"  {begin} --> {end}" for begin, end in edges)


def _rights(one: IdentityTrust, names: Names) -> Iterator[str]:
    """What an identity may do, and where, as its own subscription sees it."""
    yield from (rights_text([right], one.identity.resource_id, names) for right in one.rights)
    directory = one.live.directory
    if directory is not None:
        yield from (membership_text(member) for member in directory.memberships.found)
        yield from (f"{role.role} of {role.application}" for role in directory.app_roles.found)


class _Nodes:
    """The nodes of a diagram: one for each label of a kind, by numbers in the order in which they come."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def of(self, kind: str, label: str) -> str:
        """The name of the node with a label."""
        return self._names.setdefault((kind, label), f"n{len(self._names) + 1}")

    def labels(self) -> Iterator[tuple[str, str]]:
        """Label and name of each node."""
        return ((label, name) for (_, label), name in self._names.items())


def escaped(text: str) -> str:
    """A label as it may stand between double quotes."""
    return "".join(char if char in _PLAIN else f"#{ord(char)};" for char in visible(text))
