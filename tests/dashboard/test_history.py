"""History: alerts by week, how they ended, and for whom."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser import scene
from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_weeks_say_how_alerts_ended(visitors: Visitors, town: Town) -> None:
    scene.past_alerts(town)
    text = await (await visitors.of("ben")).text("/history")
    assert text.index("This week") < text.index("5 to 11 January")
    assert text.index("Call for help") < text.index("Not up by 10:15")
    assert "2 alerts: 1 was real, 1 false alarm" in text
    assert "No alerts" in text
    assert "It was real, and someone helped." in text


async def test_one_ending_is_chosen(visitors: Visitors, town: Town) -> None:
    scene.past_alerts(town)
    text = await (await visitors.of("ben")).text("/history?how=false")
    assert "No movement since 09:10" in text
    assert "Call for help" not in text


async def test_earlier_weeks_are_a_tap_away(visitors: Visitors, town: Town) -> None:
    at = NOW - timedelta(days=40)
    town.alert(onset=at, opened_at=at, what="Long ago")
    browser = await visitors.of("ben")
    text = await browser.text("/history")
    assert "Long ago" not in text
    assert "week=2025-12-15" in text
    earlier = await browser.text("/history?week=2025-12-15")
    assert "Long ago" in earlier
    assert "week=2026-01-12" in earlier, "and back again"


async def test_nobody_sees_the_history_of_others(visitors: Visitors, town: Town) -> None:
    scene.past_alerts(town, "tom")
    ben, worker = await visitors.of("ben"), await visitors.of("worker")
    assert "Call for help" not in await ben.text("/history")
    assert (await ben.get("/history?home=tom")).status_code == 404
    assert "Call for help" in await worker.text("/history?home=tom")
    assert "Call for help" not in await worker.text("/history?home=ada")
    assert (await (await visitors.of("technician")).get("/history")).status_code == 404
    seen = town.execute("select distinct home_id from access_record where page = 'history'")
    assert sorted(home for (home,) in seen) == ["ada", "tom"]


@pytest.mark.parametrize("query", ["week=yesterday", "week=2026-13-01"])
async def test_an_address_that_is_wrong_says_so(visitors: Visitors, query: str) -> None:
    answer = await (await visitors.of("ben")).get(f"/history?{query}")
    assert answer.status_code == 400
    assert "Go back and check it" in answer.text


@pytest.fixture
def street(town: Town) -> Town:
    """Add more homes to the organisation than stand in one choice."""
    town.execute(
        "insert into home (home_id, organisation_id, name) select 'h' || n, organisation_id,"
        " 'House ' || lpad(n::text, 3, '0') from home, generate_series(1, 120) n where home_id = 'ada'"
    )
    town.execute(
        "insert into resident (home_id, name) select home_id, 'Nell ' || substr(home_id, 2)"
        " from home where home_id like 'h%%' and name like 'House%%'"
    )
    return town


async def test_the_history_of_many_homes_leaves_none_out(visitors: Visitors, street: Town) -> None:
    """It showed the first 500 homes, and the others had no history: nothing said so."""
    for number in (1, 77, 120):
        street.alert(f"h{number}", what=f"Fell in {number}")
    worker = await visitors.of("worker")
    text = await worker.text("/history")
    for number in (1, 77, 120):
        assert f"Fell in {number}" in text
    assert '<select id="home"' not in text
    seen = street.execute("select distinct home_id from access_record where page = 'history'")
    assert sorted(home for (home,) in seen) == ["h1", "h120", "h77"], "whose alerts were shown"
    one = await worker.text("/history?home=h120")
    assert "Fell in 120" in one
    assert "Fell in 77" not in one
    assert "Nell 120, House 120</option>" in one


async def test_the_question_whether_somebody_is_back_is_counted_apart(
    visitors: Visitors, town: Town
) -> None:
    town.asks_whether_somebody_is_back(state="resolved", outcome="true", resolved_at=town.now)
    ben = await visitors.of("ben")
    text = plain(await ben.text("/history"))
    assert "No alerts; 1 question whether somebody is there" in text
    assert "Somebody seems to be at home" in text, "what was answered is found again"
    town.alert()
    assert "1 alert; 1 question whether" in plain(await ben.text("/history"))


async def test_of_many_homes_one_is_looked_for_by_name(visitors: Visitors, street: Town) -> None:
    street.alert("h77", what="Fell in the hall")
    worker = await visitors.of("worker")
    for who in ("nell+77", "HOUSE+077"):
        found = await worker.text(f"/history?who={who}")
        assert len(re.findall(r'<option value="h\d', found)) == 1
        assert "Fell in the hall" in found
    many = await worker.text("/history?who=house")
    assert len(re.findall(r'<option value="h\d', many)) == 50
    assert "120 homes have such a name. Type more of it." in many
    assert "Nobody has such a name." in await worker.text("/history?who=xyz")
    assert "Nell" not in await (await visitors.of("ben")).text("/history?who=nell")


async def test_where_there_are_more_than_are_shown_no_week_is_counted_wrongly(
    visitors: Visitors, town: Town
) -> None:
    """It said "No alerts" of every week before the 200 latest, and counted 200 of the last one."""
    town.execute(
        "insert into alert (home_id, detector, subject, severity, audience, onset, opened_at, what)"
        " select 'ada', 'exit', 'door ' || n, 'check', 'carers', t, t, 'A door opened'"
        " from generate_series(1, 260) n, lateral (select %s::timestamptz - n * interval '2 hours' as t) x",
        NOW,
    )
    text = await (await visitors.of("ben")).text("/history")
    assert "There are more than we show here." in text
    assert "No alerts" not in text
    assert len(re.findall(r"\d+ alerts", text)) == 2, "of the weeks that are whole"
    assert "200 alerts" not in text
