"""The link for the police through its life: made, opened, logged, ended; wrong, over, revoked, too often."""

from __future__ import annotations

import io
import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from dashboard.caller import networks
from dashboard.pages.police import CODE_COOKIE, MOST_FROM_HERE
from dashboard.typesetting import KEPT
from tests.dashboard.missing_words import a_photo
from tests.dashboard.test_missing_pages import make_pack, resident, tracker, upload
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    import httpx

    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

CODE = re.compile(r"#((?:[2-9A-Z]{5}-){3}[2-9A-Z]{5})")
WRONG = "22222-33333-44444-55555"


async def make_link(browser: Browser, town: Town, **fields: str) -> str:
    """Make a pack and a link to it; return the code."""
    path = await make_pack(browser, resident(town))
    answer = await browser.send(f"{path}/links", **fields)
    assert answer.status_code == 303, answer.text
    found = CODE.search(await browser.text(answer.headers["location"]))
    assert found is not None
    return found[1]


async def enter(browser: Browser, code: str) -> httpx.Response:
    return await browser.client.post("/police", data={"code": code}, follow_redirects=True)


async def test_a_code_opens_the_pack_without_a_login_and_each_opening_is_shown_to_the_family(
    visitors: Visitors, town: Town
) -> None:
    tracker(town)
    ben, number = await visitors.of("ben"), resident(town)
    await upload(ben, number, a_photo())
    await ben.send(f"/missing/{number}/profile/person", base="1", full_name="Ada Byrne")
    code = await make_link(ben, town, position="yes")
    police = await visitors.nobody()
    page = await enter(police, code.lower().replace("-", " "))
    assert page.status_code == 200
    assert page.url.path == "/police/pack"
    for words in ("Ada Byrne", "This page ends at", "15:20 on 15 January 2026", "53.80712"):
        assert words in page.text
    paper = await police.get("/police/pack.pdf")
    assert "Ada Byrne" in PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    assert (await police.get("/police/pack.json")).json()["person"]["name"] == "Ada Byrne"
    assert (await police.get("/police/photo")).headers["content-type"] == "image/jpeg"
    pages = [page for (page,) in town.execute("select page from link_opening order by opening_id")]
    assert pages == ["code entered", "page", "PDF", "JSON", "photo"]
    pack = town.number("select pack_id from missing_pack")
    text = await ben.text(f"/missing/{number}/packs/{pack}")
    assert "Opened 5 times" in text
    assert "03:20: PDF, from network 127.0.0.x" in text
    assert town.number("select count(*) from access_record where page like 'police%%'") == 0


async def test_the_code_is_kept_as_a_hash_and_stands_in_no_address_and_no_log(
    visitors: Visitors, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ben = await visitors.of("ben")
    code = await make_link(ben, town)
    police = await visitors.nobody()
    page = await enter(police, code)
    await enter(police, WRONG)
    asked = [str(one.request.url) for one in (*page.history, page)]
    plain = code.replace("-", "")
    assert not any(plain in url or code in url for url in asked)
    written = " ".join(
        str(vars(record)) for record in caplog.records if record.name == "wayhome.dashboard"
    )
    assert "link_opened" in written
    for secret in (code, plain, WRONG, "Ada", "53.80712"):
        assert secret not in written
    ((token,),) = town.execute("select token_hash from police_token")
    assert len(bytes(token)) == 32
    for table in ("police_link", "police_token", "link_attempt", "link_opening"):
        assert plain not in str(town.execute(f"select * from {table}"))
    number, link = resident(town), town.number("select link_id from police_link")
    assert code not in await ben.text(f"/missing/{number}")
    assert code in await ben.text(f"/missing/{number}/links/{link}")
    mia = await visitors.of("mia")
    text = await mia.text(f"/missing/{number}/links/{link}")
    assert "shown for ten minutes only, to who made it" in text
    assert not CODE.search(text)
    cookie = page.history[0].headers["set-cookie"]
    for words in ("HttpOnly", "SameSite=strict", "Path=/police"):
        assert words in cookie
    assert "Max-Age" not in cookie
    for answer in (page, await police.get("/police")):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"


async def test_wrong_over_and_revoked_look_the_same(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    ben, number = await visitors.of("ben"), resident(town)
    revoked, over = await make_link(ben, town), await make_link(ben, town, hours="4")
    link = town.number("select min(link_id) from police_link")
    assert (await ben.send(f"/missing/{number}/links/{link}/end")).status_code == 303
    texts = set()
    police = await visitors.nobody()
    answers = [await enter(police, code) for code in (WRONG, revoked, "nonsense", "")]
    clock.advance(timedelta(hours=4).total_seconds())
    answers.append(await enter(police, over))
    for answer in answers:
        assert answer.status_code == 404
        assert "Ada" not in answer.text
        by_day = answer.text.replace(' data-hour="night"', "").replace("#07090b", "#0b4f96")
        texts.add(by_day.replace("07:20", "03:20"))
    assert len(texts) == 1
    assert "Ask the person or the care organisation" in texts.pop()
    assert town.execute("select * from link_opening") == []


async def test_a_page_that_is_open_ends_with_the_link(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    tracker(town)
    ben, number = await visitors.of("ben"), resident(town)
    code = await make_link(ben, town)
    police = await visitors.nobody()
    await enter(police, code)
    link = town.number("select link_id from police_link")
    await ben.send(f"/missing/{number}/links/{link}/end")
    for path in ("pack", "pack.pdf", "pack.json", "photo"):
        police.client.cookies.set(CODE_COOKIE, code.replace("-", ""), path="/police")
        answer = await police.get(f"/police/{path}")
        assert answer.status_code == 404, path
        assert "53.80712" not in answer.text
    police.client.cookies.clear()
    assert (await police.get("/police/pack")).url.path == "/police"
    assert clock.now() == NOW
    text = await ben.text(
        f"/missing/{number}/packs/{town.number('select pack_id from missing_pack')}"
    )
    assert "Ended by Ben Carter" in text


async def test_guessing_is_slowed_down_per_network_and_forgotten_after_a_while(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    code = await make_link(await visitors.of("ben"), town)
    police = await visitors.nobody()
    for _ in range(MOST_FROM_HERE):
        assert (await enter(police, WRONG)).status_code == 404
    refused = await enter(police, code)
    assert refused.status_code == 429
    assert "Wait fifteen minutes" in refused.text
    assert town.number("select count(*) from link_attempt") == MOST_FROM_HERE
    clock.advance(timedelta(minutes=16).total_seconds())
    assert (await enter(police, code)).status_code == 200


async def test_who_guesses_behind_our_proxy_keeps_nobody_else_there_out(
    visitors: Visitors, town: Town
) -> None:
    code = await make_link(await visitors.of("ben"), town)
    visitors.site.entrance.proxies = networks("127.0.0.1")
    stranger, police = await visitors.nobody(), await visitors.nobody()
    stranger.client.headers["x-forwarded-for"] = "203.0.113.5"
    police.client.headers["x-forwarded-for"] = "81.2.69.144"
    for _ in range(MOST_FROM_HERE):
        await enter(stranger, WRONG)
    assert (await enter(stranger, WRONG)).status_code == 429
    assert (await enter(police, code)).status_code == 200
    assert town.execute("select distinct place from link_opening") == [("81.2.69.x",)]


async def test_a_bogus_cookie_is_a_guess_too(visitors: Visitors, town: Town) -> None:
    police = await visitors.nobody()
    police.client.cookies.set(CODE_COOKIE, WRONG.replace("-", ""), path="/police")
    assert (await police.get("/police/pack")).status_code == 404
    assert town.number("select count(*) from link_attempt") == 1
    for mess in ("x" * 3000, "é", "a;b"):
        answer = await police.client.get(
            "/police/pack", headers=[(b"cookie", f"{CODE_COOKIE}={mess}".encode())]
        )
        assert answer.status_code == 404


async def test_the_position_now_is_shown_only_when_it_was_shared(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    ben = await visitors.of("ben")
    without = await make_link(ben, town)
    shared = await make_link(ben, town, position="yes")
    tracker(town, minutes=-3)
    clock.advance(timedelta(minutes=5).total_seconds())
    police = await visitors.nobody()
    text = (await enter(police, without)).text
    assert "53.80712" not in text
    assert "Where the tracker is now" not in text
    text = (await enter(police, shared)).text.replace(KEPT, " ")
    assert "Where the tracker is now" in text
    assert (
        "53.80712, -1.54981 (latitude, longitude), most likely within 15 m, at 03:23 (2 min" in text
    )


@pytest.mark.parametrize(
    ("hours", "status"),
    [
        ("", 303),
        ("168", 303),
        ("169", 422),
        ("0", 422),
        ("-1", 422),
        ("x", 422),
        ("1e3", 422),
        ("٣", 422),
    ],
)
async def test_a_link_lasts_twelve_hours_and_seven_days_at_most(
    visitors: Visitors, town: Town, hours: str, status: int
) -> None:
    ben = await visitors.of("ben")
    path = await make_pack(ben, resident(town))
    answer = await ben.send(f"{path}/links", hours=hours)
    assert answer.status_code == status
    if status == 422:
        assert "Choose 1 to 168 hours." in answer.text
        assert town.execute("select * from police_link") == []
    if status == 303:
        ((ends,),) = town.execute("select ends_at from police_link")
        assert ends == NOW + timedelta(hours=int(hours or "12"))


@pytest.mark.parametrize(
    "change",
    [
        "update carer set disabled_at = now() where login = 'ben'",
        "update carer set role = 'technician' where login = 'ben'",
        "delete from care using carer where care.carer_id = carer.carer_id and login = 'ben'",
    ],
    ids=["left", "other role", "other homes"],
)
async def test_a_link_opens_no_more_than_its_maker_may_see(
    visitors: Visitors, town: Town, change: str
) -> None:
    code = await make_link(await visitors.of("ben"), town)
    police = await visitors.nobody()
    assert (await enter(police, code)).status_code == 200
    town.execute(change)
    assert (await police.get("/police/pack")).status_code == 404


async def test_a_code_gives_no_way_to_anything_else(visitors: Visitors, town: Town) -> None:
    code = await make_link(await visitors.of("ben"), town)
    police = await visitors.nobody()
    await enter(police, code)
    for path in (f"/missing/{resident(town)}", "/homes/ada", "/today", "/api/alerts"):
        answer = await police.get(path)
        assert answer.status_code == 401 or answer.url.path == "/login", path


async def test_a_code_from_another_site_is_refused(visitors: Visitors, town: Town) -> None:
    code = await make_link(await visitors.of("ben"), town)
    police = await visitors.nobody()
    answer = await police.client.post(
        "/police", data={"code": code}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers or "Max-Age=0" in answer.headers["set-cookie"]
