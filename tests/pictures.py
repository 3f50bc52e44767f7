"""Draws the pictures of README.md from what the commands really print: `python -m tests.pictures`.

Needs a Chromium, as `tests/browser` does. The pictures go to `examples/pictures/`, and are committed.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from tests.browser.chromium import find_chromium, opened_browser

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "examples" / "pictures"
EXAMPLE = ROOT / "examples" / "workload-identity"
COMMAND = (sys.executable, "-P", "-m", "reconciler", "plan", "identities.yaml", "--sandbox", "sandbox.json")
FORMATS = ("--format", "html=plan.html", "--format", "markdown=plan.md")
WIDTH = 1000

COMMENT = """<!doctype html><meta charset="utf-8"><style>
body { font: 14px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 860px; margin: 24px auto; padding: 20px;
       border: 1px solid #d1d9e0; border-radius: 6px }
code { background: #eff1f3; border-radius: 4px; padding: 1px 5px; font-size: 12px } ul { padding-left: 22px }
</style>"""
"""About what a code host makes of a comment."""


def main() -> int:
    """Draw all of them."""
    chromium = find_chromium()
    if chromium is None:
        print("no Chromium is installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as name, opened_browser(chromium) as browser:
        folder = Path(name) / "orders"
        shutil.copytree(EXAMPLE, folder)
        subprocess.run([*COMMAND, *FORMATS], cwd=folder, check=True, capture_output=True)
        comment = MarkdownIt("commonmark", {"html": True}).render((folder / "plan.md").read_text(encoding="utf-8"))
        (folder / "comment.html").write_text(COMMENT + comment, encoding="utf-8")
        _photograph(browser, folder / "plan.html", "plan-html.png", height=1100)
        _photograph(browser, folder / "comment.html", "plan-comment.png", height=830)
    return 0


def _photograph(browser: Browser, page_file: Path, name: str, *, height: int) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": height})
    page.goto(page_file.as_uri())
    page.screenshot(path=PICTURES / name)
    page.close()


if __name__ == "__main__":
    sys.exit(main())
