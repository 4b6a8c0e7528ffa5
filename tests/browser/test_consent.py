"""The pages of consent: a basis written and withdrawn with scripts off, and no barrier on them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Pages
from tests.browser.test_plans import look
from tests.dashboard.test_watching import changed, told
from tests.dashboard.town import Town

pytestmark = pytest.mark.browser
SIZES = ((360, 740), (1280, 900))


def tell(town: Town) -> None:
    """Let the circle be told, as the alerting service does."""
    changed(town, 1, "unlocated", "withdrawn")
    told(town, "ben", "watch_places", 1, ("web", "sent"), ("sms", "sent"))
    told(town, "mia", "watch_places", 1, ("web", "sent"))


def test_a_basis_is_written_and_withdrawn_without_scripts_and_without_barriers(
    browser: Browser, pages: Pages
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    pages.log_in(page, "admin")
    page.goto(f"{pages.address}/consent")
    page.get_by_role("link", name="Ada", exact=True).click()
    give = page.locator("form").filter(has_text="What may be done?")
    give.get_by_label("What may be done?").select_option("location")
    give.get_by_label("Lawful basis").select_option("consent")
    give.get_by_label("Condition for what tells").select_option("explicit_consent")
    give.get_by_label("Who decided?").select_option("person")
    give.get_by_label("Name of who decided").fill("Ada")
    give.get_by_role("button", name="Write it down").click()
    expect(page.locator("#stands + ul")).to_contain_text(
        "Know where they are outdoors: yes, it was given"
    )
    page.get_by_text("Write down that somebody no longer agrees").click()
    withdraw = page.locator("form").filter(has_text="What is withdrawn?")
    withdraw.get_by_label("What is withdrawn?").select_option("location")
    withdraw.get_by_label("Who decided?").select_option("person")
    withdraw.get_by_label("Name of who decided").fill("Ada")
    withdraw.get_by_role("button", name="Withdraw it now").click()
    expect(page.locator("#stands + ul")).to_contain_text("outdoors: no, it was withdrawn")
    address = page.url
    context.close()
    tell(pages.town)
    for width, height in SIZES:
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        pages.log_in(page, "clinician", "/consent")
        for path in (f"{pages.address}/consent", address, f"{pages.address}/watching"):
            page.goto(path)
            look(page, path, width)
        expect(page.get_by_text("has no phone or address here: please ring them")).to_be_visible()
        context.close()
