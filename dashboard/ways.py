"""What the page says of a way to be told: whether it works, in plain words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.address import AddressKind
from dashboard import wording

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.store.contact import Offer
    from core.store.reach import Way

NAMES = {
    "webpush": "Push to a browser",
    "ntfy": "Push by the ntfy app",
    "sms": "Text message",
    "voice": "Phone call",
    "email": "E-mail",
}
"""In a carer's words where the channel's own title is not."""
HINTS = {
    AddressKind.PHONE: "A phone number with + and the country code, like +44 7700 900123",
    AddressKind.EMAIL: "An e-mail address, like ann@example.org",
    AddressKind.PHONE_OR_EMAIL: "A phone number, like +44 7700 900123, or an e-mail address",
    AddressKind.WEB: "The address of your topic, like https://ntfy.sh/a-long-secret-name",
}
SOON = timedelta(minutes=2)
"""A test that is not out after so long is late."""
REGISTERED_ONLY = frozenset({"webhook"})
"""Ways for machines: the organisation registers them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayStanding:
    """How a way to a person stands."""

    #: ``well``, ``check``, ``urgent`` or ``notice``: the shape beside it.
    shape: str
    headline: str
    text: str
    #: True when a test was sent and the person may say that it arrived.
    asks: bool = False


def name_of(way: Way, offered: dict[str, Offer]) -> str:
    """Return what a way is called."""
    offer = offered.get(way.channel)
    return NAMES.get(way.channel, offer.title if offer else way.channel)


def shown_address(way: Way) -> str:
    """Return what tells one address from another on the page; a subscription has only its label.

    An address that works like a password is shown without its secret end.
    """
    if way.channel == "webpush":
        return way.label or "A browser"
    if "://" in way.address:
        place = way.address.partition("://")[2].rpartition("@")[2]
        return f"{place.partition('/')[0]}/…"
    return way.address


def addable(offered: dict[str, Offer]) -> list[tuple[Offer, str, str]]:
    """Return the channels for which a person may type an address: offer, name and hint."""
    found = []
    for offer in offered.values():
        hint = HINTS.get(AddressKind(offer.takes))
        if hint and offer.wakes and not offer.lacks and offer.channel not in REGISTERED_ONLY:
            found.append((offer, NAMES.get(offer.channel, offer.title), hint))
    return found


def way_standing(way: Way, offer: Offer | None, now: datetime, zone: ZoneInfo) -> WayStanding:
    """Return how a way stands now."""
    if way.lost_at is not None:
        text = "It no longer takes alerts. Remove it here, then add it again."
        return WayStanding(shape="urgent", headline="Has ended", text=text)
    if offer is None or offer.lacks:
        text = "Your organisation has not set this way up. Alerts do not come by it."
        return WayStanding(shape="check", headline="Not set up", text=text)
    if way.asked_at is None:
        text = "Send yourself a test, to be sure."
        return WayStanding(shape="notice", headline="Not tried yet", text=text)
    return _tried(way, way.asked_at, now, zone)


def _tried(way: Way, asked_at: datetime, now: datetime, zone: ZoneInfo) -> WayStanding:
    if way.seen_at is not None:
        text = f"A test arrived: {wording.when(way.seen_at, zone, now)}."
        return WayStanding(shape="well", headline="Works", text=text)
    if way.state == "failed":
        text = f"The last test did not go out: {way.error or 'no reason given'}."
        return WayStanding(shape="urgent", headline="Did not work", text=text)
    if way.delivered_at is not None or way.sent_at is not None:
        at = wording.when(way.delivered_at or way.sent_at or now, zone, now)
        word = "delivered" if way.delivered_at else "sent"
        text = f"A test was {word}: {at}. Did it arrive?"
        return WayStanding(shape="notice", headline="Please confirm", text=text, asks=True)
    if now - asked_at > SOON:
        text = "The last test is not out yet. We go on trying."
        return WayStanding(shape="check", headline="Late", text=text)
    text = "A test is on its way. Reload in a moment."
    return WayStanding(shape="notice", headline="Under way", text=text)
