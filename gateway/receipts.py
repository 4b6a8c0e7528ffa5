"""Receipts: which messages were taken in, so that a redelivery is known although it carries no time.

A message without a device time is stored at the moment it came, which is another moment when the broker
sends it again. So each commit also writes the packet ids of such messages with a digest of each. A message
that the broker marks as sent before, whose packet id stands here with its digest, is not taken in twice
(docs/decisions/0032).
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.runtime.mqtt import IncomingMessage

SLOTS = 512
"""Commits that the ring keeps."""
REMEMBERED = 16_384
"""Receipts in memory: well above any in-flight window, well below the 65,535 packet ids."""
_DIGEST = 8
_RECEIPT = 2 + _DIGEST

Deferred = tuple[int, float, str, int, int, int]
"""Presence not yet written: device, last seen (s since 1970; 0 for not), boot, lowest, highest, received."""


class Slip(msgspec.Struct, frozen=True, array_like=True):
    """What a commit puts into its slot of the ring."""

    #: Number of the commit; counts on over restarts.
    number: int
    #: Two bytes of packet id and eight of digest for each message.
    receipts: bytes
    #: Presence that is known and not yet written to its table.
    deferred: tuple[Deferred, ...]
    #: Devices whose presence this commit writes.
    written: tuple[int, ...]

    def encode(self) -> bytes:
        """Return it for the table."""
        return msgspec.msgpack.encode(self)


def receipt(message: IncomingMessage) -> bytes:
    """Return the receipt for a message: its packet id, and a digest of its topic and payload."""
    whole = message.topic.encode("utf-8", "surrogatepass") + b"\x00" + message.payload
    digest = blake2b(whole, digest_size=_DIGEST).digest()
    return message.packet_id.to_bytes(2, "big") + digest


class Ring:
    """The last receipts, taken in or under way into the database in this order."""

    def __init__(self) -> None:
        #: A block for each commit; there are few, and only redeliveries are looked up.
        self._blocks: deque[frozenset[bytes]] = deque()
        self._size = 0
        #: Number of the next commit.
        self.number = 1

    def holds(self, message: IncomingMessage) -> bool:
        """Tell whether this message, which the broker sends again, was taken in before."""
        wanted = receipt(message)
        return any(wanted in block for block in self._blocks)

    def remember(self, receipts: Iterable[bytes]) -> None:
        """Hold the receipts of one commit; the oldest beyond `REMEMBERED` go."""
        block = frozenset(receipts)
        if not block:
            return
        self._blocks.append(block)
        self._size += len(block)
        while len(self._blocks) > 1 and (self._size > REMEMBERED or len(self._blocks) > SLOTS):
            self._size -= len(self._blocks.popleft())

    def slip(
        self, receipts: list[bytes], deferred: Iterable[Deferred], written: Iterable[int]
    ) -> Slip:
        """Return the slip of the next commit; its receipts are held from now on."""
        self.remember(receipts)
        slip = Slip(self.number, b"".join(receipts), tuple(deferred), tuple(written))
        self.number += 1
        return slip

    def restore(self, slots: Iterable[bytes]) -> tuple[Deferred, ...]:
        """Take up the ring of the last process; return the presence that it had not written yet."""
        slips = sorted(
            (msgspec.msgpack.decode(slot, type=Slip) for slot in slots),
            key=lambda slip: slip.number,
        )
        open_: dict[int, Deferred] = {}
        for slip in slips:
            packed = slip.receipts
            self.remember(packed[at : at + _RECEIPT] for at in range(0, len(packed), _RECEIPT))
            open_.update({entry[0]: entry for entry in slip.deferred})
            for device in slip.written:
                open_.pop(device, None)
            self.number = slip.number + 1
        return tuple(open_.values())
