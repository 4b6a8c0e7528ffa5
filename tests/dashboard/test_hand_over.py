"""Taking over, handing back and notes, as people do it without scripts, and machines."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


def acknowledged(town: Town, login: str) -> int:
    return town.alert(
        state="acknowledged",
        acknowledged_by=town.carers[login],
        acknowledged_at=NOW - timedelta(minutes=5),
    )


async def test_an_alert_says_whom_quiet_hours_hold_it_back_from(
    visitors: Visitors, circle: Town
) -> None:
    until = NOW + timedelta(hours=4)
    held = {str(circle.carers["mia"]): until.isoformat()}
    number = circle.alert(severity="check", policy=Jsonb({"held": held}))
    ben = await visitors.of("ben")
    text = plain(await ben.text(f"/alerts/{number}"))
    assert "Mia Stone keeps quiet hours now. This reaches Mia Stone on the phone at 07:20" in text
    await ben.send(f"/alerts/{number}/acknowledge")
    assert "keeps quiet hours" not in await ben.text(f"/alerts/{number}")


async def test_another_takes_over_and_hands_back_and_others_see_it_at_once(
    visitors: Visitors, circle: Town
) -> None:
    number = acknowledged(circle, "ben")
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    text = plain(await mia.text(f"/alerts/{number}"))
    assert "I take over from Ben Carter" in text
    assert "I can’t after all" not in text
    assert (await mia.send(f"/alerts/{number}/take-over")).status_code == 303
    text = plain(await ben.text(f"/alerts/{number}"))
    assert "Mia Stone is on it" in text
    assert "Mia Stone took over" in text
    assert (await ben.send(f"/alerts/{number}/hand-back")).status_code == 303
    assert "Mia Stone is on it" in plain(await ben.text(f"/alerts/{number}"))
    answer = await mia.send(f"/alerts/{number}/hand-back", comment="My car does not start")
    assert answer.status_code == 303
    text = plain(await ben.text(f"/alerts/{number}"))
    assert "I’m on it" in text
    assert "Mia Stone cannot after all. “My car does not start”" in text
    kinds = circle.execute("select kind from response order by response_id")
    assert kinds == [("take_over",), ("hand_back",)]


async def test_a_note_is_left_without_ending_it(visitors: Visitors, circle: Town) -> None:
    number = acknowledged(circle, "ben")
    mia = await visitors.of("mia")
    assert (await mia.send(f"/alerts/{number}/comment", comment="  ")).status_code == 400
    assert (
        await mia.send(f"/alerts/{number}/comment", comment=" Key at no. 5 ")
    ).status_code == 303
    text = plain(await mia.text(f"/alerts/{number}"))
    assert "Mia Stone wrote: “Key at no. 5”" in text
    assert "Ben Carter is on it" in text


async def test_machines_take_over_and_hand_back_too_and_the_walls_stand(
    visitors: Visitors, circle: Town
) -> None:
    number = acknowledged(circle, "ben")
    mia = await visitors.of("mia")
    answer = await mia.send(f"/api/alerts/{number}/take-over")
    assert answer.json()["on_it"] == "Mia Stone"
    assert (await mia.send(f"/api/alerts/{number}/shout")).status_code == 404
    assert (await mia.send(f"/api/alerts/{number}/comment")).status_code == 400
    answer = await mia.send(f"/api/alerts/{number}/hand-back")
    assert answer.json() == {
        "alert_id": number,
        "state": "open",
        "on_it": None,
        "on_it_since": None,
    }
    for login, status in (("stranger", 404), ("clinician", 404), ("technician", 404)):
        browser = await visitors.of(login)
        for path in ("take-over", "hand-back", "comment"):
            answer = await browser.send(f"/alerts/{number}/{path}", comment="x")
            assert answer.status_code == status, (login, path)
