"""The machine's own Chromium, driven by Playwright: it downloads none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

SWITCHES = (
    "--no-sandbox",  # a container's root may have no other; what is opened is our own
    "--disable-gpu",
    "--disable-background-networking",
)


def find_chromium() -> str | None:
    """The path of a Chromium; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def opened_browser(executable: str) -> Iterator[Browser]:
    """A headless one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()
