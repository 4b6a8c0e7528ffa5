"""What makes the pages an app: manifest, service worker, offline page, More, and languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from core.store.account import CarerRole
from dashboard.language import PSEUDO, accented
from dashboard.layout import FOLDER, THUMB
from dashboard.page import navigation
from tests.browser import scene

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

DATA = (
    "Ada", "Tom", "Mill Lane", "Old record", "Ben Carter", "Mia Stone", "Leeds", "Wayhome",
    "If nothing moves", "the first carer is told", "Front door",
    "Kitchen", "Hall", "Bedroom", "Bathroom", "Europe/London", "London", "UTC",
    "The outer door opened at", "minutes after the last movement", "bedroom",
    "The outer door opened", "She has opened it at night on", "of 84 nights",
    "Somebody was home when it opened", "Call now", "If nobody answers, go and look near the home first",
    "No movement since", "Not up by", "Up five times in the night", "Call for help from the bathroom at",
)  # fmt: skip
"""What the sensors, the detectors and people wrote: it is shown as it is."""
SPOKEN = frozenset({"aria-label", "title", "alt", "placeholder"})
SILENT = frozenset({"script", "style"})
OWN_LANGUAGE = "!"
"""What is in a language of its own says so, for whoever reads it aloud: nothing of it is to be translated."""


class Reader(HTMLParser):
    """Collects what people see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        #: Tags that are open, those in a language of their own with a mark.
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own_language = tag != "html" and "lang" in dict(attrs)
        self._inside.append(f"{tag}{OWN_LANGUAGE if own_language else ''}")
        if not self._foreign():
            self.said += [text for name, text in attrs if name in SPOKEN and text]

    def _foreign(self) -> bool:
        return any(one.endswith(OWN_LANGUAGE) for one in self._inside)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop().removesuffix(OWN_LANGUAGE) != tag:
            continue

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._foreign() and not SILENT & set(self._inside):
            self.said.append(data.strip())


def plain_words(page: str) -> list[str]:
    """Return the words of a page that no translation was asked for."""
    reader = Reader()
    reader.feed(page)
    found = []
    for text in reader.said:
        rest = text
        for known in sorted(DATA, key=len, reverse=True):
            rest = re.sub(re.escape(known), "", rest, flags=re.IGNORECASE)
        if re.search("[A-Za-z]", rest):
            found.append(text)
    return found


async def test_every_text_of_the_carers_pages_can_be_translated(
    visitors: Visitors, town: Town
) -> None:
    town.night("ada")
    scene.month(town)
    scene.forecast(town)
    scene.past_alerts(town)
    number, ben = town.alert(), town.carers["ben"]
    town.deliver(number, "ben", "ntfy")
    town.deliver(number, "mia", "web")
    browser = await visitors.of("ben")
    await browser.send(f"/alerts/{number}/acknowledge")
    open_one = town.alert(severity="check", what="No movement since 02:10")
    paths = ["/today", "/alerts", f"/alerts/{number}", f"/alerts/{open_one}", "/history", "/more"]
    town.execute("insert into self_test (carer_id, asked_at) values (%s, %s)", ben, town.now)
    paths += [
        "/homes/ada",
        "/homes/ada/learning",
        "/me",
        "/reach",
        "/reachable",
        f"/reachable/{ben}",
    ]
    found = {path: await in_pseudo(browser, path) for path in [*paths, "/offline", "/nowhere"]}
    found["/me"].remove("ben")  # the login
    nobody = await visitors.nobody()
    found["/login"] = await in_pseudo(nobody, "/login")
    assert {path: words for path, words in found.items() if words} == {}
    assert "I’m on it" in plain_words(await browser.text(f"/alerts/{open_one}")), "it would show"


async def in_pseudo(browser: Browser, path: str) -> list[str]:
    answer = await browser.get(path, **{"accept-language": PSEUDO})
    assert f'lang="{PSEUDO}"' in answer.text
    return plain_words(answer.text)


async def test_without_a_wish_the_pages_speak_english(visitors: Visitors) -> None:
    answer = await (await visitors.nobody()).get("/login", **{"accept-language": "xx"})
    assert 'lang="en-GB"' in answer.text
    assert "Log in to Wayhome" in answer.text


def test_accents_leave_places_for_values_alone() -> None:
    assert accented("%(n)s of 100 %%") == "%(n)s öƒ 100 %%"


async def test_the_manifest_leads_to_icons_that_are_there(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    answer = await browser.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    described = answer.json()
    assert described["start_url"] == described["scope"] == "/"
    assert {one.get("purpose", "any") for one in described["icons"]} == {"any", "maskable"}
    for icon in described["icons"]:
        picture = await browser.get(icon["src"])
        assert picture.content.startswith(b"\x89PNG")
        assert len(picture.content) < 8_000


async def test_the_service_worker_serves_all_pages_and_names_its_files(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    answer = await browser.get("/sw.js")
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["content-type"].startswith("text/javascript")
    first = answer.text.splitlines()[0]
    for address in re.findall(r'"(/[^"]+)"', first):
        assert (await browser.get(address)).status_code == 200, address
    has_pushes = (FOLDER / "static" / "push-worker.js").exists()
    assert ("push-worker.js" in first) == has_pushes


async def test_more_lists_the_pages_of_the_role_and_the_way_out(visitors: Visitors) -> None:
    browser = await visitors.of("ben")
    text = await browser.text("/more")
    assert 'action="/logout"' in text
    assert "On an iPhone or iPad" in text
    bar = (await browser.text("/today")).partition("</nav>")[0]
    assert [path for path in THUMB if f'<a href="{path}"' in bar] == list(THUMB)
    assert (await (await visitors.of("technician")).get("/more")).status_code == 404


@pytest.mark.parametrize("login", ["ben", "worker"])
async def test_every_page_of_a_carer_is_in_the_bar_or_under_more(
    visitors: Visitors, login: str
) -> None:
    browser = await visitors.of(login)
    text = await browser.text("/more")
    role = CarerRole((await browser.get("/api/session")).json()["role"])
    for page in navigation(role):
        assert f'<a href="{page.path}"' in text, page.title


@pytest.mark.parametrize("login", ["technician", "admin", "clinician"])
async def test_other_roles_have_all_their_pages_at_the_top(visitors: Visitors, login: str) -> None:
    text = await (await visitors.of(login)).text("/alerts")
    assert 'class="bar"' in text
    assert 'href="/more"' not in text
