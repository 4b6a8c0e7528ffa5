"""Who is told of an open alert next, in words, by the policy the alert runs by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from core.model import plan
from core.model.finding import Audience, Severity
from core.model.ids import CarerId
from core.model.plan import Step

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

ORGANISATION = "whoever is on call for the organisation is told too"


def running(town: Town, minutes: float, state: str = "open") -> int:
    """Open an alert whose escalation began so many minutes ago, by the rules built in."""
    policy = plan.to_json(plan.POLICIES[Severity.URGENT, Audience.CARERS])
    since = (town.now - timedelta(minutes=minutes)).isoformat()
    policy |= {"version": plan.VERSION, "since": since}
    return town.alert(policy=Jsonb(policy), state=state)


async def said(visitors: Visitors, number: int, login: str = "ben") -> str:
    text = await (await visitors.of(login)).text(f"/alerts/{number}")
    return text.partition("Who has been told")[2].partition("</section>")[0]


def second(town: Town) -> None:
    """Let Mia be told after Ben."""
    for order, login in enumerate(("ben", "mia"), 1):
        town.execute(
            "update care set telling_order = %s where home_id = 'ada' and carer_id = %s",
            order,
            town.carers[login],
        )


async def test_the_next_person_is_named_with_the_time(visitors: Visitors, town: Town) -> None:
    second(town)
    number = running(town, 1)
    assert "If nobody answers by 03:22, we tell Mia Stone." in await said(visitors, number)
    assert "by 03:22, we tell you." in await said(visitors, number, "mia")
    assert f"From 03:34 {ORGANISATION}." in await said(visitors, number)


async def test_after_the_last_step_everybody_is_told_again(visitors: Visitors, town: Town) -> None:
    number = running(town, 17)
    text = await said(visitors, number)
    assert "If nobody answers by 03:24, we tell everybody who is told about this home." in text
    assert ORGANISATION not in text, "they are told by now"


async def test_a_home_told_of_with_many_others_says_so(visitors: Visitors, town: Town) -> None:
    policy = plan.to_json(plan.POLICIES[Severity.URGENT, Audience.OPERATORS])
    policy |= {"version": plan.VERSION, "since": town.now.isoformat(), "gathered": True}
    number = town.alert(
        detector="liveness", subject="home", audience="operators", policy=Jsonb(policy)
    )
    told = "told of this home and of many others by one alert about all of them."
    assert told in await said(visitors, number, "technician")


async def test_a_place_that_nobody_has_is_passed_over(visitors: Visitors, town: Town) -> None:
    town.execute("update care set telling_order = 1 where home_id = 'ada'")
    number = running(town, 1)
    assert "by 03:25, we tell everybody" in await said(visitors, number)


def plan_of(town: Town, *steps: Step) -> int:
    """Open an alert a minute ago that tells by these steps."""
    policy = plan.to_json(plan.Policy(steps=steps, repeat_s=300))
    since = (town.now - timedelta(minutes=1)).isoformat()
    return town.alert(policy=Jsonb(policy | {"version": plan.VERSION, "since": since}))


async def test_who_stands_in_for_people_who_have_left_is_named(
    visitors: Visitors, circle: Town
) -> None:
    worker = CarerId(circle.carers["worker"])
    number = plan_of(circle, Step(after_s=0), Step(after_s=600, carers=(worker,)))
    assert "If nobody answers by 03:29, we tell Worker." in await said(visitors, number)
    circle.execute("update carer set disabled_at = now() where carer_id = %s", worker)
    assert "If nobody answers by 03:29, we tell you." in await said(visitors, number)


async def test_who_stands_in_for_a_last_place_that_nobody_has_is_named(
    visitors: Visitors, circle: Town
) -> None:
    number = plan_of(circle, Step(after_s=0), Step(after_s=600, rank=3))
    assert "If nobody answers by 03:29, we tell you." in await said(visitors, number)


async def test_who_can_not_be_woken_takes_nobody_s_turn(visitors: Visitors, circle: Town) -> None:
    number = plan_of(circle, Step(after_s=600, rank=1), Step(after_s=1200))
    circle.execute("delete from contact_point where carer_id = %s", circle.carers["ben"])
    assert "by 03:29, we tell you and Mia Stone." in await said(visitors, number)


async def test_nothing_is_promised_once_somebody_is_on_it(visitors: Visitors, town: Town) -> None:
    number = running(town, 1)
    await (await visitors.of("mia")).send(f"/alerts/{number}/acknowledge")
    assert "If nobody answers" not in await said(visitors, number)
    taken = running(town, 1, state="acknowledged")
    assert "If nobody answers" not in await said(visitors, taken)


async def test_an_answer_by_phone_and_a_receipt_of_the_provider_are_shown(
    visitors: Visitors, town: Town
) -> None:
    number = town.alert()
    town.deliver(number, "mia", "sms")
    town.execute(
        "update delivery set delivered_at = %s where alert_id = %s",
        town.now - timedelta(minutes=10),
        number,
    )
    town.execute(
        "insert into phone_answer (delivery_id, alert_id, carer_id, channel, at)"
        " select delivery_id, alert_id, carer_id, channel, %s from delivery where alert_id = %s",
        town.now,
        number,
    )
    text = await (await visitors.of("ben")).text(f"/alerts/{number}")
    assert "by text message, delivered 03:10" in text
    assert "03:20: Mia Stone is on it: answered by text message." in text


async def test_of_an_alert_about_the_system_no_carer_is_told_next(
    visitors: Visitors, circle: Town
) -> None:
    rules = plan.POLICIES[Severity.CHECK, Audience.OPERATORS]
    for minutes, who in ((-10, "the technicians"), (1, "the technicians and the administrators")):
        since = (circle.now - timedelta(minutes=minutes)).isoformat()
        policy = Jsonb(plan.to_json(rules) | {"version": plan.VERSION, "since": since})
        number = circle.alert(policy=policy, audience="operators", severity="check")
        for login in ("technician", "admin"):
            text = await said(visitors, number, login)
            assert "Ben Carter" not in text
            assert f"we tell {who}." in text
