"""The work list: what to do about devices, the riskiest first, and nothing on how people live."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

TODAY = NOW.date()


def _battery(town: Town, name: str, earliest_days: int, latest_days: int) -> None:
    town.execute(
        "insert into battery_forecast (device_id, home_id, low_on, earliest, latest, computed_at)"
        " select device_id, home_id, %s, %s, %s, %s from device where home_id = 'ada' and name = %s",
        TODAY + timedelta(latest_days),
        TODAY + timedelta(earliest_days),
        TODAY + timedelta(latest_days),
        NOW,
        name,
    )


async def test_nothing_to_do_says_so(visitors: Visitors) -> None:
    text = await (await visitors.of("technician")).text("/work")
    assert "Nothing to do" in text
    assert "no battery will be low within four weeks" in text


async def test_the_riskiest_stands_first_and_says_the_one_thing_to_do(
    visitors: Visitors, town: Town
) -> None:
    _battery(town, "Kitchen sensor", 20, 22)
    town.execute(
        "update presence set last_seen = %s where device_id ="
        " (select device_id from device where home_id = 'tom' and name = 'Hub')",
        NOW - timedelta(hours=3),
    )
    town.execute(
        "update presence set battery_percent = 9 where device_id ="
        " (select device_id from device where home_id = 'ada' and name = 'Front door')"
    )
    town.alert("ada", detector="liveness", subject="device:1:obstructed", audience="operators")
    text = await (await visitors.of("technician")).text("/work")
    assert "4 devices to look after in 2 homes" in text
    wanted = (
        "Check power and internet of the hub",
        "Check whether something hides it",
        "Change its battery now.",
        "Change its battery before 4 February.",
    )
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "80 % left. About 3 weeks more." in text
    assert "Heard 3 h ago" in text


async def test_a_battery_that_lasts_for_months_is_no_work(visitors: Visitors, town: Town) -> None:
    _battery(town, "Kitchen sensor", 40, 90)
    assert "Nothing to do" in await (await visitors.of("technician")).text("/work")


async def test_a_long_list_has_pages(visitors: Visitors, town: Town) -> None:
    for number in range(60):
        town.device("ada", f"Extra {number}", "object", "Kitchen")
    town.execute("update presence set battery_percent = 5 where home_id = 'ada'")
    browser = await visitors.of("admin")
    first, second = await browser.text("/work"), await browser.text("/work?after=50")
    assert "After these (1 to 50 of 67)" in first
    assert second.count("Change its battery now.") == 17
    assert "Before these" in second


async def test_it_is_for_those_who_look_after_devices(visitors: Visitors, town: Town) -> None:
    town.execute("update presence set battery_percent = 5 where home_id = 'ada'")
    for login in ("ben", "worker", "clinician"):
        assert (await (await visitors.of(login)).get("/work")).status_code == 404
    assert "Nothing to do" in await (await visitors.of("stranger")).text("/work")
    for bad in ("-1", "x", "99999999999"):
        browser = await visitors.of("admin")
        assert (await browser.get(f"/work?after={bad}")).status_code in {400, 404, 422}
