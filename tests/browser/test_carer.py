"""A carer at the alert pages, in a real browser."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SOON_MS, MortalPages, Pages
from tests.dashboard.town import DOOR

pytestmark = pytest.mark.browser
SCREENS = ((360, 740), (640, 400), (320, 256))
"""A phone; a laptop's 1280 x 800 at 200 % and, as WCAG 1.4.10 asks, 1280 x 1024 at 400 %."""

FASTEST_OF = 5
"""So many are timed at most, and one in time will do: others may wait for the machine's other work."""


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Live")


def on_it(page: Page, number: int) -> str:
    live(page)
    return f"#on-it-{number}"


def furnish(pages: Pages) -> int:
    """Give every page something to show."""
    town = pages.town
    town.night("ada")
    number = town.alert()
    town.deliver(number, "ben", "ntfy")
    town.alert(severity="notice", what="Up three times in the night")
    town.alert(severity="check", audience="operators", what="The hub is silent")
    town.alert(state="resolved", resolved_at=town.now, outcome="helped", what="A call for help")
    town.execute("update presence set battery_percent = 7 where device_id = 2")
    town.execute(
        "insert into forecast (home_id, detector, speaks_at, severity, what, made_at) values ('ada',"
        " 'inactivity', %s, 'check', 'If nothing moves by 09:40, the first carer is told', %s)",
        town.now + timedelta(hours=1),
        town.now,
    )
    town.execute(
        "insert into margin_change (home_id, detector, hour_bin, at, why, factor, before, after,"
        " waiting, carer_id) select 'ada', 'inactivity', 3, %s, 'false', 1.07, 1, 1, waiting, %s"
        " from (values (true), (false)) as w(waiting)",
        town.now,
        town.carers["mia"],
    )
    town.execute(
        "insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason,"
        " field, expected) values (%s, 'gateway', 'homes/ada/zigbee2mqtt/a', '{}', 2, 'ada', 'range',"
        " 'battery', 'a number from 0 to 100')",
        town.now,
    )
    return number


def test_an_alert_appears_is_answered_and_ends(page: Page, pages: Pages) -> None:
    pages.log_in(page, "ben", "/alerts")
    live(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing needs you now")
    number = pages.town.alert()
    expect(page.locator(f"#alert-{number}")).to_contain_text(DOOR)
    expect(page.get_by_role("heading", level=1)).to_have_text("1 alert to answer")
    page.get_by_role("button", name="I’m on it").click()
    page.wait_for_url(f"**/alerts/{number}")
    expect(page.locator("#answer")).to_contain_text("You are on it, since")
    page.get_by_role("button", name="It was real, and someone helped").click()
    expect(page.locator("#answer")).to_contain_text("It has ended")
    kinds = pages.town.execute("select kind, outcome from response order by response_id")
    assert kinds == [("acknowledge", None), ("resolve", "helped")]


def test_an_alert_is_on_the_screen_within_a_second(page: Page, pages: Pages) -> None:
    pages.log_in(page, "ben", "/alerts")
    live(page)
    assert any(appears_s(page, pages) < 1.0 for _ in range(FASTEST_OF))


def appears_s(page: Page, pages: Pages) -> float:
    """Return how many seconds an alert takes to the screen."""
    started = time.monotonic()
    number = pages.town.alert()
    expect(page.locator(f"#alert-{number}")).to_contain_text(DOOR)
    return time.monotonic() - started


def test_others_see_at_once_who_is_on_it(browser: Browser, page: Page, pages: Pages) -> None:
    number = pages.town.alert()
    pages.log_in(page, "ben", f"/alerts/{number}")
    live(page)
    other = browser.new_context()
    mia = other.new_page()
    pages.log_in(mia, "mia", f"/alerts/{number}")
    mia.locator(on_it(mia, number)).click()
    expect(page.locator("#answer")).to_contain_text("Mia Stone is on it", timeout=SOON_MS)
    assert page.locator(f"#on-it-{number}").count() == 0
    other.close()


def test_what_a_thumb_may_touch_does_not_move(page: Page, pages: Pages) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    first = pages.town.alert(severity="check", what="No movement since 02:10")
    second = pages.town.alert(severity="check", what="No movement since 02:30")
    pages.log_in(page, "ben", "/alerts")
    live(page)
    places = [place(page, number) for number in (first, second)]
    new = pages.town.alert()
    expect(page.locator(f"#alert-{new}")).to_be_attached(timeout=SOON_MS)
    assert [place(page, number) for number in (first, second)] == pytest.approx(places, abs=1)
    expect(page.locator("#news")).to_contain_text(f"New, above: {DOOR}")
    pages.town.execute(
        "update alert set state = 'acknowledged', acknowledged_by = %s, acknowledged_at = now()"
        " where alert_id = %s",
        pages.town.carers["mia"],
        second,
    )
    pages.town.execute("select pg_notify('alert', %s)", str(second))
    expect(page.locator(f"#alert-{second}")).to_contain_text("Mia Stone", timeout=SOON_MS)
    assert place(page, first) == pytest.approx(places[0], abs=1)
    pages.town.execute(
        "update alert set state = 'resolved', resolved_at = now() where alert_id = %s", second
    )
    pages.town.execute("select pg_notify('alert', %s)", str(second))
    expect(page.locator(f"#alert-{second}")).to_contain_text("Ended", timeout=SOON_MS)
    assert place(page, first) == pytest.approx(places[0], abs=1)


def place(page: Page, number: int) -> float:
    """Return where a button is on the screen."""
    box = page.locator(f"#on-it-{number}").bounding_box()
    assert box is not None
    return box["y"]


def test_a_note_that_is_being_written_is_kept(page: Page, pages: Pages) -> None:
    number = pages.town.alert(
        state="acknowledged",
        acknowledged_by=pages.town.carers["ben"],
        acknowledged_at=pages.town.now,
    )
    pages.log_in(page, "ben", f"/alerts/{number}")
    live(page)
    page.get_by_text("Add a note first").click()
    page.get_by_label("Note for the others").fill("She was in the garden")
    pages.town.deliver(number, "mia", "ntfy")
    pages.town.execute("select pg_notify('alert', %s)", str(number))
    expect(page.locator("#more")).to_contain_text("Mia Stone: by push", timeout=SOON_MS)
    assert page.get_by_label("Note for the others").input_value() == "She was in the garden"
    page.get_by_role("button", name="False alarm").click()
    expect(page.locator("#more")).to_contain_text("“She was in the garden”")


def test_a_page_that_is_not_live_says_so(page: Page, mortal_pages: MortalPages) -> None:
    pages = mortal_pages
    pages.log_in(page, "ben", "/alerts")
    live(page)
    pages.kill()
    expect(page.locator("#connection")).to_have_text(
        re.compile(r"Not live since \d\d:\d\d\. There is no connection\. Reload"), timeout=20_000
    )


def test_a_session_that_ended_says_so(page: Page, pages: Pages) -> None:
    pages.log_in(page, "ben", "/alerts")
    live(page)
    pages.town.execute("delete from login_session")
    pages.town.alert()
    expect(page.locator("#connection")).to_contain_text("You are logged out", timeout=SOON_MS)


def test_the_keyboard_is_enough(page: Page, pages: Pages) -> None:
    number = pages.town.alert()
    page.goto(f"{pages.address}/alerts/{number}")
    for text in ("ben", "correct horse"):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "INPUT":
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    tab_to(page, "I’m on it")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("You are on it")
    tab_to(page, "False alarm: nothing was wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("It has ended")


def tab_to(page: Page, text: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
    pytest.fail(f"no way to {text!r} by keyboard")


def test_it_works_with_scripts_off(browser: Browser, pages: Pages) -> None:
    number = pages.town.alert()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    pages.log_in(page, "ben", "/alerts")
    expect(page.locator("#connection")).to_have_text(
        re.compile(r"As of \d\d:\d\d\. Reload to see what is new\.")
    )
    page.get_by_role("button", name="I’m on it").click()
    expect(page.locator("#answer")).to_contain_text("You are on it")
    page.get_by_role("button", name="Something else").click()
    expect(page.locator("#answer")).to_contain_text("It has ended")
    page.goto(f"{pages.address}/homes/ada")
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("table")).to_contain_text("Alert: ")
    assert number
    context.close()


@pytest.mark.parametrize("login", ["ben", "technician"])
def test_nothing_scrolls_sideways(page: Page, pages: Pages, login: str) -> None:
    number = furnish(pages)
    pages.log_in(page, login)
    for path in paths(login, number):
        page.goto(f"{pages.address}{path}")
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            needed = page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, (path, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("login", ["ben", "technician"])
def test_axe_finds_nothing(
    browser: Browser, pages: Pages, login: str, scheme: Literal["light", "dark"]
) -> None:
    number = furnish(pages)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{pages.address}/login")
    found = {"/login": Axe().run(page).response["violations"]}
    pages.log_in(page, login)
    for path in paths(login, number):
        page.goto(f"{pages.address}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found[path] = Axe().run(page).response["violations"]
    context.close()
    assert {path: [one["id"] for one in rules] for path, rules in found.items() if rules} == {}


def paths(login: str, number: int) -> tuple[str, ...]:
    if login == "technician":
        return ("/system", "/alerts", "/homes/ada/devices", "/nowhere")
    return (
        "/today",
        "/alerts",
        f"/alerts/{number}",
        "/homes/ada",
        "/homes/past",
        "/homes/ada/devices",
        "/homes/ada/learning",
        "/homes/ada/animal",
        "/watching",
    )


def test_targets_are_large_and_type_is_readable(page: Page, pages: Pages) -> None:
    number = furnish(pages)
    page.set_viewport_size({"width": 360, "height": 740})
    pages.log_in(page, "ben")
    for path in paths("ben", number):
        page.goto(f"{pages.address}{path}")
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, summary, input, select, nav a, .button, h2 a')]
              .filter(one => one.offsetParent && one.type !== 'hidden' && one.offsetHeight < 44)
              .map(one => one.textContent)"""
        )
        assert small == [], path
        tiny = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
              .filter(one => one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 16)
              .map(one => one.tagName)"""
        )
        assert tiny == [], path


def test_the_button_is_on_the_first_screen_of_a_phone(page: Page, pages: Pages) -> None:
    number = pages.town.alert(onset=pages.town.now - timedelta(minutes=12))
    page.set_viewport_size({"width": 360, "height": 740})
    pages.log_in(page, "ben", f"/alerts/{number}")
    box = page.locator(f"#on-it-{number}").bounding_box()
    assert box is not None
    assert box["y"] > 370, "a thumb reaches the lower half"
    assert box["y"] + box["height"] < 740 - 64, "above the navigation"
    assert box["height"] >= 64
