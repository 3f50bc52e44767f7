"""Outputs for people: a block of lines for each identity, with whole ids that can be copied."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.manifest.desired import DesiredIdentity
from reconciler.outputs.collect import Outputs
from reconciler.report.page import Page
from reconciler.report.parts.header import write_connection
from reconciler.report.visible import SafeText

_SHOWN = ("client_id", "principal_id", "tenant_id", "resource_id", "location")
_COLUMN = 14


@dataclass(frozen=True, slots=True)
class TextForm:
    """Lines for people."""

    color: bool

    def check(self, listed: Sequence[DesiredIdentity]) -> None:
        """Nothing to say: each identity stands under its address."""

    def write(self, outputs: Outputs) -> SafeText:
        """Where it looked, and the identities by address."""
        page = Page(color=self.color)
        write_connection(page, outputs.cloud, outputs.subscriptions, outputs.header)
        for one in outputs.identities:
            page.line()
            page.line((one.address, "bold"), *([] if one.live else [("  (not live yet)", "yellow")]))
            for key, value in one.values.items():
                if key in _SHOWN and one.live is not None:
                    page.line(f"  {key.replace('_', ' '):<{_COLUMN}}", str(value))
        if not outputs.identities:
            page.line()
            page.line("No identity is listed.")
        return page.text()

    def notes(self, _: Outputs) -> tuple[str, ...]:
        """Nothing: the text itself says which identities are not live yet."""
        return ()
