"""The number that a reply by text must hold: a sender's number alone is easily forged. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.model.ids import DeliveryId

DIGITS = 6
MOST_WRONG = 8
"""Replies from one number with digits that are no code, after which its digits do not count for a while."""
WINDOW = timedelta(minutes=15)
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
"""What phones put around numbers in a script that runs from right to left."""
_NUMBER = re.compile(rf"(?<!\d)\d{{{DIGITS}}}(?!\d)")


def code_of(secret: str, delivery_id: DeliveryId) -> str:
    """Return the code of a delivery; empty without a secret.

    Examples
    --------
    >>> code_of("key", 71)
    '792319'
    >>> code_of("", 71)
    ''
    """
    if not secret:
        return ""
    digest = hmac.new(secret.encode(), f"answer {delivery_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"


def codes_in(text: str) -> frozenset[str]:
    r"""Return the codes that a reply may hold, of the first three numbers in it, in any digits.

    Examples
    --------
    >>> codes_in("٤٨٢٩١٣") == codes_in("\u2066۴۸۲\u200f۹۱۳\u2069") == {"482913"}
    True
    >>> sorted(codes_in("ok 482913 thanks"))
    ['482913']
    >>> codes_in("+447700900123")
    frozenset()
    """
    found = _NUMBER.findall(_UNSEEN.sub("", text))[:3]
    return frozenset("".join(str(unicodedata.digit(one)) for one in number) for number in found)


class Guesses:
    """Remembers wrong digits by the number that they came from: who forges a number must not try them all."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[datetime]] = defaultdict(list)

    def note(self, number: str, at: datetime) -> None:
        """Remember that somebody wrote digits that are no code."""
        self._wrong[number].append(at)
        # what is long ago is forgotten, of everybody
        kept = {one: [t for t in when if at - t < WINDOW] for one, when in self._wrong.items()}
        self._wrong = defaultdict(list, {one: when for one, when in kept.items() if when})

    def too_many(self, number: str, now: datetime) -> bool:
        """Tell whether digits from this number do not count now.

        Examples
        --------
        >>> from datetime import UTC
        >>> nine, guesses = datetime(2026, 1, 1, 9, tzinfo=UTC), Guesses()
        >>> for _ in range(MOST_WRONG):
        ...     guesses.note("+447700900123", nine)
        >>> guesses.too_many("+447700900123", nine), guesses.too_many("+447700900124", nine)
        (True, False)
        >>> guesses.too_many("+447700900123", nine + WINDOW)
        False
        """
        return sum(now - at < WINDOW for at in self._wrong.get(number, ())) >= MOST_WRONG
