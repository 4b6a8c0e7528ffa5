"""Password and code: right once, wrong for ever, recovered from paper, demanded by the organisation."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest

from core.runtime.settings import DashboardSettings
from dashboard.entrance import (
    MOST_OF_ADDRESS,
    MOST_OF_ALL,
    MOST_OF_LOGIN,
    PENDING_FOR,
    SESSION_COOKIE,
    WINDOW,
    Entrance,
)
from tests.dashboard.town import PASSWORD

if TYPE_CHECKING:
    import httpx

    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors


async def connected(browser: Browser, clock: ManualClock) -> tuple[pyotp.TOTP, list[str]]:
    """Connect an app; return it with the recovery codes, one time step later."""
    text = await browser.text("/me/authenticator")
    (key,) = re.findall(r"Key: <strong>([A-Z2-7 ]+)</strong>", text)
    app = pyotp.TOTP(key.replace(" ", ""))
    answer = await browser.send("/me/authenticator", code=app.at(clock.now()))
    assert answer.status_code == 200, answer.text
    clock.advance(31)
    return app, re.findall(r"<code>([A-Z2-7-]+)</code>", answer.text)


async def with_code(browser: Browser, code: str) -> httpx.Response:
    """Type the code after the password."""
    entry = (await browser.hidden("/login/code"))["entry"]
    return await browser.client.post(
        "/login/code", data={"entry": entry, "next": "/alerts", "code": code}
    )


async def test_after_the_password_comes_the_code(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    app, codes = await connected(await visitors.of("ben"), clock)
    assert len(set(codes)) == 8
    browser = await visitors.nobody()
    answer = await browser.log_in("ben", PASSWORD, "/alerts")
    assert answer.headers["location"] == "/login/code?next=/alerts"
    assert SESSION_COOKIE not in browser.client.cookies
    assert (await browser.client.get("/today")).status_code == 303, "half way in is not in"
    answer = await with_code(browser, app.at(clock.now()))
    assert answer.headers["location"] == "/alerts"
    assert (await browser.get("/today")).status_code == 200
    ((sealed,),) = town.execute("select sealed_secret from authenticator")
    assert app.secret.encode() not in bytes(sealed)


@pytest.mark.parametrize(
    ("shift_s", "let_in"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
)
async def test_a_code_counts_one_step_before_and_after(
    visitors: Visitors, clock: ManualClock, shift_s: int, *, let_in: bool
) -> None:
    app, _ = await connected(await visitors.of("ben"), clock)
    clock.advance(60)
    browser = await visitors.nobody()
    await browser.log_in("ben", PASSWORD)
    answer = await with_code(browser, app.at(clock.now() + timedelta(seconds=shift_s)))
    assert (answer.status_code == 303) is let_in


async def test_a_code_never_counts_twice(visitors: Visitors, clock: ManualClock) -> None:
    app, _ = await connected(await visitors.of("ben"), clock)
    code = app.at(clock.now())
    first, second = await visitors.nobody(), await visitors.nobody()
    for browser, status in ((first, 303), (second, 401)):
        await browser.log_in("ben", PASSWORD)
        assert (await with_code(browser, code)).status_code == status
    clock.advance(30)
    assert (await with_code(second, code)).status_code == 401
    assert (await with_code(second, app.at(clock.now()))).status_code == 303


async def test_a_hundred_wrong_codes_lead_nowhere(visitors: Visitors, clock: ManualClock) -> None:
    app, _ = await connected(await visitors.of("ben"), clock)
    browser = await visitors.nobody()
    await browser.log_in("ben", PASSWORD)
    answers = [await with_code(browser, f"{number:06}") for number in range(100)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [401] * MOST_OF_LOGIN + [429] * (100 - MOST_OF_LOGIN)
    assert "Wait fifteen minutes" in answers[-1].text
    assert (await with_code(browser, app.at(clock.now()))).status_code == 429
    clock.advance(WINDOW.total_seconds() + 1)
    again = await visitors.nobody()
    await again.log_in("ben", PASSWORD)
    assert (await with_code(again, app.at(clock.now()))).status_code == 303


async def test_a_hundred_log_ins_from_one_address_lead_nowhere(
    visitors: Visitors, clock: ManualClock
) -> None:
    browser = await visitors.nobody()
    statuses = []
    for number in range(100):
        clock.advance(0.001)
        statuses.append((await browser.log_in(f"guess{number}", "guess")).status_code)
    assert statuses == [401] * MOST_OF_ADDRESS + [429] * (100 - MOST_OF_ADDRESS)


async def test_one_address_alone_keeps_nobody_else_out(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    def fail(address: int, times: int) -> None:
        town.execute(
            "insert into login_attempt (login, at, succeeded, address)"
            " select 'guess', %s, false, %s from generate_series(1, %s)",
            clock.now(),
            bytes([address]),
            times,
        )

    fail(1, 10 * MOST_OF_ALL)
    answer = await (await visitors.nobody()).log_in("ben", PASSWORD)
    assert answer.status_code == 303
    for address in range(2, 2 + MOST_OF_ALL // MOST_OF_ADDRESS):
        fail(address, MOST_OF_ADDRESS)
    answer = await (await visitors.nobody()).log_in("ben", PASSWORD)
    assert answer.status_code == 429, "many together do"


async def test_half_a_log_in_ends_after_minutes(visitors: Visitors, clock: ManualClock) -> None:
    app, _ = await connected(await visitors.of("ben"), clock)
    browser = await visitors.nobody()
    await browser.log_in("ben", PASSWORD)
    clock.advance(PENDING_FOR.total_seconds())
    assert (await with_code(browser, app.at(clock.now()))).status_code == 403


async def test_a_recovery_code_counts_once(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    _, codes = await connected(await visitors.of("ben"), clock)
    for code, status in ((codes[0].lower(), 303), (codes[0], 401), (codes[1], 303)):
        browser = await visitors.nobody()
        await browser.log_in("ben", PASSWORD)
        assert (await with_code(browser, code)).status_code == status
    kept = town.execute("select code_hash, used_at is null from recovery_code")
    assert sum(unused for _, unused in kept) == 6
    assert all(
        code.replace("-", "").encode() not in bytes(one) for one, _ in kept for code in codes
    )


async def test_a_wrong_first_code_connects_nothing(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("ben")
    before = await browser.text("/me/authenticator")
    answer = await browser.send("/me/authenticator", code="000000")
    assert (answer.status_code, "That code is not right" in answer.text) == (400, True)
    (key,) = re.findall(r"Key: <strong>([A-Z2-7 ]+)</strong>", before)
    assert key in answer.text, "the app that was just set up still fits"
    assert town.number("select count(*) from authenticator where confirmed_at is not null") == 0
    assert (await (await visitors.nobody()).log_in("ben", PASSWORD)).headers["location"] == "/"


async def test_a_new_cookie_comes_with_more_proof_and_the_old_one_ends(
    visitors: Visitors, clock: ManualClock
) -> None:
    browser = await visitors.of("ben")
    old = browser.client.cookies[SESSION_COOKIE]
    await connected(browser, clock)
    assert browser.client.cookies[SESSION_COOKIE] != old
    assert await visitors.site.entrance.visitor(old) == (None, False)


async def test_an_organisation_that_demands_more_lets_nobody_in_by_password_alone(
    visitors: Visitors, clock: ManualClock
) -> None:
    ben, eve = await visitors.of("ben"), await visitors.of("stranger")
    admin = await visitors.of("admin")
    await admin.send("/people/second-factor", wanted="yes")
    assert (await ben.client.get("/today")).headers["location"] == "/me"
    assert (await ben.client.get("/api/alerts")).status_code == 403
    assert (await ben.client.get("/live")).status_code == 403
    assert "asks for more than a password" in await ben.text("/me")
    assert (await eve.client.get("/today")).status_code == 200, "another organisation is not asked"
    csrf = (await ben.hidden("/me"))["csrf"]
    text = await ben.text("/me/authenticator")
    (key,) = re.findall(r"Key: <strong>([A-Z2-7 ]+)</strong>", text)
    code = pyotp.TOTP(key.replace(" ", "")).at(clock.now())
    answer = await ben.client.post("/me/authenticator", data={"csrf": csrf, "code": code})
    assert answer.status_code == 200
    assert (await ben.client.get("/today")).status_code == 200
    kept = await ben.send("/me/authenticator/remove")
    assert (kept.status_code, "Add a passkey before" in kept.text) == (409, True)


@pytest.mark.parametrize(
    "path",
    [
        "/me/authenticator",
        "/me/authenticator/remove",
        "/me/recovery-codes",
        "/me/password",
        "/me/passkeys/options",
        "/me/passkeys",
        "/me/passkeys/00/remove",
    ],
)
async def test_a_browser_that_was_left_open_does_not_change_the_log_in(
    visitors: Visitors, town: Town, clock: ManualClock, path: str
) -> None:
    browser = await visitors.of("ben")
    clock.advance(16 * 60)
    answer = await browser.send(path, password="three small words", code="123456")
    assert (answer.status_code, "log in again first" in answer.text) == (403, True)
    assert (
        town.execute(
            "select * from authenticator union all select null, null, null, null, null from passkey"
        )
        == []
    )


async def test_a_new_password_ends_every_other_session(
    visitors: Visitors, clock: ManualClock
) -> None:
    other, browser = await visitors.of("ben"), await visitors.of("ben")
    assert (await browser.send("/me/password", password="short")).status_code == 400
    assert (await browser.send("/me/password", password="three small words")).status_code == 303
    assert (await browser.get("/me")).url.path == "/me"
    assert (await other.client.get("/me")).status_code == 303
    clock.advance(1)
    assert (await other.log_in("ben", PASSWORD)).status_code == 401
    assert (await other.log_in("ben", "three small words")).status_code == 303


async def test_my_sessions_are_listed_and_ended(visitors: Visitors, town: Town) -> None:
    phone, laptop, mia = (
        await visitors.of("ben"),
        await visitors.of("ben"),
        await visitors.of("mia"),
    )
    text = await laptop.text("/me")
    assert text.count("last used just now") == 2
    number = town.number(
        "select min(session_id) from login_session where carer_id = %s", town.carers["ben"]
    )
    assert (await mia.send(f"/me/sessions/{number}/end")).status_code == 404
    assert (await laptop.send(f"/me/sessions/{number}/end")).status_code == 303
    assert (await phone.client.get("/me")).status_code == 303
    assert (await laptop.send("/me/sessions/end")).headers["location"] == "/login"
    assert (await laptop.client.get("/me")).status_code == 303
    assert (await mia.client.get("/me")).status_code == 200


async def test_a_cookie_from_before_the_log_in_never_becomes_a_session(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    browser.client.cookies.set(SESSION_COOKIE, "planted")
    await browser.log_in("ben", PASSWORD)
    assert await visitors.site.entrance.visitor("planted") == (None, False)


async def test_without_a_key_there_are_no_apps_and_the_page_says_so(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await visitors.of("ben")
    bare = Entrance(visitors.site.pool, visitors.site.clock, DashboardSettings(database_url="x"))
    monkeypatch.setattr(visitors.site.entrance, "seal", bare.seal)
    answer = await browser.get("/me/authenticator")
    assert (answer.status_code, "not set up here" in answer.text) == (404, True)
