from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import argon2
import httpx
import pytest

from core.runtime.settings import DashboardSettings
from dashboard.entrance import MOST_OF_LOGIN, SESSION_COOKIE, WINDOW, Entrance, hashed
from tests.dashboard.town import PASSWORD

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_who_is_not_logged_in_is_asked_and_comes_back(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    asked = await browser.client.get("/alerts/7")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?next=/alerts/7"
    answer = await browser.log_in("ben", PASSWORD, "/alerts")
    assert answer.headers["location"] == "/alerts"
    assert (await browser.get("/alerts")).status_code == 200


async def test_an_answer_after_the_session_ended_says_that_it_was_not_taken(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    browser = await visitors.nobody()
    sent = await browser.client.post(f"/alerts/{number}/acknowledge", data={"csrf": "x" * 32})
    assert sent.headers["location"] == f"/login?next=/alerts/{number}&lost=1"
    page = await browser.get(sent.headers["location"])
    assert "what you just did was not taken" in page.text
    assert f'name="next" value="/alerts/{number}"' in page.text
    assert (await browser.client.post("/quiet")).headers["location"] == "/login?lost=1"
    assert (await browser.client.post("/logout")).headers["location"] == "/login"
    assert town.execute("select * from response") == []


async def test_the_cookie_is_out_of_reach_and_only_its_hash_is_kept(
    visitors: Visitors, town: Town
) -> None:
    browser = await visitors.nobody()
    answer = await browser.log_in("ben", PASSWORD)
    cookies = answer.headers.get_list("set-cookie")
    session = next(line for line in cookies if line.startswith(SESSION_COOKIE))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    token = browser.client.cookies[SESSION_COOKIE]
    ((kept,),) = town.execute("select token_hash from login_session")
    assert bytes(kept) == hashed(token) != token.encode()


async def test_over_https_the_cookie_is_secure(visitors: Visitors) -> None:
    from starlette.responses import Response  # noqa: PLC0415

    settings = DashboardSettings(database_url="x", cookie_secure=True)
    answer = Response()
    entrance = Entrance(visitors.site.pool, visitors.site.clock, settings)
    entrance.give_cookie(answer, SESSION_COOKIE, "token")
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(("login", "password"), [("ben", "wrong"), ("nobody", PASSWORD)])
async def test_a_wrong_log_in_says_the_same_whoever_it_is(
    visitors: Visitors, login: str, password: str
) -> None:
    answer = await (await visitors.nobody()).log_in(login, password)
    assert answer.status_code == 401
    assert "do not match" in answer.text
    assert SESSION_COOKIE not in answer.cookies


async def test_a_disabled_person_is_out_at_once(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("ben")
    town.execute("update carer set disabled_at = now() where login = 'ben'")
    assert (await browser.client.get("/alerts")).status_code == 303
    assert (await browser.log_in("ben", PASSWORD)).status_code == 401


async def test_guessing_is_slowed_down_for_this_log_in_only(
    visitors: Visitors, clock: ManualClock
) -> None:
    browser = await visitors.nobody()
    for _ in range(MOST_OF_LOGIN):
        clock.advance(1)
        assert (await browser.log_in("ben", "guess")).status_code == 401
    clock.advance(1)
    assert (await browser.log_in("ben", PASSWORD)).status_code == 429
    assert (await browser.log_in("mia", PASSWORD)).status_code == 303
    clock.advance(WINDOW.total_seconds() + 1)
    assert (await (await visitors.nobody()).log_in("ben", PASSWORD)).status_code == 303


async def test_guessing_everybody_is_slowed_down_too(visitors: Visitors, town: Town) -> None:
    town.execute(
        "insert into login_attempt (login, at, succeeded)"
        " select 'guess' || n, %s::timestamptz - interval '1 minute', false"
        " from generate_series(1, 300) n",
        town.now,
    )
    assert (await (await visitors.nobody()).log_in("ben", PASSWORD)).status_code == 429


async def test_a_session_ends_when_it_is_not_used_and_lasts_while_it_is(
    visitors: Visitors, clock: ManualClock
) -> None:
    browser = await visitors.of("ben")
    idle_s = visitors.site.settings.session_hours * 3600
    for _ in range(3):
        clock.advance(idle_s * 0.7)
        answer = await browser.client.get("/alerts")
        assert answer.status_code == 200
        assert SESSION_COOKIE in answer.headers["set-cookie"]
    clock.advance(idle_s + 1)
    assert (await browser.client.get("/alerts")).status_code == 303


async def test_logging_out_ends_the_session(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("ben")
    answer = await browser.send("/logout")
    assert answer.status_code == 303
    assert town.execute("select * from login_session") == []
    assert (await browser.client.get("/alerts")).status_code == 303


async def test_a_log_in_form_belongs_to_the_browser_that_asked(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    answer = await browser.client.post(
        "/login", data={"entry": "forged", "login": "ben", "password": PASSWORD}
    )
    assert answer.status_code == 403


async def test_it_leads_to_no_other_site(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    answer = await browser.log_in("ben", PASSWORD, "//evil.example/")
    assert answer.headers["location"] == "/"


async def test_the_sweep_forgets_what_has_expired(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    await visitors.of("ben")
    clock.advance(timedelta(days=100).total_seconds())
    assert await visitors.site.entrance.sweep() == 1
    assert town.execute("select * from login_attempt") == []


async def test_odd_input_is_refused_politely(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    assert (await browser.log_in("be\0n" * 200, "x" * 5000)).status_code == 401
    answer = await browser.client.post("/login", data={"login": "x" * 100_000})
    assert answer.status_code == 413


async def test_an_unknown_log_in_costs_the_work_of_a_known_one(
    visitors: Visitors, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.carer("keyed", "clinician", "leeds")
    town.execute("update carer set password_hash = '' where login = 'keyed'")
    passwords, work = visitors.site.entrance.passwords, list[str]()

    class Counting(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            work.append(str(hash).split("$")[3])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    answers = [
        await (await visitors.nobody()).log_in(login, password)
        for login in ("stranger0", "keyed", "disabled")
        for password in ("", "wrong", "x" * 5000)
    ]
    assert {answer.status_code for answer in answers} == {401}
    strength = passwords._nobody.split("$")[3]
    assert work == [strength] * len(answers), "one look each, as strong as for a real one"
    texts = {answer.text.replace(login_of(answer), "") for answer in answers}
    assert len({len(text) for text in texts}) == 1, "and the same words"


def login_of(answer: httpx.Response) -> str:
    """Return what the page repeats of the request, which differs."""
    (login,) = re.findall(r'name="login" value="([^"]*)"', answer.text)
    return str(login)
