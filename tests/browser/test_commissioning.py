"""A technician with a phone in a hallway: ten devices, a walk through the rooms, and handed over live."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.pictures import PHONE, Pictures, by_day, pictures_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Pages
    from tests.dashboard.town import Town

pytestmark = pytest.mark.browser
BASE = "/homes/nell"
DEVICES = {
    "hall_motion": ("motion", b'{"occupancy":true,"battery":90}'),
    "kitchen_motion": ("motion", b'{"occupancy":true,"battery":88}'),
    "bathroom_motion": ("motion", b'{"occupancy":true,"battery":85}'),
    "bedroom_motion": ("motion", b'{"occupancy":true,"battery":93}'),
    "front_door": ("contact", b'{"contact":false}'),
    "bedroom_bed": ("bed", b'{"bed_occupancy":true}'),
    "kitchen_fridge_door": ("contact", b'{"contact":false}'),
    "bathroom_presence": ("presence", b'{"presence":true}'),
    "hall_button": ("sos", b'{"action":"emergency"}'),
    "bedroom_window": ("contact", b'{"contact":false}'),
}
BY_LABEL = 4
"""So many are registered by their label, the rest as they are discovered."""


def referred(town: Town) -> None:
    """A home that was referred, with four rooms and nothing in them, where ten devices speak."""
    for statement in (
        (
            "insert into home (home_id, organisation_id, name, mode)"
            " values ('nell', 'leeds', '9 Ash Grove', 'test')"
        ),
        "insert into resident (home_id, name) values ('nell', 'Nell')",
        (
            "insert into room (home_id, name, kind, exit) values ('nell', 'Hall', 'hall', true),"
            " ('nell', 'Kitchen', 'kitchen', false), ('nell', 'Bathroom', 'bathroom', false),"
            " ('nell', 'Bedroom', 'bedroom', false)"
        ),
    ):
        town.execute(statement)
    town.execute("insert into care (home_id, carer_id) values ('nell', %s)", town.carers["ben"])
    for number, (name, (_, payload)) in enumerate(DEVICES.items()):
        speak(town, name, payload, number)


def speak(town: Town, name: str, payload: bytes, number: int) -> None:
    """Let a device be heard that is not registered, as the gateway notes it."""
    town.execute(
        "insert into discovered values ('nell', 'zigbee2mqtt', %s, now(),"
        " now() - make_interval(secs => %s), 2, %s, %s)",
        name,
        number,
        f"homes/nell/zigbee2mqtt/{name}",
        payload,
    )


def fire(town: Town, name: str, quantity: str) -> int:
    """Let a registered device say that somebody is there, as the gateway stores it; return its number."""
    at = datetime.now(UTC)
    number = town.number(
        "select device_id from device where home_id = 'nell' and external_id = %s", name
    )
    town.execute(
        "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
        " values (%s, %s, %s, 1, 'nell', %s)",
        at,
        number,
        quantity,
        at,
    )
    town.execute(
        "insert into presence (device_id, home_id, last_seen, battery_percent, link_quality)"
        " values (%s, 'nell', %s, 90, 120) on conflict (device_id) do update set last_seen = %s",
        number,
        at,
        at,
    )
    return number


def clean(page: Page, name: str, pictures: Pictures) -> None:
    """Demand that a page is fit for everybody, and take its picture."""
    by_day(page)
    pictures.take(page, name, whole=True)
    found = [rule["id"] for rule in Axe().run(page).response["violations"]]
    assert found == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, summary, select, .button, input, textarea')]
          .filter(one => one.offsetParent && !['hidden', 'radio', 'checkbox'].includes(one.type)
            && one.offsetHeight < 44).map(one => one.outerHTML)"""
    )
    assert small == [], name


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Use a control by keyboard: it must be one that the keyboard can come to."""
    target.focus()
    expect(target).to_be_focused()
    page.keyboard.press(key)


def registered(page: Page, count: int) -> None:
    words = f"{count} device{'s' if count > 1 else ''} registered"
    expect(page.locator("#registered h2")).to_have_text(words)


def print_labels(page: Page, pages: Pages, pictures: Pictures) -> list[str]:
    """Print a sheet; return the addresses that a camera reads from it."""
    page.goto(f"{pages.address}/labels")
    clean(page, "commission-1-labels", pictures)
    press(page, page.get_by_role("button", name="Make labels to print"))
    expect(page.get_by_role("heading", level=1)).to_have_text("12 new labels")
    clean(page, "commission-2-sheet", pictures)
    codes = page.locator(".labels span").all_inner_texts()
    return [f"{pages.address}/label/{code.replace(' ', '')}" for code in codes]


def write_consent(page: Page, pages: Pages, pictures: Pictures) -> None:
    page.goto(f"{pages.address}{BASE}/steps")
    clean(page, "commission-3-consent", pictures)
    press(page, page.get_by_label("The resident agreed"), "Space")
    page.get_by_label("Who agreed or decided?").focus()
    page.keyboard.type("Nell Hart")
    press(page, page.get_by_role("button", name="Write down the consent"))
    expect(page.locator("#standing h2")).to_have_text("Consent given")


def register_ten(page: Page, pages: Pages, labels: list[str], pictures: Pictures) -> None:
    page.goto(f"{pages.address}{BASE}/install")
    for number, address in enumerate(labels[:BY_LABEL], 1):
        page.goto(address)
        if number == 1:
            clean(page, "commission-4-label", pictures)
        press(page, page.get_by_role("button", name="It is this one").first)
        registered(page, number)
    for number in range(BY_LABEL + 1, len(DEVICES) + 1):
        press(page, page.get_by_role("button", name="Register", exact=True).first)
        registered(page, number)
    expect(page.locator("#missing li")).to_have_count(1)
    page.get_by_label("An animal that lives here").select_option("none")
    press(page, page.get_by_role("button", name="Save the animal"))
    expect(page.locator("#missing h2")).to_have_text("Nothing is missing")
    clean(page, "commission-5-registered", pictures)


def start_walk(page: Page) -> None:
    press(page, page.get_by_role("link", name="All is installed"))
    press(page, page.get_by_role("button", name="The devices are installed"))
    press(page, page.get_by_role("button", name="Start the walk test"))
    expect(page.locator("#walk-count")).to_have_text("0 of 10 devices seen")
    expect(page.locator("#walk-missing h2")).to_have_text("10 things still missing")


def go_without(page: Page, why: str) -> None:
    """Give a reason for the one thing that is missing."""
    press(page, page.locator(".unlit summary"))
    reason = page.get_by_label("Why may this be missing?")
    reason.focus()
    page.keyboard.type(why)
    press(page, page.get_by_role("button", name="Go without it"))
    expect(page.locator("#walk-missing h2")).to_have_text("Nothing is missing")


def test_ten_devices_are_registered_walked_past_and_handed_over(
    page: Page, pages: Pages, tmp_path: Path
) -> None:
    town, pictures = pages.town, pictures_in(tmp_path)
    referred(town)
    page.set_viewport_size(PHONE)
    pages.log_in(page, "technician", "/work")
    labels = print_labels(page, pages, pictures)
    write_consent(page, pages, pictures)
    register_ten(page, pages, labels, pictures)

    start_walk(page)
    clean(page, "commission-6-walk", pictures)

    count = page.locator("#walk-count")
    first, *rest, _ = DEVICES
    device = fire(town, first, DEVICES[first][0])
    expect(page.locator(f"#device-{device}")).to_have_class("lit", timeout=15_000)
    expect(count).to_have_text("1 of 10 devices seen")
    for name in rest:
        fire(town, name, DEVICES[name][0])
    expect(page.locator(".lit")).to_have_count(9, timeout=15_000)
    expect(count).to_have_text("9 of 10 devices seen")
    expect(page.locator("#walk-pressed")).to_contain_text("Nobody was told: this is a test.")
    expect(page.locator("#walk-missing h2")).to_have_text("1 thing still missing")
    expect(page.locator("#walk-missing")).to_contain_text("Bedroom window has not been seen yet")
    clean(page, "commission-7-walked", pictures)

    go_without(page, "The window is painted shut")
    clean(page, "commission-8-complete", pictures)
    press(page, page.get_by_role("button", name="Go live"))
    expect(page.locator("#walk-state")).to_contain_text("This home is live")
    clean(page, "commission-9-live", pictures)
    assert town.execute("select mode from home where home_id = 'nell'") == [("live",)]
    page.goto(f"{pages.address}{BASE}/steps")
    expect(page.locator("#done")).to_contain_text("The resident agreed: Nell Hart")
    clean(page, "commission-10-steps", pictures)
