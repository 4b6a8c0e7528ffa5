"""A clinician at a desk and with a tablet: caseload and review, by keyboard, in print and without scripts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser import scene
from tests.browser.conftest import Pages
from tests.browser.pictures import by_day, pictures_in
from tests.dashboard import weeks
from tests.servers.databases import Database

pytestmark = pytest.mark.browser
DESK = {"width": 1280, "height": 900}
TABLET = {"width": 768, "height": 1024}
REVIEW = "/residents/1/days?days=28"
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


def open_pages(pages: Pages, browser: Browser, size: Any, **more: Any) -> Page:
    page = browser.new_context(viewport=size, service_workers="block", **more).new_page()
    pages.log_in(page, "clinician", "/caseload")
    return page


def all_drawn(page: Page) -> None:
    """Wait until each picture is there; those further down are asked for when they come into sight."""
    page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_function(
        "() => [...document.images].every(one => one.complete && one.naturalWidth > 0)"
    )


def furnish(pages: Pages, database: Database) -> None:
    town = pages.town
    weeks.tell(town)
    url = database.url_as("wayhome_analytics")
    with ThreadPoolExecutor(1) as thread:  # this one has the browser's loop
        thread.submit(lambda: asyncio.run(weeks.count(url, town.now))).result()
    scene.past_alerts(town)
    town.execute(
        "insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what,"
        " step) values ('ada', 'day_change', 'notice', 'carers', 'opened', now() - interval '5 days',"
        " now() - interval '3 days', 'More movement at night than before', 1)"
    )


def test_a_review_at_a_desk_on_a_tablet_on_paper_and_without_scripts(
    pages: Pages, browser: Browser, plain_database: Database, tmp_path: Path
) -> None:
    furnish(pages, plain_database)
    pictures = pictures_in(tmp_path)
    for name, size, scheme in (("desk", DESK, "light"), ("tablet", TABLET, "dark")):
        page = open_pages(pages, browser, size, color_scheme=scheme)
        for path, of in (("/caseload", "caseload"), (REVIEW, "review")):
            page.goto(pages.address + path)
            by_day(page)
            all_drawn(page)
            pictures.take(page, f"{name}-{of}", whole=True)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = Axe().run(page, options=AXE)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.context.close()
    page = open_pages(pages, browser, DESK, java_script_enabled=False)
    page.goto(pages.address + REVIEW)
    page.locator("details").nth(4).locator("summary").click()
    expect(page.get_by_role("table").filter(has_text="Times out of bed")).to_be_visible()
    page.context.close()
    # 200 %: half the width that there was
    page = open_pages(pages, browser, {"width": 640, "height": 450})
    page.goto(pages.address + REVIEW)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    all_drawn(page)
    page.emulate_media(media="print")
    expect(page.locator("nav").first).to_be_hidden()
    (tmp_path / "review.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
    page.context.close()


def test_a_review_by_keyboard_alone(
    pages: Pages, browser: Browser, plain_database: Database
) -> None:
    furnish(pages, plain_database)
    page = open_pages(pages, browser, DESK)
    page.get_by_label("Name or home").focus()
    page.keyboard.type("ada")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 resident found")).to_be_visible()
    expect(page.get_by_text("More movement at night than before")).to_be_visible()
    page.get_by_role("link", name="Ada, 3 Mill Lane").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is the night shifting?")).to_be_visible()
    summary = page.locator("#chart-nights ~ details > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="How are the nights?")).to_be_visible()
    page.context.close()
