"""A technician's round on a phone, by keyboard: what to do in which home, and a bundle for a hub."""

from __future__ import annotations

import asyncio
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.pictures import PHONE, pictures_in
from tests.browser.test_commissioning import clean, press
from tests.dashboard.test_hub import issue_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Pages
    from tests.browser.pictures import Pictures
    from tests.dashboard.town import Town
    from tests.servers.databases import Database

pytestmark = pytest.mark.browser
LEFT = timedelta(days=20)


def trouble(town: Town) -> None:
    """Let a battery run out in three weeks, another be low, a hub be gone, and a pause be forgotten."""
    town.home("joy", "leeds", "Joy")
    town.execute("update home set name = '5 Elm Row', mode = 'test' where home_id = 'joy'")
    town.execute(
        "insert into home_step (home_id, carer_id, at, stage, reason, until)"
        " values ('joy', %s, %s, 'paused', 'In hospital', %s)",
        town.carers["admin"],
        town.now - timedelta(days=9),
        town.now - timedelta(days=2),
    )
    today = town.now.date()
    town.execute(
        "insert into battery_forecast (device_id, home_id, low_on, earliest, latest, computed_at)"
        " select device_id, home_id, %s, %s, %s, %s from device"
        " where home_id = 'ada' and name = 'Kitchen sensor'",
        today + LEFT + timedelta(1),
        today + LEFT,
        today + LEFT + timedelta(2),
        town.now,
    )
    town.execute(
        "update presence set battery_percent = 9 where device_id ="
        " (select device_id from device where home_id = 'ada' and name = 'Front door')"
    )
    town.execute(
        "update presence set late = 20, late_at = %s, late_s = 600, firmware = '1.14.1'"
        " where device_id = (select device_id from device where home_id = 'ada'"
        " and name = 'Kitchen sensor')",
        town.now - timedelta(hours=2),
    )
    town.execute(
        "update presence set online = false, last_seen = %s where device_id ="
        " (select device_id from device where home_id = 'tom' and name = 'Hub')",
        town.now - timedelta(hours=3),
    )


def look_at_list(page: Page, town: Town, pictures: Pictures) -> None:
    """See what is to be done, the riskiest first, and go to the home of the last."""
    expect(page.locator("#summary")).to_have_text("4 things to do in 3 homes")
    todo = page.locator("#work h2")
    day = town.now + LEFT
    expect(todo.first).to_contain_text("Check power and internet of the hub")
    expect(page.locator("#work .urgent .badge")).to_have_count(2)
    expect(page.locator("#work .urgent").last).to_contain_text("by Admin. Planned until")
    expect(todo.last).to_have_text(f"Change its battery before {day.day} {day:%B}.")
    expect(page.locator("#work article").last).to_contain_text("About 3 weeks more")
    clean(page, "work-1-list", pictures)
    press(page, page.locator("#work article").last.get_by_role("link"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices of 3 Mill Lane")
    kitchen = page.locator("#devices article").filter(has_text="Kitchen sensor")
    expect(kitchen).to_contain_text("Change its battery before")
    expect(kitchen).to_contain_text("20 messages so far waited on the device or the hub")
    clean(page, "work-5-devices", pictures)


def ask_for_bundle(page: Page, pages: Pages, pictures: Pictures) -> str:
    """Ask for a hub's bundle; return the code that is shown once."""
    page.goto(f"{pages.address}/homes/ada/hub")
    clean(page, "work-2-hub", pictures)
    press(page, page.get_by_role("button", name="Make a bundle"))
    expect(page.get_by_role("heading", name="Your code, shown this once")).to_be_visible()
    clean(page, "work-3-code", pictures)
    return page.locator("#code strong").first.inner_text()


def take_bundle(page: Page, pages: Pages, code: str, pictures: Pictures) -> None:
    """Type the code on the hub itself: a wrong one first."""
    page.goto(f"{pages.address}/hub-bundle")
    page.get_by_label("Code").focus()
    page.keyboard.type("abcd")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code gives nothing now")
    clean(page, "work-6-wrong-code", pictures)
    page.get_by_label("Code").focus()
    page.keyboard.type(code)
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert "wayhome-ada/client.key" in archive.namelist()


def test_what_to_do_is_listed_and_a_hub_gets_its_bundle(
    page: Page, pages: Pages, plain_database: Database, tmp_path: Path
) -> None:
    town, pictures = pages.town, pictures_in(tmp_path)
    trouble(town)
    page.set_viewport_size(PHONE)
    pages.log_in(page, "technician", "/work")
    look_at_list(page, town, pictures)
    code = ask_for_bundle(page, pages, pictures)
    with ThreadPoolExecutor(1) as thread:  # this one has the browser's loop
        thread.submit(lambda: asyncio.run(issue_all(plain_database, datetime.now(UTC)))).result()
    page.goto(f"{pages.address}/homes/ada/hub")
    expect(page.locator("#certificates")).to_contain_text("Made, the broker is not told yet")
    clean(page, "work-4-made", pictures)

    take_bundle(page, pages, code, pictures)
