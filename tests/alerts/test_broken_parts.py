"""What breaks one part of the alerting service, or one finding, stops nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts import answers, intake, wording
from core.model.finding import ResponseKind, Severity
from core.model.playbook import playbook_for
from tests.alerts.builders import a_finding
from tests.alerts.houses import furnish
from tests.alerts.turns import turning
from tests.alerts.waiting import eventually

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from alerts.channel import Outgoing
    from core.model.finding import Response
    from core.runtime.health import Health
    from core.store.alert import LoggedFinding
    from core.store.delivery import ClaimedDelivery
    from core.store.pool import Connection
    from tests.alerts.conftest import Running
    from tests.alerts.houses import House
    from tests.alerts.receiver import Receiver
    from tests.servers.databases import Database

CHECK = Severity.CHECK


async def test_a_finding_that_breaks_us_goes_aside_and_is_told_of(
    database: Database, running: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = intake.take

    async def broken(
        connection: Connection, logged: LoggedFinding, now: datetime, *rest: Any
    ) -> None:
        if logged.finding.subject == "odd":
            raise ZeroDivisionError
        await whole(connection, logged, now, *rest)

    monkeypatch.setattr(intake, "take", broken)
    house = await furnish(database, contacts=({"webhook": receiver.url("/one")},))
    async with running() as context:
        house.write(a_finding(resident_id=house.resident_id, detector="a"))
        odd = house.write(a_finding(resident_id=house.resident_id, subject="odd"))
        house.write(a_finding(resident_id=house.resident_id, detector="sos"))
        await eventually(lambda: receiver.requests)
        await eventually(lambda: len(house.alerts()) == 2)
        health = context.health
        await eventually(lambda: "findings" in health.report()["parts"])
        assert health.report()["parts"]["findings"]["ok"], "the reading goes on"
    about = house.alerts("detector, subject, audience, severity")
    assert ("reachability", f"finding/{odd}", "operators", "check") in about
    book = playbook_for("reachability", f"finding/{odd}")
    assert book is not None
    assert book.name == "finding-set-aside"


BROKEN = (
    """update alert set policy = policy || '{"since": "9999-12-31T23:59:00+00:00"}'"""
    " where alert_id = %s"
)
"""An hour after this there is no date."""


async def test_an_answer_that_breaks_us_goes_aside_and_is_told_of(
    database: Database, running: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = answers.take

    async def broken(connection: Connection, response: Response, now: datetime) -> None:
        if response.alert_id == odd:
            raise ZeroDivisionError
        await whole(connection, response, now)

    monkeypatch.setattr(answers, "take", broken)
    house = await furnish(database, contacts=({"webhook": receiver.url("/one")},))
    async with running() as context:
        house.write(a_finding(resident_id=house.resident_id, detector="a", severity=CHECK))
        house.write(a_finding(resident_id=None, detector="b", severity=CHECK))
        await eventually(lambda: len(house.alerts()) == 2)
        (odd,), (sound,) = house.alerts("alert_id")
        house.answer(odd, house.carers[0], ResponseKind.ACKNOWLEDGE, context.clock.now())
        house.answer(sound, house.carers[0], ResponseKind.ACKNOWLEDGE, context.clock.now())
        await eventually(lambda: house.alerts("state")[1] == ("acknowledged",))
        assert house.alerts("state")[0] == ("open",), "its telling goes on"
        await eventually(lambda: ("answer-set-aside",) in _books(house))
        assert context.health.report()["parts"]["answers"]["ok"], "the reading goes on"


async def test_an_alert_that_breaks_us_holds_up_no_other_and_is_told_of(
    plain_database: Database, receiver: Receiver
) -> None:
    ways = ({"webhook": receiver.url("/one")}, {"webhook": receiver.url("/two")})
    house = await furnish(plain_database, contacts=ways)
    async with turning(house.url) as turns:
        house.write(a_finding(resident_id=house.resident_id, detector="a", severity=CHECK))
        house.write(a_finding(resident_id=None, detector="b", severity=CHECK))
        await turns.until(0)
        (odd,), (sound,) = house.alerts("alert_id")
        house.execute(BROKEN, odd)
        house.execute("update alert set policy = policy || '{\"next_at\": 0}'")
        await turns.until(11)
        told = "select alert_id from delivery where carer_id = %s and channel = 'webhook'"
        assert house.execute(told, house.carers[1]) == [(sound,)]
        await turns.alerting.audit_once()
        await turns.turn()
        assert _books(house) == [("alert-broken",)]
        health = turns.alerting.health.report()["parts"]["open alerts"]
        assert health["text"] == "1 open alerts break us: nobody more is told of them; see the log"


async def test_a_message_that_can_not_be_put_into_words_holds_up_no_other(
    plain_database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = wording.outgoing

    def broken(claimed: ClaimedDelivery, *rest: Any) -> Outgoing:
        if claimed.carer_id == house.carers[0]:
            raise ZeroDivisionError
        return whole(claimed, *rest)

    monkeypatch.setattr("alerts.outbox.outgoing", broken)
    ways = ({"webhook": receiver.url("/one")}, {"webhook": receiver.url("/two")})
    house = await furnish(plain_database, contacts=ways)
    async with turning(house.url) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.until(0)
        await turns.until(3)
    assert [one.path for one in receiver.requests] == ["/two"]


def _books(house: House) -> list[tuple[str]]:
    found = house.alerts("detector, subject, audience")
    books = (
        playbook_for(detector, subject) for detector, subject, who in found if who == "operators"
    )
    return [(book.name,) for book in books if book is not None]


async def test_a_log_that_was_restored_into_another_server_is_told(
    database: Database, running: Running
) -> None:
    house = await furnish(database, contacts=({},))
    house.write(a_finding(resident_id=house.resident_id))
    house.execute("update finding set txid = '9000000000'::xid8")
    async with running() as context:
        await eventually(lambda: "lineage" in context.health.report()["parts"])
        told = context.health.report()["parts"]["lineage"]
    assert not told["ok"]
    assert "pg_resetwal --epoch=3" in told["text"]


async def test_a_loop_that_breaks_ends_none_of_the_others(
    database: Database, running: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("core.store.contact.publish_offers", broken)
    monkeypatch.setattr("core.store.delivery.waiting", broken)
    house = await furnish(database, contacts=({"webhook": receiver.url("/one")},))
    async with running() as context:
        await eventually(lambda: len(_broken(context.health)) == 2)
        house.write(a_finding(resident_id=house.resident_id))
        await eventually(lambda: receiver.requests)
    assert _broken(context.health) == ["part Alerting.audit", "part Alerting.counting"]


def _broken(health: Health) -> list[str]:
    parts = health.report()["parts"]
    return sorted(name for name in parts if name.startswith("part ") and not parts[name]["ok"])
