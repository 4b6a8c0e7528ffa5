"""What a message says: how soon, and to open Wayhome. It may stand on a locked screen. Pure.

No name, no place, no detail unless its reader chose so: those are on the page, behind the log-in
(docs/decisions/0054, 0145).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.channel import Outgoing
from core.model.finding import Audience, Severity
from core.model.watching import NoticeKind

if TYPE_CHECKING:
    from core.store.delivery import ClaimedDelivery, Contact

_TITLE = {
    Severity.URGENT: "Wayhome: act now",
    Severity.CHECK: "Wayhome: please check",
    Severity.NOTICE: "Wayhome: for your information",
}
_TEXT = {
    (Severity.URGENT, Audience.CARERS): "Someone may need help now. Open Wayhome.",
    (Severity.CHECK, Audience.CARERS): "Someone should look within minutes. Open Wayhome.",
    (Severity.NOTICE, Audience.CARERS): "There is something to read. Open Wayhome.",
    (Severity.URGENT, Audience.OPERATORS): "A home cannot be watched. Open Wayhome.",
    (Severity.CHECK, Audience.OPERATORS): "Something in a home needs repair. Open Wayhome.",
    (Severity.NOTICE, Audience.OPERATORS): "There is something to look after. Open Wayhome.",
}
_CLEARED = "The cause has gone since, and nobody has answered yet. Open Wayhome."
_ASKED = "It has become more serious since you answered. Open Wayhome and answer again."
_REPEATED = "Nobody has answered yet. "
_BESIDE = {
    "test": ("Wayhome: a test", "This is a test. Open Wayhome to confirm that it arrived."),
    "lost": (
        "Wayhome: check how you are told",
        "One of your phones or addresses no longer takes alerts. Open Wayhome.",
    ),
    NoticeKind.ENDED: (
        "Wayhome: not watched",
        (
            "Wayhome does not watch over a home that you care for any more. Nobody is told if something"
            " goes wrong there. Open Wayhome to see why."
        ),
    ),
    NoticeKind.PLACES: (
        "Wayhome: not outdoors",
        (
            "In a home that you care for, Wayhome watches indoors only. Nobody is told if somebody gets lost"
            " outdoors. Open Wayhome to see why."
        ),
    ),
    NoticeKind.AGAIN: (
        "Wayhome: watched again",
        "Wayhome watches over a home that you care for again, indoors and outdoors as agreed.",
    ),
    NoticeKind.ENDS: (
        "Wayhome: watching ends soon",
        (
            "Within a day Wayhome will watch less over a home that you care for, unless it is agreed anew."
            " Open Wayhome."
        ),
    ),
    NoticeKind.RENEW: (
        "Wayhome: consent ends soon",
        "Consent to watch over somebody ends within two weeks. Open Wayhome to look at it again.",
    ),
}
_PATH = {
    "alert": "/alerts/{alert}",
    "test": "/reach/arrived/{delivery}",
    "lost": "/reach",
    NoticeKind.RENEW: "/consent",
} | dict.fromkeys(set(NoticeKind) - {NoticeKind.RENEW}, "/watching")


def outgoing(
    claimed: ClaimedDelivery, public_url: str, contact: Contact | None = None, code: str = ""
) -> Outgoing:
    """Put a claimed delivery into words.

    Parameters
    ----------
    contact
        The address that it goes to; None for the page.
    code
        What a reply by text must hold to count as an answer.
    """
    title, text = _words(claimed)
    base = public_url.rstrip("/")
    path = _PATH[claimed.kind].format(alert=claimed.alert_id, delivery=claimed.delivery_id)
    message = Outgoing(
        delivery_id=claimed.delivery_id,
        alert_id=claimed.alert_id,
        kind=claimed.kind,
        address="",
        severity=claimed.severity,
        step=claimed.step,
        title=title,
        text=text,
        link=base + path if base else "",
        code=code,
    )
    if contact is None:
        return message
    return replace(message, address=contact.address, typed=contact.contact_id is not None)


def _words(claimed: ClaimedDelivery) -> tuple[str, str]:
    if claimed.kind != "alert":
        return _BESIDE[claimed.kind]
    title = _TITLE[claimed.severity]
    text = _TEXT[claimed.severity, claimed.audience]
    if claimed.cleared:
        text = _CLEARED
    elif claimed.asked:
        text = _ASKED
    elif claimed.repeated:
        text = _REPEATED + text
    return _told(claimed, title), _detailed(claimed, text)


def _told(claimed: ClaimedDelivery, title: str) -> str:
    """Name the person where the reader chose so and the alert is about one."""
    if claimed.detail == "nothing" or not claimed.resident:
        return title
    return f"{title} ({claimed.resident})"


def _detailed(claimed: ClaimedDelivery, text: str) -> str:
    if claimed.detail != "sentence" or not claimed.what:
        return text
    return f"{claimed.what.rstrip('.')}. {text}"
