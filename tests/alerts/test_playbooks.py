"""A blind home, a dead sensor, a stopped service, a channel that fails for everybody: each opens an alert
of the operators that carries a playbook of its own. The real intake, outbox and rounds make them, of findings
that the tests write as detection would.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.model.finding import Audience, Severity
from core.model.playbook import PLAYBOOKS, playbook_for
from tests.alerts.builders import a_finding, at
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.turns import turning

if TYPE_CHECKING:
    from tests.servers.databases import Database


def opened(house: House) -> list[str]:
    """Return the playbooks of the alerts of the operators."""
    rows = house.execute(
        "select detector, subject from alert where audience = 'operators' order by alert_id"
    )
    books = [playbook_for(str(detector), str(subject)) for detector, subject in rows]
    return [book.name for book in books if book is not None]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("home", "blind-home"),
        ("device:7:silent", "dead-sensor"),
        ("device:7:battery", "weak-sensor"),
        ("device:7:stuck", "weak-sensor"),
    ],
)
async def test_what_liveness_says_has_its_playbook_and_reaches_the_technician(
    plain_database: Database, receiver: Receiver, subject: str, name: str
) -> None:
    house = await furnish(plain_database, technician={"webhook": receiver.url("/technician")})
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        house.write(
            a_finding(
                Severity.CHECK,
                detector="liveness",
                subject=subject,
                audience=Audience.OPERATORS,
                resident_id=None,
            )
        )
        await turns.turn()
    assert opened(house) == [name]
    assert [request.path for request in receiver.requests] == ["/technician"]


async def test_providerfailure_a_channel_that_fails_for_everybody_is_one_alert(
    plain_database: Database, receiver: Receiver
) -> None:
    contacts = tuple({"webhook": receiver.url(f"/{n}")} for n in range(3))
    house = await furnish(
        plain_database, contacts=contacts, technician={"ntfy": receiver.url("/technician")}
    )
    for n in range(3):
        receiver.answer(Answer(status=500), f"/{n}")
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id, noticed_at=at(0)))
        for tenth in range(40):
            await turns.until(tenth / 8)
        assert turns.clock.now() >= at(4)
    assert opened(house) == ["address-refused"]
    ((advice, what),) = house.execute(
        "select advice, what from alert where detector = 'reachability'"
    )
    assert "has not taken a message for minutes" in str(what)
    assert advice
    assert {request.path for request in receiver.requests} == {"/0", "/1", "/technician"}


async def test_nobody_reachable_is_an_alert_with_its_playbook(plain_database: Database) -> None:
    house = await furnish(plain_database, contacts=({}, {}))
    async with turning(plain_database.url_as("wayhome_alerts")) as turns:
        house.write(a_finding(resident_id=house.resident_id))
        await turns.until(timedelta(seconds=1).total_seconds() / 60)
    assert opened(house) == ["nobody-reachable"]


def test_every_playbook_is_the_first_for_some_alert() -> None:
    for book in PLAYBOOKS.values():
        middle = "7" if book.subject.endswith((":", "/")) else ""
        subject = f"{book.subject}{middle}{book.subject_end}"
        assert playbook_for(book.detector, subject or "webhook/3") == book
