"""Whether a token matches, for people: its claims, then the credential that matches, or what keeps it from the nearest
one, with marks below the characters that differ."""

from collections.abc import Sequence

from reconciler.logins.compare import Candidate, Comparison, Difference, Field, time_text
from reconciler.logins.spans import Span
from reconciler.logins.verdict import LoginReport
from reconciler.manifest.trust.decoded import CLOUD_AUDIENCES, decode
from reconciler.model import AddressBook, Trust
from reconciler.report.page import Page, width
from reconciler.report.parts.wrap import write_text
from reconciler.report.visible import SafeText, visible

_LABEL = 14
_INDENT = 4


def render_login(report: LoginReport, book: AddressBook, *, color: bool) -> SafeText:
    """The whole report."""
    page = Page(color=color)
    _write_claims(page, report)
    page.line()
    for note in report.notes:
        write_text(page, note, style="dim")
    if report.notes:
        page.line()
    for one in report.basis.timing:
        _write_difference(page, one, ("token", "login at"))
    for match in report.basis.matches:
        page.line(("Matches ", "green"), (_name(match, book), "bold"))
    if report.basis.matches:
        page.line()
    if report.basis.nearest is not None:
        _write_nearest(page, report, book)
    advice = list(report.advice)
    for sentence in advice:
        write_text(page, sentence, indent=2, lead=[("- ", "")])
    if advice:
        page.line()
    page.line((_last_line(report), "bold"))
    return page.text()


def _write_claims(page: Page, report: LoginReport) -> None:
    claims = report.claims
    audience = ", ".join(claims.audiences) or "none"
    rows = {
        "Token": report.source,
        "Issuer": claims.issuer,
        "Subject": claims.subject,
        "Audience": f"{audience}  (as asked for by this command)" if report.audience_was_asked else audience,
        "Expires": "the token does not say" if claims.expires_at is None else time_text(claims.expires_at),
        "Means": decode(Trust(claims.issuer, claims.subject, min(CLOUD_AUDIENCES))).text,
        "Ids": ", ".join(f"{name} {value}" for name, value in claims.ids),
    }
    for label, text in rows.items():
        if text:
            page.line(f"{label:<{_LABEL}}", text)


def _write_nearest(page: Page, report: LoginReport, book: AddressBook) -> None:
    nearest = report.basis.nearest
    if nearest is None:
        return
    page.line("The nearest is ", (_name(nearest.candidate, book), "bold"))
    page.line()
    side = "Azure" if nearest.candidate.is_live else "manifest"
    for one in nearest.differences:
        _write_difference(page, one, ("login" if one.field is Field.TENANT else "token", side))
    if nearest.code != nearest.differences[0].code:
        other = "another credential of the identity has more of what it looks at first"
        write_text(page, f"Microsoft Entra answers {nearest.code}: {other}.", indent=2, lead=[("  ", "")])
        page.line()


def _write_difference(page: Page, one: Difference, sides: tuple[str, str]) -> None:
    place = f"  {one.place}" if one.place is not None else ""
    page.line(("  ", ""), (one.field.value, "bold red"), (place, ""), (f"  {one.code}", "dim"))
    for side, value, spans in zip(
        sides, (one.token, one.credential), (one.token_spans, one.credential_spans), strict=True
    ):
        page.line(" " * _INDENT, f"{side:<10}", value or "(none)")
        marks = marks_below(value, spans)
        if marks:
            page.line(" " * (_INDENT + 10), (marks, "red"))
    write_text(page, one.why, indent=_INDENT, lead=[(" " * _INDENT, "")])
    page.line()


def marks_below(text: str, spans: Sequence[Span]) -> str:
    """`^` below each character of the spans, as wide as it is shown; below an empty span, where something is missing,
    below the character that follows it."""
    marked = {at for start, stop in spans for at in range(start, max(stop, start + 1))}
    # What stands at the end of a text, behind its last character, has a column of its own.
    shown = [*(visible(char) for char in text), " "]
    line = "".join(("^" if at in marked else " ") * width(one) for at, one in enumerate(shown))
    return line.rstrip()


def _name(one: Candidate, book: AddressBook) -> str:
    place = f" ({one.place})" if one.place is not None else " (not in the manifest)"
    return f"{book.short(one.credential_id)}{place}"


def _last_line(report: LoginReport) -> str:
    compared, where = report.basis.compared, "that live" if report.live is not None else "of the manifest"
    of = f"{compared} {'credential' if compared == 1 else 'credentials'} {where}"
    return f"Login: {_outcome(report.basis)}, of {of}."


def _outcome(basis: Comparison) -> str:
    if basis.succeeds:
        return f"{len(basis.matches)} {'match' if len(basis.matches) == 1 else 'matches'}"
    return "matched, but not at this time" if basis.matches else "no match"
