"""What the page says of a way to be told: whether it works, in plain words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.address import AddressKind
from dashboard import wording
from dashboard.language import _, marked

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.store.contact import Offer
    from core.store.reach import Way

NAMES = {
    "webpush": marked("Push to a browser"),
    "ntfy": marked("Push by the ntfy app"),
    "sms": marked("Text message"),
    "voice": marked("Phone call"),
    "email": marked("E-mail"),
}
"""In a carer's words where the channel's own title is not."""
HINTS = {
    AddressKind.PHONE: marked("A phone number with + and the country code, like +44 7700 900123"),
    AddressKind.EMAIL: marked("An e-mail address, like ann@example.org"),
    AddressKind.PHONE_OR_EMAIL: marked(
        "A phone number, like +44 7700 900123, or an e-mail address"
    ),
    AddressKind.WEB: marked("The address of your topic, like https://ntfy.sh/a-long-secret-name"),
}
EXPECTED = (
    marked("+ and the country code first, like +44 7700 900123"),
    marked("a name, an @ and a place, like ann@example.org"),
    marked("https:// with a host, like https://ntfy.example/topic"),
    marked("a place on the public internet"),
    marked("https:// rather than http://"),
)
"""What `core.model.address` says was expected of an address."""
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
    #: False where no test can go out by it.
    testable: bool = True


def title_of(offer: Offer) -> str:
    """Return what a channel is called."""
    return _(NAMES[offer.channel]) if offer.channel in NAMES else offer.title


def name_of(way: Way, offered: dict[str, Offer]) -> str:
    """Return what a way is called."""
    offer = offered.get(way.channel)
    return title_of(offer) if offer else _(NAMES.get(way.channel, way.channel))


def shown_address(way: Way) -> str:
    """Return what tells one address from another on the page; a subscription has only its label.

    An address that works like a password is shown without its secret end.
    """
    if way.channel == "webpush":
        return way.label or _("A browser")
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
            found.append((offer, title_of(offer), _(hint)))
    return found


def way_standing(way: Way, offer: Offer | None, now: datetime, zone: ZoneInfo) -> WayStanding:
    """Return how a way stands now."""
    if way.lost_at is not None:
        text = _("It no longer takes alerts. Remove it here, then add it again.")
        return WayStanding(shape="urgent", headline=_("Has ended"), text=text, testable=False)
    if offer is None or offer.lacks:
        text = _("Your organisation has not set this way up. Alerts do not come by it.")
        return WayStanding(shape="check", headline=_("Not set up"), text=text, testable=False)
    if way.asked_at is None:
        text = _("Send yourself a test, to be sure.")
        return WayStanding(shape="notice", headline=_("Not tried yet"), text=text)
    return _tried(way, way.asked_at, now, zone)


def _tried(way: Way, asked_at: datetime, now: datetime, zone: ZoneInfo) -> WayStanding:
    if way.seen_at is not None:
        text = _("A test arrived: %(time)s.") % {"time": wording.when(way.seen_at, zone, now)}
        return WayStanding(shape="well", headline=_("Works"), text=text)
    if way.state == "failed":
        text = _("The last test did not go out: %(why)s.") % {
            "why": way.error or _("no reason given")
        }
        return WayStanding(shape="urgent", headline=_("Did not work"), text=text)
    if way.delivered_at is not None or way.sent_at is not None:
        at = wording.when(way.delivered_at or way.sent_at or now, zone, now)
        text = (
            _("A test was delivered: %(time)s. Did it arrive?")
            if way.delivered_at
            else _("A test was sent: %(time)s. Did it arrive?")
        ) % {"time": at}
        return WayStanding(shape="notice", headline=_("Please confirm"), text=text, asks=True)
    if now - asked_at > SOON:
        text = _("The last test is not out yet. We go on trying.")
        return WayStanding(shape="check", headline=_("Late"), text=text)
    text = _("A test is on its way. Reload in a moment.")
    return WayStanding(shape="notice", headline=_("Under way"), text=text)
