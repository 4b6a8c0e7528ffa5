"""What somebody gets on the phone is in their language: as they chose, else as their browser asks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import ChannelSettings, discover, traits
from alerts.checks import MESSAGE
from alerts.phone_answers import language_of
from alerts.phone_words import KEYS, REPLIES, asks_key, asks_reply
from alerts.text_length import MOST_PARTS, fitting, parts
from alerts.twilio import say
from alerts.wording import outgoing
from core.model.finding import Audience, Severity
from core.model.ids import CarerId, DeliveryId
from core.model.watching import NoticeKind
from core.runtime import language
from core.runtime.language import ENGLISH, PSEUDO
from core.store.provider_receipt import Sent
from scripts import translate
from tests.alerts.builders import at
from tests.alerts.receiver import receiving
from tests.alerts.stages import STAGES
from tests.alerts.test_wording import CLAIMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.store.delivery import ClaimedDelivery

LINK = "https://pages.example/alerts/12"
ARABIC = "%(code)s أجب بالرمز لتقول: أنا في الطريق."
TRANSLATED = {
    "Someone may need help now. Open Wayhome.": "قد يحتاج شخص ما إلى المساعدة الآن. افتح Wayhome.",
    "Wayhome: act now": "Wayhome: تصرف الآن",
    "Reply %(code)s to say: I am on it.": ARABIC,
    "Nobody has answered yet. %(text)s": "لم يجب أحد بعد. %(text)s",
    "Press 1 to say: I am on it.": "%(key)s",
}


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A throw-away translation; the tag is one that no voice reads out."""
    entries = "".join(f'\nmsgid "{one}"\nmsgstr "{other}"\n' for one, other in TRANSLATED.items())
    for tag, text in (
        ("ar", f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n{entries}'),
        ("cy", "msgid 'broken\n"),
    ):
        (tmp_path / tag).mkdir()
        (tmp_path / tag / "wayhome.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.languages.cache_clear()
    yield "ar"
    language.languages.cache_clear()


def everything() -> list[ClaimedDelivery]:
    """Every message that there is."""
    alerts = [
        one
        for severity in Severity
        for audience in Audience
        for plain in (replace(CLAIMED, severity=severity, audience=audience),)
        for one in (
            plain,
            replace(plain, cleared=True),
            replace(plain, asked=True),
            replace(plain, repeated=True),
        )
    ]
    return alerts + [
        replace(CLAIMED, kind=kind, alert_id=None, home_id=None)
        for kind in ("test", "lost", *NoticeKind)
    ]


def test_every_message_can_be_translated_on_every_way() -> None:
    for claimed in everything():
        message = outgoing(claimed, "", None, "482913", PSEUDO)
        said = [message.title, message.text]
        if claimed.kind in REPLIES:
            said += [asks_reply(message), asks_key(message)]
        assert [one for one in said if re.search("[A-Za-z]", one)] == [], claimed
        assert set(KEYS) == set(REPLIES)


def test_what_messages_say_is_collected() -> None:
    known = {one.id for one in translate.collected()}
    for claimed in everything():
        message = outgoing(claimed, "")
        assert {message.title, message.text.removeprefix("Nobody has answered yet. ")} <= known
    assert {*KEYS.values(), *REPLIES.values(), "It arrived"} <= known


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"web"}))
async def test_what_a_channel_adds_is_in_the_readers_language(name: str) -> None:
    kind = discover()[name]
    with receiving() as receiver:
        stage = STAGES[name](receiver)
        message = outgoing(CLAIMED, "", None, "482913", PSEUDO)
        channel = kind(replace(stage.settings(10), receipts_url="https://care.example"))
        await channel.send(replace(message, address=stage.address))
        await channel.close()
        (text,) = stage.texts()
    assert "Šöɱéöñé ɱáý ñééð ĥéļþ ñöŵ" in text
    for plain in ("Reply", "Press", "I am on it", "It arrived"):
        assert plain not in text


def test_the_reader_chose_or_else_their_browser_did(arabic: str) -> None:
    assert language.of_reader("", "ar-EG,ar;q=0.9,en;q=0.1") == arabic
    assert language.of_reader(ENGLISH, "ar") == ENGLISH, "what somebody chose counts"
    assert language.of_reader("gone", "ar") == arabic, "a language that is there no more is none"
    assert language.of_reader("", "") == ENGLISH


def test_what_is_missing_or_would_break_is_english(arabic: str) -> None:
    message = outgoing(CLAIMED, LINK, None, "482913", arabic)
    assert message.text == TRANSLATED["Someone may need help now. Open Wayhome."]
    assert asks_key(message) == "Press 1 to say: I am on it.", "a place that is not there"
    assert "482913" in asks_reply(message)
    test = outgoing(replace(CLAIMED, kind="test"), "", None, "", arabic)
    assert test.title == "Wayhome: a test", "not translated"


def test_a_file_that_cannot_be_read_silences_nobody(
    arabic: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(language.languages()) == {ENGLISH, arabic, PSEUDO}
    assert outgoing(CLAIMED, "", None, "", "cy").text == "Someone may need help now. Open Wayhome."
    assert [record.__dict__["language"] for record in caplog.records] == ["cy"]


def test_names_and_english_stay_apart_from_what_runs_the_other_way(arabic: str) -> None:
    message = outgoing(replace(CLAIMED, detail="sentence"), "", None, "", arabic)
    assert message.title == "Wayhome: تصرف الآن (\u2068Ada\u2069)"
    again = outgoing(replace(CLAIMED, repeated=True), "", None, "", arabic)
    assert again.text.endswith(
        f"\u2068{TRANSLATED['Someone may need help now. Open Wayhome.']}\u2069"
    )
    assert message.text.startswith("\u2068The outer door opened at 03:08.\u2069 ")


def test_a_call_is_english_where_no_voice_reads_the_language(arabic: str) -> None:
    assert not traits(discover()["voice"], ChannelSettings()).says(arabic)
    assert traits(discover()["sms"], ChannelSettings()).says(arabic)
    sent = Sent(
        delivery_id=DeliveryId(1),
        alert_id=None,
        carer_id=CarerId(1),
        channel="voice",
        created_at=at(0),
        language=arabic,
    )
    assert language_of(sent) == ENGLISH
    assert language_of(replace(sent, channel="sms")) == arabic
    assert say("Jetzt & hier", "de") == '<Say language="de-DE">Jetzt &amp; hier</Say>'


@given(
    text=st.text(max_size=500),
    script=st.sampled_from(["", "я", "東", "🏠", "[", "’"]),
    link=st.sampled_from(["", f" {LINK}", " https://x.example/~é"]),
)
def test_no_text_takes_more_parts_than_it_may_and_none_loses_how_to_answer(
    text: str, script: str, link: str
) -> None:
    tail = f" Reply 482913 to say: I am on it.{link}"
    found = fitting(text + script * 300, tail, 320)
    assert parts(found) <= MOST_PARTS
    assert found.endswith(tail)
    assert len(found) <= 320


def test_a_sign_of_printers_does_not_halve_a_text() -> None:
    long = "Nothing has moved in the home since 08:30 – that’s late. " * 9
    found = fitting(long, f" {LINK}", 320)
    assert len(found) > 300
    assert parts(found) == MOST_PARTS


async def test_a_text_in_another_script_keeps_its_code_and_its_link(arabic: str) -> None:
    with receiving() as receiver:
        stage = STAGES["sms"](receiver)
        channel = discover()["sms"](stage.settings(10))
        message = replace(
            MESSAGE, address=stage.address, code="482913", language=arabic, text="باب " * 200
        )
        await channel.send(message)
        await channel.close()
        (text,) = stage.texts()
    assert parts(text) <= MOST_PARTS
    assert text.endswith(f"{ARABIC % {'code': '482913'}} {message.link}")
