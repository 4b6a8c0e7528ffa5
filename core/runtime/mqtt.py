"""The part of MQTT that a subscriber needs, as bytes in and packets out. No I/O, no clock.

MQTT 3.1.1 (OASIS, 2014) and 5.0 (OASIS, 2019); section numbers below are of 5.0. It exists because the
PUBLISH–PUBACK path of a general client costs more than decoding and storing together
(docs/decisions/0003): this one reads a burst of packets in one pass and writes its PUBACKs as one block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from core.model.errors import Malformed

Version = Literal["5", "3.1.1"]

PAYLOAD_KEPT_BYTES = 1 << 20
"""A longer payload is cut here; the rest is read and dropped, so that memory stays bounded."""
_WHOLE_BYTES = PAYLOAD_KEPT_BYTES + 65_540
"""So much of a packet is waited for: the longest topic still fits."""
_LEVEL = {"3.1.1": 4, "5": 5}
_TWO_BYTE_PROPERTIES = frozenset({0x13, 0x21, 0x22, 0x23})
_ONE_BYTE_PROPERTIES = frozenset({0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A})
_FOUR_BYTE_PROPERTIES = frozenset({0x02, 0x11, 0x18, 0x27})
_SERVER_KEEP_ALIVE = 0x13
_FAILURE = 0x80
_REFUSALS_3 = {
    1: "unacceptable protocol version",
    2: "identifier rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorised",
}
_REASONS_5 = {
    0x80: "unspecified error",
    0x84: "unsupported protocol version",
    0x85: "client identifier not valid",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8D: "keep alive timeout",
    0x8E: "session taken over",
    0x8F: "topic filter invalid",
    0x93: "receive maximum exceeded",
    0x97: "quota exceeded",
    0x9E: "shared subscriptions not supported",
    0x9F: "connection rate exceeded",
}


class IncomingMessage(msgspec.Struct, frozen=True, gc=False):
    """A message as it came, not yet acknowledged."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    duplicate: bool
    packet_id: int
    #: Number of the connection it came on.
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """CONNACK: let in; ``keepalive_s`` where the broker asks for another span than ours."""

    session_present: bool
    keepalive_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """CONNACK, SUBACK or DISCONNECT: the broker says no, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """SUBACK: all filters granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """PINGRESP."""


Packet = IncomingMessage | Accepted | Refused | Subscribed | Pong


def _text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


SESSION_KEPT_S = 7 * 24 * 3600
SHARE_KEPT_S = 24 * 3600
"""Of a shared subscription also who is away is sent a share: not for longer than that one is missed."""
SHARED = "$share/"


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _length(len(body)) + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """What a CONNECT says (§3.1)."""

    client_id: str
    username: str = ""
    password: str = ""
    keepalive_s: int = 30
    #: How long an MQTT 5 broker keeps the session of a client that is away.
    session_expiry_s: int = SESSION_KEPT_S
    #: Unacknowledged messages that an MQTT 5 broker may send at most.
    receive_maximum: int = 65535

    def encode(self, version: Version) -> bytes:
        """Return the packet; the session is kept (no clean start)."""
        flags = (0x80 if self.username else 0) | (0x40 if self.password else 0)
        body = _text("MQTT") + bytes((_LEVEL[version], flags)) + self.keepalive_s.to_bytes(2, "big")
        if version == "5":
            properties = b"\x11" + self.session_expiry_s.to_bytes(4, "big")
            properties += b"\x21" + min(self.receive_maximum, 65535).to_bytes(2, "big")
            body += _length(len(properties)) + properties
        body += _text(self.client_id)
        body += _text(self.username) if self.username else b""
        body += _text(self.password) if self.password else b""
        return _packet(0x10, body)


def subscribe(topics: tuple[str, ...], version: Version) -> bytes:
    """Return a SUBSCRIBE (§3.8) to ``topics`` at QoS 1."""
    body = b"\x00\x01" + (b"\x00" if version == "5" else b"")
    return _packet(0x82, body + b"".join(_text(topic) + b"\x01" for topic in topics))


def unsubscribe(topics: tuple[str, ...], version: Version) -> bytes:
    """Return an UNSUBSCRIBE (§3.10) from ``topics``."""
    body = b"\x00\x02" + (b"\x00" if version == "5" else b"")
    return _packet(0xA2, body + b"".join(map(_text, topics)))


def publish(topic: str, payload: bytes) -> bytes:
    r"""Return a PUBLISH (§3.3) at QoS 0 in the words of 3.1.1.

    Examples
    --------
    >>> publish("a", b"x")
    b'0\x04\x00\x01ax'
    """
    return _packet(0x30, _text(topic) + payload)


def puback(packet_id: int) -> bytes:
    r"""Return a PUBACK (§3.4), reason success.

    Examples
    --------
    >>> puback(258)
    b'@\x02\x01\x02'
    """
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"


class Reader:
    """Cuts a stream of bytes into packets.

    Parameters
    ----------
    version
        What was agreed on by CONNECT.
    epoch
        Number of the connection, put on each message.
    """

    def __init__(self, version: Version, epoch: int) -> None:
        self._five = version == "5"
        self._epoch = epoch
        self._rest = b""
        self._skip = 0

    def feed(self, chunk: bytes) -> list[Packet]:
        """Return the packets that ``chunk`` completes.

        Raises
        ------
        Malformed
            If the stream is not MQTT; the connection is of no use any more.
        """
        if self._skip:
            dropped = min(self._skip, len(chunk))
            self._skip -= dropped
            chunk = chunk[dropped:]
        stream = self._rest + chunk if self._rest else chunk
        packets: list[Packet] = []
        place, end = 0, len(stream)
        while end - place >= 2:  # noqa: PLR2004 (a fixed header has at least two bytes)
            size, start = stream[place + 1], place + 2
            if size >= 0x80:  # noqa: PLR2004 (more than one byte of remaining length)
                size, start = self._size(stream, place)
                if start == 0:
                    break
            taken = min(size, _WHOLE_BYTES)
            if end - start < taken:
                break
            first = stream[place]
            if first & 0xF0 == 0x30:  # noqa: PLR2004
                packets.append(self._publish(first, stream, start, start + taken))
            else:
                packets.append(self._read(first, stream[start : start + taken]))
            place = start + size
        if place > end:
            self._skip = place - end
        self._rest = stream[place:]
        return packets

    @staticmethod
    def _size(stream: bytes, place: int) -> tuple[int, int]:
        """Remaining length (§2.1.4) and where it ends; 0 as the end while bytes are missing."""
        size, shift = 0, 0
        for at in range(place + 1, min(place + 5, len(stream))):
            byte = stream[at]
            size |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004
                return size, at + 1
            shift += 7
        if len(stream) - place > 4:  # noqa: PLR2004
            raise Malformed("stream", "a remaining length of at most four bytes")
        return 0, 0

    def _publish(self, first: int, stream: bytes, start: int, end: int) -> IncomingMessage:
        """Read a PUBLISH (§3.3) that lies in ``stream[start:end]``."""
        try:
            at = start + 2 + (stream[start] << 8 | stream[start + 1])
            topic = stream[start + 2 : at]
            qos = first >> 1 & 3
            packet_id = 0
            if qos:
                packet_id = stream[at] << 8 | stream[at + 1]
                at += 2
            if self._five:
                if stream[at]:
                    size, at = self._size(stream[:end], at - 1)
                    at += size
                else:
                    at += 1
        except IndexError as error:
            raise Malformed("stream", "a whole PUBLISH packet") from error
        if at > end:
            raise Malformed("stream", "a PUBLISH packet that ends where it says")
        return IncomingMessage(
            topic.decode("utf-8", "backslashreplace"),
            stream[at : end if end - at <= PAYLOAD_KEPT_BYTES else at + PAYLOAD_KEPT_BYTES],
            qos,
            first & 1 == 1,
            first & 8 == 8,  # noqa: PLR2004
            packet_id,
            self._epoch,
        )

    def _read(self, first: int, body: bytes) -> Packet:
        kind = first >> 4
        try:
            match kind:
                case 2:
                    return self._connack(body)
                case 3:
                    return self._publish(first, body, 0, len(body))
                case 9:
                    return self._suback(body)
                case 11 | 13:  # an UNSUBACK says no more than that it lives
                    return Pong()
                case 14:
                    return Refused(why=_reason(body[0] if body else 0))
        except IndexError as error:
            raise Malformed("stream", "a whole packet") from error
        raise Malformed("stream", f"no packet of type {kind} for a subscriber")

    def _connack(self, body: bytes) -> Packet:
        flags, code = body[0], body[1]
        if not self._five:
            if code:
                return Refused(why=_REFUSALS_3.get(code, f"code {code}"))
            return Accepted(session_present=flags & 1 == 1)
        if code >= _FAILURE:
            return Refused(why=_reason(code))
        if code:  # a 3.1.1 broker answers a version it does not know with its own codes
            return Refused(why=_REFUSALS_3.get(code, f"code {code}"))
        return Accepted(session_present=flags & 1 == 1, keepalive_s=_server_keep_alive(body[2:]))

    def _suback(self, body: bytes) -> Packet:
        at = 2
        if self._five:
            size, at = self._size(body, 1)
            at += size
        refused = [code for code in body[at:] if code >= _FAILURE]
        return Refused(why=f"subscription: {_reason(refused[0])}") if refused else Subscribed()


def _reason(code: int) -> str:
    return _REASONS_5.get(code, f"reason 0x{code:02x}")


def _server_keep_alive(properties: bytes) -> int | None:
    """Find Server Keep Alive (§3.2.2.3.14) among the properties of a CONNACK."""
    if not properties:
        return None
    size, at = Reader._size(b"\x00" + properties, 0)  # noqa: SLF001
    at -= 1
    end = at + size
    while at < end:
        name = properties[at]
        at += 1
        if name == _SERVER_KEEP_ALIVE:
            return int.from_bytes(properties[at : at + 2], "big")
        at += _property_size(name, properties, at)
    return None


def _property_size(name: int, properties: bytes, at: int) -> int:
    if name in _TWO_BYTE_PROPERTIES:
        return 2
    if name in _ONE_BYTE_PROPERTIES:
        return 1
    if name in _FOUR_BYTE_PROPERTIES:
        return 4
    first = 2 + int.from_bytes(properties[at : at + 2], "big")
    if name == 0x26:  # noqa: PLR2004 (user property: a pair of texts)
        return first + 2 + int.from_bytes(properties[at + first : at + first + 2], "big")
    return first
