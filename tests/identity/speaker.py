"""A client with a certificate, a few bytes of MQTT by hand: what exactly does a broker answer?"""

from __future__ import annotations

import io
import socket
import ssl
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.runtime import mqtt

if TYPE_CHECKING:
    from wayhome.certificates import Pair

TIMEOUT_S = 10.0
REFUSED = -1
"""Not even TLS: the handshake, or the first word after it, ends the connection."""
NOT_AUTHORISED = 0x87
DENIED_3 = 0x80
"""SUBACK of MQTT 3.1.1: failure."""


class Papers:
    """Certificate, key and the broker's authority as files."""

    def __init__(self, folder: Path, pair: Pair | None, broker_authority: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._put("wayhome-ca.crt", broker_authority)
        if pair is not None:
            self._put("client.crt", pair.certificate)
            self._put("client.key", pair.key)

    def _put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    @property
    def context(self) -> ssl.SSLContext:
        """What TLS needs."""
        return context_of(self.folder)


def context_of(folder: Path) -> ssl.SSLContext:
    """What TLS needs, from the files of a bundle."""
    context = ssl.create_default_context(cafile=folder / "wayhome-ca.crt")
    if (folder / "client.crt").exists():
        context.load_cert_chain(folder / "client.crt", folder / "client.key")
    return context


def unpacked(parcel: bytes, folder: Path) -> Path:
    """Unpack a bundle; return the folder of its files."""
    with zipfile.ZipFile(io.BytesIO(parcel)) as archive:
        archive.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


class Speaker:
    """One connection."""

    def __init__(
        self, port: int, context: ssl.SSLContext, client_id: str = "x", version: mqtt.Version = "5"
    ) -> None:
        self._five = version == "5"
        self._number = 0
        #: Reason code of CONNACK, or `REFUSED`.
        self.connack = REFUSED
        line = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self._line = context.wrap_socket(
            line, server_hostname="localhost", do_handshake_on_connect=False
        )
        try:
            self._line.do_handshake()
            self._line.sendall(mqtt.Connect(client_id=client_id).encode(version))
            packet = self._packet()
            self.connack = packet[1] if packet else REFUSED
        except (ssl.SSLError, ConnectionError):
            self.connack = REFUSED
        if self.connack == REFUSED:
            self._line.close()

    def publish(self, topic: str, payload: bytes = b"1") -> int:
        """Publish at QoS 1; return the reason code of the PUBACK (0 over 3.1.1), or `REFUSED`."""
        self._number += 1
        self._line.sendall(_publish(topic, payload, self._number, five=self._five))
        packet = self._packet()
        if not packet:
            return REFUSED
        return packet[2] if len(packet) > 2 else 0

    def subscribe(self, topic: str) -> int:
        """Subscribe; return the reason code of the SUBACK."""
        self._line.sendall(mqtt.subscribe((topic,), "5" if self._five else "3.1.1"))
        return self._packet()[-1]

    def waits_for_its_end(self) -> None:
        """Wait until the broker ends the connection; an error when it does not in time."""
        while self._packet():
            pass

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _packet(self) -> bytes:
        """Return the body of the next short packet; nothing when the broker has hung up."""
        try:
            head = self._exactly(2)
            return self._exactly(head[1]) if len(head) == 2 else b""
        except (ssl.SSLError, ConnectionError):
            return b""

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            more = self._line.recv(count - len(found))
            if not more:
                return b""
            found += more
        return found


def _publish(topic: str, payload: bytes, number: int, *, five: bool) -> bytes:
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + number.to_bytes(2, "big")
    body += (b"\x00" if five else b"") + payload
    return bytes([0x32, len(body)]) + body
