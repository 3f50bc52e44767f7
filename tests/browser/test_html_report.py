"""The HTML report in a headless Chromium: readable without script, by keyboard, at any width and in both schemes; no
request, no error, and nothing of what others wrote is more than text.
"""

import importlib.resources
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from reconciler.report.visible import visible
from tests.browser.chromium import find_chromium, opened_browser
from tests.browser.pages import HOSTILE, all_pages, write_pages

CHROMIUM = find_chromium()
AXE = (importlib.resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
NAMES = tuple(name for name, _ in all_pages())

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
NARROW, WIDE = 400, 1280

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the whole module."""
    with opened_browser(str(CHROMIUM)) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each page as a file."""
    return write_pages(tmp_path_factory.mktemp("pages"))


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = WIDE, scheme: Scheme = "light", script: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """The page, and what goes wrong with it: what the console says, errors, requests but for the file."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))

    page.on("request", lambda request: wrong.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    yield page, wrong
    context.close()


@pytest.mark.parametrize("name", NAMES)
def test_page_is_whole_without_script_and_asks_for_nothing(browser: Browser, files: dict[str, Path], name: str) -> None:
    with opened(browser, files[name]) as (page, wrong):
        plain = page.inner_text("body")
    with opened(browser, files[name], script=True) as (page, wrong_with_script):
        with_script = page.inner_text("body")

    assert plain == with_script
    assert len(plain) > 50
    assert wrong == []
    assert wrong_with_script == []


@pytest.mark.parametrize("name", NAMES)
def test_page_is_never_wider_than_the_window(browser: Browser, files: dict[str, Path], name: str) -> None:
    for width in (NARROW, WIDE):
        with opened(browser, files[name], width=width) as (page, _):
            _open_all(page)
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width
            outside = "(width) => [...document.querySelectorAll('main *, header *')].filter((one) => {"
            outside += (
                " const box = one.getBoundingClientRect(); return box.width > 1 && box.right > width + 1; }).length"
            )
            assert page.evaluate(outside, width) == 0


@pytest.mark.parametrize("name", [name for name in NAMES if name != "large"])
def test_page_is_usable_with_a_screen_reader(browser: Browser, files: dict[str, Path], name: str) -> None:
    for scheme in SCHEMES:
        with opened(browser, files[name], scheme=scheme, script=True) as (page, _):
            page.evaluate(AXE)
            _open_all(page)
            found = page.evaluate("axe.run({resultTypes: ['violations']}).then((result) => result.violations)")
            bad = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
            assert bad == []


def test_rule_of_contrast_is_one_that_finds_something(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["plan"], script=True) as (page, _):
        page.evaluate(AXE)
        page.evaluate("document.querySelector('h1').style.color = '#ddd'")
        found = page.evaluate("axe.run(document).then((result) => result.violations)")
        checked = page.evaluate("axe.run(document).then((result) => result.passes)")

    assert "color-contrast" in [one["id"] for one in found]
    assert len(next(one["nodes"] for one in checked if one["id"] == "color-contrast")) > 20


def test_dark_is_dark_and_light_is_light(browser: Browser, files: dict[str, Path]) -> None:
    colors = {}
    for scheme in SCHEMES:
        with opened(browser, files["plan"], scheme=scheme) as (page, _):
            colors[scheme] = [_brightness(page, name) for name in ("backgroundColor", "color")]

    assert colors["light"][0] > 230 > 80 > colors["light"][1]
    assert colors["dark"][0] < 40 < 200 < colors["dark"][1]


def test_print_is_dark_on_white_with_all_that_is_closed(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["large"], scheme="dark") as (page, _):
        closed = page.locator("details.block:not([open]) dl").first
        assert not closed.is_visible()
        page.emulate_media(media="print", color_scheme="dark")

        assert closed.bounding_box() is not None
        assert page.evaluate("document.querySelector('details:not([open]) dl').checkVisibility()")
        assert _brightness(page, "backgroundColor") == 255
        assert _brightness(page, "color") < 40


def test_every_part_is_opened_by_keyboard(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["plan"]) as (page, _):
        focused = []
        for _ in range(page.locator("a, summary").count()):
            page.keyboard.press("Tab")
            focused.append(page.evaluate("document.activeElement.outerHTML"))
        in_order = page.evaluate("[...document.querySelectorAll('a, summary')].map((one) => one.outerHTML)")
        is_open = "document.activeElement.parentElement.open"
        before = page.evaluate(is_open)
        page.keyboard.press("Enter")
        after = page.evaluate(is_open)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert focused == in_order
    assert (before, after) == (True, False)
    assert outline == "solid"


def test_tally_leads_to_its_section(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["refused"]) as (page, wrong):
        targets = page.evaluate("[...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))")
        page.click("a[href='#refused']")

        assert page.url.endswith("#refused")
        assert page.locator("#refused").bounding_box()["y"] < 100  # type: ignore[index]
    assert {target[0] for target in targets} == {"#"}
    assert [target for target in targets if f'id="{target[1:]}"' not in files["refused"].read_text()] == []
    assert wrong == []


@pytest.mark.parametrize("name", ["hostile", "journal"])
def test_hostile_text_is_text(browser: Browser, files: dict[str, Path], name: str) -> None:
    shown = [visible(text) for text in (HOSTILE if name == "hostile" else HOSTILE[:1])]

    with opened(browser, files[name], script=True) as (page, wrong):
        _open_all(page)
        page.evaluate("document.querySelectorAll('main *').forEach((one) => one.click())")
        text = page.evaluate("document.body.textContent")
        tags = set(page.evaluate("[...document.querySelectorAll('*')].map((one) => one.localName)"))
        attributes = set(page.evaluate("[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"))
        obeyed = page.evaluate("window.obeyed")

    assert [one for one in shown if one not in text and one.replace('"', '\\"') not in text] == []
    assert tags.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "svg", "link", "base"})
    assert [one for one in attributes if one.startswith("on") or one in ("src", "style", "srcdoc")] == []
    assert obeyed is None
    assert wrong == []


def test_policy_of_the_page_would_stop_what_got_in(browser: Browser, files: dict[str, Path], tmp_path: Path) -> None:
    text = files["plan"].read_text(encoding="utf-8")
    forged = "<script>window.obeyed = 1</script><style>h1 { display: none }</style><img src='http://127.0.0.1:9/x'>"
    path = tmp_path / "forged.html"
    path.write_text(text.replace("</main>", f"{forged}</main>"), encoding="utf-8")

    with opened(browser, path, script=True) as (page, wrong):
        assert page.evaluate("window.obeyed") is None
        assert page.locator("h1").is_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.tally')).display") == "flex"
    assert len([one for one in wrong if "Content Security Policy" in one]) == 3


def test_large_plan_is_closed_and_every_part_of_it_can_be_found(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["large"]) as (page, _):
        groups, blocks = page.locator("details.group"), page.locator("details.block")
        assert (groups.count(), blocks.count()) == (4, 310)
        assert page.locator("details[open]").count() == 0
        groups.first.locator("> summary").click()
        blocks.first.locator("> summary").click()

        assert blocks.first.locator("dl").is_visible()
        assert page.locator("summary:visible").count() == 104


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def _brightness(page: Page, name: str) -> float:
    color = page.evaluate(f"getComputedStyle(document.body).{name}")
    numbers = [float(one) for one in color[color.index("(") + 1 : -1].split(",")[:3]]
    return sum(numbers) / 3
