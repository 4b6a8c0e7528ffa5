from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import DOOR, NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_a_carer_sees_what_who_since_when_why_and_who_knows(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    town.deliver(number, "ben", "ntfy")
    town.deliver(number, "mia", "web")
    browser = await visitors.of("ben")
    for path in ("/alerts", f"/alerts/{number}"):
        text = await browser.text(path)
        assert DOOR in text
        assert "Act now" in text
        assert "Ada, 3 Mill Lane" in text
        assert ">12 min ago</time>, 03:08" in text
        assert "0 of 84 nights" in text
        assert "Somebody was home when it opened." in text
        assert "03:20: The outer door opened" in text
        assert "<strong>Ben Carter</strong>: by push, sent 03:09" in text
        assert "<strong>Mia Stone</strong>: on the page since 03:09" in text
        assert "I’m on it" in text


async def test_on_it_is_seen_by_the_others_at_once(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    answer = await ben.send(f"/alerts/{number}/acknowledge")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/alerts/{number}"
    assert "You are on it, since 03:20." in await ben.text(f"/alerts/{number}")
    text = await mia.text(f"/alerts/{number}")
    assert "Ben Carter is on it, since 03:20." in text
    assert "I’m on it" not in text
    ((carer, kind),) = town.execute("select carer_id, kind from response")
    assert (carer, kind) == (town.carers["ben"], "acknowledge")


async def test_answering_twice_is_written_down_once(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    for browser in (ben, ben, mia):
        await browser.send(f"/alerts/{number}/acknowledge")
    assert town.number("select count(*) from response") == 1


@pytest.mark.parametrize("outcome", ["helped", "true", "false", "other"])
async def test_it_ends_with_a_reason(visitors: Visitors, town: Town, outcome: str) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    await browser.send(f"/alerts/{number}/acknowledge")
    await browser.send(f"/alerts/{number}/resolve", outcome=outcome, comment=" At the shop ")
    ((kind, given, comment),) = town.execute(
        "select kind, outcome, comment from response order by response_id desc limit 1"
    )
    assert (kind, given, comment) == ("resolve", outcome, "At the shop")
    text = await browser.text(f"/alerts/{number}")
    assert "It has ended" in text
    assert "At the shop" in text


async def test_an_end_without_a_reason_is_refused(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    for outcome in ("", "cleared", "nonsense"):
        answer = await browser.send(f"/alerts/{number}/resolve", outcome=outcome)
        assert answer.status_code == 400
    assert town.number("select count(*) from response") == 0


async def test_what_is_not_over_is_opened_again(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    await browser.send(f"/alerts/{number}/resolve", outcome="false")
    await browser.send(f"/alerts/{number}/reopen")
    assert "I’m on it" in await browser.text(f"/alerts/{number}")


async def test_an_answer_counts_once_the_alerting_service_has_read_it(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    await browser.send(f"/alerts/{number}/acknowledge")
    town.execute(
        "insert into alert_cursor (reader, txid, sequence)"
        " select 'response', max(txid), max(response_id) from response"
    )
    town.execute("update alert set acknowledged_by = null, state = 'open'")
    assert "I’m on it" in await browser.text(f"/alerts/{number}"), "read, and judged as stale"


async def test_an_answer_that_waits_says_so(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    await browser.send(f"/alerts/{number}/acknowledge")
    assert "written down" not in await browser.text(f"/alerts/{number}")
    clock.advance(30)
    assert "written down" in await browser.text(f"/alerts/{number}")


async def test_worse_news_ask_the_one_who_is_on_it(visitors: Visitors, town: Town) -> None:
    number = town.alert(
        state="acknowledged", acknowledged_by=town.carers["ben"], acknowledged_at=NOW
    )
    town.execute(
        "update alert set policy = jsonb_build_object('asked', %s::bigint)", town.carers["ben"]
    )
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    assert "more serious since you answered" in await ben.text(f"/alerts/{number}")
    assert "Ben Carter is asked again" in await mia.text(f"/alerts/{number}")
    await ben.send(f"/alerts/{number}/acknowledge")
    assert "more serious" not in await ben.text(f"/alerts/{number}")


async def test_what_is_open_and_urgent_comes_first(visitors: Visitors, town: Town) -> None:
    notice = town.alert(severity="notice", what="The battery is low")
    taken = town.alert(
        state="acknowledged", acknowledged_by=town.carers["mia"], acknowledged_at=NOW, what="Taken"
    )
    check = town.alert(severity="check", what="No movement since 02:10")
    urgent = town.alert()
    ended = town.alert(
        state="resolved", resolved_at=NOW - timedelta(hours=1), outcome="cleared", what="Over"
    )
    text = await (await visitors.of("ben")).text("/alerts")
    places = [text.index(f'id="alert-{number}"') for number in (urgent, check, taken, notice)]
    assert places == sorted(places)
    assert text.index(f'id="ended-{ended}"') > places[-1]
    assert "2 alerts to answer" in text


async def test_a_cause_that_has_gone_is_said(visitors: Visitors, town: Town) -> None:
    number = town.alert(cleared_at=NOW - timedelta(minutes=2))
    text = await (await visitors.of("ben")).text(f"/alerts/{number}")
    assert "The cause has gone since 03:18" in text
    assert "I’m on it" in text


async def test_an_alert_of_another_day_says_the_day(visitors: Visitors, town: Town) -> None:
    number = town.alert(onset=NOW - timedelta(hours=10))
    assert "10 h ago</time>, yesterday, 17:20" in await (await visitors.of("ben")).text(
        f"/alerts/{number}"
    )


async def test_a_list_of_many_stays_small(visitors: Visitors, town: Town) -> None:
    for _ in range(45):
        town.alert()
    browser = await visitors.of("ben")
    text = await browser.text("/alerts")
    assert len(text.encode()) < 100_000
    assert "Page 1 of 3" in text
    assert "Page 3 of 3" in await browser.text("/alerts?page=3")


async def test_what_people_write_is_text(visitors: Visitors, town: Town) -> None:
    number = town.alert(what="<script>alert(1)</script>")
    browser = await visitors.of("ben")
    await browser.send(f"/alerts/{number}/resolve", outcome="other", comment="<img src=x>")
    text = await browser.text(f"/alerts/{number}")
    assert "<script>alert" not in text
    assert "<img" not in text


async def test_the_api_says_the_same_and_takes_answers(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    browser = await visitors.of("ben")
    (found,) = (await browser.get("/api/alerts")).json()["alerts"]
    assert (found["alert_id"], found["what"], found["state"]) == (number, DOOR, "open")
    token = {"x-csrf-token": (await browser.get("/api/session")).json()["csrf"]}
    answer = await browser.client.post(f"/api/alerts/{number}/acknowledge", headers=token)
    assert (answer.json()["state"], answer.json()["on_it"]) == ("acknowledged", "Ben Carter")
    answer = await browser.client.post(
        f"/api/alerts/{number}/resolve", headers=token, data={"outcome": "helped"}
    )
    assert (answer.json()["state"], answer.json()["outcome"]) == ("resolved", "helped")
    assert (await browser.get("/api/alerts/999")).json()["error"] == "There is nothing here"


async def test_a_further_page_never_says_that_nothing_needs_anybody(
    visitors: Visitors, town: Town
) -> None:
    for minute in range(20):
        town.alert(subject=f"door {minute}")
    town.alert(severity="notice", what="Up three times in the night")
    ben = await visitors.of("ben")
    assert "20 alerts to answer here, more on the next page" in await ben.text("/alerts")
    text = await ben.text("/alerts?page=2")
    assert "More alerts, page 2 of 2" in text
    assert "Nothing needs you now" not in text
    for path in ("/alerts", "/today", "/plan", "/people"):
        town.execute("update alert set state = 'resolved', resolved_at = %s", town.now)
        answer = await ben.get(f"{path}?page=2")
        assert (answer.status_code, str(answer.url.path), answer.url.query) == (200, path, b"")


async def test_after_one_of_two_has_left_it_says_that_habits_are_still_of_both(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    ben = await visitors.of("ben")
    said = "Since 12 January one person fewer lives here."
    for path in (f"/alerts/{number}", "/homes/ada"):
        assert "one person fewer" not in await ben.text(path)
    town.execute(
        "insert into resident (home_id, name, pronoun, left_at) values ('ada', 'Bert', 'he', %s)",
        NOW - timedelta(days=3),
    )
    for path in (f"/alerts/{number}", "/homes/ada"):
        assert said in plain(await ben.text(path))
    assert "Bert" not in await ben.text("/homes/ada")
    town.execute("delete from resident where name = 'Bert'")
    town.execute(
        "update home set parted_at = %s where home_id = 'ada'", NOW - timedelta(days=3)
    )  # erased, and it is still so
    assert said in plain(await ben.text(f"/alerts/{number}"))
    town.execute("update home set parted_at = %s where home_id = 'ada'", NOW - timedelta(days=43))
    assert "one person fewer" not in await ben.text(f"/alerts/{number}")
