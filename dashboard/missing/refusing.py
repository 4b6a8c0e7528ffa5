"""What must not be written into a profile: passwords, PINs, card and bank numbers. Pure.

A profile is handed to strangers in a hurry. Old forms of the police ask for these; nobody who searches needs
them. It is better to refuse a harmless line once than to keep a card number for years.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from dashboard.language import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUN = re.compile(r"(?<![\d+])\d+(?:[  .\-–]\d+)*(?!\d)")
_WORDS = re.compile(
    r"pass\s?(word|code|phrase)s?\b|\b(CVV|CVC)2?\b|\bsecurity code\b", re.IGNORECASE
)
_PIN = re.compile(r"\bPINs?\b|\b[Pp]in(\s(number|code|is|no)\b|\s?[:=]|\s?\d{3,})")
_SORT = r"\b\d{2}[ \-–]\d{2}[ \-–]\d{2}\b"
_ACCOUNT = r"\b\d{8}\b"
_BANK = re.compile(rf"{_SORT}\D{{0,30}}{_ACCOUNT}|{_ACCOUNT}\D{{0,30}}{_SORT}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_LONGEST_CARD = 19
#: First digits of card numbers by how many digits they have; an IMEI of a phone (15 digits) is none.
_ISSUERS = {
    13: r"4",
    14: r"30[0-5]|36|38|39",
    15: r"34|37",
    16: r"[2-6]",
    17: r"[56]",
    18: r"[56]",
    19: r"[456]",
}
_PARTED = ((4, 6, 5), (4, 6, 4))

CARD = marked("no card numbers: leave the number out, the name of the bank is enough")
BANK = marked("no bank account numbers: leave the number out, the name of the bank is enough")
CODE = marked("no passwords or PINs: leave them out, the police do not need them")


def refused(text: str) -> str | None:
    """Return what is expected instead; None when nothing speaks against the text.

    Examples
    --------
    >>> refused("Barclays, card 4111 1111 1111 1111")
    'no card numbers: leave the number out, the name of the bank is enough'
    >>> refused("PIN 1234"), refused("Her password is on the fridge") == CODE
    ('no passwords or PINs: leave them out, the police do not need them', True)
    >>> refused("Call 0113 496 0000 or 07700 900123; wears a poppy pin") is None
    True
    """
    if any(is_card(number) for number in _numbers(text)):
        return CARD
    if _BANK.search(text) or any(_is_iban(found[0]) for found in _IBAN.finditer(text)):
        return BANK
    return CODE if _WORDS.search(text) or _PIN.search(text) else None


def luhn(number: str) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812).

    Examples
    --------
    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    digits = [int(one) for one in reversed(number)]
    doubled = [sum(divmod(2 * one, 10)) for one in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def is_card(number: str) -> bool:
    """Tell whether digits are the number of a payment card."""
    issuer = _ISSUERS.get(len(number))
    return issuer is not None and re.match(issuer, number) is not None and luhn(number)


def _numbers(text: str) -> Iterator[str]:
    """Yield what may have been meant as one number: runs of digits, in groups as people write cards."""
    for run in _RUN.finditer(text):
        groups = re.findall(r"\d+", run[0])
        for first in range(len(groups)):
            lengths = accumulate(len(group) for group in groups[first:])
            for last, length in enumerate(lengths, first + 1):
                if length > _LONGEST_CARD:
                    break
                if _written_as_one([len(group) for group in groups[first:last]]):
                    yield "".join(groups[first:last])


def _written_as_one(groups: Sequence[int]) -> bool:
    """Tell whether groups of digits are one number: of one size but the last, or as two kinds of card."""
    if len(groups) == 1 or tuple(groups) in _PARTED:
        return True
    size = groups[0]
    return size > 1 and all(one == size for one in groups[:-1]) and groups[-1] <= size


def _is_iban(text: str) -> bool:
    """Tell whether a word is an account number of a bank (ISO 13616)."""
    plain = text.replace(" ", "")
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1
