"""What the running service says of its channels to the pages, which do not know the channels' code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channel import discover, traits
from alerts.push_key import public_key
from core.store.contact import Offer

if TYPE_CHECKING:
    from alerts.channel_settings import ChannelSettings


def offers(settings: ChannelSettings) -> tuple[Offer, ...]:
    """Return every channel with what it needs, and what is still missing for it to work."""
    return tuple(
        Offer(
            channel=name,
            title=kind.title,
            takes=kind.takes.value,
            wakes=kind.wakes,
            lacks=traits(kind, settings).lacks,
            public_key=public_key(settings.push_key) if name == "webpush" else "",
        )
        for name, kind in discover().items()
    )
