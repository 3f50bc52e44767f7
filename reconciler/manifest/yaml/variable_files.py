"""Files of variables: each a YAML map of names to texts, read by the strict reader of manifests.

A value is taken as it is, so that what is in a file means the same wherever it is used.
"""

from collections.abc import Iterable, Iterator

from reconciler.errors import Diagnostic, InputFileError, ManifestError, SourcePos
from reconciler.files.read import read_argument
from reconciler.manifest.diagnostics import in_order
from reconciler.manifest.reading import mapping
from reconciler.manifest.rules.schema import Vocabulary, check_document, variables_schema
from reconciler.manifest.yaml.document import Document
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import MAX_BYTES, decode_source

_VOCABULARY = Vocabulary(whole="a file of variables")
_HINT = "Write names with their values, such as `cluster: https://oidc.contoso.com/c1/`."


def read_variable_files(files: Iterable[str]) -> dict[str, str]:
    """The variables of all files; of several values of one name, that of the last file counts.

    Raises:
        InputFileError: a file cannot be read.
        ManifestError: one is no map of names to texts; carries every diagnostic of every file.
    """
    variables: dict[str, str] = {}
    problems: list[Diagnostic] = []
    lines: dict[str, tuple[str, ...]] = {}
    for file in files:
        content = read_argument(file, MAX_BYTES)
        if len(content) > MAX_BYTES:
            raise InputFileError(f"{file}: the file is longer than {MAX_BYTES} bytes.", "Split it.")
        source, mistakes = decode_source(file, content)
        problems += mistakes
        if source is None:
            continue
        lines[file] = source.lines
        documents, mistakes = parse_documents(source)
        problems += [*mistakes, *_check(file, documents, is_read=not mistakes)]
        for document in documents:
            variables |= {name: value for name, value in mapping(document.data).items() if isinstance(value, str)}
    if problems:
        raise ManifestError(in_order(problems, lines))
    return variables


def _check(file: str, documents: list[Document], *, is_read: bool) -> Iterator[Diagnostic]:
    if is_read and (not documents or documents[0].data is None):
        yield Diagnostic("empty-variables", SourcePos(file, 1, 1), "no variables stand here", _HINT)
    elif documents:
        yield from check_document(documents[0], variables_schema(), _VOCABULARY)
    for other in documents[1:2]:
        message = "a file of variables has one document, and this is another"
        yield Diagnostic("several-documents", other.value_pos(()), message, "Write all variables in one document.")
