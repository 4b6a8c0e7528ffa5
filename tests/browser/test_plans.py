"""The plan, the rota and quiet hours on a phone: to see, to change, by keyboard and with scripts off."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SOON_MS, Pages

pytestmark = pytest.mark.browser
PHONE: tuple[int, int] = (360, 740)
PATHS = (
    "/plan",
    "/plan/homes/ada",
    "/plan/homes/ada/urgent",
    "/plan/homes/ada/notice",
    "/rota",
    "/rota/homes/ada",
    "/quiet",
)


def furnish(pages: Pages) -> None:
    """Give the pages a rota with a gap, a cover, a swap that waits, and quiet hours."""
    town = pages.town
    town.execute("update care set telling_order = 2 where carer_id = %s", town.carers["mia"])
    for login in ("ben", "mia"):
        town.execute(
            "insert into contact_point values (%s, 'ntfy', 'https://x')", town.carers[login]
        )
    rota = town.number(
        "insert into rota (organisation_id, home_id, zone) values ('leeds', 'ada', 'Europe/London')"
        " returning rota_id"
    )
    town.execute(
        "insert into rota_shift (rota_id, carer_id, days, start_min, end_min)"
        " values (%s, %s, '{0,1,2,3,4,5,6}', 0, 1200)",
        rota,
        town.carers["mia"],
    )
    for state, login, by in (
        ("agreed", "ben", "ben"),
        ("asked", "ben", "mia"),
        ("asked", "mia", "ben"),
    ):
        town.execute(
            "insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state,"
            " decided_at) values (%s, now() + interval '2 hours', now() + interval '3 hours', %s, %s,"
            " now(), %s, now())",
            rota,
            town.carers[login],
            town.carers[by],
            state,
        )
    town.execute(
        "insert into quiet_hours select carer_id, 'Europe/London',"
        ' \'[{"days": [0,1,2,3,4,5,6], "start": 1320, "end": 420}]\', now()'
        " from carer where login in ('ben', 'mia')"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("login", ["ben", "admin"])
def test_axe_finds_nothing_and_nothing_is_too_small_or_too_wide(
    browser: Browser, pages: Pages, login: str, scheme: Literal["light", "dark"]
) -> None:
    furnish(pages)
    width, height = PHONE
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    page = context.new_page()
    pages.log_in(page, login)
    for path in PATHS:
        page.goto(f"{pages.address}{path}")
        look(page, path, width)
    page.goto(f"{pages.address}/rota")
    page.get_by_role("button", name="Get the address").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The address of your calendar")
    look(page, "/calendar", width)
    page.goto(f"{pages.address}/plan/homes/ada/urgent")
    page.get_by_label("Say the last step again").fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").last).to_contain_text("Give whole minutes")
    look(page, "/plan/homes/ada/urgent with a mistake", width)
    context.close()


def look(page: Page, path: str, width: int) -> None:
    """Demand of a page what every page of ours keeps."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path
    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, summary, select, nav a, .button, .tick, .row,'
              + ' input:not([type=hidden]):not([type=checkbox])')]
          .filter(one => one.offsetParent && one.offsetHeight < 44).map(one => one.outerHTML)"""
    )
    assert small == [], path
    tiny = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
          .filter(one => one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 16)
          .map(one => one.tagName)"""
    )
    assert tiny == [], path


def test_a_family_plans_swaps_and_sleeps_with_scripts_off(browser: Browser, pages: Pages) -> None:
    furnish(pages)
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": PHONE[0], "height": PHONE[1]}
    )
    page = context.new_page()
    pages.log_in(page, "ben", "/plan/homes/ada")
    page.get_by_role("link", name="Change Act now").click()
    page.locator("#who1").select_option("on-call")
    page.locator("#who2").select_option("place-1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("At once: whoever is on call.")
    page.get_by_role("link", name="Who is on call").click()
    expect(page.get_by_role("main")).to_contain_text("in which nobody is on call")
    page.get_by_role("button", name="Yes, I will").click()
    expect(page.get_by_role("main")).to_contain_text("You asked Mia Stone")
    page.get_by_role("link", name="My quiet hours").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("main")).to_contain_text("None: you are woken at any hour")
    page.get_by_role("button", name="Add these hours").click()
    expect(page.get_by_role("main")).to_contain_text("Every day, 22:00 to 07:00 the next day")
    context.close()


def test_a_second_carer_takes_over_and_the_first_sees_it_at_once(
    browser: Browser, page: Page, pages: Pages
) -> None:
    number = pages.town.alert()
    pages.log_in(page, "ben", f"/alerts/{number}")
    expect(page.locator("#connection")).to_have_text("Live")
    page.locator(f"#on-it-{number}").click()
    expect(page.locator("#answer")).to_contain_text("You are on it")
    expect(page.locator("#connection")).to_have_text("Live")
    other = browser.new_context()
    mia = other.new_page()
    pages.log_in(mia, "mia", f"/alerts/{number}")
    mia.get_by_role("button", name="I take over from Ben Carter").click()
    expect(page.locator("#answer")).to_contain_text("Mia Stone is on it", timeout=SOON_MS)
    mia.get_by_role("button", name="I can’t after all").click()
    expect(page.get_by_role("button", name="I’m on it")).to_be_visible(timeout=SOON_MS)
    other.close()
