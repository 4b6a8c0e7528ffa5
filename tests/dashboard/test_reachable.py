"""Who can be reached: shown to the circle and the organisation, and one tap confirms."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import NOW, Town

if TYPE_CHECKING:
    from tests.dashboard.visitors import Visitors


def asked(town: Town, login: str, days: float, *, tapped: bool = False, state: str = "sent") -> int:
    number = town.number(
        "insert into self_test (carer_id, asked_at) values (%s, %s) returning self_test_id",
        town.carers[login],
        NOW - timedelta(days=days),
    )
    town.execute(
        "with d as (insert into delivery (kind, carer_id, channel, step, state, next_try_at,"
        " created_at, sent_at) values ('test', %s, 'webhook', 0, %s, %s, %s, %s)"
        " returning delivery_id) insert into self_test_message select delivery_id, %s from d",
        town.carers[login],
        state,
        NOW,
        NOW - timedelta(days=days),
        NOW if state == "sent" else None,
        number,
    )
    if tapped:
        town.execute("insert into self_test_answer values (%s, %s)", number, NOW)
    return number


async def test_a_carer_confirms_with_one_tap(town: Town, visitors: Visitors) -> None:
    number = asked(town, "ben", 3)
    ben = await visitors.of("ben")
    page = await ben.text("/reachable")
    assert "Did the weekly test reach you?" in page
    assert "Not confirmed" in page
    answer = await ben.send(f"/reachable/tests/{number}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/reachable")
    page = await ben.text("/reachable")
    assert "Can be reached" in page
    assert "Yes, it reached me" not in page
    again = await ben.send(f"/reachable/tests/{number}")
    assert again.status_code == 303, "twice changes nothing"


async def test_who_was_just_registered_is_not_called_unreachable(
    town: Town, visitors: Visitors
) -> None:
    town.execute(
        "insert into self_test (carer_id, asked_at) values (%s, %s)", town.carers["ben"], NOW
    )
    page = await (await visitors.of("ben")).text("/reachable")
    assert "First test still to come" in page
    assert "Cannot be reached" not in page
    assert "1 test not confirmed" not in page


async def test_the_family_sees_its_circle_and_the_organisation_everybody(
    town: Town, visitors: Visitors
) -> None:
    asked(town, "ben", 1, tapped=True)
    asked(town, "mia", 9)
    asked(town, "technician", 1, state="failed")
    page = await (await visitors.of("ben")).text("/reachable")
    assert "Ben Carter" in page
    assert "Mia Stone" in page
    assert "Technician" not in page.split("<main")[1].split("</main>")[0]
    page = await (await visitors.of("admin")).text("/reachable")
    order = [
        page.index(words) for words in ("Cannot be reached", "Not confirmed", "Can be reached")
    ]
    assert order == sorted(order), "who needs somebody comes first"
    mia = await (await visitors.of("admin")).text(f"/reachable/{town.carers['mia']}")
    assert "sent, not confirmed" in mia


async def test_the_page_that_the_message_leads_to_confirms_as_well(
    town: Town, visitors: Visitors
) -> None:
    asked(town, "ben", 3)
    number = town.number("select max(delivery_id) from delivery where kind = 'test'")
    for login in ("mia", "admin", "stranger"):
        browser = await visitors.of(login)
        assert (await browser.send(f"/reach/arrived/{number}")).status_code == 404
    ben = await visitors.of("ben")
    assert (await ben.send(f"/reach/arrived/{number}")).status_code == 303
    page = await ben.text("/reachable")
    assert "Can be reached" in page
    assert "Yes, it reached me" not in page
    assert "Can be reached" in await (await visitors.of("mia")).text("/reachable")
    assert "Can be reached" in await (await visitors.of("admin")).text("/reachable")


async def test_a_weekly_test_stands_with_the_own_ways_only(town: Town, visitors: Visitors) -> None:
    for login in ("ben", "mia"):
        town.execute(
            "insert into contact_point values (%s, 'webhook', 'https://hook.example/x')",
            town.carers[login],
        )
    town.execute(
        "insert into own_contact (carer_id, channel, address, created_at)"
        " values (%s, 'webhook', 'https://new.example/x', %s)",
        town.carers["ben"],
        NOW,
    )
    town.execute(
        "insert into channel_offer values ('webhook', 'Webhook', 'web', true, '', '', now())"
    )
    asked(town, "ben", 1)
    registered, added = (await (await visitors.of("ben")).text("/reach")).split(">new.example", 1)
    assert "Did it arrive?" in registered
    assert "Not tried yet" in added, "it was added after the test"
    mia = await (await visitors.of("mia")).text("/reach")
    assert "Not tried yet" in mia
    assert "Did it arrive?" not in mia


@pytest.mark.parametrize("login", ["mia", "stranger", "technician"])
async def test_nobody_confirms_for_another(town: Town, visitors: Visitors, login: str) -> None:
    number = asked(town, "ben", 3)
    browser = await visitors.of(login)
    assert (await browser.send(f"/reachable/tests/{number}")).status_code == 404
    assert town.execute("select count(*) from self_test_answer") == [(0,)]


async def test_another_organisation_sees_nobody(town: Town, visitors: Visitors) -> None:
    asked(town, "ben", 3)
    stranger = await visitors.of("stranger")
    assert "Ben Carter" not in await stranger.text("/reachable")
    assert (await stranger.get(f"/reachable/{town.carers['ben']}")).status_code == 404


async def test_a_clinician_has_no_such_page(town: Town, visitors: Visitors) -> None:
    del town
    assert (await (await visitors.of("clinician")).get("/reachable")).status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "7"])
async def test_numbers_that_are_none_lead_nowhere(visitors: Visitors, number: str) -> None:
    ben = await visitors.of("ben")
    assert (await ben.send(f"/reachable/tests/{number}")).status_code in {404, 422}
    assert (await ben.get(f"/reachable/{number}")).status_code in {404, 422}


async def test_the_page_of_somebody_whose_first_test_is_still_to_come(
    town: Town, visitors: Visitors
) -> None:
    town.execute(
        "insert into self_test (carer_id, asked_at) values (%s, %s)", town.carers["ben"], NOW
    )
    page = await (await visitors.of("ben")).text(f"/reachable/{town.carers['ben']}")
    assert "The first test comes a day after somebody is registered." in page
    assert "None yet." in page
