"""Complaints of the operators: told again where it is worse, or came after they had answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.finding import Outcome, ResponseKind, Severity
from core.model.ids import AlertId
from tests.alerts.builders import a_finding, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.turns import turning

if TYPE_CHECKING:
    from tests.servers.databases import Database

HOUR = 60.0
DAY = 24 * HOUR


async def alone(database: Database, receiver: Receiver) -> House:
    """Furnish a home of whose carers none can be woken; its technician can."""
    return await furnish(database, contacts=({},), technician={"webhook": receiver.url("/fix")})


def complaint(house: House) -> tuple[AlertId, str, str]:
    ((number, state, severity),) = house.execute(
        "select alert_id, state, severity from alert where detector = 'reachability'"
    )
    return AlertId(number), state, severity


def write(house: House, severity: Severity, minutes: float, detector: str) -> None:
    house.write(
        a_finding(
            severity,
            resident_id=house.resident_id,
            detector=detector,
            onset=at(minutes),
            noticed_at=at(minutes),
        )
    )


async def test_a_later_alert_of_which_nobody_can_be_woken_is_told_to_who_answered_the_first(
    plain_database: Database, receiver: Receiver
) -> None:
    house = await alone(plain_database, receiver)
    async with turning(house.url) as turns:
        write(house, Severity.CHECK, 0, "a")
        await turns.until(0)
        number, _, severity = complaint(house)
        assert severity == "check"
        assert len(receiver.requests) == 1
        house.answer(number, house.technician, ResponseKind.ACKNOWLEDGE, at(1))
        house.answer(AlertId(1), house.carers[0], ResponseKind.RESOLVE, at(2))
        await turns.until(3)
        write(house, Severity.CHECK, 2 * DAY, "b")
        await turns.until(2 * DAY)
        assert len(receiver.requests) == 2
        house.answer(number, house.technician, ResponseKind.ACKNOWLEDGE, at(2 * DAY + 1))
        for minutes in (2, 10, 60):
            await turns.until(2 * DAY + minutes)
            await turns.alerting.audit_once()
        assert len(receiver.requests) == 2, "they are on it"
    assert complaint(house)[1] == "acknowledged"


async def test_who_does_not_answer_again_is_not_the_only_one_who_is_told(
    plain_database: Database, receiver: Receiver
) -> None:
    house = await alone(plain_database, receiver)
    async with turning(house.url) as turns:
        write(house, Severity.CHECK, 0, "a")
        await turns.until(0)
        house.answer(complaint(house)[0], house.technician, ResponseKind.ACKNOWLEDGE, at(1))
        await turns.until(3)
        write(house, Severity.CHECK, DAY, "b")
        await turns.until(DAY)
        await turns.until(DAY + 4)
        await turns.turn()
    assert complaint(house)[1] == "open"
    assert len(receiver.requests) == 3


async def test_that_nobody_at_all_hears_of_an_urgent_alert_is_urgent(
    plain_database: Database, receiver: Receiver
) -> None:
    house = await alone(plain_database, receiver)
    async with turning(house.url) as turns:
        write(house, Severity.CHECK, 0, "a")
        await turns.until(0)
        house.answer(complaint(house)[0], house.technician, ResponseKind.ACKNOWLEDGE, at(1))
        write(house, Severity.URGENT, 5, "fall")
        await turns.until(5)
        assert complaint(house)[2] == "urgent"
        assert len(receiver.requests) == 2


async def test_an_address_that_fails_again_a_day_after_somebody_took_it_on_is_told_again(
    plain_database: Database, receiver: Receiver
) -> None:
    ways = ({"webhook": receiver.url("/gone")}, {"webhook": receiver.url("/two")})
    house = await furnish(
        plain_database, contacts=ways, technician={"webhook": receiver.url("/fix")}
    )
    receiver.answer(Answer(status=410), "/gone")
    async with turning(house.url) as turns:
        for day, told in ((0, 1), (0.5, 1), (2, 2)):
            house.execute(
                "update alert set state = 'resolved', outcome = %s, resolved_at = now() "
                "where audience = 'carers'",
                Outcome.OTHER.value,
            )
            write(house, Severity.CHECK, day * DAY, f"d{day}")
            await turns.until(day * DAY)
            await turns.turn()
            if not day:
                number = complaint(house)[0]
                house.answer(number, house.technician, ResponseKind.ACKNOWLEDGE, at(1))
            fixed = [one for one in receiver.requests if one.path == "/fix"]
            assert len(fixed) == told, day


async def test_nobody_is_asked_for_a_new_address_of_somebody_who_has_left(
    plain_database: Database, receiver: Receiver
) -> None:
    ways = ({"webhook": receiver.url("/one")}, {"webhook": receiver.url("/two")})
    house = await furnish(plain_database, contacts=ways)
    receiver.answer(Answer(status=503), "/one")
    async with turning(house.url) as turns:
        house.execute("update carer set role = 'care_worker' where carer_id = %s", house.carers[0])
        write(house, Severity.URGENT, 0, "fall")
        await turns.until(0)
        house.execute("select shut_out(%s, now())", house.carers[0])
        await turns.until(1)
        await turns.turn()
    assert house.execute("select 1 from alert where detector = 'reachability'") == []
    assert [one.path for one in receiver.requests] == ["/one", "/two"], "the next is told at once"
