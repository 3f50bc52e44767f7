"""Where exported manifests go: one document after the other to stdout, or a file for each group below a directory."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from reconciler.cli.support.output import check_no_token, print_note, print_report
from reconciler.cli.support.signals import settle
from reconciler.errors import UsageError
from reconciler.files.replace import check_directory, write_together
from reconciler.report.parts.hand_over import render_hand_over
from reconciler.report.visible import NOTHING, safe_lines
from reconciler.terraform import FILE_NAME, HandOver, removed_blocks
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
    check_directory(path, flag=_FLAG)
    return path


def write_out(exported: Exported, folder: Path | None, beside: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write the manifests; those for files all or none.

    Args:
        beside: what else is written to the directory: text by name of the file.

    Raises:
        UsageError: one of the files exists already.
        OutputError: they cannot be written.
    """
    if folder is None:
        text = "---\n".join(group.text for group in exported.groups)
        print_report(safe_lines(text.removesuffix("\n").split("\n")) if text else NOTHING)
        return
    contents = {folder / name: text.encode() for name, text in beside.items()}
    for group in exported.groups:
        check_no_token(group.text, "the manifests")
        place = folder / group.group_id.subscription_id / f"{group.group_id.resource_group}.yaml"
        contents[place] = group.text.encode()
    settle()
    write_together(contents, flag=_FLAG, subject=_SUBJECT)
    print_note(*(f"Wrote {place}." for place in contents))


def write_hand_over(exported: Exported, found: HandOver, folder: Path | None) -> None:
    """Write the manifests and the blocks, and say what Terraform lets go of; raises as `write_out` does."""
    if folder is None:
        raise AssertionError("a hand-over without a directory")
    blocks = {FILE_NAME: removed_blocks(found.removed)} if found.removed else {}
    write_out(exported, folder, blocks)
    print_report(render_hand_over(found, str(folder / FILE_NAME) if blocks else None, color=False))
