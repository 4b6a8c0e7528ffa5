"""Who may see what: other organisations, other homes, other roles; and who looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.store.account import CarerRole
from dashboard.page import discover
from dashboard.roles import SEE_ACTIVITY
from tests.dashboard.town import DOOR

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

SECRETS = (DOOR, "Ada", "Mill Lane", "Ben Carter")


async def test_another_organisation_does_not_exist(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    stranger = await visitors.of("stranger")
    for path in (
        f"/alerts/{number}",
        f"/api/alerts/{number}",
        "/homes/ada",
        "/homes/ada/devices",
    ):
        answer = await stranger.get(path)
        assert answer.status_code == 404
        missing = await stranger.get(path.replace(str(number), "987").replace("ada", "nowhere"))
        assert missing.text == answer.text, "it looks like one that is not there"
    for path in ("/alerts", "/today", "/system", "/api/alerts"):
        text = await stranger.text(path)
        assert not any(secret in text for secret in SECRETS)
    for path in ("acknowledge", "resolve", "reopen"):
        answer = await stranger.send(f"/alerts/{number}/{path}", outcome="false")
        assert answer.status_code == 404
    assert town.execute("select * from response") == []
    assert town.number("select count(*) from access_record where home_id = 'ada'") == 0


async def test_a_family_carer_sees_the_own_circle_only(visitors: Visitors, town: Town) -> None:
    town.alert("tom", what="Tom fell silent")
    number = town.number("select alert_id from alert")
    ben, worker = await visitors.of("ben"), await visitors.of("worker")
    assert (await ben.get(f"/alerts/{number}")).status_code == 404
    assert (await ben.get("/homes/tom")).status_code == 404
    assert "Tom" not in await ben.text("/today")
    assert "Tom fell silent" in await worker.text("/alerts")


async def test_a_technician_sees_devices_and_not_how_people_live(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    repair = town.alert(audience="operators", detector="liveness", what="The hub is silent")
    technician = await visitors.of("technician")
    for path in ("/today", "/homes/ada", f"/alerts/{number}"):
        assert (await technician.get(path)).status_code == 404
    assert DOOR not in await technician.text("/alerts")
    assert "The hub is silent" in await technician.text(f"/alerts/{repair}")
    assert "in the last hour" in await technician.text("/homes/ada/devices")
    assert (await technician.get("/")).url.path == "/system"
    ben = await visitors.of("ben")
    assert (await ben.get(f"/alerts/{repair}")).status_code == 404
    assert (await ben.get("/system")).status_code == 404


async def test_a_clinician_reads_and_does_not_answer(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    clinician = await visitors.of("clinician")
    text = await clinician.text(f"/alerts/{number}")
    assert "Nobody is on it yet" in text
    assert '<form method="post" action="/alerts' not in text
    assert (await clinician.send(f"/alerts/{number}/acknowledge")).status_code == 403
    assert (await clinician.get("/homes/ada/devices")).status_code == 404


async def test_a_form_without_its_token_does_nothing(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    path = f"/alerts/{number}/acknowledge"
    other = (await mia.get("/api/session")).json()["csrf"]
    for fields in ({}, {"csrf": ""}, {"csrf": other}):
        assert (await ben.client.post(path, data=fields)).status_code == 403
    own = (await ben.get("/api/session")).json()["csrf"]
    cross = await ben.client.post(
        path, data={"csrf": own}, headers={"sec-fetch-site": "cross-site"}
    )
    assert cross.status_code == 403
    assert (await (await visitors.nobody()).client.post(path)).status_code == 303
    assert town.execute("select * from response") == []


async def test_a_home_that_is_being_set_up_concerns_who_sets_it_up(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert(silent=True)
    assert (await (await visitors.of("ben")).get(f"/alerts/{number}")).status_code == 404
    assert "nobody was told" in await (await visitors.of("admin")).text(f"/alerts/{number}")


async def test_every_look_at_a_home_is_on_record(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    for path in ("/alerts", f"/alerts/{number}", "/homes/ada", "/homes/ada/devices", "/today"):
        await browser.text(path)
    seen = town.execute(
        "select page, carer_id from access_record where home_id = 'ada' order by access_id"
    )
    assert [page for page, _ in seen] == ["alerts", "alert", "timeline", "devices", "today"]
    assert {carer for _, carer in seen} == {town.carers["ben"]}


async def test_a_page_that_refreshes_itself_is_one_view(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    await browser.get(f"/alerts/{number}")
    await browser.get(f"/alerts/{number}", **{"x-wayhome-refresh": "1"})
    assert town.number("select count(*) from access_record") == 1
    await browser.get(f"/alerts/{number}")
    assert town.number("select count(*) from access_record") == 2


@pytest.mark.parametrize("role", list(CarerRole))
def test_every_page_with_a_title_is_there_for_its_roles(role: CarerRole) -> None:
    offered = [page for page in discover().values() if page.title and role in page.roles]
    assert offered, "everybody has somewhere to go"
    assert discover()["home"].roles == SEE_ACTIVITY
