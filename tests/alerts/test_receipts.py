"""Providers that call back: late, twice, falsely, or with a human's answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

import httpx
import psycopg
import pytest

from alerts import receipts
from alerts.answer_code import MOST_WRONG, code_of
from alerts.twilio import signature
from core.model.finding import Phase, ResponseKind, Severity
from core.model.ids import DeliveryId
from tests.alerts.builders import a_finding
from tests.alerts.houses import House, furnish
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.stages import PushStage
from tests.alerts.waiting import eventually
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.alerts.conftest import Running
    from tests.servers.databases import Database

PUBLIC = "https://care.example"
TOKEN = "token"
BEARER = "bearer"
MOBILE = "+447700900123"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """A running service with a house whose first carer has a phone."""

    house: House
    receiver: Receiver
    client: httpx.AsyncClient

    async def call_back(self, path: str, **fields: str) -> httpx.Response:
        """Call back as Twilio does, signed."""
        signed = {"X-Twilio-Signature": signature(TOKEN, PUBLIC + path, fields)}
        return await self.client.post(path, content=urlencode(fields), headers=signed)

    async def notify(self, path: str, *, bearer: str = BEARER, **fields: str) -> httpx.Response:
        """Call back as GOV.UK Notify does."""
        return await self.client.post(
            path, json=fields, headers={"Authorization": f"Bearer {bearer}"}
        )

    async def delivery(self, channel: str) -> DeliveryId:
        """Alert, wait until the channel has sent, return the delivery."""
        self.house.write(a_finding(resident_id=self.house.resident_id))
        return await self.sent(channel)

    async def sent(self, channel: str) -> DeliveryId:
        rows = await eventually(
            lambda: self.house.execute(
                "select delivery_id from delivery where channel = %s and state = 'sent'", channel
            )
        )
        return DeliveryId(rows[0][0])

    def ledger(self) -> tuple[object, ...]:
        (row,) = self.house.execute(
            "select state, provider_state, delivered_at is not null, answered_at is not null"
            " from delivery where channel in ('sms', 'voice')"
        )
        return row

    def state(self) -> object:
        return self.house.alerts("state")[0][0]


@pytest.fixture
async def phones(
    request: pytest.FixtureRequest, database: Database, running: Running, receiver: Receiver
) -> AsyncIterator[Phones]:
    channel = getattr(request, "param", "sms")
    for what in ("Messages", "Calls"):
        path = f"/2010-04-01/Accounts/AC1/{what}.json"
        receiver.answer(Answer(status=201, body=b'{"sid": "SM1"}'), path)
    house = await furnish(
        database, contacts=({channel: MOBILE}, {"webhook": receiver.url("/second")})
    )
    port = free_port()
    async with (
        running(
            receipts_port=port,
            receipts_url=PUBLIC,
            phone_url=receiver.url(""),
            phone_account="AC1",
            phone_token=TOKEN,
            phone_from="+447700900000",
            webhook_secret="key",
            notify_callback_token=BEARER,
        ),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield Phones(house=house, receiver=receiver, client=client)


async def test_late_callbacks_cannot_regress_the_ledger(phones: Phones) -> None:
    number = await phones.delivery("sms")
    path = f"/receipts/twilio/texts/{number}"
    for status in ("delivered", "sent", "queued", "undelivered", "delivered"):
        answer = await phones.call_back(path, MessageSid="SM1", MessageStatus=status)
        assert answer.status_code == 204
    assert phones.ledger() == ("sent", "delivered", True, False)
    assert phones.house.execute("select state, sequence from provider_event order by event_id") == [
        ("delivered", 3),
        ("sent", 1),
        ("sent", 1),
        ("failed", 2),
        ("delivered", 3),
    ]


async def test_a_callback_with_a_nul_is_taken(phones: Phones) -> None:
    path = f"/receipts/twilio/texts/{await phones.delivery('sms')}"
    answer = await phones.call_back(path, MessageSid="S\0", MessageStatus="failed", ErrorCode="3\0")
    assert answer.status_code == 204
    written = phones.house.execute("select reference, detail from provider_event")
    assert written == [("S ", "3 ")]
    answer = await phones.call_back("/receipts/twilio/replies", From="+44\0", Body="123456")
    assert answer.status_code == 200


async def test_a_provider_that_says_delivered_and_lies_stops_nothing(phones: Phones) -> None:
    number = await phones.delivery("sms")
    await phones.call_back(f"/receipts/twilio/texts/{number}", MessageStatus="delivered")
    assert phones.state() == "open"
    phones.house.execute(
        "update alert set policy = policy || jsonb_build_object('since',"
        " (now() - interval '4 minutes')::text, 'next_at', 0)"
    )
    await eventually(lambda: any(r.path == "/second" for r in phones.receiver.requests))


async def test_a_message_that_could_not_be_brought_hands_on_at_once(phones: Phones) -> None:
    number = await phones.delivery("sms")
    path = f"/receipts/twilio/texts/{number}"
    await phones.call_back(path, MessageStatus="undelivered", ErrorCode="30003")
    await eventually(lambda: any(r.path == "/second" for r in phones.receiver.requests))
    assert phones.house.execute("select state, error from delivery where channel = 'sms'") == [
        ("failed", "the provider could not bring it there: 30003")
    ]


@pytest.mark.parametrize("phones", ["voice"], indirect=True)
async def test_the_key_one_acknowledges_as_that_carer_and_another_key_does_not(
    phones: Phones,
) -> None:
    number = await phones.delivery("voice")
    path = f"/receipts/twilio/keys/{number}"
    await phones.call_back(f"/receipts/twilio/calls/{number}", CallStatus="in-progress")
    assert (
        f'action="{PUBLIC}{path}/en-GB"'
        in parse_qs(phones.receiver.requests[0].body.decode())["Twiml"][0]
    )
    for address in (path, f"{path}/en-GB"):
        other = await phones.call_back(address, Digits="2")
        assert "Nobody is on it yet. Press 1 to answer." in other.text
        assert f'action="{PUBLIC}{address}"' in other.text, "in the same call"
        assert phones.state() == "open"
    for _ in range(2):
        answer = await phones.call_back(path, Digits="1")
        assert "You are on it" in answer.text
    assert phones.house.alerts("state, acknowledged_by") == [
        ("acknowledged", phones.house.carers[0])
    ]
    assert phones.ledger() == ("sent", "answered", True, True)
    assert phones.house.execute("select carer_id, channel from phone_answer") == [
        (phones.house.carers[0], "voice")
    ]


async def test_a_reply_with_the_code_acknowledges_and_one_without_asks_again(
    phones: Phones,
) -> None:
    number = await phones.delivery("sms")
    code = code_of("key", number)
    assert code.encode() in phones.receiver.requests[0].body
    path = "/receipts/twilio/replies"
    assert "six digits" in (await phones.call_back(path, From=MOBILE, Body="ok")).text
    wrong = await phones.call_back(path, From="+447700900999", Body=code)
    assert "<Message>" not in wrong.text
    assert phones.state() == "open"
    phones.house.execute("update contact_point set address = '+44 7700 900-123'")
    answer = await phones.call_back(path, From=MOBILE, Body=f" {code}\nthanks")
    assert "You are on it" in answer.text
    assert phones.state() == "acknowledged"


async def test_a_carer_is_written_and_answered_in_their_language(phones: Phones) -> None:
    phones.house.execute(
        "insert into telling_choice (carer_id, language, changed_at) values (%s, 'en-XA', now())",
        phones.house.carers[0],
    )
    number = await phones.delivery("sms")
    (written,) = parse_qs(phones.receiver.requests[0].body.decode())["Body"]
    assert "Šöɱéöñé ɱáý ñééð ĥéļþ ñöŵ. Öþéñ Ŵáýĥöɱé. Ŕéþļý" in written
    path, code = "/receipts/twilio/replies", code_of("key", number)
    unclear = await phones.call_back(path, From=MOBILE, Body="ok")
    assert "þļéášé ŕéþļý ŵîţĥ ţĥé šîẋ ðîĝîţš" in unclear.text
    typed = "".join(chr(0x6F0 + int(digit)) for digit in code)
    answer = await phones.call_back(path, From=MOBILE, Body=f"\u2067{typed}\u2069")
    assert "Ýöû áŕé öñ îţ" in answer.text
    assert phones.state() == "acknowledged", "digits of any script are digits"


@pytest.mark.parametrize("phones", ["voice"], indirect=True)
async def test_a_call_is_answered_in_the_language_of_the_call(phones: Phones) -> None:
    phones.house.execute(
        "insert into telling_choice (carer_id, language, changed_at) values (%s, 'en-XA', now())",
        phones.house.carers[0],
    )
    number = await phones.delivery("voice")
    path = f"/receipts/twilio/keys/{number}"
    assert "Ñöƀöðý îš öñ îţ ýéţ" in (await phones.call_back(path, Digits="2")).text
    assert "Ýöû áŕé öñ îţ" in (await phones.call_back(path, Digits="1")).text


@pytest.mark.parametrize("phones", ["voice"], indirect=True)
async def test_a_key_that_can_not_be_written_down_is_asked_for_again(
    phones: Phones, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "KEY_WITHIN_S", 0.2)
    number = await phones.delivery("voice")
    path = f"/receipts/twilio/keys/{number}/en-XA"
    with psycopg.connect(database.url) as owner:
        owner.execute("lock table phone_answer")  # it hangs, as behind a network that is gone
        answer = await phones.call_back(path, Digits="1")
        assert (answer.status_code, phones.state()) == (200, "open")
        assert "þŕéšš 1 áĝáîñ" in answer.text, "in the language of the call"
        assert f'action="{PUBLIC}{path}"' in answer.text
    monkeypatch.undo()
    assert "You are on it" in (await phones.call_back(path, Digits="1")).text


async def test_digits_can_not_be_tried_until_they_fit(phones: Phones) -> None:
    number = await phones.delivery("sms")
    path, code = "/receipts/twilio/replies", code_of("key", number)
    for guess in range(MOST_WRONG):
        wrong = f"{(int(code) + 1 + guess) % 10**6:06}"
        assert "six digits" in (await phones.call_back(path, From=MOBILE, Body=wrong)).text
    answer = await phones.call_back(path, From=MOBILE, Body=code)
    assert "too many digits were wrong" in answer.text
    assert phones.state() == "open", "the telling goes on"


async def test_a_reply_that_does_not_count_says_so(phones: Phones) -> None:
    one, two = phones.house.carers
    alert_of = "select alert_id from delivery where delivery_id = %s"
    number = await phones.delivery("sms")
    ((alert,),) = phones.house.execute(alert_of, number)
    path, code = "/receipts/twilio/replies", code_of("key", number)
    now = datetime.now(UTC)
    phones.house.answer(alert, two, ResponseKind.ACKNOWLEDGE, now)
    await eventually(lambda: phones.state() == "acknowledged")
    answer = await phones.call_back(path, From=MOBILE, Body=code)
    assert "Somebody else is on it already" in answer.text
    phones.house.answer(alert, two, ResponseKind.HAND_BACK, datetime.now(UTC))
    await eventually(lambda: phones.state() == "open")
    answer = await phones.call_back(path, From=MOBILE, Body=code)
    assert "This did not count: there is newer word" in answer.text
    assert phones.state() == "open"
    phones.house.execute("delete from care where carer_id = %s", one)
    answer = await phones.call_back(path, From=MOBILE, Body=code)
    assert "you are not told of this home any more" in answer.text
    assert phones.house.execute("select count(*) from phone_answer") == [(1,)]


async def test_a_reply_to_a_message_from_before_it_got_worse_does_not_cover_the_worse_news(
    phones: Phones,
) -> None:
    check = a_finding(Severity.CHECK, resident_id=phones.house.resident_id)
    phones.house.write(check)
    first = await phones.sent("sms")
    phones.house.write(replace(check, severity=Severity.URGENT, phase=Phase.RAISED))
    sent = "select count(*) from delivery where channel = 'sms' and state = 'sent'"
    await eventually(lambda: phones.house.execute(sent) == [(2,)])
    answer = await phones.call_back(
        "/receipts/twilio/replies", From=MOBILE, Body=code_of("key", first)
    )
    assert "there is newer word" in answer.text
    asked = "select (policy->>'asked')::bigint from alert where detector = 'inactivity'"
    assert phones.house.execute(asked) == [(phones.house.carers[0],)], "and they are asked"
    await eventually(lambda: phones.house.execute(sent) == [(3,)])
    newest = "select max(delivery_id) from delivery where channel = 'sms'"
    ((number,),) = phones.house.execute(newest)
    answer = await phones.call_back(
        "/receipts/twilio/replies", From=MOBILE, Body=code_of("key", DeliveryId(number))
    )
    assert "You are on it" in answer.text
    assert phones.state() == "acknowledged"
    assert phones.house.execute(asked) == [(None,)]


async def test_who_left_the_circle_stops_no_telling_by_text(phones: Phones) -> None:
    number = await phones.delivery("sms")
    phones.house.execute("delete from care where carer_id = %s", phones.house.carers[0])
    answer = await phones.call_back(
        "/receipts/twilio/replies", From=MOBILE, Body=code_of("key", number)
    )
    assert "This did not count" in answer.text
    assert phones.state() == "open"


async def test_notify_receipts_and_replies(phones: Phones) -> None:
    number = await phones.delivery("sms")
    states = "/receipts/notify/states"
    reference = f"wayhome-delivery-{number}"
    assert (await phones.notify(states, bearer="wrong", status="delivered")).status_code == 403
    for odd in ("", "wayhome-delivery-x", "wayhome-delivery-99999999999999999999"):
        assert (await phones.notify(states, reference=odd, status="delivered")).status_code == 204
    await phones.notify(states, reference=reference, status="delivered", id="n1")
    assert phones.ledger() == ("sent", "delivered", True, False)
    source = MOBILE.removeprefix("+")
    await phones.notify(
        "/receipts/notify/replies", source_number=source, message=code_of("key", number)
    )
    assert phones.state() == "acknowledged"


async def test_what_is_not_signed_is_refused_and_changes_nothing(phones: Phones) -> None:
    number = await phones.delivery("sms")
    path = f"/receipts/twilio/texts/{number}"
    fields = {"MessageStatus": "failed"}
    for signed in ("", "x", signature("other", PUBLIC + path, fields)):
        answer = await phones.client.post(
            path, content=urlencode(fields), headers={"X-Twilio-Signature": signed}
        )
        assert answer.status_code == 403
    too_long = await phones.client.post(path, content=b"a=" + b"x" * 20_000)
    assert (too_long.status_code, too_long.text) == (400, "body: expected at most 16384 bytes")
    huge = f"/receipts/twilio/texts/{10**30}"
    assert (await phones.call_back(huge, MessageStatus="sent")).status_code == 400
    unknown = await phones.call_back("/receipts/twilio/texts/999999", MessageStatus="sent")
    assert unknown.status_code == 204
    assert phones.ledger() == ("sent", None, False, False)


async def test_a_test_asked_for_on_the_page_arrives_and_is_confirmed_by_reply(
    phones: Phones,
) -> None:
    carer = phones.house.carers[0]
    phones.house.execute(
        "with t as (insert into contact_test (carer_id, channel, asked_at) values (%s, 'sms', %s))"
        " select pg_notify('contact_test', '')",
        carer,
        datetime.now(UTC),
    )
    number = await phones.sent("sms")
    answer = await phones.call_back(
        "/receipts/twilio/replies", From=MOBILE, Body=code_of("key", number)
    )
    assert "We know that it arrived" in answer.text
    assert phones.house.execute("select kind, answered_at is not null from delivery") == [
        ("test", True)
    ]
    assert phones.house.alerts() == []


async def test_a_revoked_push_subscription_is_no_way_any_more_and_both_hear_of_it(
    database: Database, running: Running, receiver: Receiver
) -> None:
    stage = PushStage(receiver)
    house = await furnish(
        database,
        contacts=({"webhook": receiver.url("/other")},),
        technician={"ntfy": receiver.url("/technician")},
    )
    receiver.answer(Answer(status=410), "/gone")
    for path in ("/gone", "/phone"):
        house.execute(
            "insert into own_contact (carer_id, channel, address, created_at)"
            " values (%s, 'webpush', %s, now())",
            house.carers[0],
            stage.subscription(receiver.url(path)),
        )
    async with running(push_key=stage.settings(1).push_key, local_network=True):
        house.write(a_finding(resident_id=house.resident_id))
        await eventually(lambda: "/technician" in {r.path for r in receiver.requests})
        await eventually(lambda: len([r for r in receiver.requests if r.path == "/other"]) > 1)
    assert house.execute("select reason from lost_contact") == [("answered 410",)]
    assert house.execute(
        "select distinct address like '%%/phone%%' from live_contact where channel = 'webpush'"
    ) == [(True,)]
    kinds = [r.json["kind"] for r in receiver.requests if r.path == "/other"]
    assert sorted(kinds) == ["alert", "lost"]
    assert house.execute("select what from alert where detector = 'reachability'") == [
        ("A way to a carer has ended: Push to a browser, answered 410.",)
    ]
