"""A throw-away language that runs from right to left: pages are mirrored, nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from playwright.sync_api import Browser, Page

from core.runtime import language
from scripts import translate
from tests.browser import scene
from tests.browser.conftest import Pages

pytestmark = pytest.mark.browser
PAGES = (
    "/today",
    "/alerts",
    "/alerts/{alert}",
    "/history",
    "/homes/ada",
    "/homes/ada/visits",
    "/reach",
    "/rota",
    "/people",
    "/missing/1",
)
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
MARK = "أ"
EDGES = """() => {
  const card = document.querySelector('.card');
  const style = card && getComputedStyle(card);
  return card ? [style.borderRightWidth, style.borderLeftWidth] : null;
}"""


@pytest.fixture
def mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = translate.write("ar", tmp_path)
    with path.open("rb") as text:
        catalog = read_po(text, locale="ar")
    for message in catalog:
        if message.id:
            ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            said = tuple(f"{MARK} {language.accented(one)}" for one in ids)
            message.string = (said[-1],) * catalog.num_plurals if len(ids) > 1 else said[0]
    with path.open("wb") as text:
        write_po(text, catalog)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.languages.cache_clear()
    yield
    language.languages.cache_clear()


@pytest.mark.usefixtures("mirrored")
def test_pages_are_mirrored_and_nothing_is_cut(browser: Browser, pages: Pages) -> None:
    town = pages.town
    town.night("ada")
    scene.past_alerts(town)
    number = town.alert()
    town.deliver(number, "ben", "ntfy")
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="en-GB")
    page = context.new_page()
    pages.log_in(page)
    context.set_extra_http_headers({"accept-language": "ar"})
    found = {path: _seen(page, f"{pages.address}{path.format(alert=number)}") for path in PAGES}
    context.close()
    wrong = {path: seen for path, seen in found.items() if seen != ("ar", "rtl", 0, True, True)}
    assert wrong == {}


def _seen(page: Page, address: str) -> tuple[str | None, str | None, int, bool, bool]:
    page.goto(address)
    root = page.locator("html")
    edges = page.evaluate(EDGES)
    return (
        root.get_attribute("lang"),
        root.get_attribute("dir"),
        page.evaluate(WIDE),
        MARK in page.locator("main").inner_text(),
        edges is None or float(edges[0][:-2]) >= float(edges[1][:-2]),
    )


def _mirrored_page(browser: Browser, pages: Pages) -> Page:
    """Log in on a small phone, and go on in a language that is written from right to left."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    page = context.new_page()
    pages.log_in(page)
    context.set_extra_http_headers({"accept-language": "ar"})
    return page


@pytest.mark.usefixtures("mirrored")
def test_no_label_of_the_day_leaves_the_page(browser: Browser, pages: Pages) -> None:
    """Names of rooms began at the left edge and ran out of it: “m”, “en”, “all”."""
    pages.town.night("ada")
    page = _mirrored_page(browser, pages)
    page.goto(f"{pages.address}/homes/ada")
    assert page.locator("html").get_attribute("dir") == "rtl"
    edges = page.locator("svg.day text").evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect().left, one.getBoundingClientRect().right])"
    )
    assert len(edges) > 4
    assert [edge for edge in edges if not 0 <= edge[0] < edge[1] <= 360] == []
    page.context.close()


@pytest.mark.usefixtures("mirrored")
def test_the_number_of_a_house_stands_before_its_street(browser: Browser, pages: Pages) -> None:
    pages.town.execute("insert into watch_change values ('ada', 1, 'unwatched', 'paused', now())")
    page = _mirrored_page(browser, pages)
    for path in ("/watching", "/homes/ada/away", "/today/ada", "/homes/ada"):
        page.goto(f"{pages.address}{path}")
        name = page.locator("main").get_by_text("3 Mill Lane", exact=True).first
        assert name.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate", path
    page.context.close()


@pytest.mark.usefixtures("mirrored")
def test_a_name_is_set_apart_from_words_around_it(browser: Browser, pages: Pages) -> None:
    number = pages.town.alert()
    context = browser.new_context(locale="en-GB", extra_http_headers={"accept-language": "en-GB"})
    page = context.new_page()
    pages.log_in(page)
    context.set_extra_http_headers({"accept-language": "ar"})
    page.goto(f"{pages.address}/today")
    assert "\u2068" in page.locator("main").inner_text()
    assert "\u2068" not in page.title()
    page.goto(f"{pages.address}/alerts/{number}")
    told = page.locator("h1 bdi")
    assert told.get_attribute("lang") == "en"
    assert told.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"
    page.context.close()
