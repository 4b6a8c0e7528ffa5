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
from core.model.words import marked
from core.runtime.language import ENGLISH, isolated
from core.runtime.language import words as words_of
from core.runtime.saying import translated

if TYPE_CHECKING:
    from gettext import NullTranslations

    from core.store.delivery import ClaimedDelivery, Contact

_TITLE = {
    Severity.URGENT: marked("Wayhome: act now"),
    Severity.CHECK: marked("Wayhome: please check"),
    Severity.NOTICE: marked("Wayhome: for your information"),
}
_TEXT = {
    (Severity.URGENT, Audience.CARERS): marked("Someone may need help now. Open Wayhome."),
    (Severity.CHECK, Audience.CARERS): marked("Someone should look within minutes. Open Wayhome."),
    (Severity.NOTICE, Audience.CARERS): marked("There is something to read. Open Wayhome."),
    (Severity.URGENT, Audience.OPERATORS): marked("A home cannot be watched. Open Wayhome."),
    (Severity.CHECK, Audience.OPERATORS): marked("Something in a home needs repair. Open Wayhome."),
    (Severity.NOTICE, Audience.OPERATORS): marked(
        "There is something to look after. Open Wayhome."
    ),
}
_STOPS = (".", "!", "?", "…", "。", "؟", "۔", "।")
_CLEARED = marked("The cause has gone since, and nobody has answered yet. Open Wayhome.")
_ASKED = marked("It has become more serious since you answered. Open Wayhome and answer again.")
_REPEATED = marked("Nobody has answered yet. %(text)s")
_BESIDE = {
    "test": (
        marked("Wayhome: a test"),
        marked("This is a test. Open Wayhome to confirm that it arrived."),
    ),
    "lost": (
        marked("Wayhome: check how you are told"),
        marked("One of your phones or addresses no longer takes alerts. Open Wayhome."),
    ),
    NoticeKind.ENDED: (
        marked("Wayhome: not watched"),
        marked(
            "Wayhome does not watch over a home that you care for any more. Nobody is told if something"
            " goes wrong there. Open Wayhome to see why."
        ),
    ),
    NoticeKind.PLACES: (
        marked("Wayhome: not outdoors"),
        marked(
            "In a home that you care for, Wayhome watches indoors only. Nobody is told if somebody gets lost"
            " outdoors. Open Wayhome to see why."
        ),
    ),
    NoticeKind.RESTS: (
        marked("Wayhome: watching rests"),
        marked(
            "A carer has said that nobody is at home in a home that you care for. Until an end that is set,"
            " silence and doors there are not told; calls for help and smoke are. Open Wayhome to see who"
            " said so, and until when."
        ),
    ),
    NoticeKind.REST_ENDS: (
        marked("Wayhome: is everybody back?"),
        marked(
            "Watching rests in a home that you care for, and that ends within a day, by itself. From an hour"
            " after that you are told if nobody moves there. Are they not back by then? Open Wayhome and"
            " make it longer."
        ),
    ),
    NoticeKind.RESTED: (
        marked("Wayhome: watching rested"),
        marked(
            "In your quiet hours watching rested in a home that you care for, because a carer had said that"
            " nobody was there. It is over. Open Wayhome to see from when to when."
        ),
    ),
    NoticeKind.AGAIN: (
        marked("Wayhome: watched again"),
        marked(
            "Wayhome watches over a home that you care for again, indoors and outdoors as agreed."
        ),
    ),
    NoticeKind.ENDS: (
        marked("Wayhome: watching ends soon"),
        marked(
            "Within a day Wayhome will watch less over a home that you care for, unless it is agreed anew."
            " Open Wayhome."
        ),
    ),
    NoticeKind.RENEW: (
        marked("Wayhome: consent ends soon"),
        marked(
            "Consent to watch over somebody ends within two weeks. Open Wayhome to look at it again."
        ),
    ),
}
_PATH = {
    "alert": "/alerts/{alert}",
    "test": "/reach/arrived/{delivery}",
    "lost": "/reach",
    NoticeKind.RENEW: "/consent",
} | dict.fromkeys(set(NoticeKind) - {NoticeKind.RENEW}, "/watching")


def outgoing(
    claimed: ClaimedDelivery,
    public_url: str,
    contact: Contact | None = None,
    code: str = "",
    language: str = ENGLISH,
) -> Outgoing:
    """Put a claimed delivery into words.

    Parameters
    ----------
    contact
        The address that it goes to; None for the page.
    code
        What a reply by text must hold to count as an answer.
    language
        Tag of the language that its reader is told in.
    """
    title, text = _words(claimed, language)
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
        language=language,
    )
    if contact is None:
        return message
    return replace(message, address=contact.address, typed=contact.contact_id is not None)


def _words(claimed: ClaimedDelivery, language: str) -> tuple[str, str]:
    words = words_of(language)
    if claimed.kind != "alert":
        title, text = _BESIDE[claimed.kind]
        return words.gettext(title), words.gettext(text)
    title = words.gettext(_TITLE[claimed.severity])
    return _told(claimed, title, language), _detailed(claimed, _said(claimed, words), language)


def _said(claimed: ClaimedDelivery, words: NullTranslations) -> str:
    if claimed.cleared:
        return words.gettext(_CLEARED)
    if claimed.asked:
        return words.gettext(_ASKED)
    text = words.gettext(_TEXT[claimed.severity, claimed.audience])
    return words.gettext(_REPEATED) % {"text": text} if claimed.repeated else text


def _told(claimed: ClaimedDelivery, title: str, language: str) -> str:
    """Name the person where the reader chose so and the alert is about one."""
    if claimed.detail == "nothing" or not claimed.resident:
        return title
    return f"{title} ({isolated(claimed.resident, language)})"


def _detailed(claimed: ClaimedDelivery, text: str, language: str) -> str:
    """Say what happened where the reader chose so; in English where their language has no words for it."""
    if claimed.detail != "sentence" or not claimed.what:
        return text
    known = translated(claimed.what, language)
    if known is None:
        what = isolated(f"{claimed.what.rstrip('.')}.", language)
    else:
        what = known if known.endswith(_STOPS) else f"{known}."
    return f"{what} {text}"
