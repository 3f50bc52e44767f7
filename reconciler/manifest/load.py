"""The one way in: paths to what they declare, or every problem of every file at once.

Each file goes through the same steps (bytes, text, documents, variables, defaults, schema, rules), and each step passes
on what it could still understand, so one run reports a syntax error in one file beside a wrong tag in another. Only a
manifest without a single diagnostic becomes a Desired.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import Diagnostic, ManifestError, ManifestNotRead, SourcePos
from reconciler.files.kinds import NOT_MANIFESTS, FileKind, kind_of
from reconciler.manifest.declared import DeclaredDocument, read_declared
from reconciler.manifest.desired import Desired
from reconciler.manifest.diagnostics import in_order
from reconciler.manifest.finding import Finding
from reconciler.manifest.merge import merge_document
from reconciler.manifest.rules.claims import check_group_claims, check_tenant_claims
from reconciler.manifest.rules.rules import check_rules
from reconciler.manifest.rules.schema import check_schema, top_keys
from reconciler.manifest.rules.texts import find_doubtful_texts
from reconciler.manifest.yaml.defaults import spread_defaults
from reconciler.manifest.yaml.document import Document, without_own_keys
from reconciler.manifest.yaml.files import ManifestFile, no_manifest, read_files
from reconciler.manifest.yaml.recognize import is_guardrails, is_of_another_tool
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import SourceText, decode_source
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
    on_skipped: Callable[[Sequence[str]], None] | None = None,
) -> Desired:
    """What the manifests at these paths declare together.

    Args:
        paths: files, directories or `-`; at least one.
        variables: values of `${NAME}` from the command line.
        environment: asked for `UAMI_VAR_NAME` where `variables` has no NAME.
        stdin: all of the standard input; called only for `-`.
        audience: of federated credentials that name none: the cloud's own.
        on_skipped: called with the names of files below directories that are no manifests, also before an error.

    Raises:
        ManifestError: anything at all is wrong; carries every diagnostic, in order of place and each once.
    """
    return load_files(read_files(paths, stdin), variables, environment, audience=audience, on_skipped=on_skipped)


def load_files(
    read: tuple[Sequence[ManifestFile], Sequence[Diagnostic]],
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    *,
    audience: str = PUBLIC_AUDIENCE,
    on_skipped: Callable[[Sequence[str]], None] | None = None,
) -> Desired:
    """As `load_manifest`, for files that were read, and what could not be, as `read_files` gives them."""
    files, diagnostics = read[0], list(read[1])
    not_read = tuple(diagnostics)
    sources: dict[str, SourceText] = {}
    checked: list[_Checked] = []
    skipped: list[ManifestFile] = []
    for file in files:
        found = _manifests_in(file, sources)
        if found is None:
            skipped.append(file)
            continue
        documents, problems = found
        diagnostics += problems
        checked += _check_all(documents, variables, environment)
    names = tuple(file.name for file in skipped)
    if on_skipped is not None:
        on_skipped(names)
    diagnostics += _without_a_manifest(files, skipped)
    try:
        return replace(_merge(checked, diagnostics, sources, audience), skipped_files=names)
    except ManifestError as error:
        if set(error.diagnostics) == set(not_read):
            raise ManifestNotRead(error.diagnostics) from None
        raise


def _without_a_manifest(files: Sequence[ManifestFile], skipped: Sequence[ManifestFile]) -> Iterator[Diagnostic]:
    """The directories in which everything is of other tools: whoever names one expects a manifest there."""
    for directory in dict.fromkeys(file.directory for file in skipped):
        below = [file for file in files if file.directory == directory]
        if all(file in skipped for file in below):
            yield no_manifest(directory)


def load_saved(documents: Iterable[Document]) -> Desired:
    """What the manifests of a saved plan declare: they have no variables, name every audience and may have `given`.

    Raises:
        ManifestError: no manifest could declare this; carries every diagnostic, in order of place and each once.
    """
    return _merge([_check(document, {}, {}, saved=True) for document in documents], [], {}, audience="")


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a document says, what is wrong with it, and what is odd about how it is written."""

    declared: DeclaredDocument
    problems: tuple[Diagnostic, ...]
    texts: tuple[Finding, ...]


def _check_all(
    documents: list[Document], variables: Mapping[str, str], environment: Mapping[str, str]
) -> list[_Checked]:
    """What documents say; the list is emptied, since nothing else of a large manifest should stay in memory."""
    checked = [_check(document, variables, environment) for document in documents]
    documents.clear()
    return checked


def _check(
    document: Document, variables: Mapping[str, str], environment: Mapping[str, str], *, saved: bool = False
) -> _Checked:
    replaced, problems = replace_variables(document if saved else without_own_keys(document), variables, environment)
    if not saved:
        replaced, mistakes = spread_defaults(replaced)
        problems += mistakes
    declared = read_declared(replaced)
    problems += [*check_schema(replaced, saved=saved), *check_rules(declared)]
    return _Checked(declared, tuple(problems), () if problems else find_doubtful_texts(replaced))


def _merge(
    checked: Sequence[_Checked],
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, SourceText],
    audience: str,
) -> Desired:
    """What documents declare together; raises ManifestError where anything is wrong with their files or with them."""
    declared = [one.declared for one in checked]
    found = [*diagnostics, *(problem for one in checked for problem in one.problems)]
    found += [*check_group_claims(declared), *check_tenant_claims(declared)]
    if found:
        raise ManifestError(in_order(found, {name: source.lines for name, source in sources.items()}))
    groups = (group for document in declared for group in merge_document(document, audience))
    return Desired(
        groups=tuple(sorted(groups, key=lambda group: group.group_id.key)),
        texts=tuple(text for one in checked for text in one.texts),
    )


def _manifests_in(file: ManifestFile, sources: dict[str, SourceText]) -> tuple[list[Document], list[Diagnostic]] | None:
    """The documents of a file, or the one thing to say of a file that is no manifest.

    None where it lies below a folder argument, and nobody meant it.
    """
    kind = kind_of(file.content)
    if kind in NOT_MANIFESTS:
        return [], [_not_a_manifest(file, kind)]
    documents, problems = _read_documents(file, sources)
    rails = not problems and is_guardrails(documents)
    if file.directory and (rails or is_of_another_tool(file.content, documents, whole=not problems)):
        return None
    if rails:
        return [], [_not_a_manifest(file, FileKind.GUARDRAILS)]
    if not problems and documents and not any(map(_has_our_keys, documents)):
        return [], [_of_another_tool(file)]
    return documents, problems


def _read_documents(file: ManifestFile, sources: dict[str, SourceText]) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of a file that say something; its text is noted for the diagnostics to quote."""
    source, problems = decode_source(file.name, file.content)
    if source is None:
        return [], problems
    sources[file.name] = source
    documents, mistakes = parse_documents(source)
    problems += mistakes
    if len(documents) > 1 and documents[-1].is_empty:
        # A `---` after the last document opens another that nobody meant.
        documents.pop()
    if not documents and not problems:
        problems.append(_empty(SourcePos(file.name, 1, 1)))
    problems += [_empty(document.value_pos(())) for document in documents if document.data is None]
    return [document for document in documents if document.data is not None], problems


def _has_our_keys(document: Document) -> bool:
    """Whether a document is at least begun as a manifest is; what is no mapping is told of as such."""
    return not isinstance(document.data, dict) or any(key in top_keys() for key in document.data)


def _of_another_tool(file: ManifestFile) -> Diagnostic:
    """What is said of a file that is named itself: what else is wrong with it says nothing to whoever named it."""
    return Diagnostic(
        code="not-a-manifest",
        pos=SourcePos(file.name, 1, 1),
        message="this is no uami manifest: it has no key of one",
        hint="Name a manifest. `uami explain` tells what one has.",
    )


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
    FileKind.GUARDRAILS: "`--guardrails FILE` takes it, beside the path of a manifest.",
    FileKind.SANDBOX_STATE: "`--sandbox FILE` takes it, beside the path of a manifest.",
    FileKind.METRICS: "Prometheus reads it; name a manifest.",
}


def _empty(pos: SourcePos) -> Diagnostic:
    return Diagnostic(
        code="empty-manifest",
        pos=pos,
        message="nothing is declared here",
        hint="Write a manifest, beginning with `version: 1`; to empty a group, list it with `identities: []`.",
    )
