"""From referral to live on the pages: consent, walk test, labels, needs; and nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

BASE = "/homes/new"
STRANGER = {
    "home": "new",
    "family": "zigbee2mqtt",
    "external_id": "lounge_motion",
    "name": "Lounge motion",
    "placement": "object",
}


@pytest.fixture
def new(town: Town) -> Town:
    """A home that was referred, with one room and a sensor that speaks."""
    town.home("new", "leeds", "Nell", mode="test")
    town.execute("update presence set last_seen = null where home_id = 'new'")
    town.execute("insert into care (home_id, carer_id) values ('new', %s)", town.carers["ben"])
    town.execute(
        "insert into discovered values ('new', 'zigbee2mqtt', 'lounge_motion', %s, %s, 3, %s, %s)",
        NOW,
        NOW,
        "homes/new/zigbee2mqtt/lounge_motion",
        b'{"occupancy":true,"battery":90}',
    )
    return town


async def _to_test(browser: Browser) -> None:
    for stage, fields in (
        ("consented", {"basis": "person", "said_by": "Nell"}),
        ("installed", {}),
        ("commissioning", {}),
    ):
        assert (await browser.send(f"{BASE}/steps/{stage}", **fields)).status_code == 303


async def _waive_all(browser: Browser) -> None:
    pieces = re.findall(r'name="piece" value="([^"]+)"', await browser.text(f"{BASE}/walk"))
    for piece in pieces:
        answer = await browser.send(f"{BASE}/walk/waive", piece=piece, reason="Comes on Monday")
        assert answer.status_code == 303


@pytest.mark.usefixtures("new")
async def test_consent_comes_first_and_who_gave_it_is_kept(visitors: Visitors) -> None:
    browser = await visitors.of("technician")
    assert "Consent comes first" in await browser.text(f"{BASE}/walk")
    assert "No consent is written down" in await browser.text(f"{BASE}/install")
    answer = await browser.send(f"{BASE}/install/register", **STRANGER)
    assert (answer.status_code, "consent: expected on record" in answer.text.lower()) == (400, True)
    for fields, words in (
        ({"said_by": "Nell"}, "basis: expected one of"),
        ({"basis": "person"}, "who agreed: expected the name"),
    ):
        answer = await browser.send(f"{BASE}/steps/consented", **fields)
        assert (answer.status_code, words in answer.text.lower()) == (400, True)
    answer = await browser.send(f"{BASE}/steps/live")
    assert answer.status_code == 409
    answer = await browser.send(f"{BASE}/steps/consented", basis="attorney", said_by="Her son Jim")
    assert answer.status_code == 303
    text = plain(await browser.text(f"{BASE}/steps"))
    assert "power of attorney agreed: Her son Jim" in text
    assert "Consent given , Technician" in text
    assert (await browser.send(f"{BASE}/install/register", **STRANGER)).status_code == 303


async def test_each_sensor_lights_up_and_what_is_missing_is_said(
    visitors: Visitors, new: Town
) -> None:
    browser = await visitors.of("technician")
    await _to_test(browser)
    text = plain(await browser.text(f"{BASE}/walk"))
    assert "7 things still missing" in text
    assert "Bedroom sensor has not been seen yet: walk past it." in text
    assert "Kitchen sensor , Kitchen Not seen yet: walk past it." in text
    assert "Front door , Hall Not seen yet: open that door." in text
    assert "0 of 7 devices seen" in text
    new.observe("new", "Kitchen sensor", NOW + timedelta(seconds=2), 1)
    new.execute(
        "update observation set claimed_at = received_at - interval '400 ms' where home_id = 'new'"
    )
    new.execute(
        "update presence p set battery_percent = 12, link_quality = 30 from device d"
        " where p.device_id = d.device_id and d.home_id = 'new' and d.name = 'Hall sensor'"
    )
    text = plain(await browser.text(f"{BASE}/walk"))
    assert "1 of 7 devices seen" in text
    assert "Kitchen sensor , Kitchen Seen at 03:20, arrived after 0.4 s." in text
    assert "6 things still missing" in text
    assert "Battery 12%: put in a new one. Signal 30 of 255: move it" in text


async def test_a_call_for_help_in_the_test_is_shown_and_said_to_reach_nobody(
    visitors: Visitors, new: Town
) -> None:
    browser = await visitors.of("technician")
    new.device("new", "Pendant", "worn", "")
    await _to_test(browser)
    new.observe("new", "Pendant", NOW + timedelta(seconds=2), 1, "sos")
    text = plain(await browser.text(f"{BASE}/walk"))
    assert "Pendant called for help at 03:20. Nobody was told: this is a test." in text


async def test_a_home_goes_live_when_each_missing_piece_has_a_reason(
    visitors: Visitors, new: Town
) -> None:
    browser = await visitors.of("technician")
    await _to_test(browser)
    answer = await browser.send(f"{BASE}/steps/live")
    assert (answer.status_code, "every piece seen" in answer.text) == (400, True)
    for fields, status in (
        ({"piece": "exit", "reason": "Never mind"}, 409),
        ({"piece": "device:1", "reason": " "}, 400),
        ({"reason": "x" * 501}, 400),
    ):
        assert (await browser.send(f"{BASE}/walk/waive", **fields)).status_code == status
    await _waive_all(browser)
    text = plain(await browser.text(f"{BASE}/walk"))
    assert "Nothing is missing" in text
    assert "Technician: Comes on Monday" in text
    assert (await browser.send(f"{BASE}/steps/live")).status_code == 303
    assert "This home is live" in await browser.text(f"{BASE}/walk")
    assert new.execute("select mode from home where home_id = 'new'") == [("live",)]


async def test_nobody_falls_silent_without_a_reason_or_with_an_alert_open(
    visitors: Visitors, town: Town
) -> None:
    browser = await visitors.of("admin")
    for stage in ("paused", "ended", "commissioning"):
        answer = await browser.send(f"/homes/ada/steps/{stage}", days="3")
        assert (answer.status_code, "reason: expected a few words" in answer.text.lower()) == (
            400,
            True,
        )
    number = town.alert()
    answer = await browser.send("/homes/ada/steps/paused", reason="In hospital", days="7")
    assert (answer.status_code, "answer it first" in answer.text) == (400, True)
    town.execute("update alert set state = 'resolved' where alert_id = %s", number)
    endless = await browser.send("/homes/ada/steps/paused", reason="In hospital", days="99")
    assert (endless.status_code, "For how long: expected one of 1, 3" in endless.text) == (
        400,
        True,
    )
    paused = {"reason": "In hospital", "days": "7"}
    assert (await browser.send("/homes/ada/steps/paused", **paused)).status_code == 303
    text = plain(await browser.text("/homes/ada/steps"))
    assert "In hospital" in text
    assert "Planned until" in text
    today = await browser.text("/today")
    assert "Paused: nobody is told" in today
    assert "eing set up" not in today


async def test_what_is_needed_goes_its_way_to_use(visitors: Visitors, new: Town) -> None:
    browser = await visitors.of("technician")
    ((nell,),) = new.execute("select resident_id from resident where home_id = 'new'")
    need = {"need": "Leaves at night", "resident": str(nell)}
    assert (await browser.send(f"{BASE}/needs", **need, stage="used")).status_code == 400
    for stage in ("need", "recommended", "installed", "used"):
        answer = await browser.send(f"{BASE}/needs", **need, stage=stage, note="A door sensor")
        assert answer.status_code == 303
    assert "Leaves at night , Nell: in use, Technician" in plain(
        await browser.text(f"{BASE}/steps")
    )
    for wrong in (need | {"stage": "dropped"}, need | {"need": ""}, need | {"resident": "1x"}):
        assert (await browser.send(f"{BASE}/needs", **wrong)).status_code == 400
    assert len(new.execute("select * from need_step")) == 4


async def test_a_label_brings_to_its_device_in_two_taps(visitors: Visitors, new: Town) -> None:
    browser = await visitors.of("technician")
    answer = await browser.send("/labels", many="12")
    tokens = re.findall(r"Square code ([2-9A-Z ]{14})", answer.text)
    assert (answer.status_code, len(set(tokens))) == (200, 12)
    assert (await browser.send("/labels", many="7")).status_code == 400
    assert (await browser.get("/labels/find?code=abc")).status_code == 400
    await browser.send(f"{BASE}/steps/consented", basis="person", said_by="Nell")
    page = await browser.get(f"/labels/find?code={tokens[0].lower()}")
    assert "In which home are you?" in page.text
    await browser.text(f"{BASE}/install")
    path = f"/label/{tokens[0].replace(' ', '')}"
    text = await browser.text(path)
    assert "It is this one: register Lounge motion" in text
    fields = STRANGER | {"placement": "ceiling"}
    assert (await browser.send(f"{path}/register", **fields)).status_code == 400
    answer = await browser.send(f"{path}/register", **STRANGER)
    assert re.fullmatch(r"/homes/new/install\?device=(\d+)#device-\1", answer.headers["location"])
    assert "Lounge motion (has a label)" in await browser.text(path)
    second = f"/label/{tokens[1].replace(' ', '')}"
    assert (await browser.send(f"{second}/register", **STRANGER)).status_code == 409
    number = str(new.number("select device_id from device where name = 'Hub' and home_id = 'new'"))
    assert (await browser.send(f"{second}/put", home="new", device="")).status_code == 400
    assert (await browser.send(f"{second}/put", home="new", device=number)).status_code == 303
    assert "Hub (has a label)" in await browser.text(f"{BASE}/install")


async def test_a_label_of_another_organisation_is_not_there_and_that_is_kept(
    visitors: Visitors, new: Town
) -> None:
    browser = await visitors.of("technician")
    answer = await browser.send("/labels", many="12")
    (token, *_) = re.findall(r"Square code ([2-9A-Z ]{14})", answer.text)
    path = f"/label/{token.replace(' ', '')}"
    stranger = await visitors.of("stranger")
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.send(f"{path}/register", **STRANGER)).status_code == 404
    assert (await stranger.get("/label/ZZZZZZZZZZZZ")).status_code == 404
    kept = new.execute("select organisation_id, of_organisation_id, carer_id from label_refusal")
    assert kept == 2 * [("leeds", "york", new.carers["stranger"])]
    shown = plain(await browser.text("/labels"))
    assert "Opened by somebody outside your organisation" in shown
    assert shown.count(f"a label that sticks on nothing, {token}") == 2
    assert "York" not in shown
    assert "Opened by somebody" not in await stranger.text("/labels")
    for login in ("ben", "worker", "clinician"):
        assert (await (await visitors.of(login)).get(path)).status_code == 404


async def test_rooms_lie_beside_each_other_and_lead_out(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("technician")
    rooms = dict(town.execute("select name, room_id from room where home_id = 'ada'"))
    base = "/homes/ada/install/rooms"
    answer = await browser.send(
        f"{base}/{rooms['Hall']}", exit="yes", **{f"next-{rooms['Kitchen']}": "yes"}
    )
    assert answer.status_code == 303
    text = plain(await browser.text("/homes/ada/install"))
    assert "Hall (leads out), beside Kitchen" in text
    assert "No way out is drawn from: Bedroom, Bathroom" in text
    foreign = town.number("select room_id from room where home_id = 'eve' limit 1")
    answer = await browser.send(f"{base}/{rooms['Hall']}", **{f"next-{foreign}": "yes"})
    assert answer.status_code == 409
    assert (await browser.send(f"{base}/{foreign}")).status_code == 404
    assert (await browser.send(f"{base}/{rooms['Hall']}", **{"next-x": "yes"})).status_code == 400
    assert "Hall (leads out), beside Kitchen" in plain(await browser.text("/homes/ada/install"))


@pytest.mark.parametrize("login", ["ben", "worker", "clinician", "auditor", "stranger"])
async def test_nobody_else_sees_or_takes_the_steps(
    visitors: Visitors, new: Town, login: str
) -> None:
    browser = await visitors.of(login)
    for path in (f"{BASE}/steps", f"{BASE}/walk"):
        assert (await browser.get(path)).status_code == 404
    consent = {"basis": "person", "said_by": "Nell"}
    for path in (f"{BASE}/steps/consented", f"{BASE}/walk/waive", f"{BASE}/needs"):
        answer = await browser.send(path, **consent, reason="x", piece="exit", need="x")
        assert answer.status_code == 404
    assert new.execute("select * from home_step") == []


@pytest.mark.usefixtures("new")
async def test_what_was_typed_and_refused_stands_in_the_form_again(visitors: Visitors) -> None:
    tom = await visitors.of("technician")
    words = "w" * 501
    refused = [
        ("/install/register", STRANGER | {"name": "x" * 61, "placement": "bed"}),
        ("/install/room", {"name": "y" * 61, "kind": "kitchen"}),
        ("/steps/ended", {"reason": words}),
        ("/hub/make", {"device": "a+b"}),
    ]
    for path, fields in refused:
        answer = await tom.send(f"{BASE}{path}", **fields)
        assert answer.status_code == 400, path
        typed = fields.get("name") or fields.get("reason") or fields["device"]
        assert f">{typed}<" in answer.text or f'value="{typed}"' in answer.text, path
    register = await tom.send(
        f"{BASE}/install/register", **(STRANGER | {"name": "", "placement": "bed"})
    )
    assert '<option value="bed" selected>' in register.text
    found = await tom.get("/labels/find?code=abc")
    assert (found.status_code, 'value="abc"' in found.text) == (400, True)
