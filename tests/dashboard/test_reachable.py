"""Who can be reached: shown to the circle and the organisation, and one tap confirms."""

from __future__ import annotations

import re
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


async def test_of_many_who_needs_somebody_stands_first_and_each_is_found(
    town: Town, visitors: Visitors
) -> None:
    """Three weeks without a tap, and a few whom nothing reaches, among a hundred who tapped."""
    people = (
        "insert into carer (organisation_id, login, name, role, password_hash)"
        " select organisation_id, 'p' || n, 'Person ' || lpad(n::text, 3, '0'), 'care_worker', 'x'"
        " from generate_series(1, 120) n, carer where login = 'admin' returning carer_id, login"
    )
    for number, login in town.execute(people):
        town.carers[login] = number
        place = int(login[1:])
        failed = place in {70, 90}
        asked(
            town, login, 9, tapped=place > 60 and not failed, state="failed" if failed else "sent"
        )
    admin = await visitors.of("admin")
    first = await admin.text("/reachable")
    assert first.index("Person 070") < first.index("Person 090") < first.index("Person 001")
    assert "Cannot be reached: 2<" in first
    assert "Not confirmed: 60<" in first
    assert "Can be reached: 58<" in first
    pages = re.findall(r'href="/reachable\?page=(\d)"', first)
    assert pages == ["1", "1", "2", "2", "2"], "where each kind begins, then the next page"
    assert "Person 061" in await admin.text("/reachable?page=2")
    found = await admin.text("/reachable?who=person+11")
    assert found.count("Person 11") == 10
    assert "Person 070" not in found
    assert "Nobody has such a name" in await admin.text("/reachable?who=nobody")
    assert "Page 3 of 3" in await admin.text("/reachable?page=99"), "an empty page would say nobody"


async def test_a_tap_says_all_that_is_to_be_known_of_most(town: Town, visitors: Visitors) -> None:
    """A test that was tapped counts, also where older ones were not; one that came later does not help."""
    asked(town, "ben", 23)
    asked(town, "ben", 9, tapped=True)
    asked(town, "mia", 23, tapped=True)
    asked(town, "mia", 9)
    page = (await (await visitors.of("admin")).text("/reachable")).split("<main")[1]
    assert page.index("Mia Stone") < page.index("Not confirmed") < page.index("Ben Carter")
    assert page.index("Ben Carter") < page.index("Can be reached")
