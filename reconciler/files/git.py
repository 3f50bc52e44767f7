"""Files as they are in a commit, laid out in a folder of their own, so that whoever reads files can read those.

A clone is untrusted where a pipeline takes other people's branches, and so is the name of a commit. So git is asked by
three commands that read objects and nothing else: no index, no checkout, no filter, no text conversion, no hook, no
pager and no network, whatever the configuration says. What it answers is written below one new folder and nowhere else.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reconciler.errors import UsageError
from reconciler.files.read import ON_DISK, Places

_FIXED = (
    *("--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    # A folder with the look of a bare repository, and a configuration, may lie in anybody's branch.
    *("-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never"),
)
_OWN_ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
_PASSED_ON = ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "XDG_CONFIG_HOME")
"""Where git finds its own configuration, which says whose clones it may trust; variables of its own stay out."""

_LONGEST_S = 120
_SUFFIXES = (".yaml", ".yml")
_LINK, _SUBMODULE = "120000", "160000"
_NAME_ONE = "Name paths of one clone."
_FETCH = "Fetch it first: a checkout of a pipeline often has one commit only (`fetch-depth: 0` of actions/checkout)."


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file or a link of a commit; `path` is that from the top of the clone."""

    mode: str
    blob: str
    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the clone that some paths are in.

    Attributes:
        ref: how the caller names it.
        commit: its whole id.
        top: the top folder of the work tree.
        folder: where its files are laid out; it has the same shape as `top`.
    """

    ref: str
    commit: str
    top: Path
    folder: Path
    _paths: frozenset[PurePosixPath]

    def has(self, argument: str) -> bool:
        """Whether a path argument leads to a file or a folder of the commit."""
        path = _within(argument, self.top)
        return any(one == path or path in one.parents for one in self._paths)

    @property
    def places(self) -> Places:
        """Where its files lie, for whoever reads files; each is named as git names one of a commit, `REF:PATH`."""
        return Places(self._path_of, self._root_of, self._shown, f"{self.ref}:")

    def _path_of(self, argument: str) -> Path:
        return self.folder / _within(argument, self.top)

    def _root_of(self, argument: str) -> Path:
        root = ON_DISK.root_of(argument) if Path(argument).parent.exists() else self.top
        return self.folder / root.relative_to(self.top) if root.is_relative_to(self.top) else self.folder

    def _shown(self, message: str) -> str:
        """A message about one of its files, without the folder that nobody knows."""
        return message.replace(str(self.folder), str(self.top))


@contextmanager
def commit_files(ref: str, paths: Sequence[str], *, flag: str, longest: int) -> Iterator[Commit]:
    """The YAML files that a commit has at these paths, and what links lead to, until the end of the block.

    Args:
        flag: how the caller named the commit, for messages, such as `--base`.
        longest: bytes of a file; of a longer one, one byte more is laid out.

    Raises:
        UsageError: there is no git, the paths are in no clone or in several, or it does not have the commit.
    """
    git = shutil.which("git")
    if git is None:
        raise UsageError(f"{flag} {ref}: there is no git here to read a commit with", "Install git.")
    top = _top_of(git, paths, f"{flag} {ref}")
    commit = _commit_of(git, top, ref, flag)
    entries = _entries_of(_ask(git, top, "ls-tree", "-r", "-z", "--full-tree", commit), f"{flag} {ref}")
    arguments = [_within(path, top) for path in paths]
    chosen = _chosen(entries, arguments)
    with tempfile.TemporaryDirectory(prefix="uami-") as made:
        folder = Path(made).resolve()
        contents = _contents(_ask(git, top, "cat-file", "--batch", asked=[one.blob for one in chosen]))
        for argument in arguments:
            if any(argument in one.path.parents for one in entries):
                (folder / argument).mkdir(parents=True, exist_ok=True)
        for entry in chosen:
            if entry.blob not in contents:
                raise UsageError(f"{flag} {ref}: the clone does not have all of that commit: {entry.path}", _FETCH)
            _lay_out(folder / entry.path, entry.mode, contents[entry.blob][: longest + 1])
        yield Commit(ref, commit, top, folder, frozenset(one.path for one in entries))


def _top_of(git: str, paths: Sequence[str], named: str) -> Path:
    """The top of the one work tree that all paths are in."""
    tops = {}
    for path in paths:
        folder = next(one for one in (Path(path).absolute(), *Path(path).absolute().parents) if one.is_dir())
        try:
            tops[Path(os.fsdecode(_ask(git, folder, "rev-parse", "--show-toplevel")).rstrip("\n")).resolve()] = path
        except UsageError as error:
            raise UsageError(f"{named}: {path} is in no clone that git reads: {error}", _NAME_ONE) from error
    if len(tops) > 1:
        raise UsageError(f"{named}: {' and '.join(tops.values())} are in different clones", _NAME_ONE)
    return next(iter(tops))


def _commit_of(git: str, top: Path, ref: str, flag: str) -> str:
    """The id of the commit that a name means."""
    # Git takes what is behind this option for a name, whatever it begins with; no name has a control character.
    if not ref or ref.startswith("-") or not ref.isprintable():
        raise UsageError(f"{flag} {ref!r}: not the name of a commit", "Name one as in `origin/main` or `HEAD~1`.")
    try:
        found = _ask(git, top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except UsageError:
        raise UsageError(f"{flag} {ref}: this clone has no such commit", _FETCH) from None
    return found.decode("ascii", "replace").strip()


def _ask(git: str, folder: Path, *arguments: str, asked: Sequence[str] = ()) -> bytes:
    """What git answers; `asked` are lines for its standard input. Raises UsageError with what it says instead."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        # A fixed list of words and no shell; the one word of the caller's stands where git takes no option.
        ended = subprocess.run(  # noqa: S603
            [git, *_FIXED, *arguments],
            input="".join(f"{one}\n" for one in asked).encode("ascii"),
            capture_output=True,
            cwd=folder,
            env={**passed, **_OWN_ENVIRONMENT},
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git does not answer: {error}") from error
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise UsageError(said or f"git {arguments[0]} failed")
    return ended.stdout


def _entries_of(listed: bytes, named: str) -> list[_Entry]:
    """The files and links of a tree; one whose paths lead elsewhere, as no git makes it, is refused."""
    entries = []
    for line in filter(None, listed.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, _, blob = head.decode("ascii", "replace").split(" ")
        entries.append(_Entry(mode, blob, PurePosixPath(os.fsdecode(name))))
        parts = os.fsdecode(name).split("/")
        if any(part in ("", ".", "..") or part.casefold() == ".git" or "\\" in part for part in parts):
            raise UsageError(f"{named}: the commit has a path that no work tree can have: {os.fsdecode(name)!r}")
    leaves = {one.path for one in entries}
    if len(leaves) < len(entries) or any(leaves.intersection(one.path.parents) for one in entries):
        raise UsageError(f"{named}: the commit has two things of one name")
    return [one for one in entries if one.mode != _SUBMODULE]


def _chosen(entries: Sequence[_Entry], arguments: Sequence[PurePosixPath]) -> list[_Entry]:
    """What is laid out, links last: YAML files and links below the arguments, and all of them where a link is there."""

    def is_asked(entry: _Entry) -> bool:
        return any(entry.path == one or one in entry.path.parents for one in arguments)

    asked = [one for one in entries if is_asked(one)]
    # What leads to an argument, or from below one, may come from anywhere in the clone.
    parents = {parent for one in arguments for parent in (one, *one.parents)}
    has_links = any(one.mode == _LINK for one in asked) or any(
        one.mode == _LINK and one.path in parents for one in entries
    )
    found = [
        one
        for one in (entries if has_links else asked)
        if one.mode == _LINK or one.path in arguments or one.path.suffix.lower() in _SUFFIXES
    ]
    return sorted(found, key=lambda one: one.mode == _LINK)


def _contents(answer: bytes) -> Mapping[str, bytes]:
    """The contents of objects by their ids. Source: git's documentation of `cat-file --batch`."""
    contents, place = {}, 0
    while place < len(answer):
        end = answer.index(b"\n", place)
        words = answer[place:end].decode("ascii", "replace").split(" ")
        place = end + 1
        if len(words) == 3 and words[1] == "blob":
            size = int(words[2])
            contents[words[0]] = answer[place : place + size]
            place += size + 1
    return contents


def _lay_out(path: Path, mode: str, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == _LINK:
        try:
            path.symlink_to(os.fsdecode(content))
            return
        except OSError:
            # As git itself has it where a system knows no links: a file that says where it would lead.
            pass
    path.write_bytes(content)


def _within(argument: str, top: Path) -> PurePosixPath:
    """The place of a path argument from the top of the clone; a link that it names is not followed."""
    path = Path(os.path.normpath(Path(argument).absolute()))
    place = path.parent.resolve() / path.name
    try:
        return PurePosixPath(place.relative_to(top).as_posix())
    except ValueError:
        raise UsageError(f"{argument}: this path leads out of the clone {top}", _NAME_ONE) from None
