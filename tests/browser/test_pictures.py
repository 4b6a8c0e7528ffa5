"""Every page of the carer's app on a phone, pictured, and looked at by axe by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser import scene
from tests.browser.conftest import Pages
from tests.browser.pictures import PHONE, Pictures, by_day, pictures_in

pytestmark = pytest.mark.browser


def furnish(pages: Pages) -> tuple[int, int]:
    """Give the pages something to show; return an open alert, and one that somebody is on."""
    town = pages.town
    town.night("ada")
    scene.month(town)
    scene.forecast(town)
    scene.past_alerts(town)
    scene.telephone(town, "mia", "+447700900123")
    number = town.alert()
    for login in ("ben", "mia"):
        town.deliver(number, login, "web")
    town.deliver(number, "ben", "ntfy")
    taken = town.alert(
        severity="check",
        what="No movement since 02:10",
        state="acknowledged",
        acknowledged_by=town.carers["ben"],
        acknowledged_at=town.now,
    )
    return number, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Somebody who looks at pages on a phone, with axe beside them."""

    page: Page
    pages: Pages
    pictures: Pictures
    scheme: str
    #: What axe found, by picture.
    found: dict[str, list[str]] = field(default_factory=dict)

    def at(self, name: str, path: str) -> None:
        """Open a page, picture it as it opens and as a whole, and let axe look at it."""
        self.page.goto(f"{self.pages.address}{path}")
        by_day(self.page)
        self.pictures.take(self.page, f"{self.scheme}-{name}")
        self.pictures.take(self.page, f"{self.scheme}-{name}-whole", whole=True)
        self.found[name] = violations(self.page)


def violations(page: Page) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.fixture(params=["light", "dark"])
def looking(
    request: pytest.FixtureRequest, browser: Browser, pages: Pages, tmp_path: Path
) -> Iterator[Looking]:
    scheme: Literal["light", "dark"] = request.param
    # without the service worker, which would keep pages of one test for the next look
    context = browser.new_context(color_scheme=scheme, viewport=PHONE, service_workers="block")
    looked = Looking(
        page=context.new_page(), pages=pages, pictures=pictures_in(tmp_path), scheme=scheme
    )
    yield looked
    context.close()
    assert {name: rules for name, rules in looked.found.items() if rules} == {}


def test_pages_with_nothing_to_show_say_so(looking: Looking) -> None:
    looking.at("login", "/login")
    looking.pages.log_in(looking.page, "ben", "/today")
    for name in ("today", "alerts", "history", "more"):
        looking.at(f"{name}-empty", f"/{name}")
    looking.at("offline", "/offline")
    looking.at("nothing-there", "/nowhere")


def test_a_quiet_day_and_a_blind_one(looking: Looking) -> None:
    town = looking.pages.town
    town.night("ada")
    scene.month(town)
    scene.forecast(town)
    looking.pages.log_in(looking.page, "ben", "/today")
    looking.at("today", "/today")
    looking.at("home", "/homes/ada")
    town.execute("update gateway_heartbeat set at = at - interval '20 min'")
    looking.at("today-blind", "/today")


def test_an_alert_and_its_history(looking: Looking) -> None:
    number, taken = furnish(looking.pages)
    looking.pages.log_in(looking.page, "ben", "/today")
    looking.at("today-alert", "/today")
    looking.at("alerts", "/alerts")
    looking.at("alert", f"/alerts/{number}")
    looking.at("alert-taken", f"/alerts/{taken}")
    looking.at("history", "/history")
    looking.page.goto(f"{looking.pages.address}/alerts/{number}")
    looking.pictures.take(looking.page, f"{looking.scheme}-alert-at-this-hour")
    looking.page.set_viewport_size({"width": 1024, "height": 768})
    looking.at("alert-wide", f"/alerts/{number}")
    looking.at("today-wide", "/today")


def test_somebody_with_several_homes(looking: Looking) -> None:
    furnish(looking.pages)
    looking.pages.log_in(looking.page, "worker", "/today")
    looking.at("today-several", "/today")
    looking.at("history-several", "/history")
