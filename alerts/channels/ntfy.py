"""Push to a phone by ntfy (https://docs.ntfy.sh/publish): a text POST to the address of a topic."""

from __future__ import annotations

from email.header import Header

import msgspec

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from alerts.posting import Post, Poster
from core.model.address import AddressKind
from core.model.finding import Severity
from core.model.words import marked

PRIORITY = {Severity.NOTICE: "2", Severity.CHECK: "4", Severity.URGENT: "5"}
"""ntfy's own scale: 5 rings on and on, 4 rings, 2 makes no sound."""
TAG = {Severity.NOTICE: "memo", Severity.CHECK: "eyes", Severity.URGENT: "rotating_light"}


class _Answer(msgspec.Struct):
    id: str = ""


class Ntfy:
    """Posts to a topic of a public or of one's own ntfy server.

    The address of a topic works like a password: choose a long random one, or one that needs a log-in
    (``https://user:password@push.example/topic``).
    """

    name = "ntfy"
    title = marked("Push by ntfy")
    max_length = 1000
    wakes = True
    takes = AddressKind.WEB

    def __init__(self, settings: ChannelSettings) -> None:
        self._poster = Poster(settings.timeout_s, local_network=settings.local_network)

    async def send(self, delivery: Outgoing) -> Receipt:
        """Post one message; see `Poster.post` for what may go wrong."""
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Idempotency-Key": delivery.idempotency_key,
            "Title": _header(delivery.title),
            "Priority": PRIORITY[delivery.severity],
            "Tags": TAG[delivery.severity],
        }
        if delivery.link:
            headers["Click"] = delivery.link
        text = shortened(delivery.text, self.max_length).encode()
        answer = await self._poster.post(
            Post(address=delivery.address, content=text, headers=headers, typed=delivery.typed)
        )
        try:
            return Receipt(reference=msgspec.json.decode(answer, type=_Answer).id)
        except msgspec.MsgspecError:
            return Receipt()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._poster.close()


def _header(text: str) -> str:
    """Return text as a header can carry it; ntfy reads RFC 2047."""
    line = " ".join(text.split())
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=10_000).encode()


CHANNEL = Ntfy
