"""On the cheapest phone, without scripts, a carer says which visits are expected, and takes one back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb

from tests.browser.conftest import Pages
from tests.browser.pictures import Pictures, by_day, pictures_in
from tests.browser.test_pictures import violations
from tests.browser.test_small_phone import HEADINGS, SMALL, WIDE

pytestmark = pytest.mark.browser
NAMED = """() => [...document.querySelectorAll('main :is(input:not([type=hidden]), button, a, summary)')]
  .filter(one => !(one.labels?.length || one.textContent.trim())).map(one => one.outerHTML)"""


def sound(page: Page, name: str, pictures: Pictures) -> None:
    """Nothing is cut, too small, without a name, or a barrier, by day and by night."""
    by_day(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        pictures.take(page, f"visits-{scheme}-{name}", whole=True)
        assert page.evaluate(WIDE) == 0
        assert page.evaluate(SMALL) == []
        assert page.evaluate(HEADINGS)
        assert page.evaluate(NAMED) == []
        assert violations(page) == []


def add(page: Page, who: str, start: str, end: str) -> None:
    """Send the form; which days is chosen before."""
    page.get_by_label(who).check()
    page.get_by_label("From", exact=True).fill(start)
    page.get_by_label("Until", exact=True).fill(end)
    page.get_by_role("button", name="Add this visit").click()


@pytest.mark.parametrize("width", [320, 360])
def test_visits_are_said_refused_and_ended(
    browser: Browser, pages: Pages, tmp_path: Path, width: int
) -> None:
    pictures = pictures_in(tmp_path)
    context = browser.new_context(
        viewport={"width": width, "height": 640}, service_workers="block", reduced_motion="reduce"
    )
    page = context.new_page()
    pages.log_in(page, "ben", "/today")
    page.get_by_role("link", name="Expected visits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Expected visits")
    expect(page.get_by_text("No visit is expected.")).to_be_visible()
    sound(page, f"{width}-1-none", pictures)
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(day).check()
    add(page, "Home care", "08:00", "14:00")
    _is_refused_and_put_right(page, f"{width}-2-wrong", pictures)
    expect(page.get_by_text("Monday to Friday, 08:00 to 09:00, home care").first).to_be_visible()
    ahead = pages.town.now.date() + timedelta(days=3)
    page.get_by_label("Or on one day only").fill(ahead.isoformat())
    add(page, "Somebody else", "13:30", "15:00")
    expect(page.get_by_text("13:30 to 15:00, somebody else").first).to_be_visible()
    sound(page, f"{width}-3-two", pictures)
    page.get_by_role("button", name="End this (Monday to Friday").click()
    expect(page.get_by_role("button", name="End this")).to_have_count(1)
    page.get_by_text("No longer expected").click()
    expect(page.get_by_text("Ben Carter ended it")).to_be_visible()
    sound(page, f"{width}-4-ended", pictures)
    context.close()


def _is_refused_and_put_right(page: Page, name: str, pictures: Pictures) -> None:
    wrong = page.locator("main").get_by_role("alert")
    expect(wrong).to_contain_text("Until: expected 10 minutes to 4 hours")
    expect(page.get_by_label("Friday")).to_be_checked()
    sound(page, name, pictures)
    page.get_by_role("link", name="Until: expected").click()
    expect(page.get_by_label("Until", exact=True)).to_be_focused()
    page.get_by_label("Until", exact=True).fill("09:00")
    page.get_by_role("button", name="Add this visit").click()


def test_another_carer_sees_who_said_so_and_ends_it_without_scripts(
    browser: Browser, pages: Pages
) -> None:
    pages.town.acts_as("ben")
    pages.town.execute(
        "select expect_visit('ada', %s, %s)",
        Jsonb({"visitor": "nurse", "days": [0], "start_min": 600, "end_min": 630}),
        pages.town.now,
    )
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, service_workers="block"
    )
    page = context.new_page()
    pages.log_in(page, "mia", "/homes/ada")
    page.get_by_role("link", name="Expected visits").click()
    expect(page.get_by_text("Ben Carter said so,")).to_be_visible()
    page.get_by_role("button", name="End this").click()
    expect(page.get_by_text("No visit is expected.")).to_be_visible()
    page.get_by_label("Monday").check()
    add(page, "A nurse", "10:00", "10:30")
    expect(page.get_by_text("You said so,")).to_be_visible()
    assert pages.town.execute(
        "select carer_id, ended_by from expected_visit order by visit_id"
    ) == [
        (pages.town.carers["ben"], pages.town.carers["mia"]), (pages.town.carers["mia"], None)
    ]  # fmt: skip
    context.close()
