"""The system page of a large organisation: it says how much there is, and leads to what it does not show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


@pytest.fixture(autouse=True)
def heard(town: Town) -> None:
    """Let a technician be woken: else that comes first."""
    contact = "insert into contact_point values (%s, 'ntfy', 'https://x')"
    town.execute(contact, town.carers["technician"])


def section(text: str, name: str) -> str:
    return text.split(f'<section id="{name}"')[1].split("</section>", maxsplit=1)[0]


async def test_devices_beyond_the_list_are_counted_and_led_to(
    town: Town, visitors: Visitors
) -> None:
    town.execute(
        "with made as (insert into device (home_id, family, external_id, name, placement,"
        " reporting_interval_s) select 'ada', 'zigbee2mqtt', 'x' || n, 'Old sensor ' || n, 'room', 3600"
        " from generate_series(1, 70) n returning device_id, home_id)"
        " insert into presence (device_id, home_id, last_seen, battery_percent)"
        " select device_id, home_id, %s, 3 from made",
        NOW,
    )
    town.execute(
        "update presence p set online = false from device d where d.device_id = p.device_id"
        " and d.placement = 'hub' and d.home_id = 'ada'"
    )
    text = await (await visitors.of("technician")).text("/system")
    devices = section(text, "devices")
    assert devices.count("<li>") == 50
    assert devices.index("Hub") < devices.index("Old sensor"), "without it a home is blind"
    assert "And 21 more." in devices
    assert 'href="/work"' in devices
    assert "Services work; 71 things to look after" in text
    work = await (await visitors.of("technician")).text("/work")
    assert "71" in work


async def test_each_list_has_its_pages(town: Town, visitors: Visitors) -> None:
    town.execute(
        "insert into discovered select 'ada', 'zigbee2mqtt', 'new' || lpad(n::text, 2, '0'),"
        " %s::timestamptz - n * interval '1 minute', %s::timestamptz - n * interval '1 minute', 1, 'a', 'x'"
        " from generate_series(1, 60) n",
        NOW,
        NOW,
    )
    town.execute(
        "insert into detector_error select 'ada', 'exit', 'error ' || lpad(n::text, 2, '0'),"
        " %s::timestamptz - n * interval '1 minute', %s::timestamptz - n * interval '1 minute', 1, 'x'"
        " from generate_series(1, 30) n",
        NOW,
        NOW,
    )
    technician = await visitors.of("technician")
    text = await technician.text("/system")
    assert "90 things to look after" in text
    assert "Page 1 of 3" in section(text, "discovered")
    assert "new25" in section(text, "discovered")
    assert "new26" not in text
    way = re.search(r'href="(/system\?discovered=2#discovered)"', text)
    assert way
    second = await technician.text(way[1])
    assert "new26" in section(second, "discovered")
    assert "error 01" in section(second, "fenced"), "the other lists stay where they begin"
    last = section(await technician.text("/system?discovered=99"), "discovered")
    assert "new60" in last, "a page that is gone is no empty list"
    assert "Page 3 of 3" in last
    assert "error 30" in section(await technician.text("/system?fenced=2"), "fenced")
