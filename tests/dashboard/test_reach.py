"""How you are told: a person's own ways, tests of them, and what a message may say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

SUBSCRIPTION = json.dumps(
    {
        "endpoint": "https://push.example/abc",
        "expirationTime": None,
        "keys": {"p256dh": "B" * 87, "auth": "A" * 22},
    }
)


def offer(town: Town) -> None:
    """Let the alerting service offer its channels."""
    for channel, takes, lacks in (
        ("ntfy", "web", ""),
        ("webhook", "web", ""),
        ("sms", "phone", ""),
        ("voice", "phone", "WAYHOME_PHONE_TOKEN"),
        ("email", "email", ""),
        ("apprise", "apprise", ""),
        ("webpush", "push", ""),
    ):
        town.execute(
            "insert into channel_offer values (%s, %s, %s, true, %s, %s, now())",
            channel,
            channel.title(),
            takes,
            lacks,
            "B" * 87 if channel == "webpush" else "",
        )


def own(town: Town) -> list[tuple[object, ...]]:
    return town.execute(
        "select carer_id, channel, address, label from own_contact where removed_at is null"
        " order by contact_id"
    )


def of_test(town: Town, state: str, error: str) -> int:
    """Do what the alerting service does with the newest test that was asked for."""
    return town.number(
        "insert into delivery (kind, test_id, carer_id, channel, step, state, next_try_at, sent_at,"
        " error, created_at) select 'test', test_id, carer_id, channel, 0, %s, now(), %s, %s, %s"
        " from contact_test order by test_id desc limit 1 returning delivery_id",
        state,
        town.now if state == "sent" else None,
        error,
        town.now,
    )


async def test_who_has_only_ways_that_do_not_work_is_told_that_nothing_reaches_them(
    visitors: Visitors, town: Town
) -> None:
    town.execute("insert into contact_point values (%s, 'ntfy', 'https://x')", town.carers["ben"])
    ben = await visitors.of("ben")
    text = await ben.text("/reach")
    assert "Alerts do not come by it." in text
    assert "Nothing can reach you away from this page" in text
    assert "Ask the people who set up Wayhome for you to set up a way." in text
    offer(town)
    text = await ben.text("/reach")
    assert "Nothing can reach you" not in text


async def test_a_way_is_added_in_the_form_in_which_it_is_kept_and_removed(
    visitors: Visitors, town: Town
) -> None:
    offer(town)
    ben = await visitors.of("ben")
    assert "Nothing can reach you away from this page" in await ben.text("/reach")
    answer = await ben.send("/reach/add", channel="sms", address=" +44 7700 900-123 ", label="Mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/reach")
    assert own(town) == [(town.carers["ben"], "sms", "+447700900123", "Mine")]
    text = await ben.text("/reach")
    assert "+447700900123, Mine" in text
    assert "Not tried yet" in text
    for browser, status in ((await visitors.of("mia"), 404), (ben, 303), (ben, 404)):
        answer = await browser.send("/reach/remove", contact="1")
        assert answer.status_code == status
    assert own(town) == []


@pytest.mark.parametrize(
    ("channel", "address", "says"),
    [
        ("sms", "07700 900123", "phone number: + and the country code first"),
        ("email", "ben", "e-mail address: a name, an @ and a place"),
        ("ntfy", "http://127.0.0.1/topic", "address: a place on the public internet"),
        ("ntfy", "https://[::ffff:192.168.0.1]/topic", "address: a place on the public internet"),
        ("ntfy", "https://0x7f.1/topic", "address: a place on the public internet"),
        ("ntfy", "http://ntfy.example/topic", "address: https:// rather than http://"),
        ("voice", "+447700900123", "way: one from the list"),
        ("webhook", "https://x.example/hook", "way: one from the list"),
        ("apprise", "json://x.example", "way: one from the list"),
        ("web", "x", "way: one from the list"),
        ("pigeon", "x", "way: one from the list"),
    ],
)
async def test_what_is_no_address_is_refused_and_says_what_we_need(
    visitors: Visitors, town: Town, channel: str, address: str, says: str
) -> None:
    offer(town)
    ben = await visitors.of("ben")
    answer = await ben.send("/reach/add", channel=channel, address=address)
    assert answer.status_code == 400
    assert f"We need this as the {says}" in answer.text
    assert own(town) == []


async def test_a_browser_subscribes_twice_and_is_one_way_until_it_has_ended(
    visitors: Visitors, town: Town
) -> None:
    offer(town)
    ben = await visitors.of("ben")
    for _ in range(2):
        answer = await ben.send("/reach/push", subscription=SUBSCRIPTION, label="Android")
        assert answer.status_code == 204
    ((_, _, address, label),) = own(town)
    assert json.loads(str(address))["endpoint"] == "https://push.example/abc"
    town.execute(
        "insert into lost_contact select contact_id, now(), 'answered 410' from own_contact"
    )
    text = await ben.text("/reach")
    assert "Has ended" in text
    assert str(label) in text
    assert "push.example" not in text
    await ben.send("/reach/push", subscription=SUBSCRIPTION)
    assert "Has ended" not in await ben.text("/reach")
    assert town.execute("select count(*) from live_contact where channel = 'webpush'") == [(1,)]
    odd = SUBSCRIPTION.replace("https://push.example", "https://10.0.0.1")
    assert (await ben.send("/reach/push", subscription=odd)).status_code == 400
    assert (await ben.send("/reach/push", subscription="{}")).status_code == 400


async def test_send_me_a_test_goes_out_arrives_and_is_confirmed(
    visitors: Visitors, town: Town
) -> None:
    offer(town)
    ben = await visitors.of("ben")
    await ben.send("/reach/add", channel="email", address="ben@example.org")
    assert (await ben.send("/reach/test", channel="email", contact="1")).status_code == 303
    assert town.execute("select carer_id, channel, contact_id from contact_test") == [
        (town.carers["ben"], "email", 1)
    ]
    assert "A test is on its way" in await ben.text("/reach")
    number = of_test(town, "sent", "")
    assert "A test was sent: 03:20. Did it arrive?" in await ben.text("/reach")
    assert "Did this test message reach you" in await ben.text(f"/reach/arrived/{number}")
    stranger = await visitors.of("mia")
    assert (await stranger.get(f"/reach/arrived/{number}")).status_code == 404
    assert (await stranger.send(f"/reach/arrived/{number}")).status_code == 404
    assert (await ben.send(f"/reach/arrived/{number}")).status_code == 303
    assert "A test arrived: 03:20." in await ben.text("/reach")


async def test_a_test_that_fails_or_is_late_says_so(visitors: Visitors, town: Town) -> None:
    offer(town)
    ben = await visitors.of("ben")
    town.execute(
        "insert into contact_point values (%s, 'ntfy', 'https://a:b@ntfy.example/secret')",
        town.carers["ben"],
    )
    text = await ben.text("/reach")
    assert "ntfy.example/… (registered by Leeds)" in text
    assert "/secret" not in text
    assert ">Remove<" not in text
    assert (await ben.send("/reach/test", channel="ntfy", contact="")).status_code == 303
    visitors.site.clock.advance(300)  # type: ignore[attr-defined]
    assert "The last test is not out yet" in await ben.text("/reach")
    of_test(town, "failed", "answered 404")
    assert "The last test did not go out: answered 404." in await ben.text("/reach")
    assert (await ben.send("/reach/test", channel="sms", contact="")).status_code == 404
    assert (await ben.send("/reach/test", channel="ntfy", contact="7")).status_code == 404


async def test_tests_without_end_are_refused(visitors: Visitors, town: Town) -> None:
    offer(town)
    ben = await visitors.of("ben")
    await ben.send("/reach/add", channel="sms", address="+447700900123")
    for _ in range(6):
        assert (await ben.send("/reach/test", channel="sms", contact="1")).status_code == 303
    answer = await ben.send("/reach/test", channel="sms", contact="1")
    assert answer.status_code == 429
    assert "Wait ten minutes" in answer.text


async def test_how_much_a_message_says_is_the_readers_choice(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    assert 'value="nothing" selected' in await ben.text("/reach")
    assert (await ben.send("/reach/detail", detail="sentence")).status_code == 303
    assert 'value="sentence" selected' in await ben.text("/reach")
    assert 'value="nothing" selected' in await (await visitors.of("mia")).text("/reach")
    assert (await ben.send("/reach/detail", detail="everything")).status_code == 400
    assert town.execute("select carer_id, detail, changed_at from telling_choice") == [
        (town.carers["ben"], "sentence", NOW)
    ]


async def test_the_worker_is_served_from_the_top_and_asked_for_anew(visitors: Visitors) -> None:
    nobody = await visitors.nobody()
    worker = await nobody.get("/sw.js")
    assert worker.headers["cache-control"] == "no-cache"
    (pushes,) = re.findall(r'"push": "(/static/[^"]+/push-worker.js)"', worker.text)
    for answer in (worker, await nobody.get(pushes)):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")


async def test_every_form_wants_its_token(visitors: Visitors, town: Town) -> None:
    offer(town)
    ben = await visitors.of("ben")
    for path in ("add", "push", "remove", "test", "detail", "arrived/1"):
        assert (await ben.client.post(f"/reach/{path}", data={})).status_code == 403


async def test_what_was_typed_and_refused_stands_in_the_form_again(
    visitors: Visitors, town: Town
) -> None:
    offer(town)
    ben = await visitors.of("ben")
    answer = await ben.send("/reach/add", channel="sms", address="07700 900123", label="My phone")
    assert answer.status_code == 400
    assert 'value="07700 900123"' in answer.text
    assert 'value="My phone"' in answer.text
    assert '<option value="sms" selected>' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "aria-invalid" not in await ben.text("/reach")
