"""On the cheapest phone, without scripts, a carer says that nobody is at home, and another one ends it."""

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


def sound(page: Page, name: str, pictures: Pictures) -> None:
    """Nothing is cut, too small, or a barrier, by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        pictures.take(page, f"away-{scheme}-{name}", whole=True)
        assert page.evaluate(WIDE) == 0
        assert page.evaluate(SMALL) == []
        assert page.evaluate(HEADINGS)
        assert violations(page) == []


def test_it_is_said_seen_and_ended(browser: Browser, pages: Pages, tmp_path: Path) -> None:
    pictures = pictures_in(tmp_path)
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, service_workers="block", reduced_motion="reduce"
    )
    page = context.new_page()
    pages.log_in(page, "ben", "/today")
    page.get_by_role("link", name="Nobody at home for a time?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Away for a time")
    sound(page, "1-form", pictures)
    page.get_by_label("In hospital").check()
    page.get_by_label("Day", exact=True).fill(
        (pages.town.now + timedelta(days=3)).date().isoformat()
    )
    page.get_by_role("button", name="Let watching rest").click()
    expect(page.get_by_role("heading", name="Watching rests")).to_be_visible()
    sound(page, "2-rests", pictures)
    page.goto(f"{pages.address}/today")
    expect(page.get_by_role("button", name="Watch again now")).to_be_visible()
    by_day(page)
    sound(page, "3-today", pictures)
    number = pages.town.alert(
        detector="unwatched", subject="back/1", severity="check", evidence=Jsonb([]), ruled_out=Jsonb([]),
        unusual="", what="Somebody seems to be at home: something moved in 4 of the last 12 hours.",
        advice="Is the person back? Then press “Watch again now” on the page of the home.",
    )  # fmt: skip
    page.goto(f"{pages.address}/alerts/{number}")
    by_day(page)
    sound(page, "4-is-she-back", pictures)
    page.get_by_role("button", name="Watch again now").click()
    expect(page.get_by_role("heading", name="Let watching rest")).to_be_visible()
    page.goto(f"{pages.address}/alerts/{number}")
    expect(page.get_by_text("It was real, no help was needed").first).to_be_visible()
    context.close()


def test_another_carer_sees_who_said_so_and_ends_it_without_scripts(
    browser: Browser, pages: Pages
) -> None:
    pages.town.acts_as("ben")
    pages.town.execute(
        "select rest_watch('ada', 'with_us', %s, %s)",
        pages.town.now + timedelta(days=2),
        pages.town.now,
    )
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, service_workers="block"
    )
    page = context.new_page()
    pages.log_in(page, "mia", "/today")
    expect(page.get_by_text("Ben Carter said so.")).to_be_visible()
    page.get_by_role("button", name="Watch again now").click()
    expect(page.get_by_role("heading", name="Let watching rest")).to_be_visible()
    assert pages.town.execute("select mode from home where home_id = 'ada'") == [("live",)]
    context.close()
