"""The HTML report of many changes: writing it, and opening it in a Chromium.

The yardstick of the latter is a page of the same size in plain text, opened by the same browser in the same run.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from reconciler.report.formats.html import HtmlFormat
from reconciler.report.formats.text import TextFormat
from reconciler.report.rows import Header
from tests.benchmarks.timing import RUNS, print_table, time_ms
from tests.browser.chromium import find_chromium, opened_browser
from tests.browser.pages import large_plan

CHANGES = 5000
BARE = Header("", "")

_LAID_OUT = (
    "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(document.body.offsetHeight))))"
)
"""Resolved once the first picture is drawn."""


def main(changes: int = CHANGES) -> None:
    """Measure and print; every change is of its own, so that none is told together with another."""
    plan = large_plan(changes)
    page, text = HtmlFormat().plan(plan, BARE), TextFormat(color=False).plan(plan, BARE)
    written = {
        "text report (yardstick)": time_ms(lambda: TextFormat(color=False).plan(plan, BARE)),
        "HTML report": time_ms(lambda: HtmlFormat().plan(plan, BARE)),
    }
    title = f"html: {changes} changes, {len(page) / 1e6:.1f} MB, median of {RUNS} runs"
    print_table(title, written, written["text report (yardstick)"])
    chromium = find_chromium()
    if chromium is None:
        print("  opening it was not measured: no Chromium is installed")
        return
    with tempfile.TemporaryDirectory() as folder, opened_browser(chromium) as browser:
        plain, html = Path(folder) / "plan.txt", Path(folder) / "plan.html"
        plain.write_text((text * (len(page) // len(text) + 1))[: len(page)], encoding="utf-8")
        html.write_text(page, encoding="utf-8")
        # By turns, so that a busy machine is as busy for both.
        taken: dict[Path, list[float]] = {plain: [], html: []}
        for _ in range(RUNS):
            for path, times in taken.items():
                times.append(_opening_ms(browser, path))
    opened = {"plain text of the same size, opened (yardstick)": plain, "HTML report, opened": html}
    rows = {name: median(taken[path]) for name, path in opened.items()}
    print_table("  in Chromium, until it is laid out and drawn, wall time", rows, rows[next(iter(rows))])


def _opening_ms(browser: Browser, path: Path) -> float:
    page = browser.new_page()
    try:
        started = time.perf_counter()
        page.goto(path.as_uri())
        page.evaluate(_LAID_OUT)
        return (time.perf_counter() - started) * 1000
    finally:
        page.close()
