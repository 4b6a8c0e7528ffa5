"""Text twice as large on a small phone (WCAG 2.2, 1.4.4 and 1.4.10): nothing is cut, no word is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser import scene
from tests.browser.conftest import Pages
from tests.browser.pictures import PHONE

pytestmark = pytest.mark.browser
TWICE_PX = 32
"""A browser's usual size of text is 16 px."""
CARER = (
    "/today",
    "/alerts",
    "/alerts/{alert}",
    "/history",
    "/homes/ada",
    "/homes/ada/visits",
    "/homes/ada/devices",
    "/homes/ada/learning",
    "/reach",
    "/reachable",
    "/plan",
    "/plan/homes/ada/urgent",
    "/rota",
    "/quiet",
    "/people",
    "/looked",
    "/me",
    "/missing/1",
    "/missing/1/profile/person",
    "/missing/1/photo",
)
CLINICIAN = ("/caseload", "/residents/1/days", "/residents/1/places")
BROKEN = r"""() => {
  const found = [], words = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const wide = document.documentElement.clientWidth - 40;
  while (words.nextNode()) {
    const text = words.currentNode, holder = text.parentElement;
    if (!holder.checkVisibility() || holder.closest("svg, .unseen, code, .address, select")) continue;
    for (const word of text.data.matchAll(/(?<!\S)[\p{L}\p{N}’]+(?=\p{P}*(?!\S))/gu)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = [...range.getClientRects()];
      const length = lines.reduce((sum, line) => sum + line.width, 0);
      const rows = new Set(lines.map(line => Math.round(line.top))).size;
      if (rows > 1 && length < wide * 0.8) found.push(word[0]);
    }
  }
  return found;
}"""


@pytest.fixture
def large(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Give a browser in which somebody chose text twice as large."""
    arguments = [*browser_type_launch_args["args"], f"--blink-settings=defaultFontSize={TWICE_PX}"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    yield browser
    browser.close()


def looked_at(page: Page, address: str) -> tuple[int, list[str]]:
    """Open everything on a page; return by how much it is too wide, and words broken within."""
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return page.evaluate(too_wide), page.evaluate(BROKEN)


def test_text_twice_as_large_fits_and_keeps_its_words(large: Browser, pages: Pages) -> None:
    town = pages.town
    town.night("ada")
    scene.past_alerts(town)
    alert = town.alert()
    town.deliver(alert, "ben", "ntfy")
    found = {}
    for login, paths in (("ben", CARER), ("clinician", CLINICIAN)):
        page = large.new_context(viewport=PHONE, service_workers="block").new_page()
        pages.log_in(page, login, paths[0])
        for path in paths:
            found[path] = looked_at(page, pages.address + path.format(alert=alert))
    assert {path: wrong for path, wrong in found.items() if wrong != (0, [])} == {}


def test_who_reads_far_away_is_told_whose_clock_it_is(browser: Browser, pages: Pages) -> None:
    said = "Times on this page are those of London."
    for zone, differs in (("Asia/Dhaka", True), ("Europe/London", False)):
        page = browser.new_context(timezone_id=zone, service_workers="block").new_page()
        pages.log_in(page, "ben", "/homes/ada")
        expect(page.locator("#connection")).to_have_text("Live")
        note = page.get_by_text(said)
        expect(note).to_be_visible() if differs else expect(note).to_be_hidden()
        page.context.close()
