"""A page under a thumb, a keyboard and a long night: nothing twice, nothing lost, dark when it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pictures import PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Route

    from tests.browser.conftest import Pages

pytestmark = pytest.mark.browser
SLOW_MS = 1_000
"""A poor connection: time enough for an impatient thumb."""


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Live")


def there(page: Page) -> None:
    """Wait until the scripts of a page that is not kept fresh are at work."""
    expect(page.locator("#connection")).to_have_attribute("data-state", "still")


def tap_twice(page: Page, button: Locator) -> None:
    """Tap, and tap again before the answer can be there."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    for _ in range(2):
        page.mouse.click(box["x"] + 8, box["y"] + 8)
        page.wait_for_timeout(200)


@pytest.mark.parametrize(
    ("path", "name", "table", "after"),
    [
        ("/missing/1", "Ada is missing: make the pack", "missing_pack", "**/packs/*"),
        ("/rota", "Get the address", "rota_feed", "**/calendar"),
    ],
)
def test_an_impatient_thumb_does_nothing_twice(
    page: Page, pages: Pages, path: str, name: str, table: str, after: str
) -> None:
    page.set_viewport_size(PHONE)
    pages.log_in(page, "ben", path)
    there(page)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    slow = {"offline": False, "latency": SLOW_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    wire.send("Network.emulateNetworkConditions", slow)
    tap_twice(page, page.get_by_role("button", name=name))
    page.wait_for_url(after)
    assert pages.town.number(f"select count(*) from {table}") == 1


def test_the_keyboard_stays_where_it_was_when_the_page_changes(page: Page, pages: Pages) -> None:
    town = pages.town
    number = town.alert(
        state="acknowledged", acknowledged_by=town.carers["ben"], acknowledged_at=town.now
    )
    pages.log_in(page, "ben", f"/alerts/{number}")
    live(page)
    page.get_by_role("button", name="False alarm").focus()
    inside = "document.activeElement.closest('[data-live]')"
    page.evaluate(f"{inside}.dataset.old = '1'")
    page.evaluate(f"document.body.dataset.part = {inside}.id")
    note = "Somebody wrote"
    town.execute(
        "insert into response (alert_id, carer_id, kind, at, comment) values (%s, %s, 'resolve', now(), %s)",
        number,
        town.carers["mia"],
        note,
    )
    town.execute("select pg_notify('alert', %s)", str(number))
    expect(page.locator("#answer")).to_contain_text("It has ended")
    expect(page.locator("[data-old]")).to_have_count(0)
    assert page.evaluate("document.activeElement.id === document.body.dataset.part")


def test_the_keyboard_stays_on_a_control_without_a_name_of_its_own(
    page: Page, pages: Pages
) -> None:
    number = pages.town.alert()
    pages.log_in(page, "ben", "/alerts")
    live(page)
    card = page.locator(f"#alert-{number}")
    card.locator("summary").first.focus()
    card.evaluate("one => one.dataset.old = '1'")
    pages.town.deliver(number, "mia", "ntfy")
    pages.town.execute("select pg_notify('alert', %s)", str(number))
    expect(page.locator("[data-old]")).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_page_that_was_left_open_becomes_dark_when_the_night_begins(
    browser: Browser, pages: Pages
) -> None:
    page = browser.new_context(service_workers="block").new_page()
    wanted = ""

    def later(route: Route) -> None:
        answer = route.fetch()
        by_day = answer.text().replace(' data-hour="night"', "", 1)
        body = by_day.replace("<html ", f"<html {wanted} ", 1)
        route.fulfill(response=answer, body=body)

    pages.log_in(page, "ben", "/more")
    page.route("**/today", later)
    page.goto(f"{pages.address}/today")
    live(page)
    html = page.locator("html")
    expect(html).not_to_have_attribute("data-hour", "night")
    for wanted in (' data-hour="night"', ""):
        pages.town.alert(severity="notice")
        if wanted:
            expect(html).to_have_attribute("data-hour", "night")
        else:
            expect(html).not_to_have_attribute("data-hour", "night")
    page.unroute_all(behavior="ignoreErrors")  # the page may be asking for news just now
    page.context.close()


@pytest.mark.parametrize("path", ["/rota", "/history", "/missing/1"])
def test_a_page_that_is_not_kept_fresh_says_how_old_it_is(
    page: Page, pages: Pages, path: str
) -> None:
    pages.log_in(page, "ben", "/more")
    page.clock.install()
    page.goto(f"{pages.address}{path}")
    there(page)
    line = page.locator("#connection")
    expect(line).to_have_text(re.compile(r"^As of \d\d:\d\d\. Reload$"))
    page.clock.fast_forward("08:02:00")
    expect(line).to_have_text(re.compile(r"What you see is 8\sh old\. Reload$"))


def test_a_page_that_is_kept_fresh_says_that_it_is_live(page: Page, pages: Pages) -> None:
    pages.log_in(page, "ben", "/more")
    for path in ("/today", "/alerts", "/homes/ada", "/homes/ada/devices"):
        page.goto(f"{pages.address}{path}")
        live(page)
