"""Long names, and names from right to left, on the smallest screen that we serve (WCAG 2.2, 1.4.10)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Pages

pytestmark = pytest.mark.browser
LONG = "Bartholomew Featherstonehaugh of Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
ARABIC = "محمد عبد الله"
PATHS = {
    "ben": ("/today", "/plan", "/plan/homes/ada", "/rota", "/people", "/looked", "/missing/1"),
    "admin": ("/people", "/consent", "/system", "/plan"),
    "clinician": ("/caseload", "/residents/1/days", "/residents/1/compare", "/residents/1/places"),
}
"""A home, its resident and who cares there have a name of the longest word of any map."""
LOOSE = """() => [...document.querySelectorAll('main a')]
  .filter(one => one.checkVisibility() && one.textContent.trim())
  .filter(one => [...one.parentElement.childNodes].every(
    beside => beside === one || !beside.textContent.replace(/[\\s.,:]/g, '')))
  .filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"""
"""Links that stand by themselves, and too low for a finger (WCAG 2.2, 2.5.8)."""


@pytest.mark.parametrize("login", list(PATHS))
def test_a_long_name_makes_no_page_scroll_sideways(
    browser: Browser, pages: Pages, login: str
) -> None:
    town = pages.town
    town.execute("update home set name = %s || ' House' where home_id = 'ada'", LONG)
    town.execute("update resident set name = %s where home_id = 'ada'", LONG)
    town.execute("update carer set name = %s where login = 'mia'", LONG)
    town.execute(
        "insert into care (home_id, carer_id) values ('tom', %s) on conflict do nothing",
        town.carers["ben"],
    )
    page = browser.new_context(viewport={"width": 320, "height": 640}).new_page()
    pages.log_in(page, login, PATHS[login][0])
    found = {}
    for path in PATHS[login]:
        page.goto(pages.address + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wide = page.evaluate("document.documentElement.scrollWidth")
        found[path] = (max(0, wide - 320), page.evaluate(LOOSE))
    page.context.close()
    assert {path: wrong for path, wrong in found.items() if wrong != (0, [])} == {}


def test_the_number_of_a_house_stays_behind_a_name_from_right_to_left(
    browser: Browser, pages: Pages
) -> None:
    pages.town.execute("update resident set name = %s where home_id = 'ada'", ARABIC)
    page = browser.new_context(viewport={"width": 800, "height": 640}).new_page()
    pages.log_in(page, "ben", "/homes/ada")
    places = page.evaluate(
        """() => {
          const walk = document.createTreeWalker(document.querySelector('h1'), NodeFilter.SHOW_TEXT);
          const texts = [];
          while (walk.nextNode()) texts.push(walk.currentNode);
          const left = sign => {
            const text = texts.find(one => one.data.includes(sign)), at = text.data.indexOf(sign);
            const range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            return range.getBoundingClientRect().left;
          };
          return [left('ه'), left('م'), left('3'), left('M')];
        }"""
    )
    page.context.close()
    assert places == sorted(places), "the name from its end to its beginning, then the house"
