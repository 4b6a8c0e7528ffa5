"""The cheapest phone that there is: 320 pixels wide, its text once, twice and four times as large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser.conftest import Pages
from tests.browser.test_pictures import furnish, violations

pytestmark = pytest.mark.browser
HEAVY_BYTES = 100_000
"""At 400 kbit/s (slow 3G) two seconds."""
PAGES = {
    "ben": (
        *(
            "/today",
            "/alerts",
            "/alerts/{alert}",
            "/history",
            "/more",
            "/homes/ada",
            "/homes/ada/away",
            "/homes/ada/visits",
            "/reach",
            "/rota",
        ),
        *("/quiet", "/people", "/missing/1"),
    ),
    "technician": (
        *("/work", "/system", "/labels", "/homes/ada/install", "/homes/ada/walk", "/homes/ada/hub"),
        *("/homes/ada/steps", "/homes/ada/devices"),
    ),
    "clinician": ("/caseload", "/residents/1/places", "/residents/1/annotations", "/consent/1"),
}
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('main a, main button, main select, main summary, header a')]
  .filter(one => one.checkVisibility() && !(one.closest('p, li, td')
    && one.closest('p, li, td').textContent.trim() !== one.textContent.trim()
    && getComputedStyle(one).display === 'inline'))
  .filter(one => { const at = one.getBoundingClientRect(); return at.height < 24 || at.width < 24; })
  .map(one => one.outerHTML.slice(0, 80))"""
HEADINGS = """() => {
  const found = [...document.querySelectorAll('main :is(h1, h2, h3, h4)')];
  const levels = found.filter(one => one.checkVisibility()).map(one => +one.tagName[1]);
  return levels[0] === 1 && levels.every((level, at) => at === 0 || level <= levels[at - 1] + 1)
    && levels.filter(level => level === 1).length === 1;
}"""


@pytest.fixture(params=[16, 32, 64], ids=["once", "twice", "four times"])
def phone(
    request: pytest.FixtureRequest,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
) -> Iterator[tuple[Browser, int]]:
    """Give a browser whose usual size of text somebody chose."""
    arguments = [
        *browser_type_launch_args["args"],
        f"--blink-settings=defaultFontSize={request.param}",
    ]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    yield browser, request.param
    browser.close()


def opened(browser: Browser) -> Page:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, service_workers="block", reduced_motion="reduce"
    )
    return context.new_page()


def test_nothing_is_cut_too_small_or_too_heavy(phone: tuple[Browser, int], pages: Pages) -> None:
    browser, size = phone
    alert, _ = furnish(pages)
    wrong: dict[str, list[object]] = {}
    for login, paths in PAGES.items():
        page = opened(browser)
        pages.log_in(page, login)
        for path in paths:
            answer = page.goto(pages.address + path.format(alert=alert))
            assert answer is not None
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = [
                page.evaluate(WIDE),
                page.evaluate(SMALL),
                page.evaluate(HEADINGS),
                len(answer.body()) > HEAVY_BYTES,
                violations(page) if size == 16 and login == "technician" else [],
            ]
            if found != [0, [], True, False, []]:
                wrong[path] = found
        page.context.close()
    assert wrong == {}


def test_who_is_woken_sees_what_happened_and_the_answer_at_once(
    phone: tuple[Browser, int], pages: Pages
) -> None:
    browser, size = phone
    alert, _ = furnish(pages)
    page = opened(browser)
    pages.log_in(page, "ben", f"/alerts/{alert}")
    button = page.get_by_role("button", name="I’m on it")
    expect(button).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Act now").first).to_be_in_viewport()
    if size < 64:
        expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    on_top = button.evaluate(
        "one => { const at = one.getBoundingClientRect();"
        " return one.contains(document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2)); }"
    )
    assert on_top, "nothing lies over it"
    hidden = page.evaluate(
        """() => {
          scrollTo(0, document.body.scrollHeight);
          const ends = [...document.querySelectorAll('.frame a, .bar a')];
          const last = ends.map(one => one.getBoundingClientRect().bottom);
          const bar = document.querySelector('.answer:has(.main-button)').getBoundingClientRect().top;
          return getComputedStyle(document.querySelector('.bar')).position === 'fixed' ? 0
            : Math.max(...last) - bar;
        }"""
    )
    assert hidden <= 1, "what is last on the page can be read above the answer"
    button.click()
    expect(page.get_by_text("You are on it").first).to_be_visible()


def test_a_phone_on_its_side_keeps_the_answer_under_the_thumb(
    browser: Browser, pages: Pages
) -> None:
    alert, _ = furnish(pages)
    page = browser.new_context(
        viewport={"width": 568, "height": 320}, service_workers="block"
    ).new_page()
    pages.log_in(page, "ben", f"/alerts/{alert}")
    expect(page.get_by_role("button", name="I’m on it")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    page.context.close()


def test_who_chose_their_own_colours_sees_where_they_are_and_that_it_is_live(
    browser: Browser, pages: Pages
) -> None:
    furnish(pages)
    page = browser.new_context(
        viewport={"width": 320, "height": 640}, service_workers="block", forced_colors="active"
    ).new_page()
    pages.log_in(page, "ben", "/today")
    expect(page.locator("#connection")).to_have_text("Live")
    edges = "all => all.map(one => getComputedStyle(one).borderTopColor)"
    here = page.locator(".bar.thumb a[aria-current]").evaluate_all(edges)
    others = page.locator(".bar.thumb a:not([aria-current])").evaluate_all(edges)
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert set(others) == {paper}, "a line over each page says nothing"
    assert here != [paper]
    dot = page.locator("#connection").evaluate(
        "one => getComputedStyle(one, '::before').backgroundColor"
    )
    assert dot != paper
    page.context.close()
