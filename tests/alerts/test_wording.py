"""What a message says: nothing about a person unless its reader chose so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.wording import outgoing
from core.model.finding import Audience, Severity
from core.model.ids import AlertId, CarerId, DeliveryId, HomeId
from core.store.delivery import ClaimedDelivery, Contact
from tests.alerts.builders import at

CLAIMED = ClaimedDelivery(
    delivery_id=DeliveryId(71),
    kind="alert",
    alert_id=AlertId(12),
    home_id=HomeId("7f3k"),
    carer_id=CarerId(1),
    channel="sms",
    step=0,
    attempt=1,
    created_at=at(0),
    lease_until=at(1),
    contacts=(),
    severity=Severity.URGENT,
    audience=Audience.CARERS,
    cleared=False,
    asked=False,
    repeated=False,
    resident="Ada",
    what="The outer door opened at 03:08.",
)
PLAIN = "Someone may need help now. Open Wayhome."


@pytest.mark.parametrize(
    ("detail", "title", "text"),
    [
        ("nothing", "Wayhome: act now", PLAIN),
        ("name", "Wayhome: act now (Ada)", PLAIN),
        ("sentence", "Wayhome: act now (Ada)", f"The outer door opened at 03:08. {PLAIN}"),
    ],
)
def test_a_message_says_as_much_as_its_reader_chose(detail: str, title: str, text: str) -> None:
    message = outgoing(replace(CLAIMED, detail=detail), "https://pages.example/")
    assert (message.title, message.text) == (title, text)
    assert message.link == "https://pages.example/alerts/12"


def test_what_an_alert_about_nobody_says() -> None:
    of_home = replace(CLAIMED, detail="name", resident="", audience=Audience.OPERATORS)
    assert outgoing(of_home, "").title == "Wayhome: act now"


def test_tests_and_lost_ways_lead_to_their_pages_and_name_nobody() -> None:
    for kind, path in (("test", "/reach/arrived/71"), ("lost", "/reach")):
        beside = replace(CLAIMED, kind=kind, alert_id=None, home_id=None, detail="sentence")
        message = outgoing(beside, "https://pages.example")
        assert message.link == f"https://pages.example{path}"
        assert "Ada" not in message.title + message.text
        assert "door" not in message.text


def test_only_addresses_that_a_carer_typed_are_guarded() -> None:
    for number, typed in ((None, False), (7, True)):
        contact = Contact(contact_id=number, address="x")
        assert outgoing(CLAIMED, "", contact).typed is typed
