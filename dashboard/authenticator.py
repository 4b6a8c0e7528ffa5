"""Codes of an authenticator app (TOTP, RFC 6238) and the recovery codes that stand in for it. Pure."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import TYPE_CHECKING

import pyotp

if TYPE_CHECKING:
    from datetime import datetime

STEP_S = 30
WINDOW = (0, -1, 1)
"""Steps beside the present one that count: a phone's clock may be half a minute off, a thumb slow."""
DIGITS = 6
RECOVERY_CODES = 8
RECOVERY_BYTES = 10
ISSUER = "Wayhome"


def new_secret() -> str:
    """Make the secret of an app: 160 random bits in base32."""
    return pyotp.random_base32()


def setup_address(secret: str, login: str) -> str:
    """Return what the app reads from the square code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """Return the time step that a code belongs to; None when it is wrong, too old or was taken before.

    Parameters
    ----------
    after
        The last step of which a code was taken: only later ones count, so that no code counts twice.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    >>> code = pyotp.TOTP(secret).at(noon)
    >>> step_of(secret, code, noon, 0) == int(noon.timestamp()) // 30
    True
    >>> step_of(secret, code, noon, int(noon.timestamp()) // 30) is None
    True
    """
    given = "".join(code.split())
    if len(given) != DIGITS or not (given.isascii() and given.isdigit()):
        return None
    present = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    found = None
    for shift in WINDOW:  # all of them, whichever is right: the time tells nothing
        step = present + shift
        if hmac.compare_digest(totp.generate_otp(step), given) and step > after:
            found = step if found is None else found
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Make codes of 80 random bits each, in groups that can be read from paper."""
    return tuple(
        grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode())
        for _ in range(RECOVERY_CODES)
    )


def grouped(code: str) -> str:
    """Split a code into groups of four.

    Examples
    --------
    >>> grouped("ABCDEFGHIJ")
    'ABCD-EFGH-IJ'
    """
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def plain(code: str) -> str:
    """Return a code as it was made, however it was typed.

    Examples
    --------
    >>> plain(" abcd-efgh ij ")
    'ABCDEFGHIJ'
    """
    return "".join(sign for sign in code.upper() if sign.isalnum() and sign.isascii())
