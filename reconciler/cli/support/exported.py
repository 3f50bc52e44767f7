"""Where exported manifests go: one document after the other to stdout, or a file for each group below a directory."""

from pathlib import Path

from reconciler.cli.support.output import check_no_token, print_note, print_report
from reconciler.cli.support.signals import settle
from reconciler.errors import UsageError
from reconciler.files.replace import check_folder, write_together
from reconciler.report.visible import NOTHING, safe_lines
from reconciler.workflow.export import Exported

_FLAG = "-o"
_SUBJECT = "the manifests"
_FORMATS = ("json", "yaml", "text", "table")
"""What `-o` means to az and kubectl."""


def check_out(out: str) -> Path:
    """The directory to write below; raises UsageError where there is none, before anything is read."""
    path = Path(out)
    if out in _FORMATS:
        raise UsageError(
            f"--out {out}: a format where a directory belongs",
            f"A manifest is always YAML. For a directory of that name write --out ./{out}.",
        )
    check_folder(path / _SUBJECT, flag=_FLAG, subject=_SUBJECT)
    return path


def write_out(exported: Exported, folder: Path | None) -> None:
    """Write the manifests; those for files all or none.

    Raises:
        UsageError: one of the files exists already.
        OutputError: they cannot be written.
    """
    if folder is None:
        text = "---\n".join(group.text for group in exported.groups)
        print_report(safe_lines(text.removesuffix("\n").split("\n")) if text else NOTHING)
        return
    contents = {}
    for group in exported.groups:
        check_no_token(group.text, "the manifests")
        place = folder / group.group_id.subscription_id / f"{group.group_id.resource_group}.yaml"
        contents[place] = group.text.encode()
    settle()
    write_together(contents, flag=_FLAG, subject=_SUBJECT)
    print_note(*(f"Wrote {place}." for place in contents))
