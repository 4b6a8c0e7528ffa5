"""What happens next, what was missed, and what answers have changed, as carers read and send it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

HAPPENED = "2026-01-14T22:15"


def forecast(town: Town, minutes: float, detector: str = "inactivity", home: str = "ada") -> None:
    at = NOW + timedelta(minutes=minutes)
    town.execute(
        "insert into forecast (home_id, detector, speaks_at, severity, what, made_at)"
        " values (%s, %s, %s, 'check', %s, %s)",
        home,
        detector,
        at,
        f"If nothing moves by {at:%H:%M}, the first carer is told",
        NOW - timedelta(minutes=2),
    )


def change(town: Town, why: str = "false", *, waiting: bool = False, home: str = "ada") -> int:
    return town.number(
        "insert into margin_change (home_id, detector, hour_bin, at, why, factor, before, after,"
        " waiting, carer_id) values (%s, 'inactivity', 3, %s, %s, 1.07, 1, %s, %s, %s)"
        " returning change_id",
        home,
        NOW - timedelta(hours=1),
        why,
        1.0 if waiting else 1.07,
        waiting,
        town.carers["mia"],
    )


async def test_the_home_page_says_what_happens_next_and_how_old_that_is(
    visitors: Visitors, town: Town
) -> None:
    forecast(town, 95)
    forecast(town, 40, "late_rise")
    forecast(town, -3, "overstay")
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "What happens next: If nothing moves by 04:00, the first carer is told" in text
    assert ">2 min ago</time>" in text
    assert "04:55" not in text


async def test_no_promise_is_made_of_a_home_that_can_not_be_seen(
    visitors: Visitors, town: Town
) -> None:
    forecast(town, 40)
    town.execute("update gateway_heartbeat set broker_connected = false")
    town.execute("update gateway_heartbeat set at = %s", NOW - timedelta(minutes=20))
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "We cannot see this home" in text
    assert "What happens next" not in text


async def test_a_record_of_the_past_promises_nothing(visitors: Visitors, town: Town) -> None:
    forecast(town, 40, home="past")
    text = await (await visitors.of("ben")).text("/homes/past")
    assert "What happens next" not in text
    assert "nobody was told" not in text


async def test_a_carer_reports_what_nobody_was_told_of(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    assert "Something happened and nobody was told" in await ben.text("/homes/ada")
    answer = await ben.send(
        "/homes/ada/missed", kind="did_not_move", happened_at=HAPPENED, what=" On the floor "
    )
    assert answer.status_code == 303
    ((kind, at, what, carer),) = town.execute(
        "select kind, happened_at, what, carer_id from missed_event"
    )
    assert (kind, what, carer) == ("did_not_move", "On the floor", town.carers["ben"])
    assert at == datetime.fromisoformat(f"{HAPPENED}:00+00:00")
    text = await ben.text("/homes/ada/learning")
    assert "Lay or sat somewhere and could not get up" in text
    assert "On the floor" in text


@pytest.mark.parametrize("wrong", ["2025-10-01T03:20", "2026-01-16T03:20", "yesterday"])
async def test_a_report_with_a_wrong_time_says_so_and_keeps_the_words(
    visitors: Visitors, wrong: str
) -> None:
    ben = await visitors.of("ben")
    fields = {"kind": "bathroom", "happened_at": wrong, "what": "On the floor"}
    answer = await ben.send("/homes/ada/missed", **fields)
    assert answer.status_code == 400
    assert "Give a day and a time of the last 60 days" in answer.text
    assert ">On the floor</textarea>" in answer.text
    assert '<option value="bathroom" selected>' in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "nonsense", "happened_at": HAPPENED},
        {"kind": "other", "happened_at": "yesterday"},
        {"kind": "other", "happened_at": "2026-01-16T03:20"},
        {"kind": "other", "happened_at": "2020-01-01T00:00"},
        {},
    ],
)
async def test_a_report_that_makes_no_sense_is_refused(
    visitors: Visitors, town: Town, fields: dict[str, str]
) -> None:
    answer = await (await visitors.of("ben")).send("/homes/ada/missed", **fields)
    assert answer.status_code == 400
    assert town.execute("select * from missed_event") == []


async def test_every_change_is_shown_with_whose_answer_it_was(
    visitors: Visitors, town: Town
) -> None:
    change(town)
    text = await (await visitors.of("clinician")).text("/homes/ada/learning")
    assert "No movement, 09:00 to 12:00" in text
    assert "Answered: false alarm, Mia Stone" in text
    assert "tells 7% later than before" in text
    assert "Undo" not in text, "a clinician reads"


async def test_a_change_that_waits_is_confirmed_by_name_and_any_change_undone(
    visitors: Visitors, town: Town
) -> None:
    waiting, made = change(town, waiting=True), change(town)
    ben = await visitors.of("ben")
    text = await ben.text("/homes/ada/learning")
    assert "1 change waiting for you" in text
    assert (await ben.send(f"/homes/ada/learning/{waiting}/confirm")).status_code == 303
    assert (await ben.send(f"/homes/ada/learning/{made}/undo")).status_code == 303
    assert town.execute(
        "select change_id, verdict, carer_id from margin_decision order by decision_id"
    ) == [(waiting, "confirm", town.carers["ben"]), (made, "undo", town.carers["ben"])]
    text = await ben.text("/homes/ada/learning")
    assert "waiting for you" not in text
    assert text.count("Under way") == 2


async def test_the_walls_stand_around_what_was_learned(visitors: Visitors, town: Town) -> None:
    number, other = change(town), change(town, home="tom")
    forecast(town, 40)
    fields = {"kind": "other", "happened_at": HAPPENED}
    for login, status in (("stranger", 404), ("technician", 404), ("clinician", 403)):
        browser = await visitors.of(login)
        seen = (await browser.get("/homes/ada/learning")).status_code
        assert seen == (200 if login == "clinician" else 404)
        answer = await browser.send("/homes/ada/missed", **fields)
        assert answer.status_code == status
        answer = await browser.send(f"/homes/ada/learning/{number}/undo")
        assert answer.status_code == status
    ben = await visitors.of("ben")
    for path in (f"/homes/tom/learning/{other}/undo", f"/homes/ada/learning/{other}/undo"):
        assert (await ben.send(path)).status_code == 404
    assert (await ben.send("/homes/tom/missed", **fields)).status_code == 404
    assert town.execute("select * from margin_decision") == []
    assert town.execute("select * from missed_event") == []
