"""Passkeys: made once, used by their own person on our own address; everything else is refused alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dashboard.ceremony import LASTS, MOST_OPEN
from dashboard.entrance import MOST_OF_ADDRESS, SESSION_COOKIE
from tests.dashboard.phone import PRESENT, Phone
from tests.dashboard.test_people import invited, opened

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors


async def added(browser: Browser, phone: Phone, name: str = "My phone") -> httpx.Response:
    """Add a passkey to a log-in."""
    fields = {"csrf": (await browser.hidden("/me"))["csrf"], "passkey_name": name}
    options = await browser.client.post("/me/passkeys/options", data=fields)
    if options.status_code != 200:
        return options
    credential = phone.create(options.json())
    return await browser.client.post("/me/passkeys", data=fields | {"credential": credential})


async def wished(browser: Browser) -> tuple[dict[str, str], dict[str, Any]]:
    """Ask for a challenge to log in with."""
    fields = {"entry": (await browser.hidden("/login"))["entry"], "next": "/alerts"}
    answer = await browser.client.post("/login/passkey/options", data=fields)
    assert answer.status_code == 200, answer.text
    return fields, answer.json()


async def used(browser: Browser, phone: Phone) -> httpx.Response:
    """Log in with a passkey."""
    fields, options = await wished(browser)
    return await browser.client.post(
        "/login/passkey", data=fields | {"credential": phone.get(options)}
    )


@pytest.fixture
async def phone(visitors: Visitors) -> Phone:
    """Give Ben's phone with its passkey."""
    made = Phone()
    assert (await added(await visitors.of("ben"), made)).json() == {"go": "/me"}
    return made


async def test_who_was_invited_joins_and_logs_in_by_passkey_alone(
    visitors: Visitors, town: Town
) -> None:
    code = await invited(await visitors.of("ben"), name="Ruth", role="family_carer", home="ada")
    browser, phone = await visitors.nobody(), Phone()
    await opened(browser, code)
    fields = await browser.hidden("/join/accept") | {"name": "Ruth Carter"}
    options = (await browser.client.post("/join/passkey/options", data=fields)).json()
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    answer = await browser.client.post(
        "/join/passkey", data=fields | {"credential": phone.create(options)}
    )
    assert answer.json() == {"go": "/"}
    assert "Mill Lane" in await browser.text("/today")
    again = await visitors.nobody()
    assert (await used(again, phone)).json() == {"go": "/alerts"}
    assert "Ruth Carter" in await again.text("/me")
    ((login, password),) = town.execute(
        "select login, password_hash from carer where name like 'Ruth%%'"
    )
    assert password == ""
    for guess in ("", "x"):
        assert (await again.log_in(login, guess)).status_code == 401
    assert (await opened(await visitors.nobody(), code)).status_code == 410


async def test_a_passkey_that_is_known_uses_up_no_invitation(
    visitors: Visitors, town: Town, phone: Phone
) -> None:
    code = await invited(await visitors.of("ben"), name="Ruth", role="family_carer", home="ada")
    browser, before = await visitors.nobody(), town.number("select count(*) from carer")
    await opened(browser, code)
    fields = await browser.hidden("/join/accept") | {"name": "Ruth Carter"}
    options = (await browser.client.post("/join/passkey/options", data=fields)).json()
    credential = phone.create(options)  # Ben's
    answer = await browser.client.post("/join/passkey", data=fields | {"credential": credential})
    assert answer.status_code == 409
    assert town.number("select count(*) from carer") == before
    assert (await opened(await visitors.nobody(), code)).status_code == 303


async def test_where_more_is_demanded_a_password_adds_no_way_beside_a_passkey(
    visitors: Visitors, town: Town, phone: Phone
) -> None:
    await (await visitors.of("admin")).send("/people/second-factor", wanted="yes")
    thief = await visitors.of("ben")  # knows the password
    assert "Log in with your passkey or app." in await thief.text("/me")
    answer = await added(thief, Phone())
    assert answer.status_code == 403
    assert "log in with your passkey or app first" in answer.json()["text"]
    for path in ("authenticator", "password", "recovery-codes", "authenticator/remove"):
        fields = {"csrf": (await thief.hidden("/me"))["csrf"], "password": "x" * 20}
        assert (await thief.client.post(f"/me/{path}", data=fields)).status_code == 403, path
    assert (await thief.client.get("/me/authenticator")).status_code == 403
    assert (await thief.client.get("/today")).headers["location"] == "/me"
    assert town.number("select count(*) from passkey") == 1
    ben = await visitors.nobody()
    assert (await used(ben, phone)).json() == {"go": "/alerts"}
    assert (await added(ben, Phone())).json() == {"go": "/me"}


async def test_several_passkeys_are_named_and_removed(
    visitors: Visitors, town: Town, phone: Phone
) -> None:
    browser, tablet = await visitors.of("ben"), Phone()
    await added(browser, tablet, "Tablet <b>")
    text = await browser.text("/me")
    assert "My phone" in text
    assert "Tablet &lt;b&gt;" in text
    assert town.number("select count(distinct user_handle) from passkey") == 1
    await browser.send(f"/me/passkeys/{phone.credential_id.hex()}/remove")
    assert (await used(await visitors.nobody(), phone)).status_code == 401
    assert (await used(await visitors.nobody(), tablet)).status_code == 200


async def test_the_last_way_in_is_not_removed(visitors: Visitors, town: Town, phone: Phone) -> None:
    town.execute("update carer set password_hash = '' where login = 'ben'")
    browser = await visitors.nobody()
    await used(browser, phone)
    answer = await browser.send(f"/me/passkeys/{phone.credential_id.hex()}/remove")
    assert (answer.status_code, "only way left" in answer.text) == (409, True)


async def test_nobody_removes_the_passkey_of_another(visitors: Visitors, phone: Phone) -> None:
    mia = await visitors.of("mia")
    answer = await mia.send(f"/me/passkeys/{phone.credential_id.hex()}/remove")
    assert answer.status_code == 404


def elsewhere(phone: Phone) -> None:
    phone.origin = "https://wayhome.evil.example"


def other_site(phone: Phone) -> None:
    phone.rp_id = "evil.example"


def unlocked(phone: Phone) -> None:
    phone.flags = PRESENT


def copied(phone: Phone) -> None:
    phone.counter = -1


def another_person(phone: Phone) -> None:
    phone.handle = b"somebody else"


def another_key(phone: Phone) -> None:
    phone.key = Phone().key


def unknown(phone: Phone) -> None:
    phone.credential_id = Phone().credential_id


@pytest.mark.parametrize(
    "change",
    [elsewhere, other_site, unlocked, copied, another_person, another_key, unknown],
)
async def test_what_is_not_right_is_refused_with_the_same_words(
    visitors: Visitors, phone: Phone, change: Callable[[Phone], None]
) -> None:
    await used(await visitors.nobody(), phone)
    change(phone)
    browser = await visitors.nobody()
    answer = await used(browser, phone)
    assert (answer.status_code, answer.json()) == (
        401,
        {"text": "That did not work. Try again, or use another way to log in."},
    )
    assert SESSION_COOKIE not in browser.client.cookies


async def test_a_phone_that_does_not_count_is_let_in_again_and_again(visitors: Visitors) -> None:
    synced = Phone(counts=False)
    await added(await visitors.of("ben"), synced)
    for _ in range(3):
        assert (await used(await visitors.nobody(), synced)).status_code == 200


async def test_a_challenge_counts_once_for_minutes_and_for_one_browser(
    visitors: Visitors, phone: Phone, clock: ManualClock
) -> None:
    browser, thief = await visitors.nobody(), await visitors.nobody()
    fields, options = await wished(browser)
    credential = phone.get(options)
    stolen = {"entry": (await thief.hidden("/login"))["entry"], "credential": credential}
    assert (await thief.client.post("/login/passkey", data=stolen)).status_code == 401
    right = fields | {"credential": credential}
    assert (await browser.client.post("/login/passkey", data=right)).status_code == 200
    replayed = (await browser.hidden("/login"))["entry"]
    right["entry"] = replayed
    assert (await browser.client.post("/login/passkey", data=right)).status_code == 401
    late = await visitors.nobody()
    fields, options = await wished(late)
    clock.advance(LASTS.total_seconds())
    credential = phone.get(options)
    answer = await late.client.post("/login/passkey", data=fields | {"credential": credential})
    assert answer.status_code == 401


async def test_a_new_passkey_is_for_the_person_and_the_browser_that_asked(
    visitors: Visitors, town: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    fields = {"csrf": (await ben.hidden("/me"))["csrf"], "passkey_name": "x"}
    options = (await ben.client.post("/me/passkeys/options", data=fields)).json()
    credential = Phone().create(options)
    own = {"csrf": (await mia.hidden("/me"))["csrf"], "credential": credential}
    assert (await mia.client.post("/me/passkeys", data=own)).status_code == 400
    assert town.execute("select * from passkey") == []


async def test_who_has_left_does_not_get_in_by_passkey(
    visitors: Visitors, town: Town, phone: Phone
) -> None:
    await (await visitors.of("admin")).send("/people/end", carer=str(town.carers["ben"]))
    assert (await used(await visitors.nobody(), phone)).status_code == 401
    assert town.execute("select * from passkey") == []


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "{}",
        "null",
        "[" * 9_000,
        "x" * 20_000,
        '{"rawId": 7}',
        '{"rawId": "é", "response": []}',
        json.dumps(
            {
                "id": "AA",
                "rawId": "AA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "AA",
                    "authenticatorData": "",
                    "signature": "",
                    "userHandle": "=",
                },
            }
        ),
    ],
)
async def test_what_is_no_passkey_is_refused_and_breaks_nothing(
    visitors: Visitors, credential: str
) -> None:
    browser = await visitors.nobody()
    fields, _ = await wished(browser)
    answer = await browser.client.post("/login/passkey", data=fields | {"credential": credential})
    assert answer.status_code == 401
    ben = await visitors.of("ben")
    own = {"csrf": (await ben.hidden("/me"))["csrf"], "credential": credential}
    assert (await ben.client.post("/me/passkeys", data=own)).status_code == 400


async def test_a_hundred_wrong_passkeys_and_challenges_from_one_address_lead_nowhere(
    visitors: Visitors, clock: ManualClock
) -> None:
    browser = await visitors.nobody()
    fields, _ = await wished(browser)
    wrong = [
        (
            await browser.client.post("/login/passkey", data=fields | {"credential": "{}"})
        ).status_code
        for _ in range(100)
    ]
    assert wrong == [401] * MOST_OF_ADDRESS + [429] * (100 - MOST_OF_ADDRESS)
    asked = [
        (await browser.client.post("/login/passkey/options", data=fields)).status_code
        for _ in range(100)
    ]
    assert asked == [200] * (MOST_OPEN - 1) + [429] * (101 - MOST_OPEN)
    clock.advance(LASTS.total_seconds() + 1)
    await visitors.site.entrance.sweep()
    await wished(browser)


async def test_a_form_of_another_site_does_nothing(visitors: Visitors) -> None:
    browser = await visitors.nobody()
    for path in (
        "/login/passkey/options",
        "/login/passkey",
        "/join/passkey/options",
        "/join/passkey",
    ):
        answer = await browser.client.post(path, data={"entry": "forged", "name": "x"})
        assert answer.status_code == 403


async def test_of_the_last_two_keys_one_stays_where_both_are_removed_in_the_same_moment(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    for key in (b"\xaa", b"\xbb"):
        town.execute(
            "insert into passkey (credential_id, carer_id, user_handle, public_key, sign_count, name,"
            " created_at) values (%s, %s, 'h', 'k', 0, 'a phone', now())",
            key,
            town.carers["ben"],
        )
    town.execute("update carer set password_hash = '' where login = 'ben'")
    answers = await asyncio.gather(
        *(ben.send(f"/me/passkeys/{key}/remove") for key in ("aa", "bb"))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert town.number("select count(*) from passkey") == 1
