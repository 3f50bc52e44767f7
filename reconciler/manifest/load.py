"""The one way in: paths to what they declare, or every problem of every file at once.

Each file goes through the same steps (bytes, text, documents, variables, schema, rules), and each step passes on
what it could still understand, so one run reports a syntax error in one file beside a wrong tag in another. Only a
manifest without a single diagnostic becomes a Desired.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from reconciler.errors import Diagnostic, ManifestError, ManifestNotRead, SourcePos
from reconciler.files.kinds import NOT_MANIFESTS, FileKind, kind_of
from reconciler.manifest.declared import DeclaredDocument, read_declared
from reconciler.manifest.desired import Desired
from reconciler.manifest.diagnostics import in_order
from reconciler.manifest.merge import merge_document
from reconciler.manifest.rules.claims import check_group_claims, check_tenant_claims
from reconciler.manifest.rules.rules import check_rules
from reconciler.manifest.rules.schema import check_schema
from reconciler.manifest.yaml.document import Document
from reconciler.manifest.yaml.files import ManifestFile, read_files
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import decode_source
from reconciler.manifest.yaml.variables import replace_variables

PUBLIC_AUDIENCE = "api://AzureADTokenExchange"
"""What tokens are asked for in Azure's public cloud, to be exchanged for those of an identity.

Source: Microsoft Entra documentation (considerations for federated identity credentials).
"""


def load_manifest(
    paths: Sequence[str],
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    stdin: Callable[[], bytes],
    *,
    audience: str = PUBLIC_AUDIENCE,
) -> Desired:
    """What the manifests at these paths declare together.

    Args:
        paths: files, directories or `-`; at least one.
        variables: values of `${NAME}` from the command line.
        environment: asked for `UAMI_VAR_NAME` where `variables` has no NAME.
        stdin: all of the standard input; called only for `-`.
        audience: of federated credentials that name none: the cloud's own.

    Raises:
        ManifestError: anything at all is wrong; carries every diagnostic, in order of place and each once.
    """
    files, diagnostics = read_files(paths, stdin)
    not_read = tuple(diagnostics)
    lines: dict[str, tuple[str, ...]] = {}
    checked: list[_Checked] = []
    for file in files:
        documents, problems = _read_documents(file, lines)
        diagnostics += problems
        checked += [_check(document, variables, environment) for document in documents]
    try:
        return _merge(checked, diagnostics, lines, audience)
    except ManifestError as error:
        if set(error.diagnostics) == set(not_read):
            raise ManifestNotRead(error.diagnostics) from None
        raise


def load_saved(documents: Iterable[Document]) -> Desired:
    """What the manifests of a saved plan declare: they have no variables, name every audience and may have `given`.

    Raises:
        ManifestError: no manifest could declare this; carries every diagnostic, in order of place and each once.
    """
    return _merge([_check(document, {}, {}, saved=True) for document in documents], [], {}, audience="")


_Checked: TypeAlias = tuple[DeclaredDocument, list[Diagnostic]]
"""What a document says, and what is wrong with it."""


def _check(
    document: Document, variables: Mapping[str, str], environment: Mapping[str, str], *, saved: bool = False
) -> _Checked:
    replaced, unresolved = replace_variables(document, variables, environment)
    declared = read_declared(replaced)
    return declared, [*unresolved, *check_schema(replaced, saved=saved), *check_rules(declared)]


def _merge(
    checked: Sequence[_Checked],
    diagnostics: Iterable[Diagnostic],
    lines: Mapping[str, tuple[str, ...]],
    audience: str,
) -> Desired:
    """What documents declare together; raises ManifestError where anything is wrong with their files or with them."""
    declared = [document for document, _ in checked]
    found = [*diagnostics, *(one for _, problems in checked for one in problems)]
    found += [*check_group_claims(declared), *check_tenant_claims(declared)]
    if found:
        raise ManifestError(in_order(found, lines))
    groups = (group for document in declared for group in merge_document(document, audience))
    return Desired(groups=tuple(sorted(groups, key=lambda group: group.group_id.key)))


def _read_documents(file: ManifestFile, lines: dict[str, tuple[str, ...]]) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of a file that say something; its lines are noted for the diagnostics to quote."""
    kind = kind_of(file.content)
    if kind in NOT_MANIFESTS:
        return [], [_not_a_manifest(file, kind)]
    source, problems = decode_source(file.name, file.content)
    if source is None:
        return [], problems
    lines[file.name] = source.lines
    documents, mistakes = parse_documents(source)
    problems += mistakes
    if len(documents) > 1 and documents[-1].is_empty:
        # A `---` after the last document opens another that nobody meant.
        documents.pop()
    if not documents and not problems:
        problems.append(_empty(SourcePos(file.name, 1, 1)))
    problems += [_empty(document.value_pos(())) for document in documents if document.data is None]
    return [document for document in documents if document.data is not None], problems


def _not_a_manifest(file: ManifestFile, kind: FileKind) -> Diagnostic:
    return Diagnostic(
        code="not-a-manifest",
        pos=SourcePos(file.name, 1, 1),
        message=f"this is {kind.value}, not a manifest",
        hint=_TAKEN_BY[kind],
    )


_TAKEN_BY = {
    FileKind.SAVED_PLAN: "`uami show` shows it, and `uami apply` takes it as its only path.",
    FileKind.JOURNAL: "`uami show` shows it, and `uami undo` takes it.",
    FileKind.SANDBOX_STATE: "`--sandbox FILE` takes it, beside the path of a manifest.",
}


def _empty(pos: SourcePos) -> Diagnostic:
    return Diagnostic(
        code="empty-manifest",
        pos=pos,
        message="nothing is declared here",
        hint="Write a manifest, beginning with `version: 1`; to empty a group, list it with `identities: []`.",
    )
