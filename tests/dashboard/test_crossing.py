"""Every address, as every role, with the numbers of another organisation: no row and no name leaks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from core.store.account import CarerRole
from core.store.pool import transaction
from dashboard.app import pages
from dashboard.caller import UNKNOWN
from dashboard.entrance import SESSION_COOKIE
from dashboard.page import discover
from tests.dashboard.crossing import (
    IDS,
    NAMES,
    NEVER_ENDS,
    WORDS,
    Way,
    fingerprint,
    foreign_numbers,
    furnish,
    ways,
)

if TYPE_CHECKING:
    from core.model.ids import CarerId
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors
    from tests.servers.databases import Database

OPEN_TO_ALL = (
    "/login",
    "/join",
    "/static",
    "/manifest.webmanifest",
    "/sw.js",
    "/offline",
    "/police",
    "/hub-bundle",
    "/hub-renewal",
    "/fhir/metadata",
    "/.well-known/smart-configuration",
    "/.well-known/security.txt",
    "/fhir/.well-known/smart-configuration",
)
"""Where people come before they are known."""
TEXTS = ("ada", "tom", "ada0", "leeds")
PATIENCE_S = 20
REFUSED = {403, 404}
REFUSED_FORM = REFUSED | {400, 409, 422}
"""A form may also be refused for what it lacks, before anybody looks for the number."""


async def session(visitors: Visitors, browser: Browser, carer_id: CarerId) -> str:
    """Log somebody in without a form; return the token that forms need."""
    site = visitors.site
    async with transaction(site.pool) as connection:
        token = await site.entrance.admit(connection, carer_id, UNKNOWN, strong=True)
    browser.client.cookies.clear()
    browser.client.cookies.set(SESSION_COOKIE, token)
    visitor, _ = await site.entrance.visitor(token)
    assert visitor is not None
    return visitor.csrf


async def tried(
    browser: Browser, way: Way, path: str, csrf: str, ids: dict[str, str]
) -> list[httpx.Response]:
    """Send what a curious or careless person would."""
    async with asyncio.timeout(PATIENCE_S):
        if way.method == "GET":
            return [
                await browser.client.get(path),
                await browser.client.get(path, params=ids),
            ]
        fields = ids | {"csrf": csrf, "entry": csrf, "name": "Kim", "outcome": "false"}
        return [await browser.client.request(way.method, path, data=fields)]


def leaks(answer: httpx.Response, *, ids: bool) -> list[str]:
    """Return what an answer says of the other organisation."""
    text = answer.text + str(answer.headers.get("location", ""))
    found = [name for name in NAMES if name in text] + WORDS.findall(text)
    return found + (IDS.findall(text) if ids else [])


def faults(way: Way, path: str, answer: httpx.Response) -> list[object]:
    """Return what is wrong with an answer to somebody of another organisation."""
    found: list[object] = []
    refused = REFUSED if way.method == "GET" else REFUSED_FORM
    named = bool(way.parameters) and not way.path.startswith(OPEN_TO_ALL)
    if (named and answer.status_code not in refused) or answer.status_code >= 500:
        found.append((way.method, path, answer.status_code))
    asked = "ada" in path or "tom" in path or answer.request.url.query != b""
    if names := leaks(answer, ids=not asked and way.method == "GET"):
        found.append((way.method, path, names))
    return found


def test_every_address_is_known_to_this_test() -> None:
    app = pages()
    walked = {(way.method.lower(), way.path) for way in ways(app)}
    described = {
        (method, path) for path, methods in app.openapi()["paths"].items() for method in methods
    }
    assert described <= walked
    assert len(walked) >= len(discover())


@pytest.mark.parametrize("role", list(CarerRole))
async def test_the_numbers_of_another_organisation_lead_nowhere(
    visitors: Visitors, town: Town, plain_database: Database, role: CarerRole
) -> None:
    people = furnish(town)
    numbers = foreign_numbers(town)
    before = fingerprint(plain_database, town)
    browser = await visitors.nobody()
    csrf = await session(visitors, browser, people[role])  # type: ignore[arg-type]
    ids = {
        "home": "ada",
        "home_id": "ada",
        "carer": str(town.carers["ben"]),
        "carer_id": str(town.carers["ben"]),
        "alert_id": "1",
        "role": "family_carer",
    }
    wrong: list[object] = []
    for way in ways(pages()):
        if way.path in NEVER_ENDS:
            continue
        for path in way.filled(TEXTS, numbers):
            for answer in await tried(browser, way, path, csrf, ids):
                wrong += faults(way, path, answer)
            if way.method != "GET":
                csrf = await session(visitors, browser, people[role])  # type: ignore[arg-type]
    assert wrong == []
    assert fingerprint(plain_database, town) == before


async def test_the_walk_would_notice(visitors: Visitors, town: Town) -> None:
    furnish(town)
    numbers = foreign_numbers(town)
    browser = await visitors.of("admin")
    seen = {
        way.path
        for way in ways(pages())
        if way.method == "GET" and way.path not in NEVER_ENDS
        for path in way.filled(TEXTS, numbers)
        if leaks(await browser.client.get(path), ids=True)
    }
    assert {"/today", "/alerts", "/alerts/{alert_id}", "/homes/{home_id}", "/people"} <= seen


async def test_nobody_at_all_sees_nothing(visitors: Visitors, town: Town) -> None:
    furnish(town)
    browser = await visitors.nobody()
    for way in ways(pages()):
        if way.path in NEVER_ENDS:
            continue
        for path in way.filled(("ada",), (1,)):
            answer = await browser.client.request(way.method, path, data={"csrf": "x"})
            assert answer.status_code < 500, (way.method, path)
            location = answer.headers.get("location", "")
            public = way.path.startswith(OPEN_TO_ALL)
            assert (
                public or answer.status_code in {401, 403, 404} or location.startswith("/login")
            ), (
                way.method,
                path,
            )
            assert not [name for name in NAMES if name in answer.text], (way.method, path)
