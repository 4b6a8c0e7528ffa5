"""The codec: any split of the bytes gives the same packets, and rubbish is refused, never worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.runtime import mqtt
from core.runtime.mqtt import IncomingMessage, Version

VERSIONS: list[Version] = ["3.1.1", "5"]


def _size(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def publish(message: IncomingMessage, version: Version, properties: bytes = b"") -> bytes:
    """A PUBLISH as a broker writes it."""
    first = 0x30 | message.duplicate << 3 | message.qos << 1 | message.retained
    topic = message.topic.encode()
    body = len(topic).to_bytes(2, "big") + topic
    body += message.packet_id.to_bytes(2, "big") if message.qos else b""
    body += _size(len(properties)) + properties if version == "5" else b""
    body += message.payload
    return bytes((first,)) + _size(len(body)) + body


messages = st.builds(
    lambda topic, payload, qos, flags, packet_id: IncomingMessage(
        topic, payload, qos, flags[0], flags[1], packet_id if qos else 0, 7
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    st.binary(max_size=300),
    st.integers(0, 1),
    st.tuples(st.booleans(), st.booleans()),
    st.integers(1, 65535),
)


@given(
    st.sampled_from(VERSIONS),
    st.lists(messages, max_size=8),
    st.lists(st.integers(1, 400), max_size=30),
    st.binary(max_size=200),
)
def test_any_split_gives_the_same_messages(
    version: Version, sent: list[IncomingMessage], cuts: list[int], properties: bytes
) -> None:
    stream = b"".join(publish(message, version, properties) + b"\xd0\x00" for message in sent)
    reader = mqtt.Reader(version, 7)
    seen: list[mqtt.Packet] = []
    for cut in cuts:
        seen += reader.feed(stream[:cut])
        stream = stream[cut:]
    seen += reader.feed(stream)
    assert [packet for packet in seen if isinstance(packet, IncomingMessage)] == sent
    assert len(seen) == 2 * len(sent)


@given(st.sampled_from(VERSIONS), st.lists(st.binary(max_size=200), max_size=10))
def test_rubbish_is_refused_and_nothing_else(version: Version, chunks: list[bytes]) -> None:
    reader = mqtt.Reader(version, 1)
    try:
        for chunk in chunks:
            for packet in reader.feed(chunk):
                assert isinstance(
                    packet,
                    IncomingMessage | mqtt.Accepted | mqtt.Refused | mqtt.Subscribed | mqtt.Pong,
                )
    except Malformed:
        pass


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("extra", [0, 1, 100_000, 3_000_000])
def test_a_huge_payload_is_cut_and_the_stream_goes_on(version: Version, extra: int) -> None:
    huge = IncomingMessage(
        "homes/a",
        b"x" * (mqtt.PAYLOAD_KEPT_BYTES + extra),
        qos=1,
        retained=False,
        duplicate=False,
        packet_id=9,
        epoch=1,
    )
    after = IncomingMessage(
        "homes/b", b"y", qos=1, retained=False, duplicate=False, packet_id=10, epoch=1
    )
    stream = publish(huge, version) + publish(after, version)
    reader = mqtt.Reader(version, 1)
    seen: list[mqtt.Packet] = []
    for at in range(0, len(stream), 65_536):
        seen += reader.feed(stream[at : at + 65_536])
    first, second = seen
    assert isinstance(first, IncomingMessage)
    assert first.packet_id == 9
    assert len(first.payload) == mqtt.PAYLOAD_KEPT_BYTES
    assert second == after


def test_answers_of_the_broker() -> None:
    old, new = mqtt.Reader("3.1.1", 1), mqtt.Reader("5", 1)
    assert old.feed(b"\x20\x02\x01\x00") == [mqtt.Accepted(session_present=True)]
    assert old.feed(b"\x20\x02\x00\x05") == [mqtt.Refused(why="not authorised")]
    assert new.feed(b"\x20\x06\x00\x00\x03\x13\x00\x0a") == [
        mqtt.Accepted(session_present=False, keepalive_s=10)
    ]
    user_property = b"\x26\x00\x01a\x00\x01b\x13\x00\x05"
    assert new.feed(
        bytes((0x20, 3 + len(user_property), 0, 0, len(user_property))) + user_property
    ) == [mqtt.Accepted(session_present=False, keepalive_s=5)]
    assert new.feed(b"\x20\x03\x00\x87\x00") == [mqtt.Refused(why="not authorised")]
    assert new.feed(b"\x20\x02\x00\x01") == [mqtt.Refused(why="unacceptable protocol version")]
    assert old.feed(b"\x90\x04\x00\x01\x01\x80") == [
        mqtt.Refused(why="subscription: unspecified error")
    ]
    assert new.feed(b"\x90\x04\x00\x01\x00\x01") == [mqtt.Subscribed()]
    assert new.feed(b"\xe0\x01\x8e") == [mqtt.Refused(why="session taken over")]


def test_invalid_text_in_a_topic_is_kept_readable() -> None:
    (message,) = mqtt.Reader("3.1.1", 1).feed(b"\x32\x07\x00\x02\xffa\x00\x01z")
    assert isinstance(message, IncomingMessage)
    assert message.topic == "\\xffa"
    assert message.payload == b"z"
