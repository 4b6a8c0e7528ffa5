"""What breaks one part of the alerting service, or one finding, stops nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import intake
from core.model.playbook import playbook_for
from tests.alerts.builders import a_finding
from tests.alerts.houses import furnish
from tests.alerts.waiting import eventually

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from core.runtime.health import Health
    from core.store.alert import LoggedFinding
    from core.store.pool import Connection
    from tests.alerts.conftest import Running
    from tests.alerts.receiver import Receiver
    from tests.servers.databases import Database


async def test_a_finding_that_breaks_us_goes_aside_and_is_told_of(
    database: Database, running: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = intake.take

    async def broken(connection: Connection, logged: LoggedFinding, now: datetime) -> None:
        if logged.finding.subject == "odd":
            raise ZeroDivisionError
        await whole(connection, logged, now)

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
