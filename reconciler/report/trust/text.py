"""Who can become each identity, for people: a block for each, then what is risky, and the numbers last."""

from collections.abc import Iterator

from reconciler.plan.trust import rights_text, who_text
from reconciler.report.impact_rows import membership_text
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.header import write_connection
from reconciler.report.parts.wrap import write_pieces, write_text
from reconciler.report.rows import Header
from reconciler.report.trust.current import IdentityTrust, TrustReport
from reconciler.report.visible import SafeText
from reconciler.report.warnings import write_warnings

_LABEL = 14
_INDENT = 2


def render_trust(report: TrustReport, header: Header, *, color: bool) -> SafeText:
    """The whole report."""
    page, names = Page(color=color), report.names
    write_connection(page, report.cloud, report.subscriptions, header)
    page.line()
    for one in report.identities:
        _write_identity(page, one, names)
    for missing in report.missing:
        page.line((names.identity(missing), "bold"), ("  (not live yet)", "yellow"))
        page.line()
    if report.findings:
        page.line(("Risky trust:", "bold"))
        page.line()
        write_warnings(page, report.findings, names, style="yellow")
        page.line()
    for line in sorted({", ".join(one.not_looked_at) for one in report.identities if one.not_looked_at}):
        write_text(page, f"not looked at: {line}", style="dim")
    page.line((_count_line(report), "bold"))
    return page.text()


def _write_identity(page: Page, one: IdentityTrust, names: Names) -> None:
    page.line((names.identity(one.identity.resource_id), "bold"))
    trusted = [(who_text(who), name) for who, name in one.whos if name]
    for number, (text, name) in enumerate(trusted):
        pieces = [(text, ""), (f"credential {name}", "dim")]
        write_pieces(page, pieces, indent=_LABEL + _INDENT, lead=_label("trusts", number))
    if not trusted:
        unread = one.live.credentials.not_checked is not None
        _write(page, "trusts", ["nobody that could be read" if unread else "nobody"])
    _write(page, "attached to", [who_text(who) for who, name in one.whos if not name])
    rights = [rights_text([right], one.identity.resource_id, names) for right in one.rights]
    _write(page, "roles", rights or ["none" if one.rights_not_read is None else "none that could be read"])
    directory = one.live.directory
    if directory is not None:
        _write(page, "member of", map(membership_text, directory.memberships.found))
        _write(page, "app roles", (f"{role.role} of {role.application}" for role in directory.app_roles.found))
    _write(page, "not read", one.not_read, style="yellow")
    page.line()


def _label(name: str, number: int) -> tuple[str, str]:
    text = "" if number else name
    return (f"{' ' * _INDENT}{text:<{_LABEL}}", "")


def _write(page: Page, name: str, texts: "list[str] | Iterator[str] | tuple[str, ...]", style: str = "") -> None:
    for number, text in enumerate(texts):
        write_text(page, text, indent=_LABEL + _INDENT, lead=[_label(name, number)], style=style)


def _count_line(report: TrustReport) -> str:
    whos = sum(len(one.whos) for one in report.identities)
    counts = [
        f"{len(report.identities)} {'identity' if len(report.identities) == 1 else 'identities'}",
        f"{whos} who can become one",
        f"{len(report.findings)} {'warning' if len(report.findings) == 1 else 'warnings'}",
    ]
    accepted = f" ({report.accepted} more accepted)" if report.accepted else ""
    return f"Trust: {', '.join(counts)}{accepted}."
