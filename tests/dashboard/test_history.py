"""History: alerts by week, how they ended, and for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser import scene
from tests.dashboard.town import NOW

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
