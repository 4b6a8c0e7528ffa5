"""The live page: nothing leaves the house; the row is the delivery, and NOTIFY wakes open pages."""

from __future__ import annotations

from alerts.channel import ChannelSettings, Outgoing, Receipt
from core.model.address import AddressKind
from core.model.words import marked


class Web:
    """Shows the alert to everybody who looks at the page. It wakes nobody."""

    name = "web"
    title = marked("Page")
    max_length = 10_000
    wakes = False
    takes = AddressKind.NONE

    def __init__(self, settings: ChannelSettings) -> None:
        del settings

    async def send(self, delivery: Outgoing) -> Receipt:
        """Take note: the alert stands on the page from the moment it is opened."""
        return Receipt(reference=f"alert-{delivery.alert_id}")

    async def close(self) -> None:
        """Do nothing: there is no connection."""


CHANNEL = Web
