"""The shell blocks of README.md and of the examples' READMEs: what they are, and how they are run as they stand.

A comment right before a block says why a test only parses it: `<!-- azure -->` where it needs Azure itself, and
`<!-- install -->` (also `quickstart` and `tests`, which `.ci/run` carries out) where it installs something.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "examples").glob("*/README.md")))
MARKS = ("azure", "install", "quickstart", "tests")
OWN_FOLDERS = ("sandbox-with-az", "sandbox-with-terraform")
"""Examples whose text says that they are run in their own folder; all others begin at the top of the repository."""

_BLOCK = re.compile(r"(?:^ *<!-- (\w+) -->\n)?^( *)```sh\n(.*?)^\2```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A shell block of a document; `mark` is the word of the comment before it, "" for none."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What a script did: its exit code, stdout, and what a terminal showed of the rest."""

    code: int
    stdout: str
    screen: str


def blocks_of(document: Path) -> list[Block]:
    """Every shell block of a document, in its order."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [Block(mark, textwrap.dedent(text)) for mark, _, text in found]


def copy_of_repository(folder: Path) -> Path:
    """What somebody has who cloned the repository, as far as documents speak of it: README.md and the examples."""
    copy = folder / "repository"
    shutil.copytree(ROOT / "examples", copy / "examples")
    shutil.copy(ROOT / "README.md", copy)
    return copy


def run_script(
    script: str, folder: Path, *, first_on_path: tuple[Path, ...] = (), longest_s: float = 240, answer: str = "yes\n"
) -> Ended:
    """Run a script in bash at a terminal on which the answer to every question is typed already.

    Whatever fails or takes too long, what it started in the background ends with it.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ARM_", "AZURE_", "IDENTITY_"))}
    path = os.pathsep.join((*map(str, first_on_path), str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**own, "PATH": path, "XDG_STATE_HOME": str(folder / "state")}
    whole = f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"
    output = folder / "stdout"
    terminal, end_of_script = pty.openpty()
    with output.open("wb") as stdout:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", whole],
            cwd=folder,
            env=environment,
            stdin=end_of_script,
            stdout=stdout,
            stderr=end_of_script,
            start_new_session=True,
        )
    os.close(end_of_script)
    try:
        os.write(terminal, answer.encode())
        screen = _watch(process, terminal, time.monotonic() + longest_s)
    finally:
        os.close(terminal)
    return Ended(process.returncode, output.read_text(encoding="utf-8"), screen)


def _watch(process: "subprocess.Popen[bytes]", terminal: int, until: float) -> str:
    """Read the screen of a process until it ends; one that takes too long is ended."""
    seen = b""
    while process.poll() is None:
        if time.monotonic() > until:
            process.terminate()
            process.wait(30)
            break
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # Linux says so where nobody holds the other end any more
                process.wait(max(1, until - time.monotonic()))
    while select.select([terminal], [], [], 0)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    return seen.decode(errors="replace").replace("\r\n", "\n")
