"""The page on which a person says how to be told, on a phone; and push messages in a real browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Pages
from tests.browser.notifications import Pushes

if TYPE_CHECKING:
    from tests.dashboard.town import Town

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


def offer(town: Town) -> None:
    for channel, takes in (
        ("ntfy", "web"),
        ("sms", "phone"),
        ("email", "email"),
        ("webpush", "push"),
    ):
        town.execute(
            "insert into channel_offer values (%s, %s, %s, true, '', %s, now())",
            channel,
            channel,
            takes,
            "BP" + "A" * 85 if channel == "webpush" else "",
        )


def furnish(pages: Pages) -> None:
    """Give Ben one way of each state."""
    town = pages.town
    offer(town)
    ben = town.carers["ben"]
    town.execute("insert into contact_point values (%s, 'ntfy', 'https://ntfy.example/t')", ben)
    for channel, address, label in (
        ("sms", "+447700900123", "Mine"),
        ("email", "ben@example.org", ""),
        ("webpush", "{}", "Android"),
        ("voice", "+447700900123", ""),
    ):
        town.execute(
            "insert into own_contact (carer_id, channel, address, label, created_at)"
            " values (%s, %s, %s, %s, now())",
            ben,
            channel,
            address,
            label,
        )
    town.execute(
        "insert into lost_contact select contact_id, now(), 'answered 410' from own_contact"
        " where channel = 'webpush'"
    )
    for channel, state in (("sms", "sent"), ("email", "failed")):
        town.execute(
            "with t as (insert into contact_test (carer_id, channel, contact_id, asked_at)"
            " select carer_id, channel, contact_id, now() from own_contact where channel = %s"
            " returning *) insert into delivery (kind, test_id, carer_id, channel, step, state,"
            " next_try_at, sent_at, error, created_at) select 'test', test_id, carer_id, channel, 0,"
            " %s, now(), now(), 'answered 550', now() from t",
            channel,
            state,
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_on_the_page(pages: Pages, browser: Browser, scheme: Any) -> None:
    furnish(pages)
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    pages.log_in(page, "ben", "/reach")
    number = pages.town.number("select max(delivery_id) from delivery where kind = 'test'")
    for path in ("/reach", f"/reach/arrived/{number}"):
        page.goto(pages.address + path)
        expect(page.locator("#connection")).to_have_attribute("data-state", "still")
        found = Axe().run(page, options=AXE)
        assert found.violations_count == 0, found.generate_report()
        small = page.locator("main button:visible, main select, main input:visible").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).filter(r => r.height < 44 || r.width < 44)"
            ".length"
        )
        assert small == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_a_way_is_added_tested_and_removed_without_scripts(pages: Pages, browser: Browser) -> None:
    offer(pages.town)
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    pages.log_in(page, "ben", "/reach")
    expect(page.get_by_text("Push needs scripts")).to_be_visible()
    page.get_by_label("How", exact=True).select_option(label="Text message")
    page.get_by_label("Number or address").fill("07700 900123")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert").filter(has_text="country code")).to_be_visible()
    page.get_by_label("How", exact=True).select_option(label="Text message")
    page.get_by_label("Number or address").fill("+44 7700 900123")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    pages.town.execute(
        "insert into delivery (kind, test_id, carer_id, channel, step, state, next_try_at, sent_at)"
        " select 'test', test_id, carer_id, channel, 0, 'sent', now(), now() from contact_test"
    )
    page.reload()
    page.get_by_role("button", name="Yes, it arrived").click()
    expect(page.get_by_text("Works")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing can reach you away from this page")).to_be_visible()
    context.close()


def test_a_refused_form_is_read_where_it_went_wrong(pages: Pages, browser: Browser) -> None:
    offer(pages.town)
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    pages.log_in(page, "ben", "/reach")
    page.get_by_label("How", exact=True).select_option(label="Text message")
    page.get_by_label("Number or address").fill("07700 900123")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Number or address")).to_be_focused()
    expect(page.get_by_label("Number or address")).to_have_value("07700 900123")
    expect(page.locator("#address-mistake")).to_be_in_viewport()
    expect(page.get_by_label("How", exact=True)).to_have_value("sms")
    pages.log_in(page, "admin", "/people")
    invite = page.locator("details", has_text="Invite somebody for").first
    invite.locator("summary").click()
    invite.get_by_label("Name").fill(" ")
    invite.get_by_role("button", name="Make an invitation").click()
    expect(page.get_by_role("alert").filter(has_text="type the name")).to_be_focused()
    expect(page.locator("details[open]", has_text="Invite somebody for")).to_be_visible()
    context.close()


def test_a_push_is_shown_opens_its_alert_and_a_test_is_confirmed(
    pages: Pages, browser: Browser
) -> None:
    offer(pages.town)
    alert = pages.town.alert()
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    context.grant_permissions(["notifications"], origin=pages.address)
    page = context.new_page()
    pushes = Pushes(context, page, pages.address)
    pages.log_in(page, "ben", "/reach")
    expect(page.get_by_role("button", name=re.compile("Turn on"))).to_be_visible()
    for text in (
        json.dumps(
            {
                "title": "Wayhome: act now",
                "text": "Someone may need help now. Open Wayhome.",
                "link": f"https://elsewhere.example/alerts/{alert}",
                "kind": "alert",
                "severity": "urgent",
                "tag": f"wayhome-alert-{alert}",
            }
        ),
        "this is no JSON",
    ):
        pushes.bring(text)
    shown = page.evaluate(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
        ".map(n => [n.title, n.body, n.data.path, n.tag])"
    )
    assert sorted(shown) == [
        ["Wayhome", "Please look.", "/", "wayhome"],
        [
            "Wayhome: act now",
            "Someone may need help now. Open Wayhome.",
            f"/alerts/{alert}",
            f"wayhome-alert-{alert}",
        ],
    ]
    context.close()


def test_a_browser_that_can_not_subscribe_says_so_in_plain_words(pages: Pages, page: Page) -> None:
    offer(pages.town)
    page.context.grant_permissions([], origin=pages.address)
    pages.log_in(page, "ben", "/reach")
    page.get_by_role("button", name=re.compile("Turn on")).click()
    expect(page.locator("#push [role=status]")).to_contain_text("That did not work.")
    expect(page.get_by_role("button", name=re.compile("Turn on"))).to_be_enabled()
