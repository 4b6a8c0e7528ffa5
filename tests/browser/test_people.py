"""Invited, in, out and in again, on a phone in a real browser with a real (virtual) authenticator."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.town import PASSWORD

if TYPE_CHECKING:
    from tests.browser.conftest import Pages

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
NEW_PASSWORD = "three small words"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Give a phone with a lock that makes passkeys, and whose owner always opens it."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield page
    context.close()


def clean(page: Page, *, named: str) -> None:
    """Demand that a page is fit for everybody, with all that is folded up opened."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = [rule["id"] for rule in Axe().run(page).response["violations"]]
    assert found == [], named
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], named
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, summary, input, select, .button')]
          .filter(one => one.offsetParent && one.type !== 'hidden' && one.offsetHeight < 44)
          .map(one => one.textContent)"""
    )
    assert small == [], named


def invitation(page: Page, pages: Pages) -> str:
    """Let Ben invite Ruth; return the link."""
    page.set_viewport_size({"width": 360, "height": 740})
    pages.log_in(page, "ben", "/people")
    clean(page, named="/people")
    page.get_by_label("Name").fill("Ruth")
    page.get_by_role("button", name="Make an invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invite Ruth")
    expect(page.get_by_role("img", name="Square code")).to_be_visible()
    clean(page, named="invited")
    return page.get_by_label("Link to send").input_value()


def log_out(page: Page) -> None:
    page.goto("/".join([*page.url.split("/")[:3], "more"]))
    page.get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url("**/login")


def connect_app(page: Page) -> pyotp.TOTP:
    """Connect an app on the page that shows its key."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect an authenticator app")
    clean(page, named="/me/authenticator")
    key = re.findall(r"Key: ([A-Z2-7 ]+)", page.locator("main").inner_text())[0]
    app = pyotp.TOTP(key.replace(" ", "").strip())
    page.get_by_label("Type the six digits").fill(app.now())
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write these codes down")
    clean(page, named="codes")
    return app


def fresh_code(app: pyotp.TOTP, used_at: float) -> str:
    """Return a code that was not taken yet: the next one counts half a minute early."""
    return app.at(int(used_at) + 30)


def test_invited_joined_and_back_by_passkey(page: Page, phone: Page, named_pages: Pages) -> None:
    requests: list[str] = []
    phone.on("request", lambda request: requests.append(request.url))
    link = invitation(page, named_pages)
    code = link.partition("#")[2]
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Ben Carter asks you to join")
    clean(phone, named="/join/accept")
    phone.locator("#passkey-person").fill("Ruth Carter")
    phone.get_by_role("button", name="Make a passkey and join").click()
    expect(phone.get_by_text("3 Mill Lane")).to_be_visible()
    assert code not in "".join(url.partition("#")[0] for url in requests)
    log_out(phone)
    clean(phone, named="/login")
    phone.get_by_role("button", name="Use a passkey").click()
    expect(phone.get_by_text("3 Mill Lane")).to_be_visible()
    phone.goto(f"{named_pages.address}/me")
    clean(phone, named="/me")
    expect(phone.get_by_text("My first passkey, made")).to_be_visible()
    page.goto(link)
    page.reload()
    page.goto(f"{named_pages.address}/join#{code}")
    expect(page.get_by_role("alert")).to_contain_text("used already")
    clean(page, named="/join")


def join_by_password(plain: Page, link: str) -> str:
    """Follow an invitation without scripts as far as the authenticator app; return the login."""
    plain.goto(link)
    plain.get_by_label("Code").fill(link.partition("#")[2].lower())
    plain.get_by_role("button", name="Go on").click()
    plain.get_by_text("With a password and an app").click()
    login = plain.get_by_label("Your login").input_value()
    plain.locator("#person").fill("Ruth Carter")
    plain.get_by_label("Choose a password").fill(NEW_PASSWORD)
    plain.get_by_role("button", name="Join", exact=True).click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Connect an authenticator app")
    return login


def test_joined_by_password_and_back_by_code(
    browser: Browser, page: Page, named_pages: Pages
) -> None:
    link = invitation(page, named_pages)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    plain = context.new_page()
    login = join_by_password(plain, link)
    used_at = time.time()
    key = re.findall(r"Key: ([A-Z2-7 ]+)", plain.locator("main").inner_text())[0]
    app = pyotp.TOTP(key.replace(" ", "").strip())
    plain.get_by_label("Type the six digits").fill(app.at(int(used_at)))
    plain.get_by_role("button", name="Connect").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Write these codes down")
    plain.get_by_text("I have them, go on").click()
    expect(plain.get_by_text("3 Mill Lane")).to_be_visible()
    log_out(plain)
    plain.get_by_label("Login").fill(login)
    plain.get_by_label("Password").fill(NEW_PASSWORD)
    plain.get_by_role("button", name="Log in").click()
    plain.get_by_label("Code").fill("000000")
    plain.get_by_role("button", name="Log in").click()
    expect(plain.get_by_role("alert")).to_contain_text("does not count")
    plain.get_by_label("Code").fill(fresh_code(app, used_at))
    plain.get_by_role("button", name="Log in").click()
    expect(plain.get_by_text("3 Mill Lane")).to_be_visible()
    context.close()


def test_a_passkey_is_added_named_and_removed(phone: Page, named_pages: Pages) -> None:
    named_pages.log_in(phone, "mia", "/me")
    phone.get_by_label("What to call it").fill("Mia’s phone")
    phone.get_by_role("button", name="Add a passkey").click()
    expect(phone.get_by_text("Mia’s phone, made")).to_be_visible()
    phone.get_by_role("button", name="Remove Mia’s phone").click()
    expect(phone.get_by_text("None yet.")).to_be_visible()
    log_out(phone)
    phone.get_by_role("button", name="Use a passkey").click()
    expect(phone.locator("[data-say]")).to_contain_text("That did not work")
    assert "/login" in phone.url


def test_a_phone_without_an_answer_says_what_else_to_do(phone: Page, named_pages: Pages) -> None:
    phone.goto(f"{named_pages.address}/login")
    phone.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no')); }"
    )
    phone.get_by_role("button", name="Use a passkey").click()
    expect(phone.locator("[data-say]")).to_contain_text("use the other way on this page")


def test_every_page_of_people_is_fit_for_everybody(page: Page, named_pages: Pages) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for login, paths in {
        "admin": ("/people", "/looked", "/me"),
        "auditor": ("/audit", "/audit?since=never", "/me"),
        "resident": ("/looked", "/me"),
    }.items():
        page.context.clear_cookies()
        named_pages.log_in(page, login)
        for path in paths:
            page.goto(f"{named_pages.address}{path}")
            clean(page, named=f"{login} {path}")
    page.goto(f"{named_pages.address}/me/authenticator")
    connect_app(page)
    page.context.clear_cookies()
    page.goto(f"{named_pages.address}/login")
    page.get_by_label("Login").fill("resident")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Now the code from your app")
    clean(page, named="/login/code")


def test_where_passkeys_can_not_work_they_are_not_offered(page: Page, pages: Pages) -> None:
    page.goto(f"{pages.address}/login")
    expect(page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
