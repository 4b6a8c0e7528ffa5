"""The carer's app on a phone, in a real browser: today, an alert from push to end, history, no connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser import scene
from tests.browser.conftest import SOON_MS, MortalPages, Pages
from tests.browser.pictures import PHONE, pictures_in
from tests.dashboard.town import DOOR

pytestmark = pytest.mark.browser

WIRE_BYTES = 100_000
BAR_PX = 64


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    yield context
    context.close()


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Live")


def bottom(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None, selector
    return box["y"] + box["height"]


def test_today_answers_four_questions_without_scrolling(
    phone: BrowserContext, pages: Pages
) -> None:
    town = pages.town
    town.night("ada")
    scene.month(town)
    scene.forecast(town)
    page = phone.new_page()
    pages.log_in(page, "ben", "/today")
    for state in ("well", "blind"):
        expect(page.get_by_role("heading", level=1)).to_have_class(re.compile(state))
        for selector in ("#summary", "svg.ring", "#answers", "#forecast"):
            assert bottom(page, selector) <= PHONE["height"] - BAR_PX, (state, selector)
        town.execute("update gateway_heartbeat set at = at - interval '20 min'")
        page.reload()


def test_today_is_light_over_the_wire(phone: BrowserContext, pages: Pages) -> None:
    pages.town.night("ada")
    scene.month(pages.town)
    scene.forecast(pages.town)
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page = phone.new_page()
    pages.log_in(page, "ben", "/more")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.close()  # it would ask for a login of its own, and one of two forms would be out of date
    phone.clear_cookies()
    fresh = phone.new_page()
    cdp = phone.new_cdp_session(fresh)
    cdp.send("Network.enable")
    cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    pages.log_in(fresh, "ben", "/more")
    fresh.on("response", note)
    fresh.goto(f"{pages.address}/today")
    live(fresh)
    fresh.remove_listener("response", note)
    sent = {one.url: weight(one) for one in answers if weighs(one)}
    assert any(url.endswith(".css") for url in sent), "the cache is not asked"
    assert sum(sent.values()) <= WIRE_BYTES, sent


def weighs(answer: Response) -> bool:
    """Whether it brings something, and ends."""
    return answer.status == 200 and not answer.url.endswith("/live")


def weight(answer: Response) -> int:
    """Return the bytes of an answer, once it is there."""
    sizes = answer.request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


def test_an_alert_is_taken_seen_by_others_and_ended_in_one_tap(
    phone: BrowserContext, browser: Browser, pages: Pages, tmp_path: Path
) -> None:
    town = pages.town
    scene.telephone(town, "mia", "+447700900123")
    number = town.alert(onset=town.now - timedelta(minutes=12))
    page = phone.new_page()
    pages.log_in(page, "ben", f"/alerts/{number}")
    other = browser.new_context(viewport=PHONE)
    mia = other.new_page()
    pages.log_in(mia, "mia", f"/alerts/{number}")
    live(mia)
    live(page)
    page.get_by_role("button", name="I’m on it").tap()
    expect(page.locator("#answer")).to_contain_text("You are on it")
    expect(mia.locator("#answer")).to_contain_text("Ben Carter is on it", timeout=SOON_MS)
    assert mia.locator(f"#on-it-{number}").count() == 0
    pictures_in(tmp_path).take(page, "alert-on-it")
    order = page.evaluate(
        "['#answer', '#to-do', '#ending', '#more'].map(one => document.querySelector(one).offsetTop)"
    )
    assert order == sorted(order), "first what to do, then how it ended, then all the rest"
    page.get_by_role("button", name="It was real, and someone helped").tap()
    expect(page.locator("#answer")).to_contain_text("It has ended")
    expect(mia.locator("#answer")).to_contain_text("Ben Carter said so", timeout=SOON_MS)
    assert town.execute("select kind, outcome from response order by response_id") == [
        ("acknowledge", None),
        ("resolve", "helped"),
    ]
    page.get_by_role("link", name="History").tap()
    expect(page.locator("main")).to_contain_text("It was real, and someone helped.")
    other.close()


def test_the_button_stays_where_the_thumb_is_while_the_page_lives(
    phone: BrowserContext, pages: Pages
) -> None:
    town = pages.town
    number = town.alert()
    page = phone.new_page()
    pages.log_in(page, "ben", f"/alerts/{number}")
    live(page)
    before = bottom(page, f"#on-it-{number}")
    town.deliver(number, "mia", "ntfy")
    town.execute("update alert set unusual = %s", "She has never opened it. " * 8)
    town.execute("select pg_notify('alert', %s)", str(number))
    expect(page.locator("#more")).to_contain_text("Mia Stone: by push", timeout=SOON_MS)
    assert bottom(page, f"#on-it-{number}") == pytest.approx(before, abs=1)
    page.evaluate("scrollTo(0, 400)")
    assert bottom(page, f"#on-it-{number}") == pytest.approx(before, abs=1)


def test_going_live_moves_nothing(browser: Browser, pages: Pages) -> None:
    pages.town.alert(severity="check")
    places = []
    for scripts in (False, True):
        context = browser.new_context(java_script_enabled=scripts, viewport=PHONE)
        page = context.new_page()
        pages.log_in(page, "ben", "/alerts")
        if scripts:
            live(page)
        places.append(bottom(page, ".card .main-button"))
        context.close()
    assert places[0] == pytest.approx(places[1], abs=1)


def test_everything_but_push_and_live_works_with_scripts_off(
    browser: Browser, pages: Pages
) -> None:
    town = pages.town
    town.night("ada")
    scene.forecast(town)
    scene.past_alerts(town)
    number = town.alert()
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    pages.log_in(page, "ben", "/today")
    expect(page.locator("#forecast")).to_contain_text("If nothing moves by")
    page.get_by_text("The ring in words").click()
    expect(page.get_by_role("table")).to_contain_text("In bed or in a chair")
    page.get_by_role("link", name="Alerts").click()
    page.get_by_role("link", name=DOOR).click()
    page.get_by_role("button", name="I’m on it").click()
    page.get_by_role("button", name="False alarm").click()
    expect(page.locator("#answer")).to_contain_text("It has ended")
    page.get_by_role("link", name="History").click()
    page.get_by_label("How it ended").select_option(label="False alarm: nothing was wrong")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main")).to_contain_text("1 false alarm")
    page.get_by_role("link", name="More").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    assert number
    context.close()


def ready(page: Page) -> None:
    """Wait until the service worker holds the pages.

    As a function: the pages' security policy refuses the evaluation of a text when it comes to a second look.
    """
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_a_page_the_worker_missed_as_it_took_over_is_taken_over_too(
    phone: BrowserContext, pages: Pages
) -> None:
    page = phone.new_page()
    pages.log_in(page, "ben", "/today")
    ready(page)
    # Past the worker, as the page that is under way while the worker takes over.
    with page.expect_navigation(wait_until="commit"):
        phone.new_cdp_session(page).send("Page.reload", {"ignoreCache": True})
    ready(page)


def test_without_a_connection_the_last_state_stands_with_its_age(
    phone: BrowserContext, pages: Pages, tmp_path: Path
) -> None:
    town = pages.town
    town.night("ada")
    scene.forecast(town)
    number = town.alert()
    page = phone.new_page()
    pages.log_in(page, "ben", "/today")
    ready(page)
    page.reload()
    live(page)
    page.goto(f"{pages.address}/alerts/{number}")
    live(page)
    phone.set_offline(True)
    page.get_by_role("button", name="I’m on it").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no connection")
    expect(page.locator("#unsent")).to_be_visible()
    page.get_by_role("link", name="Try again").tap()
    page.wait_for_url(f"**/alerts/{number}")
    expect(page.locator("#unsent")).to_be_hidden()  # the way back has ended
    page.goto(f"{pages.address}/today")
    expect(page.locator("#unsent")).to_be_hidden()
    expect(page.locator("#last-age")).to_have_text(re.compile(r"This is \d+\smin old"))
    expect(page.locator("#last-state")).to_contain_text("Hall")
    expect(page.locator("#last-state")).not_to_contain_text("What happens next")
    pictures_in(tmp_path).take(page, "offline-last-state", whole=True)
    phone.set_offline(False)  # the page hears of it and comes back by itself
    live(page)
    assert page.url.endswith("/today")
    assert town.number("select count(*) from response") == 0, "what was not sent is not there"


def kept(page: Page) -> list[str]:
    """Return what caches of this phone hold that is about somebody."""
    texts: list[str] = page.evaluate(
        """async () => {
          const texts = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) texts.push(await (await cache.match(request)).text());
          }
          return texts;
        }"""
    )
    return [text for text in texts if "Ada" in text or "Ben Carter" in text]


@pytest.mark.parametrize("way", ["log-out", "session ended"])
def test_nothing_personal_is_kept_once_nobody_is_logged_in(
    phone: BrowserContext, pages: Pages, way: str
) -> None:
    pages.town.night("ada")
    page = phone.new_page()
    pages.log_in(page, "ben", "/today")
    ready(page)
    page.reload()
    live(page)
    page.wait_for_function(
        "() => caches.match('/today', { cacheName: 'wayhome-seen' }).then(Boolean)"
    )
    assert kept(page) != []
    if way == "log-out":
        page.goto(f"{pages.address}/more")
        page.get_by_role("button", name="Log out").tap()
    else:
        pages.town.execute("delete from login_session")
        page.goto(f"{pages.address}/today")
    page.wait_for_url("**/login**")
    assert kept(page) == []
    phone.set_offline(True)
    page.goto(f"{pages.address}/today")
    expect(page.locator("#last-none")).to_be_visible()


def test_a_page_that_is_stale_says_how_old_it_is(
    phone: BrowserContext, mortal_pages: MortalPages
) -> None:
    page, pages = phone.new_page(), mortal_pages
    pages.log_in(page, "ben", "/more")
    page.clock.install()
    page.goto(f"{pages.address}/today")
    live(page)
    pages.kill()
    page.clock.fast_forward("12:00")
    expect(page.locator("#connection")).to_contain_text("What you see is 10 min old.")
    expect(page.locator("#connection")).to_contain_text("Not live since")


def test_the_hint_to_install_goes_away_for_good(phone: BrowserContext, pages: Pages) -> None:
    page = phone.new_page()
    pages.log_in(page, "ben", "/today")
    expect(page.locator("#hint")).to_be_visible()
    page.get_by_role("button", name="Not now").tap()
    expect(page.locator("#hint")).to_be_hidden()
    page.reload()
    live(page)
    expect(page.locator("#hint")).to_be_hidden()
