"""The forms in which outputs are written: one file a family, all with the same methods.

A new form is a file in this folder, or a class in one, and two lines here: a member of `OutputFormat`, and its arm in
`output_form`. This module is read with every command line, so it imports a form only when that one is asked for.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, assert_never

if TYPE_CHECKING:
    from reconciler.manifest.desired import DesiredIdentity
    from reconciler.outputs.collect import Outputs
    from reconciler.report.visible import SafeText


class OutputFormat(StrEnum):
    """How outputs are written."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    DOTENV = "dotenv"
    TFVARS = "tfvars"
    CONFIGMAP = "configmap"
    SERVICE_ACCOUNTS = "service-accounts"


class OutputForm(Protocol):
    """One form."""

    def check(self, listed: "Sequence[DesiredIdentity]") -> None:
        """Raise what the manifest alone says against this form, before anything is read.

        Raises:
            UsageError: identities that cannot be told apart in it; ManifestError: what it cannot name.
        """

    def write(self, outputs: "Outputs") -> "SafeText":
        """The whole text, of identities that `check` let pass."""

    def notes(self, outputs: "Outputs", /) -> tuple[str, ...]:
        """What the text leaves out, in words for whoever ran the command."""


def output_form(name: OutputFormat, *, color: bool) -> OutputForm:
    """The form of that name; `color` is for the one that knows colour."""
    match name:
        case OutputFormat.TEXT:
            from reconciler.outputs.formats.text import TextForm

            return TextForm(color)
        case OutputFormat.JSON:
            from reconciler.outputs.formats.documents import JsonForm

            return JsonForm()
        case OutputFormat.YAML:
            from reconciler.outputs.formats.documents import YamlForm

            return YamlForm()
        case OutputFormat.DOTENV:
            from reconciler.outputs.formats.dotenv import DotenvForm

            return DotenvForm()
        case OutputFormat.TFVARS:
            from reconciler.outputs.formats.tfvars import TfvarsForm

            return TfvarsForm()
        case OutputFormat.CONFIGMAP:
            from reconciler.outputs.formats.kubernetes import ConfigMapForm

            return ConfigMapForm()
        case OutputFormat.SERVICE_ACCOUNTS:
            from reconciler.outputs.formats.kubernetes import ServiceAccountsForm

            return ServiceAccountsForm()
    assert_never(name)
