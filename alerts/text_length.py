"""How long a text message may be: parts of 153 signs of GSM, or of 67 of any other script. Pure.

References
----------
3GPP TS 23.038, 6.2.1 (default alphabet and its extension); TS 23.040, 9.2.3.24.1 (joined parts).
"""

from __future__ import annotations

from alerts.channel import shortened

MOST_PARTS = 3
"""More parts cost more, and arrive later and apart."""
GSM_PART, GSM_WHOLE = 153, 160
WIDE_PART, WIDE_WHOLE = 67, 70
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("\f^{}\\[~]|€")
_PRINTED = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "}
)
"""What printers write and a phone need not: one such sign more than halves what fits into all parts."""
DOTS = "..."


def parts(text: str) -> int:
    """Return in how many parts a text goes out.

    Examples
    --------
    >>> parts("a" * 160), parts("a" * 161), parts("[" * 80), parts("я" * 70), parts("я" * 71)
    (1, 2, 1, 1, 2)
    """
    if set(text) <= _GSM | _DOUBLE:
        septets = len(text) + sum(one in _DOUBLE for one in text)
        return 1 if septets <= GSM_WHOLE else -(-septets // GSM_PART)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= WIDE_WHOLE else -(-units // WIDE_PART)


def plainly(text: str) -> str:
    """Return text with the signs of printers as a phone types them.

    Examples
    --------
    >>> plainly("Zoe’s door – open…")
    "Zoe's door - open..."
    """
    return text.translate(_PRINTED)


def fitting(text: str, tail: str, longest: int) -> str:
    """Return text and tail in `MOST_PARTS` parts and ``longest`` signs: a text is cut, its tail never.

    Examples
    --------
    >>> fitting("The door opened at three", " Reply 123456.", 30)
    'The door... Reply 123456.'
    >>> parts(fitting("Дверь открыта. " * 30, " 123456 https://pages.example/alerts/12", 320))
    3
    """
    text, tail = plainly(text), plainly(tail)
    room = max(0, longest - len(tail))
    found = _cut(text, room) + tail
    while room > 0 and parts(found) > MOST_PARTS:
        room = min(room, len(text)) - 1
        found = _cut(text, room) + tail
    return found


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return plainly(shortened(text, length - len(DOTS))) if length > len(DOTS) else ""
