"""What Terraform lets go of and what it keeps, for whoever edits its configuration next."""

from collections.abc import Iterable

from reconciler.model import CredentialId, ResourceId, shell_command
from reconciler.report.page import Page
from reconciler.report.parts.wrap import write_text
from reconciler.report.visible import SafeText
from reconciler.terraform import HandOver, StateAssignment, example_data_source

_NOUNS = (
    (ResourceId, "identity", "identities"),
    (CredentialId, "federated credential", "federated credentials"),
    (StateAssignment, "role assignment", "role assignments"),
)


def render_hand_over(found: HandOver, blocks: str | None, *, color: bool) -> SafeText:
    """What is taken over, what is not and why, and what refers to it.

    Args:
        blocks: the file with the `removed` blocks; None where there is none.
    """
    page = Page(color=color)
    page.line(("Taken over from Terraform: ", "bold"), _counts(found), ".")
    if blocks is not None:
        count = len(found.removed)
        write_text(
            page,
            f"{blocks} has {count} `removed` {'block' if count == 1 else 'blocks'}: put it into the root module, delete"
            " the blocks of these resources, run `terraform plan`, which must destroy nothing, and `terraform apply`."
            " Do that before `uami apply`: as long as Terraform manages them too, it takes back what uami writes.",
        )
    if found.one_by_one:
        _begin(page, "Other instances of these resources stay, and a `removed` block names whole resources only:")
        _list(page, (shell_command("terraform", "state", "rm", one) for one in found.one_by_one))
    if found.left or found.others:
        _begin(page, "Not taken over, and still Terraform's:")
        _list(page, (f"{one.address}: {one.why}" for one in found.left))
        _list(page, (address for address, _ in found.others))
    _write_references(page, found)
    return page.text()


def _counts(found: HandOver) -> str:
    kinds = ((sum(isinstance(one, kind) for one in found.objects), one, more) for kind, one, more in _NOUNS)
    said = [f"{count} {one if count == 1 else more}" for count, one, more in kinds if count]
    return ", ".join(said) or "nothing"


def _write_references(page: Page, found: HandOver) -> None:
    if not found.references:
        return
    _begin(page, "Resources that depend on what is taken over, themselves or through others, as far as the state says:")
    for reference in found.references:
        page.line("  ", reference.resource)
        _list(page, reference.by, indent=4)
    page.line()
    write_text(page, "Where one of them has a credential or a role in its `depends_on`, take it out.")
    identity = next((one.identity for one in found.references if one.identity is not None), None)
    if identity is None:
        return
    write_text(page, "Where one of them names an identity, let it name a data source, such as:")
    page.line()
    for line in example_data_source(identity).splitlines():
        page.line("  ", line)


def _begin(page: Page, title: str) -> None:
    page.line()
    write_text(page, title, style="bold")


def _list(page: Page, lines: Iterable[str], indent: int = 2) -> None:
    for one in lines:
        page.line(" " * indent, one)
