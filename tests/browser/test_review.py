"""A clinician at a desk and with a tablet: caseload and review, by keyboard, in print and without scripts."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser import scene
from tests.browser.conftest import Pages
from tests.browser.pictures import by_day, pictures_in
from tests.dashboard import weeks
from tests.dashboard.test_places import walks
from tests.servers.databases import Database

pytestmark = pytest.mark.browser
DESK = {"width": 1280, "height": 900}
TABLET = {"width": 768, "height": 1024}
PHONE = {"width": 390, "height": 844}
DRAWN_MS = 120_000
"""A dozen pictures are seconds of work for a machine that has nothing else to do."""
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
        "() => [...document.images].every(one => one.complete && one.naturalWidth > 0)",
        timeout=DRAWN_MS,
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


def test_a_review_at_a_desk_and_on_a_tablet(
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


def test_a_review_without_scripts_at_double_size_and_on_paper(
    pages: Pages, browser: Browser, plain_database: Database
) -> None:
    furnish(pages, plain_database)
    page = open_pages(pages, browser, DESK, java_script_enabled=False)
    page.goto(pages.address + REVIEW)
    page.locator("details").nth(4).locator("summary").click()
    expect(page.get_by_role("table").filter(has_text="Times out of bed")).to_be_visible()
    # each chart has its table behind a summary, none needs a script
    assert page.locator("section.chart").count() == page.locator("section.chart table").count()
    page.context.close()
    # 200 %: half the width that there was
    page = open_pages(pages, browser, {"width": 640, "height": 450})
    page.goto(pages.address + REVIEW)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    all_drawn(page)
    page.emulate_media(media="print")
    expect(page.locator("nav").first).to_be_hidden()
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    text = " ".join(one.extract_text() for one in paper.pages)
    assert len(paper.pages) >= 4
    assert abs(float(paper.pages[0].mediabox.width) - 595) < 2, "A4"
    for words in ("Printed by Clinician", "Is the night shifting?", "What changed", "was seen"):
        assert words in text
    assert "How long" not in text, "no forms on paper"
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
    page.get_by_label("Room of the first picture").focus()
    page.keyboard.type("Kitchen")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kitchen only.")).to_be_visible()
    page.context.close()


def test_places_are_asked_for_by_keyboard_and_shown_as_a_picture_with_its_table(
    pages: Pages, browser: Browser, tmp_path: Path
) -> None:
    town = pages.town
    device = town.device("ada", "Tracker", "worn", "")
    for at, latitude, longitude, accuracy in walks(town.now):
        town.execute(
            "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
            " received_at) values (%s, %s, %s, %s, %s, 'ada', %s)",
            at, device, latitude, longitude, accuracy, at,
        )  # fmt: skip
    page = open_pages(pages, browser, PHONE)
    page.goto(f"{pages.address}/residents/1/places")
    assert Axe().run(page, options=AXE).violations_count == 0
    page.get_by_label("Planning how to go out safely").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Which ways are known to her")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_be_visible()
    all_drawn(page)
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    pictures_in(tmp_path).take(page, "phone-places", whole=True)
    page.context.close()
    # a family carer is told that there is nothing, and that it was tried is kept
    other = browser.new_context(service_workers="block").new_page()
    pages.log_in(other, "ben", "/residents/1/places")
    expect(other.get_by_role("heading", name="There is nothing here")).to_be_visible()
    other.goto(f"{pages.address}{REVIEW}")
    expect(other.get_by_role("heading", name="There is nothing here")).to_be_visible()
    rows = town.execute("select page from access_record where page like '%%refused' order by 1")
    assert [one for (one,) in rows] == ["days_refused", "places_refused"]
    other.context.close()
