"""Circles and invitations: who may arrange them, and what becomes of bad links and of who has left."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from core.model.ids import OrganisationId
from core.store import registry
from core.store.pool import connect
from dashboard import invitations
from dashboard.entrance import MOST_OF_ADDRESS, SESSION_COOKIE, WINDOW
from tests.dashboard.town import PASSWORD

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors
    from tests.servers.databases import Database

NEW_PASSWORD = "three small words"


async def invited(browser: Browser, **fields: str) -> str:
    """Make an invitation and return its code."""
    answer = await browser.send("/people/invite", **fields)
    assert answer.status_code == 200, answer.text
    (address,) = re.findall(r'id="link" value="([^"]+)"', answer.text)
    return str(html.unescape(address).partition("#")[2])


async def opened(browser: Browser, code: str) -> httpx.Response:
    """Type the code of an invitation."""
    entry = (await browser.hidden("/join"))["entry"]
    return await browser.client.post("/join", data={"entry": entry, "code": code})


async def joined(browser: Browser, code: str, name: str = "Ruth Carter") -> httpx.Response:
    """Accept an invitation with a password."""
    assert (await opened(browser, code)).headers["location"] == "/join/accept"
    text = await browser.text("/join/accept")
    (login,) = re.findall(r'name="login" value="([^"]+)"', text)
    entry = (await browser.hidden("/join/accept"))["entry"]
    return await browser.client.post(
        "/join/password",
        data={"entry": entry, "name": name, "login": login, "password": NEW_PASSWORD},
    )


async def test_the_first_family_carer_invites_and_the_new_one_is_told_last(
    visitors: Visitors, town: Town
) -> None:
    code = await invited(await visitors.of("ben"), name="Ruth", role="family_carer", home="ada")
    ruth = await visitors.nobody()
    answer = await joined(ruth, code, " Ruth \u0000 Carter ")
    assert answer.headers["location"] == "/me/authenticator"
    ((kept,),) = town.execute("select password_hash from carer where name = 'Ruth Carter'")
    assert kept.startswith("$argon2id$")
    assert "Connect an authenticator app" in await ruth.text("/me/authenticator")
    assert "Mill Lane" in await ruth.text("/today")
    ((name, role, order),) = town.execute(
        "select name, role, telling_order from care join carer using (carer_id)"
        " order by carer_id desc limit 1"
    )
    assert (name, role, order) == ("Ruth Carter", "family_carer", 2)
    assert (await ruth.get("/homes/tom")).status_code == 404


async def test_the_database_and_the_address_never_hold_the_code(
    visitors: Visitors, town: Town
) -> None:
    code = await invited(await visitors.of("admin"), name="Kim", role="clinician")
    ((kept,),) = town.execute("select token_hash from invitation")
    assert bytes(kept) == invitations.code_hash(code)
    assert invitations.code_hash(code.lower().replace("-", " ")) == bytes(kept)
    kim = await visitors.nobody()
    went = await opened(kim, code)
    assert code not in went.headers["location"]
    again = await (await visitors.of("admin")).text("/people")
    assert code not in again, "it is shown once"
    assert "Kim" in again


async def test_no_log_holds_a_code_a_password_or_a_name(
    visitors: Visitors, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        code = await invited(await visitors.of("admin"), name="Kim Lee", role="clinician")
        await joined(await visitors.nobody(), code, "Kim Lee")
        await opened(await visitors.nobody(), code)
    records = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    ours = [text for text in records if "httpx" not in text]
    assert any("'joined'" in text for text in ours)
    for secret in (code, code.replace("-", ""), NEW_PASSWORD, "Kim", "kim-"):
        assert not [text for text in ours if secret in text], secret


async def test_the_square_code_has_no_style_and_no_script(visitors: Visitors) -> None:
    admin = await visitors.of("admin")
    answer = await admin.send("/people/invite", name="Kim", role="auditor")
    (svg,) = re.findall(r"<svg.*?</svg>", answer.text, re.DOTALL)[:1] or [""]
    assert "path" in svg
    assert not re.search(r"style|script|\son\w+=", svg)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update invitation set expires_at = '2026-01-15T03:20Z'", "too old"),
        ("update invitation set revoked_at = now()", "taken back"),
        ("update invitation set used_at = now()", "used already"),
    ],
)
async def test_a_link_that_does_not_count_says_why_and_what_to_do(
    visitors: Visitors, town: Town, change: str, says: str
) -> None:
    code = await invited(await visitors.of("admin"), name="Kim", role="clinician")
    kim = await visitors.nobody()
    assert (await opened(kim, code)).status_code == 303
    town.execute(change)
    for answer in (
        await opened(await visitors.nobody(), code),
        await kim.get("/join/accept"),
        await kim.client.post(
            "/join/password",
            data={
                "entry": (await kim.hidden("/login"))["entry"],
                "name": "Kim",
                "password": NEW_PASSWORD,
            },
        ),
    ):
        assert answer.status_code == 410
        assert says in answer.text
        assert SESSION_COOKIE not in answer.cookies
    assert town.number("select count(*) from carer where name = 'Kim'") == 0


async def test_a_link_lasts_a_week(visitors: Visitors, clock: ManualClock) -> None:
    code = await invited(await visitors.of("admin"), name="Kim", role="clinician")
    clock.advance(invitations.LASTS.total_seconds() - 1)
    assert (await opened(await visitors.nobody(), code)).status_code == 303
    clock.advance(1)
    assert (await opened(await visitors.nobody(), code)).status_code == 410


async def test_a_link_is_used_once(visitors: Visitors, town: Town) -> None:
    code = await invited(await visitors.of("admin"), name="Kim", role="clinician")
    first, second = await visitors.nobody(), await visitors.nobody()
    await opened(second, code)
    entry = (await second.hidden("/join/accept"))["entry"]
    assert (await joined(first, code, "Kim")).status_code == 303
    answer = await second.client.post(
        "/join/password", data={"entry": entry, "name": "Eve", "password": NEW_PASSWORD}
    )
    assert answer.status_code == 410
    assert town.number("select count(*) from carer where name in ('Kim', 'Eve')") == 1


async def test_guessing_codes_is_slowed_down_by_address(
    visitors: Visitors, clock: ManualClock
) -> None:
    browser = await visitors.nobody()
    statuses = [(await opened(browser, f"GUESS{number}")).status_code for number in range(100)]
    assert statuses == [404] * MOST_OF_ADDRESS + [429] * (100 - MOST_OF_ADDRESS)
    clock.advance(WINDOW.total_seconds() + 1)
    assert (await opened(browser, "GUESS")).status_code == 404


@pytest.mark.parametrize(
    ("login", "fields", "status"),
    [
        ("ben", {"role": "care_worker", "home": "ada"}, 403),
        ("ben", {"role": "organisation_admin"}, 403),
        ("ben", {"role": "family_carer", "home": "tom"}, 404),
        ("ben", {"role": "family_carer", "home": "eve"}, 404),
        ("mia", {"role": "family_carer", "home": "ada"}, 403),
        ("admin", {"role": "family_carer", "home": "eve"}, 404),
        ("admin", {"role": "family_carer"}, 403),
        ("admin", {"role": "resident", "home": "ada"}, 400),
        ("admin", {"role": "resident:99", "home": "ada"}, 403),
        ("admin", {"role": "king"}, 400),
        ("worker", {"role": "family_carer", "home": "ada"}, 404),
        ("technician", {"role": "technician"}, 404),
        ("auditor", {"role": "auditor"}, 404),
    ],
)
async def test_nobody_invites_beyond_what_they_arrange(
    visitors: Visitors, town: Town, login: str, fields: dict[str, str], status: int
) -> None:
    answer = await (await visitors.of(login)).send("/people/invite", name="Kim", **fields)
    assert answer.status_code == status
    assert town.execute("select * from invitation") == []


async def test_an_invitation_without_a_name_says_so(visitors: Visitors) -> None:
    answer = await (await visitors.of("admin")).send("/people/invite", name=" \t", role="auditor")
    assert answer.status_code == 400
    assert "type the name" in answer.text


async def test_joining_without_a_name_or_with_a_short_password_says_so(visitors: Visitors) -> None:
    code = await invited(await visitors.of("admin"), name="Kim", role="clinician")
    kim = await visitors.nobody()
    await opened(kim, code)
    entry = (await kim.hidden("/join/accept"))["entry"]
    for fields, says in (
        ({"name": " ", "password": NEW_PASSWORD}, "type your name"),
        ({"name": "Kim", "password": "short"}, "at least 10 characters"),
    ):
        answer = await kim.client.post("/join/password", data={"entry": entry} | fields)
        assert answer.status_code == 400
        assert says in answer.text


async def test_a_resident_is_invited_and_sees_the_own_home(visitors: Visitors, town: Town) -> None:
    number = town.number("select resident_id from resident where home_id = 'tom'")
    code = await invited(
        await visitors.of("admin"), name="Tom", role=f"resident:{number}", home="tom"
    )
    tom = await visitors.nobody()
    assert (await joined(tom, code, "Tom")).status_code == 303
    assert (await tom.get("/homes/tom")).status_code == 200
    assert (await tom.get("/homes/ada")).status_code == 404
    assert (await tom.get("/alerts")).status_code == 404
    assert town.number("select count(*) from care where home_id = 'tom'") == 0, "nobody tells Tom"


async def test_the_order_of_telling_is_changed_by_who_arranges(
    visitors: Visitors, town: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    assert "Tell Mia Stone earlier" in await ben.text("/people")
    assert "earlier" not in await mia.text("/people")
    refused = await mia.send("/people/circles/ada/earlier", carer=str(town.carers["mia"]))
    assert refused.status_code == 403
    await ben.send("/people/circles/ada/earlier", carer=str(town.carers["mia"]))
    order = town.execute(
        "select carer_id from care where home_id = 'ada' order by telling_order, carer_id"
    )
    assert order == [(town.carers["mia"],), (town.carers["ben"],)]
    assert "Tell Ben Carter earlier" in await mia.text("/people"), "now Mia is first and arranges"
    assert "earlier" not in await ben.text("/people")


async def test_a_carer_who_has_left_is_out_at_once_and_told_of_nothing(
    visitors: Visitors, town: Town
) -> None:
    mia, number = await visitors.of("mia"), str(town.carers["mia"])
    town.execute("insert into contact_point values (%s, 'ntfy', 'x')", town.carers["mia"])
    await mia.text("/today")
    with visitors.site.live.listening(
        (await visitors.site.entrance.visitor(mia.client.cookies[SESSION_COOKIE]))[0]  # type: ignore[arg-type]
    ) as listener:
        answer = await (await visitors.of("admin")).send("/people/end", carer=number)
        assert answer.status_code == 303
        assert listener is not None
        assert listener.closed
    assert (await mia.client.get("/today")).headers["location"].startswith("/login")
    assert (await mia.log_in("mia", PASSWORD)).status_code == 401
    for table in ("login_session", "contact_point", "care"):
        assert town.number(f"select count(*) from {table} where carer_id = {number}") == 0
    admin = await visitors.of("admin")
    assert "Mia Stone" not in await admin.text("/people")


async def test_an_invitation_of_who_has_left_counts_no_more(visitors: Visitors, town: Town) -> None:
    town.carer("second", "organisation_admin", "leeds")
    code = await invited(await visitors.of("second"), name="Kim", role="clinician")
    await (await visitors.of("admin")).send("/people/end", carer=str(town.carers["second"]))
    answer = await opened(await visitors.nobody(), code)
    assert (answer.status_code, "taken back" in answer.text) == (410, True)


async def test_family_that_leaves_a_circle_cares_on_elsewhere_or_is_shut_out(
    visitors: Visitors, town: Town
) -> None:
    town.execute("insert into care values ('tom', %s)", town.carers["mia"])
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    await ben.send("/people/circles/ada/end", carer=str(town.carers["mia"]))
    assert (await mia.get("/homes/tom")).status_code == 200
    assert (await mia.get("/homes/ada")).status_code == 404
    admin = await visitors.of("admin")
    await admin.send("/people/circles/tom/end", carer=str(town.carers["mia"]))
    assert (await mia.client.get("/today")).status_code == 303


@pytest.mark.parametrize(
    ("login", "path", "of", "status"),
    [
        ("ben", "/people/end", "mia", 403),
        ("ben", "/people/circles/ada/end", "ben", 403),
        ("ben", "/people/circles/tom/end", "mia", 404),
        ("mia", "/people/circles/ada/end", "ben", 403),
        ("admin", "/people/end", "admin", 403),
        ("admin", "/people/end", "stranger", 404),
        ("stranger", "/people/end", "ben", 404),
        ("stranger", "/people/circles/ada/end", "ben", 404),
        ("worker", "/people/end", "ben", 404),
    ],
)
async def test_nobody_ends_what_they_do_not_arrange(
    visitors: Visitors, town: Town, login: str, path: str, of: str, status: int
) -> None:
    answer = await (await visitors.of(login)).send(path, carer=str(town.carers[of]))
    assert answer.status_code == status
    assert town.number("select count(*) from carer where disabled_at is not null") == 0


async def test_an_invitation_is_taken_back_by_who_arranges(visitors: Visitors, town: Town) -> None:
    code = await invited(await visitors.of("ben"), name="Ruth", role="family_carer", home="ada")
    number = town.number("select invitation_id from invitation")
    for login in ("mia", "stranger"):
        answer = await (await visitors.of(login)).send(f"/people/invitations/{number}/revoke")
        assert answer.status_code == 404
    await (await visitors.of("admin")).send(f"/people/invitations/{number}/revoke")
    assert (await opened(await visitors.nobody(), code)).status_code == 410


async def test_an_old_file_does_not_let_in_who_has_left(
    visitors: Visitors, town: Town, plain_database: Database
) -> None:
    await (await visitors.of("admin")).send("/people/end", carer=str(town.carers["mia"]))
    async with connect(plain_database.url_as("wayhome_registrar")) as connection:
        await registry.register_carer(
            connection,
            OrganisationId("leeds"),
            "mia",
            name="Mia",
            role="family_carer",
            password_hash="",
        )
    assert (
        town.number("select count(*) from carer where login = 'mia' and disabled_at is null") == 0
    )


async def test_who_looked_is_told_to_the_family_in_plain_words(
    visitors: Visitors, clock: ManualClock
) -> None:
    await (await visitors.of("worker")).text("/homes/ada")
    await (await visitors.of("technician")).text("/homes/ada/devices")
    clock.advance(60)
    text = await (await visitors.of("ben")).text("/looked")
    assert (
        "<strong>Worker</strong>, care worker, looked at the last 24 hours at home. 03:20" in text
    )
    assert "<strong>Technician</strong>, technician, looked at the devices" in text
    for login, status in (("resident", 200), ("worker", 404), ("auditor", 404), ("clinician", 404)):
        assert (await (await visitors.of(login)).get("/looked")).status_code == status
    text = await (await visitors.of("mia")).text("/looked")
    assert "Ben Carter</strong>, family carer, looked at who looked" in text
    assert "Worker" in await (await visitors.of("admin")).text("/looked?home=ada")
    assert (await (await visitors.of("admin")).get("/looked?home=eve")).status_code == 404
    text = await (await visitors.of("stranger")).text("/looked")
    assert "Worker" not in text


async def test_the_auditor_reads_the_record_and_nothing_else_personal(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    town.alert()
    await (await visitors.of("worker")).text("/homes/ada")
    await (await visitors.of("stranger")).text("/homes/eve")
    clock.advance(60)
    auditor = await visitors.of("auditor")
    assert (await auditor.get("/")).url.path == "/audit"
    text = await auditor.text("/audit")
    assert "<strong>Worker</strong>, care worker: home ada, the last 24 hours at home" in text
    table = await auditor.text("/audit.csv?home=ada")
    assert table.splitlines()[0] == "number,at,who,role,home,page"
    assert ",2026-01-15T03:20:00+00:00,Worker,care_worker,ada,timeline" in table
    for secret in ("Ada", "Mill Lane", "home eve", "Stranger"):
        assert secret not in text + table
    for path in ("/today", "/alerts", "/homes/ada", "/homes/ada/devices", "/system", "/people"):
        assert (await auditor.get(path)).status_code == 404
    assert (await auditor.get("/api/alerts")).json()["alerts"] == []
    nothing = await auditor.text("/audit?until=2026-01-14")
    assert "Nobody looked at anything" in nothing
    assert "Nobody looked" in await auditor.text(f"/audit?carer={town.carers['mia']}")
    for query in ("since=yesterday", "since=2026-02-01&until=2026-01-01"):
        answer = await auditor.get(f"/audit?{query}")
        assert (answer.status_code, "year-month-day" in answer.text) == (400, True)
    assert (await (await visitors.of("admin")).get("/audit")).status_code == 404


async def test_a_table_runs_nothing_in_a_spreadsheet(visitors: Visitors, town: Town) -> None:
    town.execute("update carer set name = '=HYPERLINK(1)' where login = 'worker'")
    await (await visitors.of("worker")).text("/homes/ada")
    table = await (await visitors.of("auditor")).text("/audit.csv")
    assert ",'=HYPERLINK(1)," in table


def test_a_week_is_what_the_page_says() -> None:
    assert timedelta(days=7) == invitations.LASTS
