"""The whole way on a phone: invited, in by passkey, tested, alerted by push, answered, and passed on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from core.model.ids import HomeId, ResidentId
from tests.alerts.builders import a_finding
from tests.alerts.houses import insert_finding
from tests.alerts.receiver import Receiver, receiving
from tests.browser.conftest import Pages
from tests.browser.handset import Handset, Rounds
from tests.dashboard.thread import serving
from tests.dashboard.town import town_in

if TYPE_CHECKING:
    from tests.servers.databases import Database

pytestmark = pytest.mark.browser
SECOND_STEP = timedelta(minutes=3, seconds=30)
"""Between the second step of an urgent alert and the third."""

STATES = [("acknowledged",), ("acknowledged",)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Pages, an alerting service and a push service, all on one database."""

    pages: Pages
    rounds: Rounds
    service: Receiver

    def alert(self, home: str) -> int:
        """Let detection find something urgent, and the service take it; return the alert."""
        town, now = self.pages.town, datetime.now(UTC)
        resident = town.number("select resident_id from resident where home_id = %s", home)
        finding = a_finding(
            home_id=HomeId(home),
            resident_id=ResidentId(resident),
            onset=now - timedelta(minutes=30),
            noticed_at=now,
        )
        insert_finding(town.connection, finding)
        self.rounds.turn()
        return town.number("select alert_id from alert where home_id = %s", home)


@pytest.fixture
def place(plain_database: Database) -> Iterator[Place]:
    with (
        town_in(plain_database, datetime.now(UTC)) as town,
        serving(
            plain_database.url_as("wayhome_dashboard"), "localhost", local_network=True
        ) as address,
        receiving() as service,
    ):
        rounds = Rounds(plain_database.url_as("wayhome_alerts"), address)
        rounds.turn()  # lets the pages know that there is push
        pages = Pages(address=address, town=town)
        yield Place(pages=pages, rounds=rounds, service=service)


@pytest.fixture
def phones(browser: Browser, place: Place) -> Iterator[tuple[Handset, Handset]]:
    """Give Ruth's phone and Mia's."""
    address, service = place.pages.address, place.service
    ruth, mia = (Handset(browser, address, service, name) for name in ("ruth", "mia"))
    yield ruth, mia
    ruth.context.close()
    mia.context.close()


def invitation(page: Page, pages: Pages) -> str:
    """Let the administrator invite Ruth to care for Ada; return the link."""
    pages.log_in(page, "admin", "/people")
    circle = page.locator("#circle-ada")
    circle.evaluate("one => one.querySelectorAll('details').forEach(one => one.open = true)")
    circle.get_by_label("Name").fill("Ruth")
    circle.get_by_role("button", name="Make an invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invite Ruth")
    return page.get_by_label("Link to send").input_value()


def join(phone: Handset, link: str) -> None:
    """Follow an invitation and make a passkey."""
    phone.page.goto(link)
    phone.page.locator("#passkey-person").fill("Ruth Carter")
    phone.page.get_by_role("button", name="Make a passkey and join").tap()
    expect(phone.page.get_by_text("3 Mill Lane")).to_be_visible()


def turn_push_on(phone: Handset, pages: Pages) -> None:
    """Subscribe this phone."""
    phone.page.goto(f"{pages.address}/reach")
    phone.page.get_by_role("button", name=re.compile("Turn on")).tap()
    expect(phone.page.get_by_role("button", name="Send me a test")).to_be_visible()


def in_order(pages: Pages) -> None:
    """Let Ruth be told first, then Mia, then Ben; Ruth and Mia care for Tom as well."""
    for order, name in enumerate(("Ruth Carter", "Mia Stone", "Ben Carter"), 1):
        pages.town.execute(
            "insert into care (home_id, carer_id, telling_order)"
            " select home_id, carer_id, %s from carer, home"
            " where carer.name = %s and home_id = any(%s)"
            " on conflict (home_id, carer_id) do update set telling_order = excluded.telling_order",
            order,
            name,
            ["ada"] if name == "Ben Carter" else ["ada", "tom"],
        )


def opened(phone: Handset, number: int) -> None:
    """Take the push of an alert, open the alert from it and say that one is on it."""
    said = phone.receive()
    assert said["kind"] == "alert"
    assert "Ada" not in f"{said['title']} {said['text']}", "a locked screen tells nobody's name"
    phone.tap(said)
    phone.page.wait_for_url(f"**/alerts/{number}")
    phone.page.get_by_role("button", name="I’m on it").tap()
    expect(phone.page.locator("#answer")).to_contain_text("You are on it")


def try_push(phone: Handset, place: Place) -> None:
    """Ask for a test, and confirm it by the button of its notification."""
    turn_push_on(phone, place.pages)
    phone.page.get_by_role("button", name="Send me a test").tap()
    expect(phone.page.get_by_text("A test is on its way")).to_be_visible()
    place.rounds.turn()
    phone.tap(phone.receive(), "confirm")
    phone.page.reload()
    expect(phone.page.locator(".badge", has_text="Works")).to_be_visible()


def watch(phone: Handset, place: Place, number: int) -> None:
    """Keep an alert open on the screen."""
    phone.page.goto(f"{place.pages.address}/alerts/{number}")
    expect(phone.page.locator("#connection")).to_have_text("Live")


def test_from_the_invitation_to_the_alert_that_goes_on_until_a_human_answers(
    page: Page, place: Place, phones: tuple[Handset, Handset]
) -> None:
    pages, rounds = place.pages, place.rounds
    ruth, mia = phones
    join(ruth, invitation(page, pages))
    ruth.page.goto(f"{pages.address}/today")
    expect(ruth.page.locator("#hint")).to_contain_text("Put Wayhome on your phone")
    in_order(pages)
    try_push(ruth, place)
    pages.log_in(mia.page, "mia", "/reach")
    turn_push_on(mia, pages)

    first = place.alert("ada")
    watch(mia, place, first)
    opened(ruth, first)
    expect(mia.page.locator("#answer")).to_contain_text("Ruth Carter is on it")
    rounds.turn(SECOND_STEP)
    assert mia.pushes() == [], "nobody else is woken once somebody is on it"

    second = place.alert("tom")
    watch(ruth, place, second)
    expect(ruth.page.locator("#more")).to_contain_text("we tell Mia Stone")
    assert mia.pushes() == []
    rounds.turn(SECOND_STEP)
    opened(mia, second)
    expect(ruth.page.locator("#answer")).to_contain_text("Mia Stone is on it")
    rounds.turn(SECOND_STEP)
    assert pages.town.execute("select state from alert order by alert_id") == STATES
